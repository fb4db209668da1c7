-- What changed between an account's report and its previous collected one, and which accounts came and went between two
-- snapshots. A user is its ARN and creation time, a key its user's ARN and creation time, counted, never the slot.
-- Nothing is said where both snapshots hold the same report, nothing is gone where either report has rows that could not
-- be read, and a value that could not be read did not change. An account that was not collected changes nothing: its
-- next report is compared with the last one before.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn, credential_created_at, occurrence
-- Reads: account, credential_report, credentials, root_posture
-- Twin: history
-- Order: snapshot_date, account_id, user_arn, change_type

with

collected_reports as (

    select
        account.organization_id,
        account.snapshot_date,
        account.run_started_at as snapshot_at,
        account.run_id,
        account.account_id,
        account.account_name,
        account.ou_id,
        account.ou_path,
        account.report_generated_at,
        coalesce(account.unreadable_rows, 0) = 0 as is_whole,
        root_posture.user_arn is not null as has_root,
        root_posture.user_arn as root_arn,
        root_posture.last_used_at as root_last_used_at,
        -- Up to here root's uses are known: the last one, or the report's time where a value is missing.
        case
            when root_posture.user_arn is null or root_posture.last_used_at_fault is not null
                then account.report_generated_at
            else coalesce(root_posture.last_used_at, timestamp '1970-01-01 00:00:00')
        end as root_used_until
    from account
    inner join root_posture
        on root_posture.organization_id = account.organization_id
        and root_posture.snapshot_date = account.snapshot_date
        and root_posture.account_id = account.account_id
    where account.outcome in ('collected', 'partial')

),

in_order as (

    select
        collected_reports.*,
        lag(snapshot_date) over (partition by organization_id, account_id order by snapshot_date)
            as previous_snapshot_date,
        lag(report_generated_at) over (partition by organization_id, account_id order by snapshot_date)
            as previous_report_generated_at,
        lag(is_whole) over (partition by organization_id, account_id order by snapshot_date) as was_whole,
        lag(has_root) over (partition by organization_id, account_id order by snapshot_date) as had_root,
        lag(root_used_until) over (partition by organization_id, account_id order by snapshot_date)
            as root_was_used_until
    from collected_reports

),

pairs as (

    select *
    from in_order
    where previous_report_generated_at <> report_generated_at

),

users_now as (

    select pairs.snapshot_date as pair_date, report.*
    from credential_report as report
    inner join pairs
        on pairs.organization_id = report.organization_id
        and pairs.account_id = report.account_id
        and pairs.snapshot_date = report.snapshot_date

),

users_before as (

    select pairs.snapshot_date as pair_date, report.*
    from credential_report as report
    inner join pairs
        on pairs.organization_id = report.organization_id
        and pairs.account_id = report.account_id
        and pairs.previous_snapshot_date = report.snapshot_date

),

users_compared as (

    select
        coalesce(later.organization_id, earlier.organization_id) as organization_id,
        coalesce(later.pair_date, earlier.pair_date) as snapshot_date,
        coalesce(later.account_id, earlier.account_id) as account_id,
        coalesce(later.user_name, earlier.user_name) as user_name,
        coalesce(later.user_arn, earlier.user_arn) as user_arn,
        coalesce(later.is_root, earlier.is_root) as is_root,
        later.user_arn is not null as is_there,
        earlier.user_arn is not null as was_there,
        -- Deleted and made again under the same name is another user; a creation time that is missing tells nothing.
        coalesce(later.user_arn = earlier.user_arn, false)
        and (coalesce(later.is_root, false) or coalesce(later.user_creation_time = earlier.user_creation_time, true))
            as is_same,
        later.user_creation_time,
        earlier.mfa_active as had_mfa,
        later.mfa_active as has_mfa,
        earlier.password_enabled as had_password,
        later.password_enabled as has_password,
        earlier.password_last_changed as password_was_changed_at,
        later.password_last_changed as password_changed_at
    from users_now as later
    full outer join users_before as earlier
        on earlier.organization_id = later.organization_id
        and earlier.pair_date = later.pair_date
        and earlier.account_id = later.account_id
        and earlier.user_arn = later.user_arn

),

user_changes as (

    select
        compared.organization_id,
        compared.snapshot_date,
        compared.account_id,
        kind.change_type,
        compared.user_name,
        compared.user_arn,
        cast(null as varchar) as credential_type,
        cast(null as timestamp(3)) as credential_created_at,
        1 as occurrence,
        case kind.change_type
            when 'user_created' then compared.user_creation_time
            when 'password_changed' then compared.password_changed_at
        end as changed_at
    from users_compared as compared
    inner join pairs
        on pairs.organization_id = compared.organization_id
        and pairs.snapshot_date = compared.snapshot_date
        and pairs.account_id = compared.account_id
    cross join (
        values
            ('user_created'),
            ('user_gone'),
            ('mfa_added'),
            ('mfa_removed'),
            ('password_enabled'),
            ('password_disabled'),
            ('password_changed')
    ) as kind (change_type)
    where
        case kind.change_type
            -- Who was made before the previous report may have stood in a row that could not be read.
            when 'user_created' then is_there and not is_same and not is_root
                and (was_whole or user_creation_time > previous_report_generated_at)
            when 'user_gone' then was_there and not is_same and not is_root and is_whole and was_whole
            when 'mfa_added' then is_same and not had_mfa and has_mfa
            when 'mfa_removed' then is_same and had_mfa and not has_mfa
            when 'password_enabled' then is_same and not had_password and has_password
            when 'password_disabled' then is_same and had_password and not has_password
            when 'password_changed' then is_same and had_password and has_password
                and password_changed_at <> password_was_changed_at
        end

),

keys as (

    select pairs.snapshot_date as pair_date, true as is_now, credentials.*
    from credentials
    inner join pairs
        on pairs.organization_id = credentials.organization_id
        and pairs.account_id = credentials.account_id
        and pairs.snapshot_date = credentials.snapshot_date
    where credentials.credential_type = 'access_key'
    union all
    select pairs.snapshot_date as pair_date, false as is_now, credentials.*
    from credentials
    inner join pairs
        on pairs.organization_id = credentials.organization_id
        and pairs.account_id = credentials.account_id
        and pairs.previous_snapshot_date = credentials.snapshot_date
    where credentials.credential_type = 'access_key'

),

key_counts as (

    select
        organization_id,
        pair_date,
        account_id,
        user_arn,
        created_at,
        max(user_name) as user_name,
        bool_or(is_root) as is_root,
        count_if(is_now) as keys_now,
        count_if(not is_now) as keys_before,
        count_if(is_now and is_active) as active_now,
        count_if(not is_now and is_active) as active_before,
        count_if(is_now and not is_active) as inactive_now,
        count_if(not is_now and not is_active) as inactive_before,
        count_if(is_active is null) as unclear
    from keys
    where created_at is not null
    group by organization_id, pair_date, account_id, user_arn, created_at
    having
        count_if(is_now) <> count_if(not is_now)
        or count_if(is_now and is_active) <> count_if(not is_now and is_active)

),

undated_keys as (

    select
        organization_id,
        pair_date,
        user_arn,
        bool_or(is_now) as is_undated,
        bool_or(not is_now) as was_undated
    from keys
    where created_at is null
    group by organization_id, pair_date, user_arn

),

keys_compared as (

    select
        counts.*,
        -- A key made before the previous report may have stood in a row, or had a date, that could not be read.
        counts.created_at > pairs.previous_report_generated_at
        or (
            case when counts.is_root then pairs.had_root else pairs.was_whole end
            and not coalesce(undated.was_undated, false)
        ) as is_surely_new,
        pairs.is_whole
        and pairs.was_whole
        and (pairs.has_root or not counts.is_root)
        and not coalesce(undated.is_undated, false) as is_surely_gone
    from key_counts as counts
    inner join pairs
        on pairs.organization_id = counts.organization_id
        and pairs.snapshot_date = counts.pair_date
        and pairs.account_id = counts.account_id
    left join undated_keys as undated
        on undated.organization_id = counts.organization_id
        and undated.pair_date = counts.pair_date
        and undated.user_arn = counts.user_arn

),

key_changes as (

    select
        organization_id,
        pair_date as snapshot_date,
        account_id,
        kind.change_type,
        user_name,
        user_arn,
        'access_key' as credential_type,
        created_at as credential_created_at,
        kind.occurrence,
        case kind.change_type when 'key_created' then created_at end as changed_at
    from keys_compared
    cross join (
        values
            ('key_created', 1),
            ('key_created', 2),
            ('key_gone', 1),
            ('key_gone', 2),
            ('key_deactivated', 1),
            ('key_deactivated', 2),
            ('key_reactivated', 1),
            ('key_reactivated', 2)
    ) as kind (change_type, occurrence)
    where
        kind.occurrence <= case kind.change_type
            when 'key_created' then case when is_surely_new then keys_now - keys_before else 0 end
            when 'key_gone' then case when is_surely_gone then keys_before - keys_now else 0 end
            when 'key_deactivated' then case
                when unclear > 0 then 0
                else least(active_before - active_now, inactive_now - inactive_before)
            end
            when 'key_reactivated' then case
                when unclear > 0 then 0
                else least(active_now - active_before, inactive_before - inactive_now)
            end
        end

),

root_changes as (

    select
        organization_id,
        snapshot_date,
        account_id,
        'root_used' as change_type,
        '<root_account>' as user_name,
        root_arn as user_arn,
        cast(null as varchar) as credential_type,
        cast(null as timestamp(3)) as credential_created_at,
        1 as occurrence,
        root_last_used_at as changed_at
    from pairs
    where root_last_used_at > root_was_used_until

),

report_changes as (

    select
        pairs.organization_id,
        pairs.snapshot_date,
        pairs.snapshot_at,
        pairs.run_id,
        pairs.account_id,
        pairs.account_name,
        pairs.ou_id,
        pairs.ou_path,
        changes.change_type,
        changes.user_name,
        changes.user_arn,
        changes.credential_type,
        changes.credential_created_at,
        changes.occurrence,
        changes.changed_at,
        pairs.previous_snapshot_date,
        pairs.report_generated_at,
        pairs.previous_report_generated_at
    from (
        select * from user_changes
        union all
        select * from key_changes
        union all
        select * from root_changes
    ) as changes
    inner join pairs
        on pairs.organization_id = changes.organization_id
        and pairs.snapshot_date = changes.snapshot_date
        and pairs.account_id = changes.account_id

),

-- Lists of accounts are compared from one snapshot to the next, and only where they come from the same source.
lists as (

    select
        organization_id,
        snapshot_date,
        max(run_started_at) as snapshot_at,
        max(run_id) as run_id,
        max(inventory_source) as inventory_source
    from account
    group by organization_id, snapshot_date

),

list_pairs as (

    select *
    from (
        select
            lists.*,
            lag(snapshot_date) over (partition by organization_id order by snapshot_date) as previous_snapshot_date,
            lag(inventory_source) over (partition by organization_id order by snapshot_date)
                as previous_inventory_source
        from lists
    ) as in_order
    where previous_inventory_source = inventory_source

),

accounts_compared as (

    select
        coalesce(later.organization_id, earlier.organization_id) as organization_id,
        coalesce(later.pair_date, earlier.pair_date) as snapshot_date,
        coalesce(later.account_id, earlier.account_id) as account_id,
        coalesce(later.account_name, earlier.account_name) as account_name,
        coalesce(later.ou_id, earlier.ou_id) as ou_id,
        coalesce(later.ou_path, earlier.ou_path) as ou_path,
        case when earlier.account_id is null then 'account_joined' else 'account_left' end as change_type,
        later.joined_at as changed_at,
        later.report_generated_at,
        earlier.report_generated_at as previous_report_generated_at
    from (
        select list_pairs.snapshot_date as pair_date, account.*
        from account
        inner join list_pairs
            on list_pairs.organization_id = account.organization_id
            and list_pairs.snapshot_date = account.snapshot_date
    ) as later
    full outer join (
        select list_pairs.snapshot_date as pair_date, account.*
        from account
        inner join list_pairs
            on list_pairs.organization_id = account.organization_id
            and list_pairs.previous_snapshot_date = account.snapshot_date
    ) as earlier
        on earlier.organization_id = later.organization_id
        and earlier.pair_date = later.pair_date
        and earlier.account_id = later.account_id
    where earlier.account_id is null or later.account_id is null

),

account_changes as (

    select
        compared.organization_id,
        compared.snapshot_date,
        list_pairs.snapshot_at,
        list_pairs.run_id,
        compared.account_id,
        compared.account_name,
        compared.ou_id,
        compared.ou_path,
        compared.change_type,
        cast(null as varchar) as user_name,
        cast(null as varchar) as user_arn,
        cast(null as varchar) as credential_type,
        cast(null as timestamp(3)) as credential_created_at,
        1 as occurrence,
        compared.changed_at,
        list_pairs.previous_snapshot_date,
        compared.report_generated_at,
        compared.previous_report_generated_at
    from accounts_compared as compared
    inner join list_pairs
        on list_pairs.organization_id = compared.organization_id
        and list_pairs.snapshot_date = compared.snapshot_date

),

changes as (

    select * from report_changes
    union all
    select * from account_changes

)

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(snapshot_at as timestamp(3)) as snapshot_at,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(ou_id as varchar) as ou_id,
    cast(ou_path as varchar) as ou_path,
    cast(change_type as varchar) as change_type,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(credential_type as varchar) as credential_type,
    cast(credential_created_at as timestamp(3)) as credential_created_at,
    -- 2 for the second of two keys made in the same second.
    cast(occurrence as integer) as occurrence,
    -- When it happened, where the report tells it.
    cast(changed_at as timestamp(3)) as changed_at,
    cast(previous_snapshot_date as varchar) as previous_snapshot_date,
    cast(report_generated_at as timestamp(3)) as report_generated_at,
    cast(previous_report_generated_at as timestamp(3)) as previous_report_generated_at,
    cast(run_id as varchar) as run_id
from changes
