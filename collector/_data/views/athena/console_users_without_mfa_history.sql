-- Users who can sign in to the console with only a password.
-- Grain: organization_id, snapshot_date, user_arn
-- Reads: control_results
-- Order: last_used_at desc, account_id, user_name
-- Example: account_name, user_name, last_used_at, reason

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
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(severity as varchar) as severity,
    cast(reason as varchar) as reason,
    cast(finding_id as varchar) as finding_id,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(owner as varchar) as owner
from "${database}"."control_results_history" as control_results
where control_id = 'console-mfa' and status = 'fail'
