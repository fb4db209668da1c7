-- What changed about access keys, including root's, between two reports of an account. A key is identified by its
-- user's ARN and its creation time, and counted: two created in the same second are two, and a swap of the slots is not
-- a change. A key that was unreadable for a time is not new when it is back, and a state is compared with the last one
-- readable.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn, credential_created_at, occurrence
-- Reads: account, credentials, report_pairs, report_rows
-- Twin: history
-- Example: snapshot_date, account_id, change_type, user_name, credential_created_at

with

reports as (

    select
        organization_id,
        account_id,
        count(*) as report_count
    from account
    where outcome in ('collected', 'partial')
    group by organization_id, account_id

),

totals as (

    select
        organization_id,
        account_id,
        user_arn,
        created_at,
        count(*) as row_count,
        created_at is null
        or max(ordinal) > 1
        or coalesce(bool_or(is_active) <> bool_and(is_active), false) as has_changed
    from credentials
    where credential_type = 'access_key'
    group by organization_id, account_id, user_arn, created_at

),

-- Most keys are in every report with the same values; only the keys of other users can have changes.
changed_users as (

    select distinct
        totals.organization_id,
        totals.account_id,
        totals.user_arn
    from totals
    inner join reports
        on reports.organization_id = totals.organization_id
        and reports.account_id = totals.account_id
    where totals.has_changed or totals.row_count < reports.report_count

),

keys as (

    -- A key whose date is missing may be any of its user's keys: the snapshots before and after with such a key.
    select
        credentials.*,
        max(case when credentials.created_at is null then credentials.snapshot_date end) over (
            partition by credentials.organization_id, credentials.account_id, credentials.user_arn
            order by credentials.snapshot_date, credentials.created_at nulls last
            rows between unbounded preceding and 1 preceding
        ) as undated_before,
        min(case when credentials.created_at is null then credentials.snapshot_date end) over (
            partition by credentials.organization_id, credentials.account_id, credentials.user_arn
            order by credentials.snapshot_date desc, credentials.created_at nulls last
            rows between unbounded preceding and 1 preceding
        ) as undated_next
    from credentials
    inner join changed_users
        on changed_users.organization_id = credentials.organization_id
        and changed_users.account_id = credentials.account_id
        and changed_users.user_arn = credentials.user_arn
    where credentials.credential_type = 'access_key'

),

counted as (

    select
        organization_id,
        snapshot_date,
        account_id,
        user_arn,
        created_at,
        max(user_name) as user_name,
        bool_or(is_root) as is_root,
        max(undated_before) as undated_before,
        min(undated_next) as undated_next,
        count(*) as key_count,
        -- Of two keys, neither state is known if one is unknown.
        case when count(is_active) = count(*) then count_if(is_active) end as active_count,
        case when count(is_active) = count(*) then count_if(not is_active) end as inactive_count
    from keys
    where created_at is not null
    group by organization_id, snapshot_date, account_id, user_arn, created_at

),

in_order as (

    select
        counted.*,
        lag(snapshot_date)
            over (partition by organization_id, account_id, user_arn, created_at order by snapshot_date) as seen_before,
        lag(key_count)
            over (partition by organization_id, account_id, user_arn, created_at order by snapshot_date)
            as earlier_count,
        lag(active_count) ignore nulls
            over (partition by organization_id, account_id, user_arn, created_at order by snapshot_date)
            as earlier_active_count,
        lag(inactive_count) ignore nulls
            over (partition by organization_id, account_id, user_arn, created_at order by snapshot_date)
            as earlier_inactive_count,
        lead(snapshot_date)
            over (partition by organization_id, account_id, user_arn, created_at order by snapshot_date) as seen_next,
        lead(key_count)
            over (partition by organization_id, account_id, user_arn, created_at order by snapshot_date) as next_count
    from counted

),

roots as (

    select
        organization_id,
        snapshot_date,
        account_id,
        lag(snapshot_date) over (partition by organization_id, account_id order by snapshot_date) as root_before,
        lead(snapshot_date) over (partition by organization_id, account_id order by snapshot_date) as root_next,
        lag(report_generated_at) over (partition by organization_id, account_id order by snapshot_date)
            as root_before_at
    from report_rows
    where is_root

),

anchored as (

    -- The last earlier report that would have contained the key: for root the last with a root row, for other users the
    -- last of which every row could be read.
    select
        seen.*,
        pairs.snapshot_date as pair_date,
        pairs.first_report_at,
        case when seen.is_root then roots.root_before else pairs.last_whole_snapshot_date end as anchor_date,
        case when seen.is_root then roots.root_before_at else pairs.last_whole_report_at end as anchor_at,
        case when seen.is_root then coalesce(roots.root_before = pairs.previous_snapshot_date, false)
            else pairs.was_whole end as is_anchored_before,
        next_pairs.snapshot_date as next_pair_date,
        next_pairs.is_whole
        and next_pairs.was_whole
        and coalesce(seen.undated_next <> next_pairs.snapshot_date, true)
        and (not seen.is_root or coalesce(roots.root_next = next_pairs.snapshot_date, false)) as is_surely_gone
    from in_order as seen
    left join report_pairs as pairs
        on pairs.organization_id = seen.organization_id
        and pairs.account_id = seen.account_id
        and pairs.snapshot_date = seen.snapshot_date
    left join report_pairs as next_pairs
        on next_pairs.organization_id = seen.organization_id
        and next_pairs.account_id = seen.account_id
        and next_pairs.previous_snapshot_date = seen.snapshot_date
    left join roots
        on roots.organization_id = seen.organization_id
        and roots.account_id = seen.account_id
        and roots.snapshot_date = seen.snapshot_date

),

compared as (

    -- A key that was in no report since then is new.
    select
        anchored.*,
        coalesce(seen_before < anchor_date, seen_before is null) as is_new,
        coalesce(undated_before >= coalesce(anchor_date, ''), false) as was_undated
    from anchored

),

change_counts as (

    -- A key that is gone is reported on the first day without it.
    select
        organization_id,
        case when kind.change_type = 'key_gone' then next_pair_date else pair_date end as pair_date,
        account_id,
        user_name,
        user_arn,
        created_at as credential_created_at,
        kind.change_type,
        case
            when kind.change_type = 'key_gone' then case
                when is_surely_gone then key_count - case when seen_next = next_pair_date then next_count else 0 end
            end
            when kind.change_type = 'key_created' then case
                when is_anchored_before and not was_undated
                    then key_count - case when is_new then 0 else earlier_count end
                -- It may have been there, unreadable, unless it was created since.
                when not is_new then 0
                when not was_undated and created_at > coalesce(anchor_at, first_report_at) then key_count
                when was_undated and seen_before is null and created_at > first_report_at then key_count
            end
            when is_new then 0
            when kind.change_type = 'key_deactivated'
                then least(earlier_active_count - active_count, inactive_count - earlier_inactive_count)
            when kind.change_type = 'key_reactivated'
                then least(active_count - earlier_active_count, earlier_inactive_count - inactive_count)
        end as times
    from compared
    cross join (values ('key_created'), ('key_gone'), ('key_deactivated'), ('key_reactivated')) as kind (change_type)

),

changes as (

    select
        change_counts.*,
        'access_key' as credential_type,
        place.occurrence,
        case when change_type = 'key_created' then credential_created_at end as changed_at
    from change_counts
    cross join (values (1), (2)) as place (occurrence)
    where place.occurrence <= change_counts.times

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
