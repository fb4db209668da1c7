-- Every verdict of every control: what was judged, whether it passes, why, by how much, and since when it fails.
-- Accounts that are not ACTIVE have no rows; one that could not be read has unknown ones. No fact is left out.
-- Grain: organization_id, snapshot_date, finding_id
-- Reads: account_judgements, controls, credential_judgements, missing_judgements, root_judgements, user_judgements
-- Example: control_id, account_name, user_name, status, reason

with

verdicts as (

    select * from "${database}"."account_judgements_history" as account_judgements
    union all
    select * from "${database}"."root_judgements_history" as root_judgements
    union all
    select * from "${database}"."user_judgements_history" as user_judgements
    union all
    select * from "${database}"."credential_judgements_history" as credential_judgements
    union all
    select * from "${database}"."missing_judgements_history" as missing_judgements

)

select
    cast(verdicts.organization_id as varchar) as organization_id,
    cast(verdicts.snapshot_date as varchar) as snapshot_date,
    cast(verdicts.snapshot_at as timestamp(3)) as snapshot_at,
    cast(verdicts.account_id as varchar) as account_id,
    cast(verdicts.account_name as varchar) as account_name,
    cast(verdicts.ou_id as varchar) as ou_id,
    cast(verdicts.ou_path as varchar) as ou_path,
    cast(verdicts.control_id as varchar) as control_id,
    cast(controls.severity as varchar) as severity,
    cast(controls.severity_rank as integer) as severity_rank,
    cast(verdicts.user_name as varchar) as user_name,
    cast(verdicts.user_arn as varchar) as user_arn,
    cast(verdicts.credential_type as varchar) as credential_type,
    cast(verdicts.slot as integer) as slot,
    cast(verdicts.credential_created_at as timestamp(3)) as credential_created_at,
    cast(verdicts.status as varchar) as status,
    cast(verdicts.reason as varchar) as reason,
    cast(floor(cast(verdicts.measured_seconds as double) / 86400) as bigint) as measured_days,
    cast(verdicts.measured_seconds as bigint) as measured_seconds,
    cast(verdicts.limit_days as integer) as limit_days,
    cast(verdicts.failing_since as timestamp(3)) as failing_since,
    cast(lower(to_hex(md5(to_utf8(concat(verdicts.control_id, '|', verdicts.subject))))) as varchar) as finding_id,
    cast(verdicts.report_generated_at as timestamp(3)) as report_generated_at,
    cast(verdicts.run_id as varchar) as run_id,
    cast(verdicts.last_used_at as timestamp(3)) as last_used_at,
    cast(verdicts.last_used_region as varchar) as last_used_region,
    cast(verdicts.last_used_service as varchar) as last_used_service
from verdicts
inner join "${database}"."controls_history" as controls
    on controls.control_id = verdicts.control_id
