-- What changed about access keys, root's included, between two reports of an account. A key is its user's ARN and its
-- creation time, counted: two made in the same second are two, and a swap of the slots is no change.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn, credential_created_at, occurrence
-- Reads: credentials, report_pairs, report_rows
-- Twin: history
-- Example: snapshot_date, account_id, change_type, user_name, credential_created_at

with

keys as (

    select
        pairs.snapshot_date as pair_date,
        pairs.previous_snapshot_date as pair_previous_date,
        pairs.previous_report_generated_at,
        pairs.is_whole,
        pairs.was_whole,
        true as is_now,
        credentials.*
    from credentials
    inner join report_pairs as pairs
        on pairs.organization_id = credentials.organization_id
        and pairs.account_id = credentials.account_id
        and pairs.snapshot_date = credentials.snapshot_date
    where credentials.credential_type = 'access_key'
    union all
    select
        pairs.snapshot_date as pair_date,
        pairs.previous_snapshot_date as pair_previous_date,
        pairs.previous_report_generated_at,
        pairs.is_whole,
        pairs.was_whole,
        false as is_now,
        credentials.*
    from credentials
    inner join report_pairs as pairs
        on pairs.organization_id = credentials.organization_id
        and pairs.account_id = credentials.account_id
        and pairs.previous_snapshot_date = credentials.snapshot_date
    where credentials.credential_type = 'access_key'

),

keys_counted as (

    select
        organization_id,
        pair_date,
        account_id,
        user_arn,
        created_at,
        max(pair_previous_date) as pair_previous_date,
        max(previous_report_generated_at) as previous_report_generated_at,
        bool_and(is_whole) as is_whole,
        bool_and(was_whole) as was_whole,
        max(user_name) as user_name,
        bool_or(is_root) as is_root,
        count_if(is_now) as keys_now,
        count_if(not is_now) as keys_before,
        count_if(is_now and is_active) as active_now,
        count_if(not is_now and is_active) as active_before,
        count_if(is_now and not is_active) as inactive_now,
        count_if(not is_now and not is_active) as inactive_before,
        max(case when is_now then last_used_at end) as used_at,
        max(case when not is_now then last_used_at end) as was_used_at,
        bool_or(not is_now and last_used_at_fault is not null) as was_unclear
    from keys
    group by organization_id, pair_date, account_id, user_arn, created_at
    having
        created_at is null
        or count_if(is_now) <> count_if(not is_now)
        or count_if(is_now and is_active) <> count_if(not is_now and is_active)
        or bool_or(is_root)

),

keys_compared as (

    -- A key whose date is missing may be any of its user's keys.
    select
        keys_counted.*,
        active_now + inactive_now < keys_now or active_before + inactive_before < keys_before as is_state_unclear,
        bool_or(created_at is null and keys_now > 0) over (partition by organization_id, pair_date, user_arn)
            as is_undated,
        bool_or(created_at is null and keys_before > 0) over (partition by organization_id, pair_date, user_arn)
            as was_undated
    from keys_counted

),

roots as (

    select
        organization_id,
        snapshot_date,
        account_id
    from report_rows
    where is_root

),

explained as (

    -- A report tells of root's keys if it has a root row, and of the others if every row could be read.
    select
        compared.*,
        case when compared.is_root then root_before.account_id is not null else was_whole end and not was_undated
            as was_listed,
        is_whole and was_whole and (root_now.account_id is not null or not compared.is_root) and not is_undated
            as is_surely_gone
    from keys_compared as compared
    left join roots as root_now
        on root_now.organization_id = compared.organization_id
        and root_now.snapshot_date = compared.pair_date
        and root_now.account_id = compared.account_id
    left join roots as root_before
        on root_before.organization_id = compared.organization_id
        and root_before.snapshot_date = compared.pair_previous_date
        and root_before.account_id = compared.account_id

),

changes as (

    select
        explained.*,
        kind.change_type,
        'access_key' as credential_type,
        created_at as credential_created_at,
        kind.occurrence,
        case kind.change_type
            when 'key_created' then created_at
            when 'root_used' then used_at
        end as changed_at
    from explained
    cross join (
        values
            ('key_created', 1),
            ('key_created', 2),
            ('key_gone', 1),
            ('key_gone', 2),
            ('key_deactivated', 1),
            ('key_deactivated', 2),
            ('key_reactivated', 1),
            ('key_reactivated', 2),
            ('root_used', 1)
    ) as kind (change_type, occurrence)
    where
        created_at is not null
        and case kind.change_type
            when 'key_created' then kind.occurrence <= keys_now - keys_before
                and (was_listed or created_at > previous_report_generated_at)
            when 'key_gone' then kind.occurrence <= keys_before - keys_now and is_surely_gone
            when 'key_deactivated' then not is_state_unclear
                and kind.occurrence <= least(active_before - active_now, inactive_now - inactive_before)
            when 'key_reactivated' then not is_state_unclear
                and kind.occurrence <= least(active_now - active_before, inactive_before - inactive_now)
            when 'root_used' then is_root
                and used_at > case
                    when was_listed and not was_unclear
                        then coalesce(was_used_at, timestamp '1970-01-01 00:00:00')
                    else previous_report_generated_at
                end
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
