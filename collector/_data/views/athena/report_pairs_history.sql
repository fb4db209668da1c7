-- Each collected report of an account with the account's previous collected one, between which changes are counted. An
-- account that was not collected has no report that day, so its next one is compared with the last before. No row if
-- both snapshots contain the same report: AWS generates at most one in four hours.
-- Grain: organization_id, snapshot_date, account_id
-- Reads: account
-- Twin: history
-- Example: account_name, snapshot_date, previous_snapshot_date, report_generated_at, is_whole, was_whole

with

in_order as (

    select
        account.*,
        coalesce(unreadable_rows, 0) = 0 as is_whole,
        lag(snapshot_date) over (partition by organization_id, account_id order by snapshot_date)
            as previous_snapshot_date,
        lag(report_generated_at) over (partition by organization_id, account_id order by snapshot_date)
            as previous_report_generated_at,
        lag(coalesce(unreadable_rows, 0) = 0) over (partition by organization_id, account_id order by snapshot_date)
            as was_whole,
        lag(case when coalesce(unreadable_rows, 0) = 0 then snapshot_date end) ignore nulls
            over (partition by organization_id, account_id order by snapshot_date) as last_whole_snapshot_date,
        lag(case when coalesce(unreadable_rows, 0) = 0 then report_generated_at end) ignore nulls
            over (partition by organization_id, account_id order by snapshot_date) as last_whole_report_at,
        first_value(report_generated_at) over (partition by organization_id, account_id order by snapshot_date)
            as first_report_at
    from "${database}"."account_history" as account
    where outcome in ('collected', 'partial')

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(run_started_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(previous_snapshot_date as varchar) as previous_snapshot_date,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(previous_report_generated_at as timestamp(3)) as previous_report_generated_at,
    -- Whether every row of the report, and of the previous one, could be read.
    cast(is_whole as boolean) as is_whole,
    cast(was_whole as boolean) as was_whole,
    -- The newest report before this one of which every row could be read, and the very first report.
    cast(last_whole_snapshot_date as varchar) as last_whole_snapshot_date,
    cast(last_whole_report_at as timestamp(3)) as last_whole_report_at,
    cast(first_report_at as timestamp(3)) as first_report_at,
    cast(run_id as varchar) as run_id
from in_order
where previous_report_generated_at <> report_generated_at
