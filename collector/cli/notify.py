"""`credlake notify`: notify each owner of what changed, once on each channel."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.engine import ENGINE_SETTINGS, Engine, engine_problems, opened
from collector.cli.lake import OrganizationId, is_date
from collector.cli.options import Verbose, with_settings
from collector.process.streams import ReaderLeftError, say

if TYPE_CHECKING:
    from collector.notices.send import Notices
    from collector.settings.model import Settings

FORMATS = ("markdown", "text", "json")


@with_settings(*ENGINE_SETTINGS, "kms_key", "notify_urls_file", "notify_topic", "notify_days", "language")
def notify(
    settings: Settings,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the messages, and send and write nothing.")] = False,
    format: Annotated[  # noqa: A002 -- named as in other commands
        str, typer.Option("--format", metavar="FORMAT", help="Of --dry-run: markdown (default), text or json.")
    ] = "markdown",
    since: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD", help="First notice of a channel: what changed since then, instead of a summary."
        ),
    ] = None,
    organization_id: OrganizationId = None,
    engine: Engine = "duckdb",
    verbose: Verbose = False,
) -> int:
    """Notify each owner of what is new, worse, reopened, fixed, about to fail or unreadable, once per channel.

    The URLs of channels (https://appriseit.com/services/) come from CREDLAKE_NOTIFY_URLS, from variables that [notify]
    names, or from notify_urls_file. The lake keeps what was sent. The next call retries a channel that failed.

    Examples:
      credlake notify --lake ./lake --dry-run

      CREDLAKE_NOTIFY_URLS="slack://… mailto://…" credlake notify --lake ./lake

      credlake notify --lake s3://my-bucket/credlake --notify-topic arn:aws:sns:eu-west-1:111122223333:credlake
    """
    import os

    from collector.errors import UsageError
    from collector.notices.channels import URLS, open_channels
    from collector.notices.send import Notices
    from collector.process.logs import set_up_logs

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    problems = engine_problems(engine, settings.required_lake)
    if format not in FORMATS:
        problems.append(f"Unknown format {format!r}: use {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    if format != FORMATS[0] and not dry_run:
        problems.append(f"--format {format}: of --dry-run only; each channel gets the format that it takes.")
    if since is not None and not is_date(since):
        problems.append(f"--since {since}: not a date; write YYYY-MM-DD.")
    if problems:
        raise UsageError(problems)
    channels = open_channels(settings, os.environ)
    if channels.is_empty and not dry_run:
        raise UsageError([f"No channel given: set {URLS} to the URL of one, or --notify-topic; or use --dry-run."])
    with opened(settings, engine) as run:
        notices = Notices(
            run=run,
            settings=settings,
            channels=channels,
            organization_id=organization_id,
            since=since,
        )
        return _preview(notices, format) if dry_run else _send(notices)


def _preview(notices: Notices, format_name: str) -> int:
    found = notices.preview()
    count = 0
    # The exit code is the same if the reader has seen enough (`| head`).
    with suppress(ReaderLeftError):
        if format_name == "json":
            say(f"[{','.join(notice.json_text() for _, notice in found)}]")
            return 0
        for channel, notice in found:
            count += 1
            text = notice.markdown() if format_name == "markdown" else notice.plain()
            say(f"To: {channel or 'no channel'}", f"Subject: {notice.subject}", "", *text.splitlines(), "")
    if not count:
        say("There is nothing new.", to_stderr=True)
    return 0


def _send(notices: Notices) -> int:
    sent = failed = 0
    unmatched = {*notices.channels.by_owner}
    for delivery in notices.send():
        unmatched.discard(delivery.owner)
        sent += delivery.status == "sent"
        failed += delivery.status == "failed"
        if delivery.status == "failed":
            say(delivery.problem, to_stderr=True)
        if delivery.status == "unconfirmed":
            say(
                f"{delivery.channel}: an earlier or concurrent call began to send the notice for "
                f"{delivery.owner or 'accounts without an owner'} and wrote no result. It is not repeated.",
                to_stderr=True,
            )
    for owner in sorted(unmatched):
        say(f"[notify.owners] names {owner}, who owns no account of the newest snapshot.", to_stderr=True)
    retried = " The next call tries them again." if failed else ""
    counts = f"Notices sent: {sent}, failed: {failed}.{retried}"
    say(counts if sent or failed else "There is nothing new.", to_stderr=True)
    return 1 if failed else 0
