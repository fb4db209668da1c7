-- The results about users: a console password without MFA, and more than one active key. Root is not evaluated here.
-- Grain: organization_id, snapshot_date, control_id, user_arn
-- Reads: account, credentials, report_rows
-- Example: control_id, account_name, user_name, status, reason

with

-- Only a user with two keys that are active, or may be, can fail or be unknown.
key_pairs as (

    select
        organization_id,
        snapshot_date,
        user_arn,
        max(is_active_fault) as fault
    from "${database}"."credentials" as credentials
    where credential_type = 'access_key' and is_active is distinct from false and not is_root
    group by organization_id, snapshot_date, user_arn
    having count(*) > 1

),

checked as (

    select
        report.*,
        account.run_started_at as snapshot_at,
        account.account_name,
        account.ou_id,
        account.ou_path,
        control.control_id,
        key_pairs.user_arn is not null as has_key_pair,
        case
            when control.control_id = 'single-access-key' then key_pairs.fault
            when password_enabled is null
                then concat('password_enabled is ', coalesce(element_at(null_reasons, 'password_enabled'), 'N/A'))
            when password_enabled and mfa_active is null
                then concat('mfa_active is ', coalesce(element_at(null_reasons, 'mfa_active'), 'N/A'))
        end as fault
    from "${database}"."report_rows" as report
    inner join "${database}"."account" as account
        on account.organization_id = report.organization_id
        and account.snapshot_date = report.snapshot_date
        and account.account_id = report.account_id
    left join key_pairs
        on key_pairs.organization_id = report.organization_id
        and key_pairs.snapshot_date = report.snapshot_date
        and key_pairs.user_arn = report.user_arn
    cross join (values ('console-mfa'), ('single-access-key')) as control (control_id)
    where account.account_state = 'ACTIVE' and not report.is_root

),

evaluated as (

    select
        checked.*,
        case
            when fault is not null then 'unknown'
            when control_id = 'single-access-key' then case when has_key_pair then 'fail' else 'pass' end
            when password_enabled = false then 'not_applicable'
            when mfa_active then 'pass'
            when mfa_active = false then 'fail'
            else 'unknown'
        end as status
    from checked

),

explained as (

    select
        evaluated.*,
        case
            when status = 'unknown' then 'value_missing'
            when control_id = 'single-access-key'
                then case when status = 'fail' then 'two_active_keys' else 'at_most_one_active_key' end
            when status = 'not_applicable' then 'no_password'
            when status = 'fail' then 'password_without_mfa'
            else 'password_with_mfa'
        end as reason_code
    from evaluated

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(run_id as varchar) as run_id,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(control_id as varchar) as control_id,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(null as varchar) as credential_type,
    cast(null as integer) as slot,
    cast(null as timestamp(3)) as credential_created_at,
    cast(status as varchar) as status,
    cast(
        case reason_code
            when 'value_missing' then concat('Cannot be evaluated: ', fault, '.')
            when 'two_active_keys' then 'Both access keys are active.'
            when 'at_most_one_active_key' then 'At most one access key is active.'
            when 'no_password' then 'The user has no password.'
            when 'password_without_mfa' then 'The user has a password and no MFA device.'
            when 'password_with_mfa' then 'The user has a password and MFA.'
        end as varchar
    ) as reason,
    cast(null as bigint) as measured_seconds,
    cast(null as integer) as limit_days,
    cast(null as timestamp(3)) as failing_since,
    cast(
        concat(
            user_arn,
            '|user|',
            coalesce(cast(date_diff('second', timestamp '1970-01-01 00:00:00', user_creation_time) as varchar), '')
        ) as varchar
    ) as subject,
    cast(case when control_id = 'console-mfa' then password_last_used end as timestamp(3)) as last_used_at,
    cast(null as varchar) as last_used_region,
    cast(null as varchar) as last_used_service,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(reason_code as varchar) as reason_code
from explained
