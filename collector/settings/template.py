"""A settings file with every setting in it, commented out: what `credlake init` writes."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from marshmallow.fields import Float, Integer

from collector.limits import LIMITS
from collector.settings.model import SETTINGS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.settings.model import Setting

_WIDTH = 100
_HEAD = """\
# Settings of credlake. Flags override CREDLAKE_* environment variables, which override this file.
# Lines that begin with `#name =` are settings with their defaults: remove the `#`, and change the value.
"""
_OVERRIDES = """\
# Other limits for one account, or for an OU (an ID or a path) and all below it. The more specific one wins.
#[[limits.override]]
#ou = "Root/Sandbox"
#access_key_rotation_days = 180

#[[limits.override]]
#account = "111122223333"
#password_unused_days = 90
"""
_OWNERS = """\
# Owners
# ------
# Who answers for an account: its tag (which is then read, as with `tags`), else the more specific override, else the
# default. The owner is on every row of control_results and findings.
[owners]
#tag = "owner"
#default = "cloud-team"

#[[owners.override]]
#ou = "Root/Workloads"
#owner = "platform-team"
"""
_NOTIFY = """\
# Channels of notices
# -------------------
# Of owners without a channel of their own: CREDLAKE_NOTIFY_URLS, notify_topic, and these. A channel is the name of an
# environment variable, or of an entry of notify_urls_file, that holds its URL; or the ARN of an SNS topic.
[notify]
#default = ["SECURITY_CHAT"]

[notify.owners]
#platform-team = ["PLATFORM_CHAT"]
"""


def settings_template() -> str:
    """The text of the file. As it is, it changes no setting."""
    parts = [_HEAD]
    for group in dict.fromkeys(declared.group for declared in SETTINGS.values()):
        names = [name for name, declared in SETTINGS.items() if declared.group == group and declared.help]
        parts += [f"\n# {group}\n# {'-' * len(group)}\n", *map(_entry, names)]
    parts += ["\n# Limits\n# ------\n[limits]\n", *_limits(), f"\n{_OVERRIDES}\n{_OWNERS}\n{_NOTIFY}"]
    return "".join(parts)


def _entry(name: str) -> str:
    declared = SETTINGS[name]
    default = Settings.__dataclass_fields__[name].default
    text = declared.help if default is not None else f"{declared.help} No default."
    value = _placeholder(declared) if default is None else toml_value(default)
    return f"\n{_comment(text)}#{name} = {value}\n"


def _limits() -> Iterator[str]:
    for limit in LIMITS:
        yield f"\n{_comment(limit.meaning)}#{limit.name} = {limit.default}\n"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, _WIDTH))


def _placeholder(declared: Setting) -> str:
    """What stands for a value that has no default; a number is not in quotes."""
    return declared.metavar if isinstance(declared.check, Float | Integer) else toml_value(declared.metavar)


def toml_value(value: object) -> str:
    """The value in TOML, which writes such texts, numbers, booleans and lists as JSON does."""
    return json.dumps(sorted(value) if isinstance(value, frozenset) else value, ensure_ascii=False)
