-- What changed about users, including root, between two reports of an account. A user is identified by ARN and creation
-- time: one that is deleted and created again under the same name is gone and created. A value that could not be read
-- did not change: the next one is compared with the last that could. A user whose row could not be read is not new
-- afterwards.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn
-- Reads: account, report_pairs, report_rows
-- Twin: history
-- Example: snapshot_date, account_id, change_type, user_name, changed_at

with

reports as (

    select
        organization_id,
        account_id,
        count(*) as report_count
    from "${database}"."account_history" as account
    where outcome in ('collected', 'partial')
    group by organization_id, account_id

),

users as (

    select
        organization_id,
        account_id,
        user_arn,
        count(*) as row_count,
        coalesce(bool_or(mfa_active) <> bool_and(mfa_active), false)
        or coalesce(bool_or(password_enabled) <> bool_and(password_enabled), false)
        or coalesce(min(password_last_changed) <> max(password_last_changed), false)
        or coalesce(min(user_creation_time) <> max(user_creation_time), false) as has_changed
    from "${database}"."report_rows_history" as report_rows
    group by organization_id, account_id, user_arn

),

-- Most users are in every report with the same values; only the others can have changes.
changed_users as (

    select users.*
    from users
    inner join reports
        on reports.organization_id = users.organization_id
        and reports.account_id = users.account_id
    where users.has_changed or users.row_count < reports.report_count

),

marked as (

    -- A word where AWS gives true or false is null here, as a value that could not be read.
    select
        report.organization_id,
        report.snapshot_date,
        report.account_id,
        report.user_name,
        report.user_arn,
        report.is_root,
        report.user_creation_time,
        report.password_last_changed,
        report.mfa_active,
        case
            when report.password_enabled is not null then cast(report.password_enabled as varchar)
            -- Of root, AWS used to send this for a password: it is neither enabled nor not.
            when report.is_root and element_at(report.null_reasons, 'password_enabled') = 'not_supported'
                then 'not_supported'
        end as password,
        report.password_last_changed is null
        and coalesce(element_at(report.null_reasons, 'password_last_changed'), '') in ('unparsed', 'empty')
            as is_password_date_unread,
        -- A missing creation time is not a change: it is that of the same name before, or else after.
        case
            when not report.is_root then coalesce(
                report.user_creation_time,
                lag(report.user_creation_time) ignore nulls over (
                    partition by report.organization_id, report.account_id, report.user_arn
                    order by report.snapshot_date
                ),
                lead(report.user_creation_time) ignore nulls over (
                    partition by report.organization_id, report.account_id, report.user_arn
                    order by report.snapshot_date
                )
            )
        end as identity_time
    from "${database}"."report_rows_history" as report
    inner join changed_users
        on changed_users.organization_id = report.organization_id
        and changed_users.account_id = report.account_id
        and changed_users.user_arn = report.user_arn

),

dated as (

    -- 1970: no password.
    select
        marked.*,
        case
            when password <> 'true' then timestamp '1970-01-01 00:00:00'
            when password = 'true' and not is_password_date_unread
                then coalesce(password_last_changed, timestamp '1970-01-01 00:00:00')
        end as password_set_at
    from marked

),

in_order as (

    select
        dated.*,
        lag(snapshot_date)
            over (partition by organization_id, account_id, user_arn, identity_time order by snapshot_date)
            as seen_before,
        lead(snapshot_date)
            over (partition by organization_id, account_id, user_arn, identity_time order by snapshot_date)
            as seen_next,
        lag(mfa_active) ignore nulls
            over (partition by organization_id, account_id, user_arn, identity_time order by snapshot_date)
            as earlier_mfa_active,
        lag(password) ignore nulls
            over (partition by organization_id, account_id, user_arn, identity_time order by snapshot_date)
            as earlier_password,
        lag(password_set_at) ignore nulls
            over (partition by organization_id, account_id, user_arn, identity_time order by snapshot_date)
            as earlier_password_set_at
    from dated

),

compared as (

    select
        seen.*,
        pairs.snapshot_date as pair_date,
        next_pairs.snapshot_date as next_pair_date,
        -- A user that was in no report since the last whole one is new, unless its row could not be read: then the
        -- creation time decides.
        coalesce(seen.seen_before < pairs.last_whole_snapshot_date, seen.seen_before is null) as is_new,
        pairs.was_whole
        or seen.user_creation_time > coalesce(pairs.last_whole_report_at, pairs.first_report_at) as is_surely_new,
        next_pairs.is_whole and next_pairs.was_whole and coalesce(seen.seen_next <> next_pairs.snapshot_date, true)
            as is_gone
    from in_order as seen
    left join "${database}"."report_pairs_history" as pairs
        on pairs.organization_id = seen.organization_id
        and pairs.account_id = seen.account_id
        and pairs.snapshot_date = seen.snapshot_date
    left join "${database}"."report_pairs_history" as next_pairs
        on next_pairs.organization_id = seen.organization_id
        and next_pairs.account_id = seen.account_id
        and next_pairs.previous_snapshot_date = seen.snapshot_date

),

changes as (

    -- A user that is gone is reported on the first day without it.
    select
        organization_id,
        case when kind.change_type = 'user_gone' then next_pair_date else pair_date end as pair_date,
        account_id,
        user_name,
        user_arn,
        kind.change_type,
        kind.credential_type,
        cast(null as timestamp(3)) as credential_created_at,
        1 as occurrence,
        case kind.change_type
            when 'user_created' then user_creation_time
            when 'password_changed' then password_set_at
        end as changed_at
    from compared
    cross join (
        values
            ('user_created', null),
            ('user_gone', null),
            ('mfa_added', null),
            ('mfa_removed', null),
            ('password_enabled', 'password'),
            ('password_disabled', 'password'),
            ('password_changed', 'password')
    ) as kind (change_type, credential_type)
    where
        case
            when kind.change_type = 'user_gone' then is_gone and not is_root
            when is_new then kind.change_type = 'user_created' and is_surely_new and not is_root
            when kind.change_type = 'mfa_added' then earlier_mfa_active = false and mfa_active
            when kind.change_type = 'mfa_removed' then earlier_mfa_active and mfa_active = false
            when kind.change_type = 'password_enabled' then earlier_password = 'false' and password = 'true'
            when kind.change_type = 'password_disabled' then earlier_password = 'true' and password = 'false'
            when kind.change_type = 'password_changed' then password_set_at <> earlier_password_set_at
                and password_set_at > timestamp '1970-01-01 00:00:00'
                and earlier_password_set_at > timestamp '1970-01-01 00:00:00'
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
inner join "${database}"."report_pairs_history" as pairs
    on pairs.organization_id = changes.organization_id
    and pairs.snapshot_date = changes.pair_date
    and pairs.account_id = changes.account_id
