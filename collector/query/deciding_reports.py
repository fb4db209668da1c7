"""Which reports decide what changed at the newest snapshot, so that `latest_changes` does not read the whole history.

They are two of an account: its report in the newest snapshot, and its previous collected one. All earlier reports of an
account are needed if one of the two lacks what the views of changes would look for further back: a row or a value that
could not be read, root, or a use of a root key, which may be one that an earlier report had of a key without a date.
On Athena these conditions cost more than they save: each of the view's reads would repeat them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    # The rows of a statement, given the names that it reads, and the reports to which the rows of users are limited.
    Fetch = Callable[[str, list[str], pa.Table | None], pa.Table]

LATEST_CHANGES = "latest_changes"
REPORT_KEY = ("organization_id", "snapshot_date", "account_id")

# The newest day with any report: that of the newest snapshot, unless nothing was collected in it and nothing changed.
_COMPARED = """
    select organization_id, snapshot_date, account_id, unreadable_rows
    from account_history
    where outcome in ('collected', 'partial')
    qualify snapshot_date = max(snapshot_date) over (partition by organization_id)
        or lead(snapshot_date) over (partition by organization_id, account_id order by snapshot_date)
            = max(snapshot_date) over (partition by organization_id)
"""
_DECIDING = f"""
    with compared as ({_COMPARED}),
    unclear as (
        select organization_id, account_id
        from report_rows_history
        inner join compared using (organization_id, snapshot_date, account_id)
        group by all
        having
            bool_or(
                unreadable_rows is distinct from 0
                or mfa_active is null
                or access_key_1_active is null
                or access_key_2_active is null
                or (access_key_1_active and access_key_1_last_rotated is null)
                or (access_key_2_active and access_key_2_last_rotated is null)
                or (user_creation_time is null and not is_root)
                -- AWS used to send `not_supported` of root: a state of its own, and no gap.
                or (
                    password_enabled is null
                    and (not is_root or null_reasons['password_enabled'] is distinct from 'not_supported')
                )
                or null_reasons['password_last_changed'] in ('unparsed', 'empty')
                or null_reasons['access_key_1_last_rotated'] in ('unparsed', 'empty')
                or null_reasons['access_key_2_last_rotated'] in ('unparsed', 'empty')
            )
            or bool_or(
                undated_key_last_used_at is not null
                or undated_key_last_used_at_fault is not null
                or null_reasons['password_last_used'] in ('unparsed', 'empty')
                or null_reasons['access_key_1_last_used_date'] in ('unparsed', 'empty', 'not_supported')
                or null_reasons['access_key_2_last_used_date'] in ('unparsed', 'empty', 'not_supported')
            ) filter (is_root)
            or count(*) filter (is_root) < 2
            or count(distinct coalesce(access_key_1_last_used_date, timestamp '1970-01-01')) filter (is_root) > 1
            or count(distinct coalesce(access_key_2_last_used_date, timestamp '1970-01-01')) filter (is_root) > 1
    )
    select organization_id, snapshot_date, account_id from compared
    union
    select organization_id, snapshot_date, account_id
    from account_history
    semi join unclear using (organization_id, account_id)
    where outcome in ('collected', 'partial')
"""  # noqa: S608 -- our own text


def deciding_reports(fetch: Fetch) -> pa.Table:
    """The reports, a row each of organization_id, snapshot_date and account_id."""
    compared = fetch(_COMPARED, ["account_history"], None)
    return fetch(_DECIDING, ["account_history", "report_rows_history"], compared)
