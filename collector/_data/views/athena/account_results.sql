-- The results about accounts: whether an ACTIVE account was collected at all, and whether its password policy is strict
-- enough.
-- Grain: organization_id, snapshot_date, account_id, control_id
-- Reads: account
-- Example: control_id, account_name, status, reason

with

checked as (

    select
        account.*,
        control.control_id,
        outcome in ('collected', 'partial') as is_covered
    from "${database}"."account" as account
    cross join (values ('report-collected'), ('password-length'), ('password-reuse')) as control (control_id)
    where
        account_state = 'ACTIVE'
        and (control.control_id = 'report-collected' or outcome in ('collected', 'partial'))

),

evaluated as (

    select
        checked.*,
        case
            when control_id = 'report-collected' then case when is_covered then 'pass' else 'fail' end
            when password_policy_state = 'default' then 'fail'
            when password_policy_state <> 'custom' then 'unknown'
            when control_id = 'password-length' and minimum_password_length >= limit_password_length then 'pass'
            when control_id = 'password-reuse' and password_reuse_prevention >= limit_password_reuse then 'pass'
            else 'fail'
        end as status
    from checked

),

explained as (

    select
        evaluated.*,
        case
            when control_id = 'report-collected' then
                case outcome
                    when 'collected' then 'report_collected'
                    when 'partial' then 'report_collected_in_part'
                    else 'report_not_collected'
                end
            when status = 'unknown' then 'password_policy_unreadable'
            when password_policy_state = 'default' then 'no_password_policy'
            when control_id = 'password-length' then 'password_length'
            else 'password_reuse'
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
    cast(null as varchar) as user_name,
    cast(null as varchar) as user_arn,
    cast(null as varchar) as credential_type,
    cast(null as integer) as slot,
    cast(null as timestamp(3)) as credential_created_at,
    cast(status as varchar) as status,
    cast(
        case reason_code
            when 'report_collected' then 'The report was collected.'
            when 'report_collected_in_part'
                then concat('The report was collected in part.', coalesce(concat(' ', error_message), ''))
            when 'report_not_collected' then concat(
                'The report was not collected: ',
                outcome,
                coalesce(concat(' (', coalesce(error_code, error_message), ').'), '.')
            )
            when 'password_policy_unreadable' then concat(
                'Cannot be evaluated: the password policy could not be read',
                coalesce(concat(' (', password_policy_error, ').'), '.')
            )
            when 'no_password_policy' then 'The account has no custom password policy.'
            when 'password_length' then concat(
                'The minimum password length is ',
                coalesce(cast(minimum_password_length as varchar), 'not set'),
                '; ',
                cast(limit_password_length as varchar),
                ' required.'
            )
            when 'password_reuse' then concat(
                'Reuse prevention is ',
                coalesce(cast(password_reuse_prevention as varchar), 'not set'),
                '; ',
                cast(limit_password_reuse as varchar),
                ' required.'
            )
        end as varchar
    ) as reason,
    cast(null as bigint) as measured_seconds,
    cast(null as integer) as limit_days,
    cast(null as timestamp(3)) as failing_since,
    cast(account_id as varchar) as subject,
    cast(null as timestamp(3)) as last_used_at,
    cast(null as varchar) as last_used_region,
    cast(null as varchar) as last_used_service,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(reason_code as varchar) as reason_code
from explained
