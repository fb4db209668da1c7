-- Every result of every control: what was evaluated, whether it passes, why, by how much, and since when it fails.
-- Accounts that are not ACTIVE have no rows; an account that was not collected has rows with the status unknown.
-- Grain: organization_id, snapshot_date, finding_id
-- Reads: account, account_results, controls, credential_results, missing_results, root_results, user_results
-- Example: control_id, account_name, user_name, status, reason

with

results as (

    select * from "${database}"."account_results_history" as account_results
    union all
    select * from "${database}"."root_results_history" as root_results
    union all
    select * from "${database}"."user_results_history" as user_results
    union all
    select * from "${database}"."credential_results_history" as credential_results
    union all
    select * from "${database}"."missing_results_history" as missing_results

)

select
    cast(results.organization_id as varchar) as organization_id,
    cast(results.snapshot_date as varchar) as snapshot_date,
    cast(results.snapshot_at as timestamp(3)) as snapshot_at,
    cast(results.account_id as varchar) as account_id,
    cast(results.account_name as varchar) as account_name,
    cast(results.ou_id as varchar) as ou_id,
    cast(results.ou_path as varchar) as ou_path,
    cast(results.control_id as varchar) as control_id,
    cast(controls.severity as varchar) as severity,
    cast(controls.severity_rank as integer) as severity_rank,
    cast(results.user_name as varchar) as user_name,
    cast(results.user_arn as varchar) as user_arn,
    cast(results.credential_type as varchar) as credential_type,
    cast(results.slot as integer) as slot,
    cast(results.credential_created_at as timestamp(3)) as credential_created_at,
    cast(results.status as varchar) as status,
    cast(results.reason as varchar) as reason,
    cast(floor(cast(results.measured_seconds as double) / 86400) as bigint) as measured_days,
    cast(results.measured_seconds as bigint) as measured_seconds,
    cast(results.limit_days as integer) as limit_days,
    cast(results.failing_since as timestamp(3)) as failing_since,
    cast(lower(to_hex(md5(to_utf8(concat(results.control_id, '|', results.subject))))) as varchar) as finding_id,
    cast(results.report_generated_at as timestamp(3)) as report_generated_at,
    cast(results.run_id as varchar) as run_id,
    cast(results.last_used_at as timestamp(3)) as last_used_at,
    cast(results.last_used_region as varchar) as last_used_region,
    cast(results.last_used_service as varchar) as last_used_service,
    cast(results.reason_code as varchar) as reason_code,
    cast(account.owner as varchar) as owner
from results
inner join "${database}"."controls_history" as controls
    on controls.control_id = results.control_id
inner join "${database}"."account_history" as account
    on account.organization_id = results.organization_id
    and account.snapshot_date = results.snapshot_date
    and account.account_id = results.account_id
