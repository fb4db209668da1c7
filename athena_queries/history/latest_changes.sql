-- What changed since the last snapshot: the changes of the newest snapshot, without those of earlier days.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn, credential_type, credential_created_at,
-- occurrence
-- Reads: credential_changes, snapshots
-- Twin: current
-- Order: account_id, user_name, change_type, credential_created_at, occurrence
-- Example: account_name, change_type, user_name, changed_at, previous_snapshot_date

select
    cast(changes.organization_id as varchar) as organization_id,
    cast(changes.snapshot_date as varchar) as snapshot_date,
    cast(changes.snapshot_at as timestamp(3)) as snapshot_at,
    cast(changes.account_id as varchar) as account_id,
    cast(changes.account_name as varchar) as account_name,
    cast(changes.ou_id as varchar) as ou_id,
    cast(changes.ou_path as varchar) as ou_path,
    cast(changes.change_type as varchar) as change_type,
    cast(changes.user_name as varchar) as user_name,
    cast(changes.user_arn as varchar) as user_arn,
    cast(changes.credential_type as varchar) as credential_type,
    cast(changes.credential_created_at as timestamp(3)) as credential_created_at,
    cast(changes.occurrence as integer) as occurrence,
    cast(changes.changed_at as timestamp(3)) as changed_at,
    cast(changes.previous_snapshot_date as varchar) as previous_snapshot_date,
    cast(changes.report_generated_at as timestamp(3)) as report_generated_at,
    cast(changes.previous_report_generated_at as timestamp(3)) as previous_report_generated_at,
    cast(changes.run_id as varchar) as run_id
from credential_changes as changes
inner join snapshots
    on
        changes.organization_id = snapshots.organization_id
        and changes.snapshot_date = snapshots.snapshot_date
