-- The root user of each account: its password, keys, certificates, MFA and last use from the report, and the values of
-- the fresher account summary. One row per account of the organization; for an account that was not collected, or whose
-- report has no root row, nothing is known, except that accounts in China have no root user. The `_fault` columns name
-- the values that could not be read.
-- Grain: organization_id, snapshot_date, account_id
-- Reads: account, credentials, report_rows
-- Order: account_id
-- Example: account_name, root_credentials, mfa_active, last_used_at, summary_differs, last_used_at_fault

with

-- A key or certificate exists if it is active or its slot has a date; if neither could be read, it may.
root_slots as (

    select
        credentials.*,
        credential_type = 'access_key' as is_key,
        coalesce(is_active, false) or created_at is not null as is_present,
        case when not coalesce(is_active, false) and created_at is null then coalesce(is_active_fault, created_at_fault) end
            as is_present_fault
    from "${database}"."credentials" as credentials
    where is_root and credential_type <> 'password'

),

counted as (

    select
        organization_id,
        snapshot_date,
        account_id,
        count_if(is_key and is_active) as active_access_keys,
        count_if(is_key and is_active = false) as inactive_access_keys,
        count_if(is_key and is_present) as present_access_keys,
        max(case when is_key then is_active_fault end) as access_keys_fault,
        max(case when is_key then is_present_fault end) as present_access_keys_fault,
        count_if(not is_key and is_active) as active_signing_certificates,
        count_if(not is_key and is_active = false) as inactive_signing_certificates,
        count_if(not is_key and is_present) as present_signing_certificates,
        max(case when not is_key then is_active_fault end) as signing_certificates_fault,
        max(case when not is_key then is_present_fault end) as present_signing_certificates_fault,
        max(last_used_at) as access_key_last_used_at,
        max(last_used_at_fault) as access_key_last_used_at_fault
    from root_slots
    group by organization_id, snapshot_date, account_id

),

facts as (

    select
        account.*,
        root.user_arn,
        root.password_enabled,
        root.password_last_used,
        root.password_last_changed,
        root.mfa_active,
        case when root.user_arn is not null then coalesce(counted.active_access_keys, 0) end as active_access_keys,
        case when root.user_arn is not null then coalesce(counted.inactive_access_keys, 0) end as inactive_access_keys,
        case when root.user_arn is not null then coalesce(counted.active_signing_certificates, 0) end
            as active_signing_certificates,
        case when root.user_arn is not null then coalesce(counted.inactive_signing_certificates, 0) end
            as inactive_signing_certificates,
        counted.access_keys_fault,
        counted.signing_certificates_fault,
        counted.present_access_keys_fault,
        counted.present_signing_certificates_fault,
        counted.present_access_keys,
        counted.present_signing_certificates,
        -- A slot can show a use without holding a key.
        coalesce(
            greatest(counted.access_key_last_used_at, root.undated_key_last_used_at),
            counted.access_key_last_used_at,
            root.undated_key_last_used_at
        ) as access_key_last_used_at,
        coalesce(counted.access_key_last_used_at_fault, root.undated_key_last_used_at_fault)
            as access_key_last_used_at_fault,
        case when root.password_enabled is null then element_at(root.null_reasons, 'password_enabled') end
            as password_enabled_reason,
        case when root.mfa_active is null and root.user_arn is not null
            then coalesce(element_at(root.null_reasons, 'mfa_active'), 'N/A')
        end as mfa_active_reason,
        case when root.password_last_used is null then element_at(root.null_reasons, 'password_last_used') end
            as password_last_used_reason,
        account.aws_partition <> 'aws-cn' as has_root_user,
        case
            when account.inventory_source = 'single_account' or account.organization_id = account.account_id then false
            else not account.is_management_account
        end as is_member_account
    from "${database}"."account" as account
    left join "${database}"."report_rows" as root
        on root.organization_id = account.organization_id
        and root.snapshot_date = account.snapshot_date
        and root.account_id = account.account_id
        and root.is_root
    left join counted
        on counted.organization_id = account.organization_id
        and counted.snapshot_date = account.snapshot_date
        and counted.account_id = account.account_id

),

explained as (

    select
        facts.*,
        coalesce(
            greatest(password_last_used, access_key_last_used_at), password_last_used, access_key_last_used_at
        ) as last_used_at,
        -- In GovCloud root has no console: a password that is not supported there does not exist (facts F1.6).
        case
            when password_enabled_reason in ('unparsed', 'empty') then null
            when password_enabled is null and aws_partition = 'aws-us-gov' and user_arn is not null then false
            when password_enabled is null and user_arn is not null then true
            else password_enabled
        end as counts_as_enabled,
        case when password_enabled_reason in ('unparsed', 'empty')
            then concat('password_enabled is ', password_enabled_reason)
        end as password_enabled_fault,
        concat('mfa_active is ', mfa_active_reason) as mfa_active_fault,
        coalesce(
            case
                when password_last_used_reason in ('unparsed', 'empty')
                    then concat('password_last_used is ', password_last_used_reason)
                when password_last_used_reason = 'not_supported' and aws_partition <> 'aws-us-gov'
                    then 'password_last_used is not_supported'
            end,
            access_key_last_used_at_fault
        ) as last_used_at_fault
    from facts

),

combined as (

    -- Whether there is any, active or not, in the report or in the summary. `not_supported` in an old report shows
    -- nothing about a password.
    select
        explained.*,
        case
            when password_enabled or account_password_present then true
            when counts_as_enabled = false or account_password_present = false then false
        end as has_password,
        case
            when present_access_keys > 0 or account_access_keys_present then true
            when user_arn is not null and present_access_keys_fault is null then false
            else account_access_keys_present
        end as has_access_keys,
        case
            when present_signing_certificates > 0 or account_signing_certificates_present then true
            when user_arn is not null and present_signing_certificates_fault is null then false
            else account_signing_certificates_present
        end as has_signing_certificates
    from explained

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(run_started_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(account_state as varchar) as account_state,
    cast(outcome as varchar) as outcome,
    cast(
        case
            when user_arn is null and not has_root_user then 'no root user'
            when user_arn is null or counts_as_enabled is null then 'unknown'
            when active_access_keys = 0 and access_keys_fault is not null then 'unknown'
            when active_signing_certificates = 0 and signing_certificates_fault is not null then 'unknown'
            when counts_as_enabled or active_access_keys + active_signing_certificates > 0 then concat(
                case when counts_as_enabled then 'password' else '' end,
                case when counts_as_enabled and active_access_keys > 0 then ' and ' else '' end,
                case when active_access_keys > 0 then 'access key' else '' end,
                case
                    when active_signing_certificates = 0 then ''
                    when counts_as_enabled or active_access_keys > 0 then ' and signing certificate'
                    else 'signing certificate'
                end
            )
            when inactive_access_keys + inactive_signing_certificates > 0 then 'inactive'
            else 'none'
        end as varchar
    ) as root_credentials,
    cast(password_enabled as boolean) as password_enabled,
    cast(password_last_used as timestamp(3)) as password_last_used_at,
    cast(password_last_changed as timestamp(3)) as password_last_changed_at,
    cast(mfa_active as boolean) as mfa_active,
    cast(active_access_keys as bigint) as active_access_keys,
    cast(inactive_access_keys as bigint) as inactive_access_keys,
    cast(access_key_last_used_at as timestamp(3)) as access_key_last_used_at,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(floor(cast(date_diff('second', last_used_at, report_generated_at) as double) / 86400) as bigint) as idle_days,
    cast(account_password_present as boolean) as account_password_present,
    cast(account_access_keys_present as boolean) as account_access_keys_present,
    cast(account_mfa_enabled as boolean) as account_mfa_enabled,
    cast(account_signing_certificates_present as boolean) as account_signing_certificates_present,
    cast(summary_error as varchar) as summary_error,
    -- The summary is fresher than the report, and counts inactive keys too.
    cast(
        account_mfa_enabled <> mfa_active
        or account_password_present <> password_enabled
        or account_access_keys_present <> (active_access_keys + inactive_access_keys > 0)
        -- Whether it counts inactive certificates is not documented.
        or coalesce(
            case
                when account_signing_certificates_present
                    then active_signing_certificates + inactive_signing_certificates = 0
                when account_signing_certificates_present = false then active_signing_certificates > 0
            end,
            false
        )
        as boolean
    ) as summary_differs,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(user_arn as varchar) as user_arn,
    cast(counts_as_enabled as boolean) as counts_as_enabled,
    cast(limit_root_use_days as integer) as use_limit_days,
    cast(password_enabled_fault as varchar) as password_enabled_fault,
    cast(mfa_active_fault as varchar) as mfa_active_fault,
    cast(access_keys_fault as varchar) as access_keys_fault,
    cast(last_used_at_fault as varchar) as last_used_at_fault,
    cast(has_root_user as boolean) as has_root_user,
    cast(is_member_account as boolean) as is_member_account,
    cast(active_signing_certificates as bigint) as active_signing_certificates,
    cast(inactive_signing_certificates as bigint) as inactive_signing_certificates,
    cast(signing_certificates_fault as varchar) as signing_certificates_fault,
    cast(has_password as boolean) as has_password,
    cast(has_access_keys as boolean) as has_access_keys,
    cast(has_signing_certificates as boolean) as has_signing_certificates,
    cast(
        case
            when user_arn is null then 'the report has no root row'
            when has_password is null then concat('password_enabled is ', coalesce(password_enabled_reason, 'N/A'))
            when has_access_keys is null then present_access_keys_fault
            when has_signing_certificates is null then present_signing_certificates_fault
        end as varchar
    ) as credentials_fault
from combined
