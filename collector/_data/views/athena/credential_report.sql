-- Every user of every collected account, including root: the columns of AWS's credential report with types, and then
-- the name and the OU of the account.
-- Grain: organization_id, snapshot_date, user_arn
-- Example: account_name, user_name, password_enabled, password_last_used, mfa_active, access_key_1_active, access_key_2_active
-- Reads: account, report_rows

select
    cast(report.organization_id as varchar) as organization_id,
    cast(report.snapshot_date as varchar) as snapshot_date,
    cast(report.run_id as varchar) as run_id,
    cast(report.account_id as varchar) as account_id,
    cast(report.user_name as varchar) as user_name,
    cast(report.user_arn as varchar) as user_arn,
    cast(report.is_root as boolean) as is_root,
    cast(report.user_creation_time as timestamp(3)) as user_creation_time,
    cast(report.password_enabled as boolean) as password_enabled,
    cast(report.password_last_used as timestamp(3)) as password_last_used,
    cast(report.password_last_changed as timestamp(3)) as password_last_changed,
    cast(report.password_next_rotation as timestamp(3)) as password_next_rotation,
    cast(report.mfa_active as boolean) as mfa_active,
    cast(report.access_key_1_active as boolean) as access_key_1_active,
    cast(report.access_key_1_last_rotated as timestamp(3)) as access_key_1_last_rotated,
    cast(report.access_key_1_last_used_date as timestamp(3)) as access_key_1_last_used_date,
    cast(report.access_key_1_last_used_region as varchar) as access_key_1_last_used_region,
    cast(report.access_key_1_last_used_service as varchar) as access_key_1_last_used_service,
    cast(report.access_key_2_active as boolean) as access_key_2_active,
    cast(report.access_key_2_last_rotated as timestamp(3)) as access_key_2_last_rotated,
    cast(report.access_key_2_last_used_date as timestamp(3)) as access_key_2_last_used_date,
    cast(report.access_key_2_last_used_region as varchar) as access_key_2_last_used_region,
    cast(report.access_key_2_last_used_service as varchar) as access_key_2_last_used_service,
    cast(report.cert_1_active as boolean) as cert_1_active,
    cast(report.cert_1_last_rotated as timestamp(3)) as cert_1_last_rotated,
    cast(report.cert_2_active as boolean) as cert_2_active,
    cast(report.cert_2_last_rotated as timestamp(3)) as cert_2_last_rotated,
    cast(report.additional_credentials_info as varchar) as additional_credentials_info,
    cast(report.null_reasons as map(varchar, varchar)) as null_reasons,
    cast(report.unknown_columns as map(varchar, varchar)) as unknown_columns,
    cast(report.report_generated_at as timestamp(3)) as report_generated_at,
    cast(account.snapshot_at as timestamp(3)) as snapshot_at,
    cast(account.account_name as varchar) as account_name,
    cast(account.ou_id as varchar) as ou_id,
    cast(account.ou_path as varchar) as ou_path
from "${database}"."report_rows" as report
left join "${database}"."account" as account
    on report.organization_id = account.organization_id
    and report.snapshot_date = account.snapshot_date
    and report.account_id = account.account_id
