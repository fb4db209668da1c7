"""How the value of a setting is read and checked, in the same way for every source."""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from collector.discovery.accounts import ACCOUNT_ID
from collector.discovery.limits import LIMIT_NAMES, LimitOverride, LimitRules
from collector.discovery.owners import OwnerOverride, OwnerRules
from collector.lake.layout import lake_uri_error
from collector.limits import LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from collector.limits import Limit


class Several(fields.List[Any]):
    """A list, or one text with commas between its items, as in the environment; read into a set or a tuple."""

    def __init__(self, item: fields.Field[Any], container: Callable[[Iterable[Any]], Any]) -> None:
        """Take the check of one item, and `frozenset` or `tuple`."""
        super().__init__(item)
        self._container = container

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **options: object) -> Any:  # noqa: ANN401 -- marshmallow's signature
        if isinstance(value, str):
            value = [item.strip() for item in value.split(",") if item.strip()]
        return self._container(super()._deserialize(value, attr, data, **options))


class Urls(fields.Field[Any]):
    """The URLs of channels in one text, with blanks or commas between them; a URL may hold a comma itself."""

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **options: object) -> Any:  # noqa: ANN401, ARG002 -- marshmallow's signature
        return tuple(re.split(r"\s*,\s*(?=[A-Za-z0-9]+://)|\s+", str(value).strip(" \t\r\n,")))


class Count(fields.Integer):
    """A whole number. marshmallow would cut 3.7 to 3, and read `true` as 1."""

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **options: object) -> int:
        if isinstance(value, float | bool):
            raise self.make_error("invalid", input=value)
        number: int = super()._deserialize(value, attr, data, **options)
        return number


def text(pattern: str, error: str) -> fields.String:
    """A text that matches as a whole; character classes mean ASCII."""
    return fields.String(validate=validate.Regexp(re.compile(rf"^(?:{pattern})\Z", re.ASCII), error=error))


class Path(fields.String):
    """A path, with `~` for the home folder; as in a shell, but also after `=` and in a file, where no shell sees it."""

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **options: object) -> str:
        return os.path.expanduser(super()._deserialize(value, attr, data, **options))  # noqa: PTH111 -- `./x` stays


def any_path() -> Path:
    """A path that is not empty."""
    return Path(validate=validate.Length(min=1))


def any_text() -> fields.String:
    """A text that is not empty."""
    return fields.String(validate=validate.Length(min=1))


def lake_uri() -> fields.String:
    """The URI of a lake."""
    return Path(validate=[validate.Length(min=1), _valid_uri])


def account_id() -> fields.String:
    """The ID of one account."""
    return text(ACCOUNT_ID.pattern, "{input} is not 12 digits.")


def ou() -> fields.String:
    """An OU, by ID or path."""
    return fields.String(validate=validate.Length(min=1, error="An OU is an ID (ou-…, r-…) or a path (Root/…)."))


def number(accepted: validate.Range) -> fields.Float:
    """A finite number in a range; TOML and Python read `inf` and `nan` as numbers too."""
    return fields.Float(validate=[_finite, accepted])


def seconds() -> fields.Float:
    """A duration."""
    return number(validate.Range(min=0, min_inclusive=False, error="Must be a number of seconds above 0."))


def _valid_uri(uri: str) -> None:
    if error := lake_uri_error(uri):
        raise ValidationError(error)


def _finite(value: float) -> None:
    if not math.isfinite(value):
        raise ValidationError("Must be a number.")


def _limit(limit: Limit) -> fields.Integer:
    accepted = validate.Range(min=1, max=limit.highest, error=f"Must be from 1 to {limit.highest}.")
    return fields.Integer(strict=True, validate=accepted)


_LimitsSchema = Schema.from_dict({limit.name: _limit(limit) for limit in LIMITS}, name="LimitsSchema")


class _PlaceSchema(Schema):
    """An `ou` or an `account`."""

    ou = ou()
    account = account_id()

    @validates_schema
    def _names_one_place(self, data: dict[str, Any], **_: object) -> None:
        if ("ou" in data) == ("account" in data):
            raise ValidationError("Name either an `ou` or an `account`.")


class _OverrideSchema(_PlaceSchema, _LimitsSchema):  # type: ignore[misc, valid-type]  # marshmallow makes the base at run time
    """One `[[limits.override]]`: a place, and the limits that differ there."""

    @validates_schema
    def _names_a_limit(self, data: dict[str, Any], **_: object) -> None:
        if not data.keys() & set(LIMIT_NAMES):
            raise ValidationError(f"Name at least one limit: {', '.join(LIMIT_NAMES)}.")

    @post_load
    def _override(self, data: dict[str, Any], **_: object) -> LimitOverride:
        place = {"ou": data.pop("ou", None), "account": data.pop("account", None)}
        return LimitOverride(limits=data, **place)


class LimitsTable(_LimitsSchema):  # type: ignore[misc, valid-type]  # marshmallow makes the base at run time
    """The `[limits]` table."""

    override = fields.List(fields.Nested(_OverrideSchema, unknown=RAISE))

    @post_load
    def _rules(self, data: dict[str, Any], **_: object) -> LimitRules:
        overrides = tuple(data.pop("override", ()))
        return LimitRules(default=Limits(**data), overrides=overrides)


def _owner(*, required: bool = False) -> fields.String:
    # A tag's value, which is what else an owner comes from, has at most 256 characters.
    return fields.String(
        required=required, validate=validate.Regexp(r"\S(?s:.{0,254}\S)?\Z", error="Must be 1 to 256 characters.")
    )


class _OwnerOverrideSchema(_PlaceSchema):
    """One `[[owners.override]]`: a place, and its owner."""

    owner = _owner(required=True)

    @post_load
    def _override(self, data: dict[str, Any], **_: object) -> OwnerOverride:
        return OwnerOverride(**data)


class OwnersTable(Schema):
    """The `[owners]` table."""

    tag = fields.String(validate=validate.Length(min=1, max=128, error="Must be a tag's key: 1 to 128 characters."))
    default = _owner()
    override = fields.List(fields.Nested(_OwnerOverrideSchema, unknown=RAISE))

    @post_load
    def _rules(self, data: dict[str, Any], **_: object) -> OwnerRules:
        overrides = tuple(data.pop("override", ()))
        return OwnerRules(overrides=overrides, **data)
