-- Users with at least one active password or access key, all of which have been idle for their limit or longer.
-- The use of signing certificates is not tracked: they are counted, but make a user neither active nor inactive.
-- If a value is missing, it is unknown whether the user is inactive: such a user is not listed here, but unknown in
-- control_results. Root is not evaluated.
-- Grain: organization_id, snapshot_date, user_arn
-- Reads: credentials
-- Order: idle_days desc, account_id, user_name
-- Example: account_name, user_name, active_credentials, idle_days, never_used, inactive_since

with

active as (

    select
        credentials.*,
        credential_type <> 'signing_certificate' as is_tracked,
        is_active and idle_since <= date_add('day', -unused_limit_days, report_generated_at) as is_idle
    from "${database}"."credentials_history" as credentials
    where is_active is distinct from false and not is_root and account_state = 'ACTIVE'

),

users as (

    select
        organization_id,
        snapshot_date,
        user_arn,
        max(snapshot_at) as snapshot_at,
        max(account_id) as account_id,
        max(account_name) as account_name,
        max(ou_id) as ou_id,
        max(ou_path) as ou_path,
        max(user_name) as user_name,
        count_if(is_tracked) as active_credentials,
        count_if(not is_tracked) as active_signing_certificates,
        max(case when is_tracked then idle_since end) as idle_since,
        max(case when is_tracked then date_add('day', unused_limit_days, idle_since) end) as inactive_since,
        max(last_used_at) as last_used_at,
        bool_or(mfa_active) as mfa_active,
        max(report_generated_at) as report_generated_at,
        max(run_id) as run_id,
        max(owner) as owner
    from active
    group by organization_id, snapshot_date, user_arn
    having count_if(is_tracked) > 0 and count_if(is_tracked) = count_if(is_tracked and is_idle)

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(active_credentials as bigint) as active_credentials,
    cast(active_signing_certificates as bigint) as active_signing_certificates,
    cast(idle_since as timestamp(3)) as idle_since,
    cast(floor(cast(date_diff('second', idle_since, report_generated_at) as double) / 86400) as bigint) as idle_days,
    cast(inactive_since as timestamp(3)) as inactive_since,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(last_used_at is null as boolean) as never_used,
    cast(mfa_active as boolean) as mfa_active,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(owner as varchar) as owner
from users
