"""The settings of a run: what each is called, what it may be, and what it is when nobody says.

A setting is called the same in `credlake.toml` (`role_name`), in the environment (`CREDLAKE_ROLE_NAME`) and as a flag
(`--role-name`). Where one comes from is `settings_sources`' matter.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from collector.discovery.accounts import ACCOUNT_ID, ORGANIZATION_ID
from collector.discovery.limits import LIMIT_NAMES, LimitOverride, LimitRules
from collector.discovery.selection import Selection
from collector.lake.layout import lake_uri_error
from collector.limits import LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.limits import Limit

DEFAULT_ROLE_NAME = "credlake-reader"
DEFAULT_CONCURRENCY = 32
DEFAULT_DATABASE = "credlake"
# Large accounts take AWS minutes (facts F2.4: unverified how many), so an account is given up late.
DEFAULT_ACCOUNT_DEADLINE_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a run can be told. Seconds are seconds, rates run from 0 to 1."""

    lake: str | None = None
    role_name: str = DEFAULT_ROLE_NAME
    role_path: str = "/"
    external_id: str | None = field(default=None, repr=False)
    account: frozenset[str] = frozenset()
    exclude_account: frozenset[str] = frozenset()
    include_ou: tuple[str, ...] = ()
    exclude_ou: tuple[str, ...] = ()
    accounts_file: str | None = None
    organization_id: str | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    deadline: float | None = None
    account_deadline: float = DEFAULT_ACCOUNT_DEADLINE_SECONDS
    tags: bool = False
    min_coverage: float | None = None
    replace: bool = False
    resume: bool = False
    kms_key: str | None = None
    glue: bool = True
    database: str = DEFAULT_DATABASE
    workgroup: str | None = None
    output_location: str | None = None
    scan_limit: int | None = None
    limits: LimitRules = field(default_factory=LimitRules)

    @property
    def glue_database(self) -> str | None:
        """The Glue database that follows a lake on S3; None where Glue is left alone."""
        return self.database if self.glue else None

    @property
    def selection(self) -> Selection:
        """The include and exclude rules."""
        return Selection(
            accounts=self.account,
            exclude_accounts=self.exclude_account,
            include_ous=self.include_ou,
            exclude_ous=self.exclude_ou,
        )

    def for_the_record(self) -> dict[str, Any]:
        """The settings as `run.json` keeps them. The external id is left out: only whether there is one is said."""
        return {
            "role_name": self.role_name,
            "role_path": self.role_path,
            "has_external_id": self.external_id is not None,
            "account": sorted(self.account),
            "exclude_account": sorted(self.exclude_account),
            "include_ou": list(self.include_ou),
            "exclude_ou": list(self.exclude_ou),
            "accounts_file": self.accounts_file,
            "concurrency": self.concurrency,
            "deadline": self.deadline,
            "account_deadline": self.account_deadline,
            "tags": self.tags,
            "min_coverage": self.min_coverage,
            "replace": self.replace,
            "resume": self.resume,
            "kms_key": self.kms_key,
            "glue_database": self.glue_database,
            "limits": self.limits.for_the_record(),
        }


class _Several(fields.List[Any]):
    """A list, or one text with commas between its items, as the environment can only give."""

    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, Any] | None, **options: object
    ) -> list[Any]:
        if isinstance(value, str):
            value = [item.strip() for item in value.split(",") if item.strip()]
        result: list[Any] = super()._deserialize(value, attr, data, **options)
        return result


class _Count(fields.Integer):
    """A whole number. marshmallow would cut 3.7 to 3, and take `true` for 1."""

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **options: object) -> int:
        if isinstance(value, float | bool):
            raise self.make_error("invalid", input=value)
        number: int = super()._deserialize(value, attr, data, **options)
        return number


def _account_id() -> fields.String:
    return fields.String(validate=validate.Regexp(rf"^{ACCOUNT_ID.pattern}\Z", error="{input} is not 12 digits."))


def _ou() -> fields.String:
    return fields.String(validate=validate.Length(min=1, error="An OU is an id (ou-…, r-…) or a path (Root/…)."))


def _lake(uri: str) -> None:
    if fault := lake_uri_error(uri):
        raise ValidationError(fault)


def _finite(value: float) -> None:
    if not math.isfinite(value):
        raise ValidationError("Must be a number.")


def _seconds() -> fields.Float:
    return fields.Float(
        validate=[_finite, validate.Range(min=0, min_inclusive=False, error="Must be a number of seconds above 0.")]
    )


def _limit(limit: Limit) -> fields.Integer:
    accepted = validate.Range(min=1, max=limit.highest, error=f"Must be from 1 to {limit.highest}.")
    return fields.Integer(strict=True, validate=accepted)


_LimitsSchema = Schema.from_dict({limit.name: _limit(limit) for limit in LIMITS}, name="LimitsSchema")


class _OverrideSchema(_LimitsSchema):  # type: ignore[misc, valid-type]  # marshmallow makes the base at run time
    """One `[[limits.override]]`: an `ou` or an `account`, and the limits that differ there."""

    ou = _ou()
    account = _account_id()

    @validates_schema
    def _names_one_place(self, data: dict[str, Any], **_: object) -> None:
        if ("ou" in data) == ("account" in data):
            raise ValidationError("Name either an `ou` or an `account`.")
        if not data.keys() & set(LIMIT_NAMES):
            raise ValidationError(f"Name at least one limit: {', '.join(LIMIT_NAMES)}.")

    @post_load
    def _override(self, data: dict[str, Any], **_: object) -> LimitOverride:
        place = {"ou": data.pop("ou", None), "account": data.pop("account", None)}
        return LimitOverride(limits=data, **place)


class _AllLimitsSchema(_LimitsSchema):  # type: ignore[misc, valid-type]  # marshmallow makes the base at run time
    """The `[limits]` table."""

    override = fields.List(fields.Nested(_OverrideSchema, unknown=RAISE))

    @post_load
    def _rules(self, data: dict[str, Any], **_: object) -> LimitRules:
        overrides = tuple(data.pop("override", ()))
        return LimitRules(default=Limits(**data), overrides=overrides)


# STS: role names and external ids (facts F5).
_ROLE_NAME = re.compile(r"^[\w+=,.@-]{1,64}\Z", re.ASCII)
_ROLE_PATH = re.compile(r"^/([\x21-\x7e]{1,510}/)?\Z")
_DATABASE = re.compile(r"^[a-z0-9_]{1,255}\Z")
_EXTERNAL_ID = re.compile(r"^[\w+=,.@:/-]{2,1224}\Z", re.ASCII)


class SettingsSchema(Schema):
    """What each setting may be. Every fault of a source is reported at once, unknown names among them."""

    class Meta:
        """A name that is not known is most often a typing error: never passed over."""

        unknown = RAISE

    lake = fields.String(validate=[validate.Length(min=1), _lake])
    role_name = fields.String(
        validate=validate.Regexp(_ROLE_NAME, error="Must be a role's name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -")
    )
    role_path = fields.String(
        validate=validate.Regexp(_ROLE_PATH, error="Must be a role's path: begins and ends with /")
    )
    external_id = fields.String(
        validate=validate.Regexp(_EXTERNAL_ID, error="Must be 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -")
    )
    account = _Several(_account_id())
    exclude_account = _Several(_account_id())
    include_ou = _Several(_ou())
    exclude_ou = _Several(_ou())
    accounts_file = fields.String(validate=validate.Length(min=1))
    organization_id = fields.String(
        validate=validate.Regexp(rf"^{ORGANIZATION_ID.pattern}\Z", error="Must be an organization's id, o-…")
    )
    concurrency = _Count(validate=validate.Range(min=1, max=1000, error="Must be from 1 to 1000."))
    deadline = _seconds()
    account_deadline = _seconds()
    tags = fields.Boolean()
    min_coverage = fields.Float(validate=[_finite, validate.Range(min=0, max=1, error="Must be from 0 to 1.")])
    replace = fields.Boolean()
    resume = fields.Boolean()
    kms_key = fields.String(validate=validate.Length(min=1))
    glue = fields.Boolean()
    database = fields.String(
        validate=validate.Regexp(_DATABASE, error="Must be a Glue database: 1 to 255 of a-z 0-9 _")
    )
    workgroup = fields.String(validate=validate.Length(min=1))
    output_location = fields.String(
        validate=validate.Regexp(r"^s3://[^/]+(/.*)?\Z", error="Must be a place on S3: s3://bucket/prefix/")
    )
    # Athena's own limits begin at 10 MB; ours stops a query that has read more.
    scan_limit = _Count(validate=validate.Range(min=1, error="Must be a number of bytes above 0."))
    limits = fields.Nested(_AllLimitsSchema, unknown=RAISE)

    @pre_load
    def _drop_what_was_not_said(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None}


def settings_from(values: dict[str, Any]) -> Settings:
    """The settings from values that `SettingsSchema` has read."""
    ready = dict(values)
    ready |= {name: frozenset(values[name]) for name in ("account", "exclude_account") if name in values}
    ready |= {name: tuple(values[name]) for name in ("include_ou", "exclude_ou") if name in values}
    return Settings(**ready)
