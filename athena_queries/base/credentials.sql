-- Every credential that exists, one row each: passwords, access keys and signing certificates, active or not.
-- A password exists when it is enabled, a key or certificate when its slot has a date: an inactive one keeps its date,
-- an empty slot has no row. If a value of the report could not be read, or is a word where AWS gives true or false, the
-- credential is listed and the `_fault` columns name the value: unknown is never left out. The slot identifies nothing:
-- keys can swap slots.
-- Grain: organization_id, snapshot_date, user_arn, credential_type, slot
-- Reads: account, report_rows
-- Example: account_name, user_name, credential_type, slot, is_active, age_days, idle_days, never_used

with

slotted as (

    select
        report.organization_id,
        report.snapshot_date,
        report.run_id,
        report.account_id,
        report.user_name,
        report.user_arn,
        report.is_root,
        report.user_creation_time,
        report.password_enabled,
        report.mfa_active,
        report.null_reasons,
        report.report_generated_at,
        slots.credential_type,
        slots.slot,
        slots.active_column,
        slots.created_column,
        slots.used_column,
        case slots.active_column
            when 'password_enabled' then report.password_enabled
            when 'access_key_1_active' then report.access_key_1_active
            when 'access_key_2_active' then report.access_key_2_active
            when 'cert_1_active' then report.cert_1_active
            when 'cert_2_active' then report.cert_2_active
        end as is_active,
        case slots.active_column
            when 'password_enabled' then report.password_last_changed
            when 'access_key_1_active' then report.access_key_1_last_rotated
            when 'access_key_2_active' then report.access_key_2_last_rotated
            when 'cert_1_active' then report.cert_1_last_rotated
            when 'cert_2_active' then report.cert_2_last_rotated
        end as created_at,
        case slots.active_column
            when 'password_enabled' then report.password_last_used
            when 'access_key_1_active' then report.access_key_1_last_used_date
            when 'access_key_2_active' then report.access_key_2_last_used_date
        end as last_used_at,
        case slots.active_column
            when 'access_key_1_active' then report.access_key_1_last_used_region
            when 'access_key_2_active' then report.access_key_2_last_used_region
        end as last_used_region,
        case slots.active_column
            when 'access_key_1_active' then report.access_key_1_last_used_service
            when 'access_key_2_active' then report.access_key_2_last_used_service
        end as last_used_service,
        -- Two created in the same second are distinguished by their state, never by the slot: active before inactive,
        -- then the one used later.
        case slots.active_column
            when 'access_key_1_active' then
                case
                    when report.access_key_1_last_rotated is distinct from report.access_key_2_last_rotated then 1
                    when report.access_key_1_active is distinct from report.access_key_2_active
                        then case when coalesce(report.access_key_1_active, false) then 1 else 2 end
                    when report.access_key_2_last_used_date is null then 1
                    when report.access_key_1_last_used_date >= report.access_key_2_last_used_date then 1
                    else 2
                end
            when 'access_key_2_active' then
                case
                    when report.access_key_1_last_rotated is distinct from report.access_key_2_last_rotated then 1
                    when report.access_key_1_active is distinct from report.access_key_2_active
                        then case when coalesce(report.access_key_1_active, false) then 2 else 1 end
                    when report.access_key_2_last_used_date is null then 2
                    when report.access_key_1_last_used_date >= report.access_key_2_last_used_date then 2
                    else 1
                end
            else 1
        end as ordinal
    from report_rows as report
    cross join (
        values
            ('password', null, 'password_enabled', 'password_last_changed', 'password_last_used'),
            ('access_key', 1, 'access_key_1_active', 'access_key_1_last_rotated', 'access_key_1_last_used_date'),
            ('access_key', 2, 'access_key_2_active', 'access_key_2_last_rotated', 'access_key_2_last_used_date'),
            ('signing_certificate', 1, 'cert_1_active', 'cert_1_last_rotated', null),
            ('signing_certificate', 2, 'cert_2_active', 'cert_2_last_rotated', null)
    ) as slots (credential_type, slot, active_column, created_column, used_column)

),

explained as (

    -- Why a value is null, looked up only if it is null; a plain `N/A` has no reason.
    select
        slotted.*,
        case when is_active is null then coalesce(element_at(null_reasons, active_column), 'N/A') end
            as is_active_reason,
        case when created_at is null then coalesce(element_at(null_reasons, created_column), 'N/A') end
            as created_at_reason,
        case when last_used_at is null then coalesce(element_at(null_reasons, used_column), 'N/A') end
            as last_used_at_reason
    from slotted

),

existing as (

    select
        explained.*,
        account.run_started_at,
        account.account_name,
        account.account_state,
        account.ou_id,
        account.ou_path,
        account.owner,
        case credential_type
            when 'access_key' then account.limit_access_key_unused_days
            when 'password' then account.limit_password_unused_days
        end as unused_limit_days,
        -- An account's password policy does not bind root.
        case
            when credential_type = 'access_key' then account.limit_access_key_rotation_days
            when credential_type = 'password' and not is_root then account.max_password_age
        end as max_age_days,
        case
            when last_used_at_reason in ('unparsed', 'empty') then concat(used_column, ' is ', last_used_at_reason)
            -- `not_supported` occurs only for root; in GovCloud root cannot sign in, so it was not used.
            when last_used_at_reason = 'not_supported' and not (is_root and account.aws_partition = 'aws-us-gov')
                then concat(used_column, ' is ', last_used_at_reason)
        end as last_used_at_fault
    from explained
    left join account
        on account.organization_id = explained.organization_id
        and account.snapshot_date = explained.snapshot_date
        and account.account_id = explained.account_id
    where
        is_active_reason in ('unparsed', 'empty')
        or is_active
        -- With a word instead of true or false, a user's password may exist; a key does only if its slot has a date.
        -- Of root, AWS used to send such a word for a password that exists: root_posture reads it.
        or (is_active is null and credential_type = 'password' and not is_root)
        or (
            credential_type <> 'password'
            and (created_at is not null or created_at_reason in ('unparsed', 'empty'))
        )

),

measured as (

    select
        existing.*,
        case
            when credential_type = 'signing_certificate' or last_used_at_fault is not null then null
            else last_used_at is null
        end as never_used,
        case
            when credential_type = 'signing_certificate' or last_used_at_fault is not null then null
            else coalesce(last_used_at, created_at)
        end as idle_since
    from existing

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(run_started_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(is_root as boolean) as is_root,
    cast(credential_type as varchar) as credential_type,
    cast(slot as integer) as slot,
    cast(is_active as boolean) as is_active,
    cast(created_at as timestamp(3)) as created_at,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(last_used_region as varchar) as last_used_region,
    cast(last_used_service as varchar) as last_used_service,
    cast(floor(cast(date_diff('second', created_at, report_generated_at) as double) / 86400) as bigint) as age_days,
    cast(floor(cast(date_diff('second', idle_since, report_generated_at) as double) / 86400) as bigint) as idle_days,
    cast(never_used as boolean) as never_used,
    cast(mfa_active as boolean) as mfa_active,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(account_state as varchar) as account_state,
    cast(user_creation_time as timestamp(3)) as user_creation_time,
    cast(ordinal as integer) as ordinal,
    cast(idle_since as timestamp(3)) as idle_since,
    cast(unused_limit_days as integer) as unused_limit_days,
    cast(max_age_days as integer) as max_age_days,
    cast(password_enabled as boolean) as password_enabled,
    cast(concat(active_column, ' is ', is_active_reason) as varchar) as is_active_fault,
    cast(concat(created_column, ' is ', created_at_reason) as varchar) as created_at_fault,
    cast(last_used_at_fault as varchar) as last_used_at_fault,
    cast(
        case when password_enabled is null
            then concat('password_enabled is ', coalesce(element_at(null_reasons, 'password_enabled'), 'N/A'))
        end as varchar
    ) as password_enabled_fault,
    cast(owner as varchar) as owner
from measured
