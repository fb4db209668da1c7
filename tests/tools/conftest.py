"""Small view files, free of the changes of the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def make_views(tmp_path):
    """A function that writes view files, `{"folder/name": text}`, and returns the folder."""

    def make(files: dict[str, str]) -> Path:
        folder = tmp_path / "athena_queries"
        for name, text in files.items():
            path = folder / f"{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return folder

    return make


ACCOUNT_VIEW = """\
-- Every account.
-- Grain: organization_id, snapshot_date, account_id
-- Reads: snapshot_record

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(outcome as varchar) as outcome,
    cast(users as integer) as users,
    cast(joined_at as timestamp(3)) as joined_at,
    cast(tags as map(varchar, varchar)) as tags
from snapshot_record
where record_type = 'account'
"""

USER_VIEW = """\
-- Every user.
-- Grain: organization_id, snapshot_date, user_arn
-- Reads: snapshot_record

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(account_id as varchar) as account_id,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(password_enabled as boolean) as password_enabled,
    cast(password_last_used as timestamp(3)) as password_last_used,
    cast(report_generated_at as timestamp(3)) as report_generated_at
from snapshot_record
where record_type = 'user'
"""


@pytest.fixture
def small_views(make_views):
    """The two base views in a folder of their own."""
    return make_views({"base/account": ACCOUNT_VIEW, "base/credential_report": USER_VIEW})
