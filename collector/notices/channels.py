"""The channels of notices: services by their URL, through apprise, and SNS topics. No URL leaves this module."""

from __future__ import annotations

import logging
import re
import stat
import tomllib
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import CallFault, UsageError
from collector.notices.message import MOST_IN_JSON, Notice
from collector.process.streams import printable
from collector.settings.notify import TOPIC_ARN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from collector.settings.model import Settings

URLS = "CREDLAKE_NOTIFY_URLS"

# Programs read these: a webhook and a mail get the changes as JSON too.
_WITH_JSON = frozenset({"json", "jsons", "form", "forms", "xml", "xmls", "mailto", "mailtos"})
# Services add markup to what they are given, so not all of their length is used.
_SHARE_OF_LENGTH = 0.8
_STATUS = re.compile(r"error=([0-9]{3})\b")
# Of how many findings a topic gets JSON: SNS refuses a message that is too long.
_MOST_IN_TOPIC = (MOST_IN_JSON, 300, 100, 30, 10, 0)
_OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notices go."""

    name: str  # How it is named in messages and in the lake. Never its URL.
    send: Callable[[Notice], str | None]  # Send a notice; why that failed, as a sentence, or None.


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of a command."""

    default: tuple[Channel, ...]  # Those of owners that have none of their own.
    by_owner: Mapping[str, tuple[Channel, ...]]  # Those of the others.

    def of(self, owner: str) -> tuple[Channel, ...]:
        """The channels of an owner; the empty owner is that of accounts without one."""
        return self.by_owner.get(owner, self.default)

    @property
    def is_empty(self) -> bool:
        """Whether there is none at all."""
        return not (self.default or self.by_owner)


def open_channels(settings: Settings, environment: Mapping[str, str]) -> Channels:
    """The channels that the settings name; nothing is sent.

    Args:
        settings: their `notify…` settings.
        environment: where a channel's URL is looked up by name, unless `notify_urls_file` has it.

    Raises:
        UsageError: a URL is malformed or missing, or the file of URLs cannot be read or is open to others. No message
            shows a URL.
    """
    problems: list[str] = []
    entries = _entries(settings.notify_urls_file, problems)
    made: dict[str, Channel | None] = {}

    def channel(reference: str) -> Channel | None:
        if reference not in made:
            made[reference] = _channel(reference, entries, environment, problems)
        return made[reference]

    def each(references: Sequence[str]) -> tuple[Channel, ...]:
        return tuple(found for reference in references if (found := channel(reference)) is not None)

    listed = [_service(f"{URLS} {place}", url, problems) for place, url in enumerate(settings.notify_urls, start=1)]
    default = each((*settings.notify.default, *dict.fromkeys(settings.notify_topic)))
    by_owner = {owner: each(references) for owner, references in settings.notify.owners.items()}
    if problems:
        raise UsageError(problems)
    return Channels((*filter(None, listed), *default), by_owner)


def _channel(
    reference: str, entries: Mapping[str, str], environment: Mapping[str, str], problems: list[str]
) -> Channel | None:
    if TOPIC_ARN.fullmatch(reference):
        return _topic(reference)
    url = entries.get(reference) or environment.get(reference)
    if not url:
        problems.append(
            f"[notify] names the channel {reference}: set a variable of this name to its URL, or add it to "
            "notify_urls_file."
        )
        return None
    return _service(reference, url, problems)


def _entries(file: str | None, problems: list[str]) -> dict[str, str]:
    """The URLs in the file by name. Messages show no line of it."""
    if file is None:
        return {}
    path = Path(file)
    try:
        mode = path.stat().st_mode
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"notify_urls_file {file}: cannot be read: {error.strerror}.")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r"at (line \d+)", str(error))
        where = f", {place[1]}" if place else ""
        problems.append(f'notify_urls_file {file}{where}: is not valid TOML. Write NAME = "URL" on each line.')
        return {}
    if mode & _OTHERS_MAY_READ:
        problems.append(f"notify_urls_file {file}: others may read it, and URLs are secrets. Run `chmod 600 {file}`.")
    wrong = [name for name, url in entries.items() if not isinstance(url, str)]
    problems += [f'notify_urls_file {file}: {name} is not a text. Write {name} = "URL".' for name in wrong]
    return {name: url for name, url in entries.items() if isinstance(url, str)}


def _service(name: str, url: str, problems: list[str]) -> Channel | None:
    """The channel of a URL; None, and a problem that does not show it, where no service has such URLs."""
    # Half of all that the command needs to start, and only to send.
    import apprise  # noqa: PLC0415

    with _silent():
        asset = apprise.AppriseAsset(
            app_id="credlake",
            app_desc="credlake",
            app_url="",
            # Else each message would show the picture of another project, loaded from its site.
            image_url_mask="",
            image_url_logo="",
            async_mode=False,
            # Nothing about a channel is written to the home folder.
            storage_mode="memory",
        )
        service = apprise.Apprise.instantiate(url.strip(), asset=asset)
    if service is None:
        problems.append(
            f"{name}: is not the URL of a service for notices. Its form depends on the service, as in "
            "slack://TOKEN/#channel, mailto://… or json://HOST/PATH: https://appriseit.com/services/."
        )
        return None

    def send(notice: Notice) -> str | None:
        longest = int(service.body_maxlen * _SHARE_OF_LENGTH) - len(notice.subject)
        attachment = None
        if service.schema in _WITH_JSON and service.attachment_support:
            from apprise.attachment.memory import AttachMemory  # noqa: PLC0415 -- see above

            content = notice.json_text().encode()
            attachment = AttachMemory(content=content, name="findings.json", mimetype="application/json")  # type: ignore[no-untyped-call]
        sender = apprise.Apprise(asset=asset)
        sender.add(service)
        with _silent() as statuses:
            sent = sender.notify(
                title=notice.subject, body=notice.markdown(longest), body_format="markdown", attach=attachment
            )
        if sent:
            return None
        answer = f"it returned {statuses[-1]}" if statuses else "it could not be reached or did not accept it"
        return f"{name} ({service.service_name}): the notice was not delivered: {answer}."

    return Channel(name, send)


def _topic(arn: str) -> Channel:
    def send(notice: Notice) -> str | None:
        from collector.aws.sns import MOST_BYTES, bytes_of, publish  # noqa: PLC0415 -- other channels need no botocore

        changes = notice.changes
        text = notice.plain()
        attributes = {"event": "credlake.notice", "organization_id": changes.snapshot.organization_id}
        if changes.owner:
            attributes["owner"] = printable(changes.owner)
        for_programs = next(
            each for most in _MOST_IN_TOPIC if bytes_of(text, each := notice.json_text(most)) <= MOST_BYTES
        )
        try:
            publish(arn, subject=notice.subject, text=text, for_programs=for_programs, attributes=attributes)
        except CallFault as fault:
            said = f"{fault.code}: {fault.message}".rstrip(": .")
            step = fault.environment_step or "Check that the topic exists and that the caller may sns:Publish to it."
            return f"{arn}: the notice was not delivered: {said}. {step}"
        return None

    return Channel(arn, send)


class _Statuses(logging.Handler):
    """Keeps the HTTP statuses that apprise logs, and nothing else: its lines show URLs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the status of the line."""
        self.found += _STATUS.findall(record.getMessage())


@contextmanager
def _silent() -> Iterator[list[str]]:
    """Let no line of apprise, or of the libraries it sends with, reach a log: they show URLs. Yields HTTP statuses."""
    handler = _Statuses()
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3", "requests")]
    before = [(each, each.handlers, each.propagate, each.level) for each in loggers]
    for each in loggers:
        each.handlers, each.propagate = [handler], False
        each.setLevel(logging.WARNING)
    try:
        yield handler.found
    finally:
        for each, handlers, propagate, level in before:
            each.handlers, each.propagate = handlers, propagate
            each.setLevel(level)
