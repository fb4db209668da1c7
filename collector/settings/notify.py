"""The `[notify]` table: which channels each owner's notices go to. It names channels, and holds no URL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

# The names in `[notify]`.
NOTIFY_NAMES = ("default", "owners")

TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_CHANNEL_ERROR = (
    "Must be the name of an environment variable or of an entry of notify_urls_file that holds the URL, or the ARN of "
    "an SNS topic. The URL itself is a secret and does not belong here."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRules:
    """The `[notify]` of the settings. A channel is a name or the ARN of an SNS topic."""

    default: tuple[str, ...] = ()  # The channels of owners that have none of their own.
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # Owner → channels.


class Channels(fields.Field[Any]):
    """One channel, or a list of them."""

    def _deserialize(self, value: object, attr: str | None, data: Mapping[str, Any] | None, **_: object) -> Any:  # noqa: ANN401, ARG002 -- marshmallow's signature
        channels = value if isinstance(value, list) else [value]
        if not channels or not all(
            isinstance(each, str) and (_NAME.fullmatch(each) or TOPIC_ARN.fullmatch(each)) for each in channels
        ):
            raise ValidationError(_CHANNEL_ERROR)
        return tuple(dict.fromkeys(channels))


class NotifyTable(Schema):
    """The `[notify]` table."""

    default = Channels()
    owners = fields.Dict(keys=fields.String(validate=validate.Length(min=1, max=256)), values=Channels())

    @post_load
    def _rules(self, data: dict[str, Any], **_: object) -> NotifyRules:
        return NotifyRules(**data)
