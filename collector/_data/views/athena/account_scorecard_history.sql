-- The results of each control in each ACTIVE account: how many of each status, and the share that passes.
-- The rate is pass / (pass + fail), null if there is neither; unknown and excepted are never part of it.
-- Grain: organization_id, snapshot_date, account_id, control_id
-- Reads: account, control_results, controls
-- Order: account_id, control_id
-- Example: account_name, control_id, pass_count, fail_count, unknown_count, pass_rate

with

results as (

    -- One row without a result for each account and control, so that none is left out.
    select
        account.organization_id,
        account.snapshot_date,
        account.account_id,
        controls.control_id,
        'none' as status
    from "${database}"."account_history" as account
    cross join "${database}"."controls_history" as controls
    where account.account_state = 'ACTIVE'
    union all
    select
        organization_id,
        snapshot_date,
        account_id,
        control_id,
        status
    from "${database}"."control_results_history" as control_results

),

counted as (

    select
        organization_id,
        snapshot_date,
        account_id,
        control_id,
        count_if(status = 'pass') as pass_count,
        count_if(status = 'fail') as fail_count,
        count_if(status = 'not_applicable') as not_applicable_count,
        count_if(status = 'unknown') as unknown_count,
        count_if(status = 'excepted') as excepted_count
    from results
    group by organization_id, snapshot_date, account_id, control_id

),

described as (

    select
        counted.*,
        account.run_started_at as snapshot_at,
        account.account_name,
        account.ou_id,
        account.ou_path,
        account.outcome,
        account.report_generated_at,
        account.run_id,
        controls.severity,
        controls.severity_rank
    from counted
    inner join "${database}"."account_history" as account
        on account.organization_id = counted.organization_id
        and account.snapshot_date = counted.snapshot_date
        and account.account_id = counted.account_id
    inner join "${database}"."controls_history" as controls
        on controls.control_id = counted.control_id

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(control_id as varchar) as control_id,
    cast(severity as varchar) as severity,
    cast(severity_rank as integer) as severity_rank,
    cast(pass_count as bigint) as pass_count,
    cast(fail_count as bigint) as fail_count,
    cast(not_applicable_count as bigint) as not_applicable_count,
    cast(unknown_count as bigint) as unknown_count,
    cast(
        case when pass_count + fail_count > 0 then cast(pass_count as double) / (pass_count + fail_count) end as double
    ) as pass_rate,
    cast(outcome as varchar) as outcome,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(excepted_count as bigint) as excepted_count
from described
