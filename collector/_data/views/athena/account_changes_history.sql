-- Which accounts joined and left between two consecutive snapshots of an organization. Lists are compared only if they
-- come from the same source: a file of accounts may be incomplete.
-- Grain: organization_id, snapshot_date, account_id, change_type
-- Reads: account
-- Twin: history
-- Example: snapshot_date, account_name, change_type, previous_snapshot_date

with

lists as (

    select
        organization_id,
        snapshot_date,
        max(run_started_at) as snapshot_at,
        max(run_id) as run_id,
        max(inventory_source) as inventory_source
    from "${database}"."account_history" as account
    group by organization_id, snapshot_date

),

lists_in_order as (

    select
        lists.*,
        lag(snapshot_date) over (partition by organization_id order by snapshot_date) as previous_date,
        lag(inventory_source) over (partition by organization_id order by snapshot_date) as previous_source,
        lead(snapshot_date) over (partition by organization_id order by snapshot_date) as next_date,
        lead(snapshot_at) over (partition by organization_id order by snapshot_date) as next_at,
        lead(run_id) over (partition by organization_id order by snapshot_date) as next_run_id,
        lead(inventory_source) over (partition by organization_id order by snapshot_date) as next_source
    from lists

),

accounts_in_order as (

    select
        account.*,
        lag(snapshot_date) over (partition by organization_id, account_id order by snapshot_date) as seen_before,
        lead(snapshot_date) over (partition by organization_id, account_id order by snapshot_date) as seen_next
    from "${database}"."account_history" as account

),

changes as (

    -- An account that left is reported on the first day without it.
    select
        listed.*,
        kind.change_type,
        kind.change_type = 'account_joined' as is_joining,
        lists.previous_date,
        lists.next_date,
        lists.next_at,
        lists.next_run_id
    from accounts_in_order as listed
    inner join lists_in_order as lists
        on lists.organization_id = listed.organization_id
        and lists.snapshot_date = listed.snapshot_date
    cross join (values ('account_joined'), ('account_left')) as kind (change_type)
    where
        case kind.change_type
            when 'account_joined' then lists.previous_source = listed.inventory_source
                and coalesce(seen_before <> lists.previous_date, true)
            when 'account_left' then lists.next_source = listed.inventory_source
                and coalesce(seen_next <> lists.next_date, true)
        end

)

select
    cast(organization_id as varchar) as organization_id,
    cast(case when is_joining then snapshot_date else next_date end as varchar) as snapshot_date,
    cast(case when is_joining then run_started_at else next_at end as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(change_type as varchar) as change_type,
    cast(null as varchar) as user_name,
    cast(null as varchar) as user_arn,
    cast(null as varchar) as credential_type,
    cast(null as timestamp(3)) as credential_created_at,
    cast(1 as integer) as occurrence,
    cast(case when is_joining then joined_at end as timestamp(3)) as changed_at,
    cast(case when is_joining then previous_date else snapshot_date end as varchar) as previous_snapshot_date,
    cast(case when is_joining then report_generated_at end as timestamp(3)) as report_generated_at,
    cast(case when not is_joining then report_generated_at end as timestamp(3)) as previous_report_generated_at,
    cast(case when is_joining then run_id else next_run_id end as varchar) as run_id
from changes
