-- What changed about users, root included, between two reports of an account. A user is its ARN and creation time: one who
-- is deleted and made again under the same name is gone and created. A value that could not be read did not change.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn
-- Reads: report_pairs, report_rows
-- Twin: history
-- Example: snapshot_date, account_id, change_type, user_name, changed_at

with

users_now as (

    select
        pairs.snapshot_date as pair_date,
        pairs.is_whole,
        pairs.was_whole,
        pairs.previous_report_generated_at,
        report.*
    from report_rows as report
    inner join report_pairs as pairs
        on pairs.organization_id = report.organization_id
        and pairs.account_id = report.account_id
        and pairs.snapshot_date = report.snapshot_date

),

users_before as (

    select
        pairs.snapshot_date as pair_date,
        pairs.is_whole,
        pairs.was_whole,
        pairs.previous_report_generated_at,
        report.*
    from report_rows as report
    inner join report_pairs as pairs
        on pairs.organization_id = report.organization_id
        and pairs.account_id = report.account_id
        and pairs.previous_snapshot_date = report.snapshot_date

),

users_compared as (

    select
        coalesce(later.organization_id, earlier.organization_id) as organization_id,
        coalesce(later.pair_date, earlier.pair_date) as pair_date,
        coalesce(later.account_id, earlier.account_id) as account_id,
        coalesce(later.user_name, earlier.user_name) as user_name,
        coalesce(later.user_arn, earlier.user_arn) as user_arn,
        coalesce(later.is_root, earlier.is_root) as is_root,
        coalesce(later.is_whole, earlier.is_whole) as is_whole,
        coalesce(later.was_whole, earlier.was_whole) as was_whole,
        coalesce(later.previous_report_generated_at, earlier.previous_report_generated_at)
            as previous_report_generated_at,
        later.user_arn is not null as is_there,
        earlier.user_arn is not null as was_there,
        -- Deleted and made again under the same name is another user; a creation time that is missing tells nothing.
        coalesce(later.user_arn = earlier.user_arn, false)
        and (later.is_root or coalesce(later.user_creation_time = earlier.user_creation_time, true)) as is_same,
        later.user_creation_time,
        earlier.mfa_active as had_mfa,
        later.mfa_active as has_mfa,
        earlier.password_enabled as had_password,
        later.password_enabled as has_password,
        earlier.password_last_changed as password_was_changed_at,
        later.password_last_changed as password_changed_at,
        later.password_last_used as password_used_at,
        -- Where the earlier use could not be read, only one after the earlier report is surely a new one.
        case
            when coalesce(element_at(earlier.null_reasons, 'password_last_used'), '') in ('unparsed', 'empty')
                or earlier.user_arn is null
                then coalesce(later.previous_report_generated_at, earlier.previous_report_generated_at)
            else earlier.password_last_used
        end as password_was_used_at
    from users_now as later
    full outer join users_before as earlier
        on earlier.organization_id = later.organization_id
        and earlier.pair_date = later.pair_date
        and earlier.account_id = later.account_id
        and earlier.user_arn = later.user_arn

),

changes as (

    select
        users_compared.*,
        kind.change_type,
        kind.credential_type,
        cast(null as timestamp(3)) as credential_created_at,
        1 as occurrence,
        case kind.change_type
            when 'user_created' then user_creation_time
            when 'password_changed' then password_changed_at
            when 'root_used' then password_used_at
        end as changed_at
    from users_compared
    cross join (
        values
            ('user_created', null),
            ('user_gone', null),
            ('mfa_added', null),
            ('mfa_removed', null),
            ('password_enabled', 'password'),
            ('password_disabled', 'password'),
            ('password_changed', 'password'),
            ('root_used', 'password')
    ) as kind (change_type, credential_type)
    where
        case kind.change_type
            -- Who is older than the previous report may have stood in one of its rows that could not be read.
            when 'user_created' then is_there and not is_same and not is_root
                and (was_whole or user_creation_time > previous_report_generated_at)
            when 'user_gone' then was_there and not is_same and not is_root and is_whole and was_whole
            when 'mfa_added' then is_same and not had_mfa and has_mfa
            when 'mfa_removed' then is_same and had_mfa and not has_mfa
            when 'password_enabled' then is_same and not had_password and has_password
            when 'password_disabled' then is_same and had_password and not has_password
            when 'password_changed' then is_same and had_password and has_password
                and password_changed_at <> password_was_changed_at
            when 'root_used' then is_root and password_used_at is not null
                and coalesce(password_used_at > password_was_used_at, true)
        end

)

select
    cast(pairs.organization_id as varchar) as organization_id,
    cast(pairs.snapshot_date as varchar) as snapshot_date,
    cast(pairs.snapshot_at as timestamp(3)) as snapshot_at,
    cast(pairs.account_id as varchar) as account_id,
    cast(pairs.account_name as varchar) as account_name,
    cast(pairs.ou_id as varchar) as ou_id,
    cast(pairs.ou_path as varchar) as ou_path,
    cast(changes.change_type as varchar) as change_type,
    cast(changes.user_name as varchar) as user_name,
    cast(changes.user_arn as varchar) as user_arn,
    cast(changes.credential_type as varchar) as credential_type,
    cast(changes.credential_created_at as timestamp(3)) as credential_created_at,
    cast(changes.occurrence as integer) as occurrence,
    cast(changes.changed_at as timestamp(3)) as changed_at,
    cast(pairs.previous_snapshot_date as varchar) as previous_snapshot_date,
    cast(pairs.report_generated_at as timestamp(3)) as report_generated_at,
    cast(pairs.previous_report_generated_at as timestamp(3)) as previous_report_generated_at,
    cast(pairs.run_id as varchar) as run_id
from changes
inner join report_pairs as pairs
    on pairs.organization_id = changes.organization_id
    and pairs.snapshot_date = changes.pair_date
    and pairs.account_id = changes.account_id
