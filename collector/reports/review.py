"""The rows of a review: every user and, after it, each of its credentials, with what fails."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.statement import literal
from collector.query.workbook import row_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.reports.reader import Reader
    from collector.reports.texts import Texts

_OF_THE_ACCOUNT = ("account_id", "account_name", "ou_path", "owner")
_OF_THE_THING = ("user_name", "kind", "created_at", "is_active", "last_used_at", "idle_days", "mfa_active")
REVIEW_COLUMNS = (*_OF_THE_ACCOUNT, *_OF_THE_THING, "failing_controls", "finding_ids", "reason")
# Between the reasons of one row, and between a reason and its code: characters that no text of AWS or of a file has.
_RECORD, _UNIT = 30, 31


def review_rows(reader: Reader, texts: Texts) -> Iterator[Sequence[object]]:
    """The rows of the statement, with their reasons in the language of the texts: a line for each."""
    for *values, reasons in row_values(reader.run(review_statement(reader))):
        coded = [each.split(chr(_UNIT)) for each in str(reasons or "").split(chr(_RECORD)) if each]
        yield [*values, "\n".join(texts.reason(code, reason) for code, reason in coded) or None]


def review_statement(reader: Reader) -> str:
    """A select of `REVIEW_COLUMNS`. `kind` is `user` or the type of a credential.

    The results about root are those of its account. Several results are put together with `max`, because the engines
    have different functions to aggregate texts.
    """
    where = reader.where()
    controls = [literal(each.control_id) for each in reader.controls()]
    columns = [f"account.{name}" for name in _OF_THE_ACCOUNT] + [f"things.{name}" for name in _OF_THE_THING]
    return f"""
with failing as (
    select
        coalesce(user_arn, account_id) as subject,
        coalesce(credential_type, 'user') as kind,
        coalesce(slot, 0) as slot,
        trim({_list_of("concat(' ', control_id)", controls)}) as failing_controls,
        trim({_list_of("concat(' ', finding_id)", controls)}) as finding_ids,
        {_list_of(f"concat(chr({_RECORD}), reason_code, chr({_UNIT}), reason)", controls)} as reasons
    from findings
    where {where} and (user_arn is not null or control_id like 'root-%')
    group by coalesce(user_arn, account_id), coalesce(credential_type, 'user'), coalesce(slot, 0)
),
used as (
    select
        user_arn,
        max(last_used_at) as last_used_at,
        min(idle_days) as idle_days,
        count_if(is_active) as active,
        count_if(is_active is null) as unknown
    from credentials
    where {where}
    group by user_arn
),
things as (
    select
        users.account_id,
        users.user_name,
        case when users.is_root then users.account_id else users.user_arn end as subject,
        'user' as kind,
        0 as slot,
        0 as place,
        users.user_creation_time as created_at,
        case when used.active > 0 then true when used.unknown > 0 then null else false end as is_active,
        used.last_used_at,
        used.idle_days,
        users.mfa_active
    from (select * from credential_report where {where}) as users
    left join used on used.user_arn = users.user_arn
    union all
    select
        account_id,
        user_name,
        user_arn,
        credential_type,
        coalesce(slot, 0),
        case credential_type when 'password' then 1 when 'access_key' then 2 else 3 end,
        created_at,
        is_active,
        last_used_at,
        idle_days,
        cast(null as boolean)
    from credentials
    where {where}
)
select {", ".join(columns)}, failing.failing_controls, failing.finding_ids, failing.reasons
from things
inner join (select * from account where {where}) as account on account.account_id = things.account_id
left join failing on failing.subject = things.subject and failing.kind = things.kind and failing.slot = things.slot
order by account.account_id, things.user_name, things.place, things.created_at, things.slot"""


def _list_of(value: str, controls: list[str]) -> str:
    """The values of an expression for each control, one after the other."""
    each = ", ".join(f"coalesce(max(case when control_id = {name} then {value} end), '')" for name in controls)
    return f"concat({each})"
