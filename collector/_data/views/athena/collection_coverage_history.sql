-- How much of the organization was collected: how each account's collection ended and why, how old its report was by
-- then, and whether it has as many rows as the account summary counts users, plus root.
-- Grain: organization_id, snapshot_date, account_id
-- Reads: account
-- Order: is_covered, account_state, outcome, account_id
-- Example: account_name, account_state, outcome, reason, report_age_seconds, user_count, expected_user_count

with

measured as (

    select
        account.*,
        outcome in ('collected', 'partial') as is_covered,
        account_state = 'ACTIVE' as is_in_scope,
        -- The report is up to four hours old when it is fetched, or generated while the run waits.
        date_diff('second', report_generated_at, finished_at) as report_age_seconds,
        users + 1 as expected_user_count
    from "${database}"."account_history" as account

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(account_state as varchar) as account_state,
    cast(outcome as varchar) as outcome,
    cast(is_in_scope as boolean) as is_in_scope,
    cast(is_covered as boolean) as is_covered,
    cast(
        case outcome
            when 'collected' then 'The report was fetched and every value of every row read.'
            when 'partial' then case
                when error_code = 'StaleReport' and report_age_seconds > 0 then concat(
                    'The report was fetched, but was already ',
                    cast(cast(floor(cast(report_age_seconds as double) / 3600) as bigint) as varchar),
                    ' hours old.'
                )
                when error_code = 'StaleReport' then 'The report was fetched, but its time is later than its fetch.'
                else 'The report was fetched, but is stale, has no root row, or could not all be read.'
            end
            when 'skipped_state' then concat('The account is ', account_state, ', so it was not called.')
            when 'excluded' then 'The include and exclude rules of the run left the account out.'
            when 'assume_denied' then 'STS denied the role.'
            when 'report_denied' then 'IAM denied the report.'
            when 'report_timeout' then 'The report was still being generated at the deadline.'
            when 'not_reached' then 'The deadline passed before the account was called.'
            when 'throttled' then 'AWS throttled every attempt.'
            when 'malformed_report' then 'The response is not a credential report, or lacks a required column.'
            when 'wrong_account' then 'The report is about another account.'
            else 'Another error occurred.'
        end as varchar
    ) as reason,
    cast(error_code as varchar) as error_code,
    cast(error_message as varchar) as error_message,
    cast(attempts as bigint) as attempts,
    cast(started_at as timestamp(3)) as started_at,
    cast(finished_at as timestamp(3)) as finished_at,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(report_age_seconds as bigint) as report_age_seconds,
    cast(user_count as bigint) as user_count,
    cast(expected_user_count as bigint) as expected_user_count,
    cast(user_count - expected_user_count as bigint) as user_count_difference,
    cast(unreadable_rows as bigint) as unreadable_rows,
    cast(unreadable_values as bigint) as unreadable_values,
    cast(password_policy_state as varchar) as password_policy_state,
    cast(password_policy_error as varchar) as password_policy_error,
    cast(summary_error as varchar) as summary_error,
    cast(raw_location as varchar) as raw_location,
    cast(raw_sha256 as varchar) as raw_sha256,
    cast(run_id as varchar) as run_id,
    cast(owner as varchar) as owner
from measured
