-- Every result of every control: what was evaluated, whether it passes, why, by how much, and since when it fails.
-- Accounts that are not ACTIVE have no rows; an account that was not collected has rows with the status unknown. A failing
-- result that an exception covers is `excepted` until the exception ends; then it fails again.
-- Grain: organization_id, snapshot_date, finding_id
-- Reads: account, account_results, controls, credential_results, exception_terms, missing_results, placed_exceptions,
-- report_rows, root_results, user_results
-- Example: control_id, account_name, user_name, status, reason

with

results as (

    select * from account_results
    union all
    select * from root_results
    union all
    select * from user_results
    union all
    select * from credential_results
    union all
    select * from missing_results

),

described as (

    select
        results.*,
        controls.severity,
        controls.severity_rank,
        account.owner,
        lower(to_hex(md5(to_utf8(concat(results.control_id, '|', results.subject))))) as finding_id
    from results
    inner join controls
        on controls.control_id = results.control_id
    inner join account
        on account.organization_id = results.organization_id
        and account.snapshot_date = results.snapshot_date
        and account.account_id = results.account_id

),

-- Of each kind of exception the one that counts, so that no join adds rows.
account_exceptions as (

    select
        organization_id,
        snapshot_date,
        account_id,
        control_id,
        max(term_key) as term_key
    from placed_exceptions
    where account_id is not null and (user_glob is null or user_glob = '<root_account>')
    group by organization_id, snapshot_date, account_id, control_id

),

user_exceptions as (

    select
        placed.organization_id,
        placed.snapshot_date,
        placed.control_id,
        report.user_arn,
        max(placed.term_key) as term_key
    from placed_exceptions as placed
    inner join report_rows as report
        on report.organization_id = placed.organization_id
        and report.snapshot_date = placed.snapshot_date
        and report.account_id = placed.account_id
    where
        placed.user_glob <> '<root_account>'
        and report.user_name like placed.user_pattern escape '!'
    group by placed.organization_id, placed.snapshot_date, placed.control_id, report.user_arn

),

finding_exceptions as (

    select
        organization_id,
        snapshot_date,
        control_id,
        finding_id,
        max(term_key) as term_key
    from placed_exceptions
    where finding_id is not null
    group by organization_id, snapshot_date, control_id, finding_id

),

matched as (

    select
        described.*,
        case when described.status = 'fail' then
            greatest(
                coalesce(account_exceptions.term_key, ''),
                coalesce(user_exceptions.term_key, ''),
                coalesce(finding_exceptions.term_key, '')
            )
        end as term_key
    from described
    left join account_exceptions
        on account_exceptions.organization_id = described.organization_id
        and account_exceptions.snapshot_date = described.snapshot_date
        and account_exceptions.account_id = described.account_id
        and account_exceptions.control_id = described.control_id
    left join user_exceptions
        on user_exceptions.organization_id = described.organization_id
        and user_exceptions.snapshot_date = described.snapshot_date
        and user_exceptions.user_arn = described.user_arn
        and user_exceptions.control_id = described.control_id
    left join finding_exceptions
        on finding_exceptions.organization_id = described.organization_id
        and finding_exceptions.snapshot_date = described.snapshot_date
        and finding_exceptions.finding_id = described.finding_id
        and finding_exceptions.control_id = described.control_id

),

excepted as (

    select
        matched.*,
        terms.exception_id,
        terms.expires_on,
        terms.ends_at,
        coalesce(matched.report_generated_at < terms.ends_at, false) as is_excepted
    from matched
    left join exception_terms as terms
        on terms.organization_id = matched.organization_id
        and terms.snapshot_date = matched.snapshot_date
        and terms.term_key = matched.term_key

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
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(credential_type as varchar) as credential_type,
    cast(slot as integer) as slot,
    cast(credential_created_at as timestamp(3)) as credential_created_at,
    cast(case when is_excepted then 'excepted' else status end as varchar) as status,
    cast(
        concat(
            reason,
            coalesce(
                concat(
                    case when is_excepted then ' Excepted by ' else ' Exception ' end,
                    exception_id,
                    case when is_excepted then ' until the end of ' else ' ended at the end of ' end,
                    expires_on,
                    '.'
                ),
                ''
            )
        ) as varchar
    ) as reason,
    cast(floor(cast(measured_seconds as double) / 86400) as bigint) as measured_days,
    cast(measured_seconds as bigint) as measured_seconds,
    cast(limit_days as integer) as limit_days,
    cast(failing_since as timestamp(3)) as failing_since,
    cast(finding_id as varchar) as finding_id,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(last_used_region as varchar) as last_used_region,
    cast(last_used_service as varchar) as last_used_service,
    cast(reason_code as varchar) as reason_code,
    cast(exception_id as varchar) as exception_id,
    cast(ends_at as timestamp(3)) as excepted_until,
    cast(owner as varchar) as owner
from excepted
