-- Which uses of root are new since earlier reports: of its password, of each of its keys (identified by their
-- creation), and of a slot that shows a use without a creation date. A last use is compared with the last one that
-- could be read; if none could, only a use after the account's first report is certainly new.
-- Grain: organization_id, snapshot_date, account_id, change_type, user_arn, credential_type, credential_created_at
-- Reads: credentials, report_pairs, report_rows
-- Twin: history
-- Example: snapshot_date, account_id, change_type, credential_type, changed_at

with

uses as (

    select
        organization_id,
        snapshot_date,
        account_id,
        user_name,
        user_arn,
        'password' as credential_type,
        cast(null as timestamp(3)) as created_at,
        password_last_used as used_at,
        coalesce(element_at(null_reasons, 'password_last_used'), '') in ('unparsed', 'empty') as is_unread
    from "${database}"."report_rows_history" as report_rows
    where is_root
    union all
    select
        organization_id,
        snapshot_date,
        account_id,
        max(user_name) as user_name,
        user_arn,
        'access_key' as credential_type,
        created_at,
        max(last_used_at) as used_at,
        bool_or(last_used_at_fault is not null) as is_unread
    from "${database}"."credentials_history" as credentials
    where is_root and credential_type = 'access_key' and created_at is not null
    group by organization_id, snapshot_date, account_id, user_arn, created_at
    union all
    select
        organization_id,
        snapshot_date,
        account_id,
        user_name,
        user_arn,
        'access_key' as credential_type,
        cast(null as timestamp(3)) as created_at,
        undated_key_last_used_at as used_at,
        undated_key_last_used_at is null as is_unread
    from "${database}"."report_rows_history" as report_rows
    where is_root and (undated_key_last_used_at is not null or undated_key_last_used_at_fault is not null)

),

days as (

    select
        organization_id,
        snapshot_date,
        account_id,
        credential_type,
        max(used_at) as used_at,
        max(case when created_at is null then used_at end) as undated_used_at
    from uses
    group by organization_id, snapshot_date, account_id, credential_type

),

days_in_order as (

    select
        days.*,
        max(used_at) over (
            partition by organization_id, account_id, credential_type
            order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ) as seen_used_at,
        max(undated_used_at) over (
            partition by organization_id, account_id, credential_type
            order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ) as seen_undated_used_at
    from days

),

roots as (

    select
        organization_id,
        snapshot_date,
        account_id,
        lag(snapshot_date) over (partition by organization_id, account_id order by snapshot_date) as root_before,
        lag(undated_key_last_used_at_fault is null) over (partition by organization_id, account_id order by snapshot_date)
            as was_read
    from "${database}"."report_rows_history" as report_rows
    where is_root

),

uses_in_order as (

    select
        uses.*,
        lag(case when not is_unread then coalesce(used_at, timestamp '1970-01-01 00:00:00') end) ignore nulls over (
            partition by organization_id, account_id, credential_type, created_at
            order by snapshot_date
        ) as was_used_at,
        lag(snapshot_date) over (
            partition by organization_id, account_id, credential_type, created_at
            order by snapshot_date
        ) as seen_before
    from uses

)

select
    cast(pairs.organization_id as varchar) as organization_id,
    cast(pairs.snapshot_date as varchar) as snapshot_date,
    cast(pairs.snapshot_at as timestamp(3)) as snapshot_at,
    cast(pairs.account_id as varchar) as account_id,
    cast(pairs.account_name as varchar) as account_name,
    cast(pairs.ou_id as varchar) as ou_id,
    cast(pairs.ou_path as varchar) as ou_path,
    cast('root_used' as varchar) as change_type,
    cast(uses.user_name as varchar) as user_name,
    cast(uses.user_arn as varchar) as user_arn,
    cast(uses.credential_type as varchar) as credential_type,
    cast(uses.created_at as timestamp(3)) as credential_created_at,
    cast(1 as integer) as occurrence,
    cast(uses.used_at as timestamp(3)) as changed_at,
    cast(pairs.previous_snapshot_date as varchar) as previous_snapshot_date,
    cast(pairs.report_generated_at as timestamp(3)) as report_generated_at,
    cast(pairs.previous_report_generated_at as timestamp(3)) as previous_report_generated_at,
    cast(pairs.run_id as varchar) as run_id
from uses_in_order as uses
inner join "${database}"."report_pairs_history" as pairs
    on pairs.organization_id = uses.organization_id
    and pairs.account_id = uses.account_id
    and pairs.snapshot_date = uses.snapshot_date
inner join days_in_order as days
    on days.organization_id = uses.organization_id
    and days.account_id = uses.account_id
    and days.snapshot_date = uses.snapshot_date
    and days.credential_type = uses.credential_type
inner join roots
    on roots.organization_id = uses.organization_id
    and roots.account_id = uses.account_id
    and roots.snapshot_date = uses.snapshot_date
where
    uses.used_at > case
        when uses.was_used_at is not null then uses.was_used_at
        -- The key is new: it was not in the previous report.
        when uses.created_at is not null and uses.seen_before is null
            and roots.root_before = pairs.previous_snapshot_date and roots.was_read
            then timestamp '1970-01-01 00:00:00'
        else pairs.first_report_at
    end
    -- A key whose date is missing in some reports is one key, and its use is listed once.
    and case
        when uses.credential_type = 'password' then true
        when uses.created_at is null then coalesce(uses.used_at > days.seen_used_at, true)
        else coalesce(uses.used_at > days.seen_undated_used_at, true)
    end
