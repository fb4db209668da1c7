-- The exceptions of the run: their terms, whether they are in force, and how many results they cover. If several cover
-- the same result, the one that ends last counts. `unused`: it has not ended and covers nothing. The
-- account's name and OU are those of an exception that names an account.
-- Grain: organization_id, snapshot_date, exception_id
-- Reads: account, control_results, exception_terms
-- Order: expires_on, exception_id
-- Example: exception_id, state, results_covered, results_failing_again, ends_in_days, control_id, account_id, ou, user_glob

with

covered as (

    select
        organization_id,
        snapshot_date,
        exception_id,
        count_if(status = 'excepted') as results_covered,
        count_if(status = 'fail') as results_failing_again
    from control_results
    where exception_id is not null
    group by organization_id, snapshot_date, exception_id

)

select
    cast(terms.organization_id as varchar) as organization_id,
    cast(terms.snapshot_date as varchar) as snapshot_date,
    cast(terms.snapshot_at as timestamp(3)) as snapshot_at,
    cast(terms.account_id as varchar) as account_id,
    cast(account.account_name as varchar) as account_name,
    cast(account.ou_id as varchar) as ou_id,
    cast(account.ou_path as varchar) as ou_path,
    cast(terms.exception_id as varchar) as exception_id,
    cast(
        case
            when covered.results_covered > 0 then 'active'
            when terms.ends_at <= terms.snapshot_at then 'expired'
            else 'unused'
        end as varchar
    ) as state,
    cast(coalesce(covered.results_covered, 0) as bigint) as results_covered,
    cast(coalesce(covered.results_failing_again, 0) as bigint) as results_failing_again,
    cast(
        case when terms.ends_at > terms.snapshot_at
            then floor(cast(date_diff('second', terms.snapshot_at, terms.ends_at) as double) / 86400)
        end as bigint
    ) as ends_in_days,
    cast(terms.control_id as varchar) as control_id,
    cast(terms.ou as varchar) as ou,
    cast(terms.finding_id as varchar) as finding_id,
    cast(terms.user_glob as varchar) as user_glob,
    cast(terms.owner as varchar) as owner,
    cast(terms.approved_by as varchar) as approved_by,
    cast(terms.reason as varchar) as reason,
    cast(terms.ticket as varchar) as ticket,
    cast(terms.expires_on as varchar) as expires_on,
    cast(terms.ends_at as timestamp(3)) as ends_at,
    cast(terms.run_id as varchar) as run_id
from exception_terms as terms
left join covered
    on covered.organization_id = terms.organization_id
    and covered.snapshot_date = terms.snapshot_date
    and covered.exception_id = terms.exception_id
left join account
    on account.organization_id = terms.organization_id
    and account.snapshot_date = terms.snapshot_date
    and account.account_id = terms.account_id
