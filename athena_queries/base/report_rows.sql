-- The rows of the credential reports as they are stored in the lake, with types and without a join: the input of the
-- other views. The last columns show a use recorded for a slot without a creation date, which is not a credential of
-- its own.
-- Grain: organization_id, snapshot_date, user_arn
-- Reads: snapshot_record

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(run_id as varchar) as run_id,
    cast(account_id as varchar) as account_id,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(is_root as boolean) as is_root,
    cast(user_creation_time as timestamp(3)) as user_creation_time,
    cast(password_enabled as boolean) as password_enabled,
    cast(password_last_used as timestamp(3)) as password_last_used,
    cast(password_last_changed as timestamp(3)) as password_last_changed,
    cast(password_next_rotation as timestamp(3)) as password_next_rotation,
    cast(mfa_active as boolean) as mfa_active,
    cast(access_key_1_active as boolean) as access_key_1_active,
    cast(access_key_1_last_rotated as timestamp(3)) as access_key_1_last_rotated,
    cast(access_key_1_last_used_date as timestamp(3)) as access_key_1_last_used_date,
    cast(access_key_1_last_used_region as varchar) as access_key_1_last_used_region,
    cast(access_key_1_last_used_service as varchar) as access_key_1_last_used_service,
    cast(access_key_2_active as boolean) as access_key_2_active,
    cast(access_key_2_last_rotated as timestamp(3)) as access_key_2_last_rotated,
    cast(access_key_2_last_used_date as timestamp(3)) as access_key_2_last_used_date,
    cast(access_key_2_last_used_region as varchar) as access_key_2_last_used_region,
    cast(access_key_2_last_used_service as varchar) as access_key_2_last_used_service,
    cast(cert_1_active as boolean) as cert_1_active,
    cast(cert_1_last_rotated as timestamp(3)) as cert_1_last_rotated,
    cast(cert_2_active as boolean) as cert_2_active,
    cast(cert_2_last_rotated as timestamp(3)) as cert_2_last_rotated,
    cast(additional_credentials_info as varchar) as additional_credentials_info,
    cast(null_reasons as map(varchar, varchar)) as null_reasons,
    cast(unknown_columns as map(varchar, varchar)) as unknown_columns,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(
        case
            when access_key_1_last_rotated is not null and access_key_2_last_rotated is not null then null
            when access_key_1_last_rotated is not null then access_key_2_last_used_date
            when access_key_2_last_rotated is not null then access_key_1_last_used_date
            else coalesce(
                greatest(access_key_1_last_used_date, access_key_2_last_used_date),
                access_key_1_last_used_date,
                access_key_2_last_used_date
            )
        end as timestamp(3)
    ) as undated_key_last_used_at,
    cast(
        case
            when access_key_1_last_rotated is null and access_key_1_last_used_date is null
                and element_at(null_reasons, 'access_key_1_last_used_date') in ('unparsed', 'empty')
                then concat('access_key_1_last_used_date is ', element_at(null_reasons, 'access_key_1_last_used_date'))
            when access_key_2_last_rotated is null and access_key_2_last_used_date is null
                and element_at(null_reasons, 'access_key_2_last_used_date') in ('unparsed', 'empty')
                then concat('access_key_2_last_used_date is ', element_at(null_reasons, 'access_key_2_last_used_date'))
        end as varchar
    ) as undated_key_last_used_at_fault
from snapshot_record
where record_type = 'user'
