-- Each snapshot: its run and time, how many accounts the organization had, how their collection ended, and the share of
-- ACTIVE accounts that is covered (collected or partial).
-- Grain: organization_id, snapshot_date
-- Reads: account
-- Order: snapshot_date
-- Example: snapshot_date, run_id, accounts, active_accounts, collected, partial, assume_denied, coverage

with

counted as (

    select
        organization_id,
        snapshot_date,
        max(run_started_at) as snapshot_at,
        max(run_id) as run_id,
        max(finished_at) as finished_at,
        min(report_generated_at) as oldest_report_at,
        max(inventory_source) as inventory_source,
        count(*) as accounts,
        count_if(account_state = 'ACTIVE') as active_accounts,
        sum(coalesce(user_count, 0)) as users,
        count_if(outcome = 'collected') as collected,
        count_if(outcome = 'partial') as partial,
        count_if(outcome = 'skipped_state') as skipped_state,
        count_if(outcome = 'excluded') as excluded,
        count_if(outcome = 'assume_denied') as assume_denied,
        count_if(outcome = 'report_denied') as report_denied,
        count_if(outcome = 'report_timeout') as report_timeout,
        count_if(outcome = 'not_reached') as not_reached,
        count_if(outcome = 'throttled') as throttled,
        count_if(outcome = 'malformed_report') as malformed_report,
        count_if(outcome = 'wrong_account') as wrong_account,
        count_if(outcome = 'failed') as failed
    from account
    group by organization_id, snapshot_date

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(run_id as varchar) as run_id,
    cast(finished_at as timestamp(3)) as finished_at,
    cast(oldest_report_at as timestamp(3)) as oldest_report_at,
    cast(inventory_source as varchar) as inventory_source,
    cast(accounts as bigint) as accounts,
    cast(active_accounts as bigint) as active_accounts,
    cast(users as bigint) as users,
    cast(collected as bigint) as collected,
    cast(partial as bigint) as partial,
    cast(skipped_state as bigint) as skipped_state,
    cast(excluded as bigint) as excluded,
    cast(assume_denied as bigint) as assume_denied,
    cast(report_denied as bigint) as report_denied,
    cast(report_timeout as bigint) as report_timeout,
    cast(not_reached as bigint) as not_reached,
    cast(throttled as bigint) as throttled,
    cast(malformed_report as bigint) as malformed_report,
    cast(wrong_account as bigint) as wrong_account,
    cast(failed as bigint) as failed,
    cast(
        case when active_accounts > 0 then cast(collected + partial as double) / active_accounts end as double
    ) as coverage
from counted
