-- Users with nothing active left: the password is off, and every access key and signing certificate is inactive or
-- absent. If a value is missing, it is unknown whether something is active: such a user is not listed. Before deleting
-- one, look for credentials that no credential report lists, such as service-specific ones. Root is not evaluated.
-- Grain: organization_id, snapshot_date, user_arn
-- Reads: account, credentials, report_rows
-- Order: last_used_at nulls first, account_id, user_name
-- Example: account_name, user_name, user_creation_time, inactive_access_keys, last_used_at

with

counted as (

    select
        organization_id,
        snapshot_date,
        user_arn,
        count_if(is_active is distinct from false) as maybe_active,
        count_if(credential_type = 'access_key') as inactive_access_keys,
        count_if(credential_type = 'signing_certificate') as inactive_signing_certificates,
        max(last_used_at) as last_used_at
    from "${database}"."credentials_history" as credentials
    group by organization_id, snapshot_date, user_arn

)

select
    cast(report.organization_id as varchar) as organization_id,
    cast(report.snapshot_date as varchar) as snapshot_date,
    cast(account.snapshot_at as timestamp(3)) as snapshot_at,
    cast(report.account_id as varchar) as account_id,
    cast(account.account_name as varchar) as account_name,
    cast(account.ou_id as varchar) as ou_id,
    cast(account.ou_path as varchar) as ou_path,
    cast(report.user_name as varchar) as user_name,
    cast(report.user_arn as varchar) as user_arn,
    cast(report.user_creation_time as timestamp(3)) as user_creation_time,
    cast(coalesce(counted.inactive_access_keys, 0) as bigint) as inactive_access_keys,
    cast(coalesce(counted.inactive_signing_certificates, 0) as bigint) as inactive_signing_certificates,
    cast(
        coalesce(
            greatest(counted.last_used_at, report.undated_key_last_used_at),
            counted.last_used_at,
            report.undated_key_last_used_at
        ) as timestamp(3)
    ) as last_used_at,
    cast(report.mfa_active as boolean) as mfa_active,
    cast(report.additional_credentials_info as varchar) as additional_credentials_info,
    cast(report.report_generated_at as timestamp(3)) as report_generated_at,
    cast(report.run_id as varchar) as run_id,
    cast(account.owner as varchar) as owner
from "${database}"."report_rows_history" as report
inner join "${database}"."account_history" as account
    on account.organization_id = report.organization_id
    and account.snapshot_date = report.snapshot_date
    and account.account_id = report.account_id
left join counted
    on counted.organization_id = report.organization_id
    and counted.snapshot_date = report.snapshot_date
    and counted.user_arn = report.user_arn
where
    account.account_state = 'ACTIVE'
    and not report.is_root
    and coalesce(counted.maybe_active, 0) = 0
