-- The results about the root user of each collected account: active keys and certificates, MFA, recent use, and whether a
-- member account's root user has credentials at all. A report without a root row leaves them unknown, except in China,
-- where there is no root user. If the fresher account summary contradicts the report, the reason states it.
-- Grain: organization_id, snapshot_date, account_id, control_id
-- Reads: root_posture
-- Example: control_id, account_name, status, reason

with

checked as (

    select
        root_posture.*,
        control.control_id,
        last_used_at > date_add('day', -use_limit_days, report_generated_at) as used_lately,
        has_password or has_access_keys or has_signing_certificates as has_credentials,
        case
            when not has_root_user then true
            when control.control_id = 'root-no-credentials' then not is_member_account
            -- Without a password and without an active key there is nothing that MFA could protect. In GovCloud root has
            -- no console, so a password that is not supported makes MFA not applicable regardless of its keys.
            when control.control_id = 'root-mfa' then
                counts_as_enabled = false
                and (active_access_keys = 0 or password_enabled is null)
                and (access_keys_fault is null or password_enabled is null)
        end as is_exempt
    from root_posture
    cross join (
        values
            ('root-no-access-key'), ('root-mfa'), ('root-unused'), ('root-no-credentials'), ('root-no-certificate')
    ) as control (control_id)
    where account_state = 'ACTIVE' and outcome in ('collected', 'partial')

),

explained as (

    select
        checked.*,
        case
            when is_exempt then null
            when control_id = 'root-no-credentials' then
                case
                    when has_credentials is null then credentials_fault
                    when has_credentials and is_member_account is null
                        then 'the account list does not show whether this is the management account'
                end
            when user_arn is null then 'the report has no root row'
            when control_id = 'root-no-access-key' then case when active_access_keys = 0 then access_keys_fault end
            when control_id = 'root-no-certificate'
                then case when active_signing_certificates = 0 then signing_certificates_fault end
            when control_id = 'root-unused'
                then case when coalesce(used_lately, false) = false then last_used_at_fault end
            when active_access_keys > 0 or counts_as_enabled then mfa_active_fault
            else coalesce(password_enabled_fault, access_keys_fault)
        end as fault
    from checked

),

evaluated as (

    select
        explained.*,
        case
            when is_exempt then 'not_applicable'
            when fault is not null then 'unknown'
            when control_id = 'root-no-access-key' then case when active_access_keys > 0 then 'fail' else 'pass' end
            when control_id = 'root-no-credentials' then case when has_credentials then 'fail' else 'pass' end
            when control_id = 'root-no-certificate'
                then case when active_signing_certificates > 0 then 'fail' else 'pass' end
            when control_id = 'root-unused'
                then case
                    when used_lately then 'fail'
                    when last_used_at is null or used_lately = false then 'pass'
                    else 'unknown'
                end
            when mfa_active then 'pass'
            when mfa_active = false then 'fail'
            else 'unknown'
        end as status
    from explained

),

-- What the account summary shows and the report, which is older, does not. The summary also counts inactive keys;
-- whether it counts inactive certificates is not documented.
compared as (

    select
        evaluated.*,
        case
            when not has_root_user then null
            when control_id = 'root-mfa' then
                case
                    when status = 'not_applicable' then
                        case
                            when password_enabled = false and account_password_present then 'a password'
                            when active_access_keys + inactive_access_keys = 0 and account_access_keys_present
                                then 'an access key'
                        end
                    when account_mfa_enabled and mfa_active is distinct from true then 'MFA'
                    when account_mfa_enabled = false and mfa_active is distinct from false then 'no MFA'
                    when status = 'fail' and account_password_present = false and account_access_keys_present = false
                        then 'neither a password nor an access key'
                end
            when control_id = 'root-no-access-key' then
                case
                    when status = 'fail' and account_access_keys_present = false then 'no access key'
                    when status <> 'fail' and inactive_access_keys = 0 and account_access_keys_present
                        then 'an access key'
                end
            when control_id = 'root-no-certificate' then
                case
                    when status = 'fail' and account_signing_certificates_present = false then 'no signing certificate'
                    when status <> 'fail' and inactive_signing_certificates = 0 and account_signing_certificates_present
                        then 'a signing certificate'
                end
            when control_id = 'root-no-credentials' and status = 'fail' then
                case
                    when account_password_present = false
                        and account_access_keys_present = false
                        and account_signing_certificates_present = false then 'no credentials'
                    when root_credentials = 'none' then 'credentials that the report does not'
                end
        end as summary_shows
    from evaluated

),

measured as (

    select
        compared.*,
        case when control_id = 'root-unused' and status in ('pass', 'fail')
            then date_diff('second', last_used_at, report_generated_at)
        end as measured_seconds,
        cast(floor(cast(date_diff('second', last_used_at, report_generated_at) as double) / 3600) as bigint)
            as measured_hours,
        case when control_id = 'root-unused' then use_limit_days end as limit_days
    from compared

),

worded as (

    select
        measured.*,
        case
            when status = 'unknown' then 'value_missing'
            when not has_root_user then 'no_root_in_china'
            when control_id = 'root-no-access-key'
                then case when status = 'fail' then 'root_active_key' else 'root_no_active_key' end
            when control_id = 'root-mfa' then
                case
                    when status = 'pass' then 'root_with_mfa'
                    when status = 'fail' then 'root_without_mfa'
                    when active_access_keys > 0 then 'govcloud_root_key'
                    when access_keys_fault is not null then 'govcloud_root_key_unknown'
                    else 'root_nothing_to_protect'
                end
            when control_id = 'root-no-certificate'
                then case when status = 'fail' then 'root_active_certificate' else 'root_no_active_certificate' end
            when control_id = 'root-no-credentials' then
                case status
                    when 'not_applicable' then 'not_a_member_account'
                    when 'pass' then 'root_no_credentials'
                    else 'root_credentials'
                end
            when last_used_at is null then 'root_never_used'
            when status = 'fail' then 'root_used_lately'
            else 'root_not_used_lately'
        end as reason_code
    from measured

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(run_id as varchar) as run_id,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(control_id as varchar) as control_id,
    cast(null as varchar) as user_name,
    cast(null as varchar) as user_arn,
    cast(null as varchar) as credential_type,
    cast(null as integer) as slot,
    cast(null as timestamp(3)) as credential_created_at,
    cast(status as varchar) as status,
    cast(
        concat(
            case reason_code
                when 'value_missing'
                    then concat('Cannot be evaluated: ', coalesce(fault, 'the limit is unknown'), '.')
                when 'no_root_in_china' then 'Accounts in China have no root user.'
                when 'root_active_key' then 'Root has an active access key.'
                when 'root_no_active_key' then 'Root has no active access key.'
                when 'root_with_mfa' then 'Root has MFA.'
                when 'root_without_mfa' then 'Root has credentials and no MFA device.'
                when 'govcloud_root_key'
                    then 'Root has an access key, but no console in GovCloud: MFA is not required.'
                when 'govcloud_root_key_unknown'
                    then 'Root may have an access key, but has no console in GovCloud: MFA is not required.'
                when 'root_nothing_to_protect' then 'Root has no credentials that MFA could protect.'
                when 'root_active_certificate' then 'Root has an active signing certificate.'
                when 'root_no_active_certificate' then 'Root has no active signing certificate.'
                when 'not_a_member_account' then 'This is not a member account of an organization.'
                when 'root_no_credentials' then 'Root has no credentials.'
                when 'root_credentials' then concat(
                    'Root has ',
                    case when has_password then 'a password' else '' end,
                    case when has_password and has_access_keys then ' and ' else '' end,
                    case when has_access_keys then 'an access key' else '' end,
                    case
                        when not coalesce(has_signing_certificates, false) then ''
                        when has_password or has_access_keys then ' and a signing certificate'
                        else 'a signing certificate'
                    end,
                    '.'
                )
                when 'root_never_used' then 'Root has no recorded use.'
                else concat(
                    'Root was last used ',
                    case
                        when measured_seconds < 0 then 'after the report: '
                        when measured_hours = 1 then '1 hour before the report: '
                        else concat(cast(measured_hours as varchar), ' hours before the report: ')
                    end,
                    case reason_code
                        when 'root_used_lately' then 'within the last ' else 'not within the last ' end,
                    case when limit_days = 1 then 'day.' else concat(cast(limit_days as varchar), ' days.') end
                )
            end,
            coalesce(concat(' The account summary, which is fresher than the report, shows ', summary_shows, '.'), '')
        ) as varchar
    ) as reason,
    cast(measured_seconds as bigint) as measured_seconds,
    cast(limit_days as integer) as limit_days,
    cast(case when control_id = 'root-unused' and status = 'fail' then last_used_at end as timestamp(3)) as failing_since,
    cast(account_id as varchar) as subject,
    cast(case when control_id = 'root-unused' then last_used_at end as timestamp(3)) as last_used_at,
    cast(null as varchar) as last_used_region,
    cast(null as varchar) as last_used_service,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(reason_code as varchar) as reason_code
from worded
