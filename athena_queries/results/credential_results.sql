-- The results about single credentials: old keys, unused keys and passwords, and keys created with a console user that
-- were never used. Root is not evaluated here. An inactive credential is not applicable; a missing value makes a result
-- unknown.
-- Grain: organization_id, snapshot_date, control_id, user_arn, credential_type, slot
-- Reads: credentials
-- Example: control_id, account_name, user_name, status, reason

with

checked as (

    select
        credentials.*,
        control.control_id,
        case control.control_id
            when 'access-key-rotation' then max_age_days
            when 'no-setup-access-key' then null
            else unused_limit_days
        end as limit_days,
        case control.control_id
            when 'access-key-rotation' then created_at
            when 'no-setup-access-key' then null
            else idle_since
        end as measured_from,
        case
            when is_active is null then is_active_fault
            when control.control_id = 'access-key-rotation' then created_at_fault
            when control.control_id <> 'no-setup-access-key'
                then coalesce(last_used_at_fault, case when never_used then created_at_fault end)
            -- A user without a password, or whose key was used, passes regardless of the other value.
            when password_enabled = false or last_used_at is not null then null
            else coalesce(last_used_at_fault, password_enabled_fault)
        end as fault
    from credentials
    inner join (
        values
            ('no-setup-access-key', 'access_key'),
            ('access-key-unused', 'access_key'),
            ('access-key-rotation', 'access_key'),
            ('password-unused', 'password')
    ) as control (control_id, subject_type)
        on control.subject_type = credentials.credential_type
    where account_state = 'ACTIVE' and not is_root

),

evaluated as (

    select
        checked.*,
        case
            when is_active = false then 'not_applicable'
            when fault is not null then 'unknown'
            when control_id = 'no-setup-access-key'
                then case when password_enabled and never_used then 'fail' else 'pass' end
            when measured_from < date_add('day', -limit_days, report_generated_at) then 'fail'
            when measured_from > date_add('day', -limit_days, report_generated_at) then 'pass'
            -- Exactly at the limit: a key may be that old, but nothing may be idle that long.
            when measured_from = date_add('day', -limit_days, report_generated_at)
                then case control_id when 'access-key-rotation' then 'pass' else 'fail' end
            else 'unknown'
        end as status
    from checked

),

measured as (

    select
        evaluated.*,
        case when status in ('pass', 'fail') then date_diff('second', measured_from, report_generated_at) end
            as measured_seconds,
        cast(floor(cast(date_diff('second', measured_from, report_generated_at) as double) / 86400) as bigint)
            as measured_days
    from evaluated

),

explained as (

    select
        measured.*,
        case
            when status = 'not_applicable' then 'key_inactive'
            when status = 'unknown' then 'value_missing'
            when control_id = 'no-setup-access-key' then
                case
                    when status = 'fail' then 'setup_key_never_used'
                    when password_enabled then 'key_used'
                    else 'no_password'
                end
            when control_id = 'access-key-rotation'
                then case when status = 'fail' then 'key_too_old' else 'key_young' end
            when not never_used then case when status = 'fail' then 'not_used_lately' else 'used_lately' end
            when credential_type = 'password'
                then case when status = 'fail' then 'password_never_used' else 'password_not_used_yet' end
            else case when status = 'fail' then 'key_never_used' else 'key_not_used_yet' end
        end as reason_code
    from measured

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
    cast(credential_type as varchar) as credential_type,
    cast(slot as integer) as slot,
    cast(created_at as timestamp(3)) as credential_created_at,
    cast(status as varchar) as status,
    cast(
        case reason_code
            when 'key_inactive' then 'The key is inactive.'
            when 'value_missing' then concat('Cannot be evaluated: ', coalesce(fault, 'the limit is unknown'), '.')
            when 'setup_key_never_used' then 'The user has a password, and this active key was never used.'
            when 'key_used' then 'The key has been used.'
            when 'no_password' then 'The user has no password.'
            else concat(
                case
                    when reason_code in ('key_too_old', 'key_young') then 'Created '
                    when reason_code in ('not_used_lately', 'used_lately') then 'Last used '
                    when reason_code in ('password_never_used', 'password_not_used_yet') then 'Never used, and set '
                    else 'Never used, and created '
                end,
                -- A key can be created or used while the report is being generated.
                case
                    when measured_seconds < 0 then 'after the report: '
                    when measured_days = 1 then '1 day before the report: '
                    else concat(cast(measured_days as varchar), ' days before the report: ')
                end,
                case when status = 'fail' then 'beyond the limit of ' else 'within the limit of ' end,
                cast(limit_days as varchar),
                case when limit_days = 1 then ' day.' else ' days.' end
            )
        end as varchar
    ) as reason,
    cast(measured_seconds as bigint) as measured_seconds,
    cast(limit_days as integer) as limit_days,
    cast(case when status = 'fail' then date_add('day', limit_days, measured_from) end as timestamp(3))
        as failing_since,
    -- A key is identified by its user's ARN and its creation time, a password by its user, however often it is changed.
    cast(
        case credential_type
            when 'access_key' then concat(
                user_arn,
                '|key|',
                coalesce(cast(date_diff('second', timestamp '1970-01-01 00:00:00', created_at) as varchar), ''),
                -- AWS returns whole seconds; otherwise the ordinal counts keys of the same millisecond.
                case when created_at <> date_trunc('second', created_at)
                    then concat('.', cast(date_diff('millisecond', date_trunc('second', created_at), created_at) as varchar))
                    else '' end,
                case when ordinal = 1 then '|1' else '|2' end
            )
            else concat(
                user_arn,
                '|password|',
                coalesce(cast(date_diff('second', timestamp '1970-01-01 00:00:00', user_creation_time) as varchar), '')
            )
        end as varchar
    ) as subject,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(last_used_region as varchar) as last_used_region,
    cast(last_used_service as varchar) as last_used_service,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(reason_code as varchar) as reason_code
from explained
