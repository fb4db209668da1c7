-- The exceptions of the run as they are stored, ended ones included: their terms, without what they cover.
-- Grain: organization_id, snapshot_date, exception_id
-- Reads: snapshot_record
-- Order: exception_id
-- Example: exception_id, control_id, account_id, ou, user_glob, expires_on

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(run_started_at as timestamp(3)) as snapshot_at,
    cast(exception_id as varchar) as exception_id,
    cast(control_id as varchar) as control_id,
    cast(account_id as varchar) as account_id,
    cast(ou as varchar) as ou,
    cast(finding_id as varchar) as finding_id,
    cast(user_glob as varchar) as user_glob,
    cast(owner as varchar) as owner,
    cast(approved_by as varchar) as approved_by,
    cast(reason as varchar) as reason,
    cast(ticket as varchar) as ticket,
    cast(expires_on as varchar) as expires_on,
    cast(ends_at as timestamp(3)) as ends_at,
    cast(user_pattern as varchar) as user_pattern,
    cast(ou_pattern as varchar) as ou_pattern,
    -- Of several exceptions that cover a result, the one with the greatest key counts: the one that ends last.
    cast(concat(expires_on, '|', exception_id) as varchar) as term_key,
    cast(run_id as varchar) as run_id
from "${database}"."snapshot_record" as snapshot_record
where record_type = 'exception'
