-- What changed between an account's report and its previous collected one, and which accounts joined and left between
-- two snapshots. Nothing is listed if both snapshots contain the same report, nothing counts as gone if either report
-- has rows that could not be read, and an account that was not collected changes nothing.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn, credential_type, credential_created_at,
-- occurrence
-- Reads: account_changes, key_changes, root_use_changes, user_changes
-- Twin: history
-- Order: snapshot_date, account_id, user_name, change_type, credential_created_at, occurrence
-- Example: snapshot_date, account_name, change_type, user_name, changed_at, previous_snapshot_date

with

changes as (

    select * from user_changes
    union all
    select * from key_changes
    union all
    select * from root_use_changes
    union all
    select * from account_changes

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(change_type as varchar) as change_type,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(credential_type as varchar) as credential_type,
    cast(credential_created_at as timestamp(3)) as credential_created_at,
    cast(occurrence as integer) as occurrence,
    cast(changed_at as timestamp(3)) as changed_at,
    cast(previous_snapshot_date as varchar) as previous_snapshot_date,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(previous_report_generated_at as timestamp(3)) as previous_report_generated_at,
    cast(run_id as varchar) as run_id
from changes
