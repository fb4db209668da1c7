"""Logs: structlog to stderr, as JSON for machines, as plain lines on a terminal.

Report rows and user names are never logged, nor any secret: events carry account ids, counts and error codes.
"""

from __future__ import annotations

import logging
import sys

import structlog

from collector.process.streams import printable


class _Stderr:
    """The current stderr: a progress bar replaces it while it is drawn."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _printable_texts(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The event, its texts printable: some are AWS's, and could steer a terminal. JSON escapes them by itself."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in event.items()}


def set_up_logs(*, verbose: bool = False, for_person: bool, quiet: bool = False) -> None:
    """Send every event to stderr from now on; `verbose`: also debug events; `quiet`: only errors."""
    level = logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO
    console = (_printable_texts, structlog.dev.ConsoleRenderer(colors=False))
    rendering: tuple[structlog.typing.Processor, ...] = (structlog.processors.JSONRenderer(),)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(console if for_person else rendering),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]  # it only needs write and flush
        cache_logger_on_first_use=False,
    )
