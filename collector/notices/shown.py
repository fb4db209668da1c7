"""Texts of users and AWS as a message shows them: harmless in Markdown, in plain text and in every chat. Pure."""

from __future__ import annotations

import re

from collector.process.streams import printable

_LONGEST = 120
# `<!channel>` and `<@U012>` of Slack, `<@123>` of Discord, and HTML.
_REPLACED = str.maketrans({"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", ">": "\u203a", "`": "'"})
# `@everyone`, `@here`, `@channel`, `@name`; not the @ in an address, which mentions nobody.
_MENTION = re.compile(r"(?<![\w.+-])@(?=\S)")
_FULL_WIDTH_AT = "\N{FULLWIDTH COMMERCIAL AT}"
# What a service could take for emphasis, a link, a heading, an entity or an escape.
_MARKUP = re.compile(r"[*_~|\\\[\]#{}!&]")


def plain(text: str, longest: int = _LONGEST) -> str:
    """The text on one line, without anything that steers a terminal, mentions somebody or becomes a link.

    Args:
        text: what a user or AWS wrote.
        longest: the characters that are kept of it.
    """
    shown = printable(text).translate(_REPLACED)
    shown = _MENTION.sub(_FULL_WIDTH_AT, shown)
    # Without `://` and `](`, no service makes a link of it.
    shown = shown.replace("://", "[:]//").replace("](", "] (")
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def code(text: str, longest: int = _LONGEST) -> str:
    """The text as a code span, the one form that each kind of Markdown leaves alone."""
    return f"`{plain(text, longest)}`"


def sentence(text: str, longest: int = _LONGEST) -> str:
    """A sentence in Markdown: as it is, or as a code span where part of it could be markup.

    Not escaped: Telegram and Google Chat show the backslashes.
    """
    return code(text, longest) if _MARKUP.search(plain(text, longest)) else plain(text, longest)
