-- The results of each control over all accounts directly in an OU. Read the rate together with `accounts_unknown`:
-- these accounts have at least one unknown result.
-- Grain: organization_id, snapshot_date, ou_id, ou_path, control_id
-- Reads: account_scorecard
-- Order: ou_path, severity_rank, control_id
-- Example: ou_path, control_id, accounts_in_scope, accounts_unknown, pass_count, fail_count, pass_rate

with

summed as (

    select
        organization_id,
        snapshot_date,
        ou_id,
        ou_path,
        control_id,
        severity,
        severity_rank,
        max(snapshot_at) as snapshot_at,
        max(run_id) as run_id,
        count(*) as accounts_in_scope,
        count_if(unknown_count > 0) as accounts_unknown,
        count_if(fail_count > 0) as accounts_failing,
        sum(pass_count) as pass_count,
        sum(fail_count) as fail_count,
        sum(not_applicable_count) as not_applicable_count,
        sum(unknown_count) as unknown_count,
        sum(excepted_count) as excepted_count
    from "${database}"."account_scorecard_history" as account_scorecard
    group by organization_id, snapshot_date, ou_id, ou_path, control_id, severity, severity_rank

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(control_id as varchar) as control_id,
    cast(severity as varchar) as severity,
    cast(severity_rank as integer) as severity_rank,
    cast(accounts_in_scope as bigint) as accounts_in_scope,
    cast(accounts_unknown as bigint) as accounts_unknown,
    cast(accounts_failing as bigint) as accounts_failing,
    cast(pass_count as bigint) as pass_count,
    cast(fail_count as bigint) as fail_count,
    cast(not_applicable_count as bigint) as not_applicable_count,
    cast(unknown_count as bigint) as unknown_count,
    cast(
        case when pass_count + fail_count > 0 then cast(pass_count as double) / (pass_count + fail_count) end as double
    ) as pass_rate,
    cast(run_id as varchar) as run_id,
    cast(excepted_count as bigint) as excepted_count
from summed
