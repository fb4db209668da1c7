-- Active access keys created longer ago than the account's limit (90 days unless set otherwise), to the second.
-- Grain: organization_id, snapshot_date, user_arn, slot
-- Reads: control_results
-- Order: measured_seconds desc, account_id, user_name
-- Example: account_name, user_name, credential_created_at, measured_days, limit_days, last_used_service

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(slot as integer) as slot,
    cast(credential_created_at as timestamp(3)) as credential_created_at,
    cast(measured_days as bigint) as measured_days,
    cast(measured_seconds as bigint) as measured_seconds,
    cast(limit_days as integer) as limit_days,
    cast(failing_since as timestamp(3)) as failing_since,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(last_used_region as varchar) as last_used_region,
    cast(last_used_service as varchar) as last_used_service,
    cast(severity as varchar) as severity,
    cast(reason as varchar) as reason,
    cast(finding_id as varchar) as finding_id,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(owner as varchar) as owner
from control_results
where control_id = 'access-key-rotation' and status = 'fail'
