-- Passwords older than the account's own policy allows: last changed before the report's time less `max_password_age`.
-- No rows if the policy sets no maximum age. The policy does not apply to root.
-- Grain: organization_id, snapshot_date, user_arn
-- Reads: credentials
-- Order: overdue_since, account_id, user_name
-- Example: account_name, user_name, age_days, max_password_age, overdue_since

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
    cast(created_at as timestamp(3)) as password_last_changed,
    cast(age_days as bigint) as age_days,
    cast(max_age_days as integer) as max_password_age,
    cast(date_add('day', max_age_days, created_at) as timestamp(3)) as overdue_since,
    cast(last_used_at as timestamp(3)) as last_used_at,
    cast(mfa_active as boolean) as mfa_active,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(run_id as varchar) as run_id,
    cast(owner as varchar) as owner
from credentials
where
    credential_type = 'password'
    and is_active
    and account_state = 'ACTIVE'
    and created_at < date_add('day', -max_age_days, report_generated_at)
