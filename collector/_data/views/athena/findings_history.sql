-- The work to do: every failing result, the most severe first, then the one that has been failing longest.
-- Grain: organization_id, snapshot_date, finding_id
-- Reads: control_results
-- Order: finding_rank
-- Example: finding_rank, severity, control_id, account_name, user_name, reason

with

ranked as (

    select
        control_results.*,
        row_number() over (
            partition by organization_id, snapshot_date
            order by
                severity_rank,
                failing_since nulls last,
                measured_seconds desc nulls last,
                control_id,
                account_id,
                finding_id
        ) as finding_rank
    from "${database}"."control_results_history" as control_results
    where status = 'fail'

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(finding_rank as bigint) as finding_rank,
    cast(control_id as varchar) as control_id,
    cast(severity as varchar) as severity,
    cast(severity_rank as integer) as severity_rank,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(credential_type as varchar) as credential_type,
    cast(slot as integer) as slot,
    cast(credential_created_at as timestamp(3)) as credential_created_at,
    cast(status as varchar) as status,
    cast(reason as varchar) as reason,
    cast(measured_days as bigint) as measured_days,
    cast(measured_seconds as bigint) as measured_seconds,
    cast(limit_days as integer) as limit_days,
    cast(failing_since as timestamp(3)) as failing_since,
    cast(finding_id as varchar) as finding_id,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(last_used_region as varchar) as last_used_region,
    cast(last_used_service as varchar) as last_used_service,
    cast(reason_code as varchar) as reason_code,
    cast(exception_id as varchar) as exception_id,
    cast(excepted_until as timestamp(3)) as excepted_until,
    cast(owner as varchar) as owner
from ranked
