-- Each exception of the run with every control that it names and, unless it names a finding, every account that it
-- covers. An OU that could not be read covers nothing.
-- Grain: organization_id, snapshot_date, exception_id, control_id, account_id
-- Reads: account, controls, exception_terms
-- Example: exception_id, control_id, account_id, finding_id, user_glob

with

-- Few OUs hold many accounts, so the patterns are compared with OUs.
ous as (

    select
        organization_id,
        snapshot_date,
        ou_id,
        ou_path,
        max(concat('/', coalesce(ou_id_path, ou_id), '/')) as ou_ids
    from account
    group by organization_id, snapshot_date, ou_id, ou_path

),

placed as (

    select
        terms.*,
        terms.account_id as covered_account_id
    from exception_terms as terms
    where terms.ou_pattern is null
    union all
    select
        terms.*,
        account.account_id as covered_account_id
    from exception_terms as terms
    inner join ous
        on ous.organization_id = terms.organization_id
        and ous.snapshot_date = terms.snapshot_date
        and (
            ous.ou_ids like terms.ou_pattern escape '!'
            or concat(ous.ou_path, '/') like terms.ou_pattern escape '!'
        )
    inner join account
        on account.organization_id = ous.organization_id
        and account.snapshot_date = ous.snapshot_date
        and account.ou_id = ous.ou_id
        and account.ou_path = ous.ou_path

)

select
    cast(placed.organization_id as varchar) as organization_id,
    cast(placed.snapshot_date as varchar) as snapshot_date,
    cast(placed.snapshot_at as timestamp(3)) as snapshot_at,
    cast(placed.exception_id as varchar) as exception_id,
    cast(controls.control_id as varchar) as control_id,
    cast(placed.covered_account_id as varchar) as account_id,
    cast(placed.finding_id as varchar) as finding_id,
    cast(placed.user_glob as varchar) as user_glob,
    cast(placed.user_pattern as varchar) as user_pattern,
    cast(placed.term_key as varchar) as term_key,
    cast(placed.run_id as varchar) as run_id
from placed
inner join controls
    on controls.control_id = placed.control_id or placed.control_id = '*'
where
    -- That an account was not collected cannot be accepted.
    controls.control_id <> 'report-collected'
    -- An exception that names users covers what is evaluated for each user; that names root, root's controls.
    and case
        when placed.user_glob is null then true
        when placed.user_glob = '<root_account>' then controls.control_id like 'root-%' escape '!'
        else controls.judged_per <> 'account'
    end
