-- The results that are unknown because data is missing: one for every control of an ACTIVE account that was not
-- collected, and one for each user and credential control if rows of the report were left out.
-- Grain: organization_id, snapshot_date, account_id, control_id
-- Reads: account, controls
-- Example: control_id, account_name, status, reason

with

evaluated as (

    select
        account.*,
        controls.control_id,
        'unknown' as status,
        case when outcome in ('collected', 'partial') then 'rows_left_out' else 'account_not_collected' end
            as reason_code
    from account
    inner join controls
        on controls.control_id <> 'report-collected'
    where
        account_state = 'ACTIVE'
        and (
            outcome not in ('collected', 'partial')
            or (unreadable_rows > 0 and controls.judged_per <> 'account')
        )

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
            when 'rows_left_out' then concat(
                'Cannot be evaluated: ',
                cast(unreadable_rows as varchar),
                case when unreadable_rows = 1 then ' row of the report was left out.'
                    else ' rows of the report were left out.' end
            )
            when 'account_not_collected' then concat(
                'Cannot be evaluated: the account was not collected (',
                outcome,
                coalesce(concat(', ', error_code), ''),
                ').'
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
from evaluated
