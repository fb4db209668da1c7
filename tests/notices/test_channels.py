"""Channels: their URLs are checked and never shown, and what they send arrives at real servers."""

from __future__ import annotations

import base64
import email.policy
import json
import logging
import re
import socketserver
from email import message_from_bytes

import pytest
import requests

from collector.errors import UsageError
from collector.notices.channels import open_channels
from collector.notices.message import Notice
from collector.settings.model import Settings
from collector.settings.notify import NotifyRules
from tests.fixtures.webhooks import serving
from tests.notices.conftest import HOSTILE, account, changes, result

MARKUP = r"<!|<@|@everyone|@here|://evil|\]\(http|<img|\u202e"
SECRET = "T0KEN-OF-A-CHANNEL"
# What is shown of the name in the notice.
SHOWN = "山田 \u2039!channel\u203a"
TOPIC = "arn:aws:sns:us-east-1:111122223333:credlake"


@pytest.fixture(name="notice")
def _notice():
    return Notice(changes([account()], [account(), result("alice", user_name="山田 <!channel>")]))


@pytest.fixture(name="mails")
def _mails():
    """A mail server: its port, and the mails it got."""
    got = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    got.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
                if verb == b"QUIT":
                    return

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)) as port:
        yield port, got


def channels_of(*urls, environment=(), **settings):
    return open_channels(Settings(notify_urls=urls, **settings), dict(environment))


def test_a_webhook_gets_the_text_and_the_findings_as_json(webhook, notice):
    port, got = webhook
    [channel] = channels_of(f"json://127.0.0.1:{port}/hook").default

    assert channel.send(notice) is None
    [(path, body)] = got
    assert path == "/hook"
    assert body["title"] == notice.subject
    assert f"`{SHOWN}`" in body["message"]
    [attachment] = body["attachments"]
    findings = json.loads(base64.b64decode(attachment["base64"]))["findings"]
    assert [(each["finding_id"], each["user_name"]) for each in findings] == [("alice", "山田 <!channel>")]


def test_a_mail_gets_the_notice_as_html_and_as_text(mails, notice):
    port, got = mails
    [channel] = channels_of(f"mailto://127.0.0.1:{port}?from=a@example.com&to=b@example.com&mode=insecure").default

    assert channel.send(notice) is None
    mail = message_from_bytes(got[0], policy=email.policy.default)
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert mail["subject"] == notice.subject
    assert f"<code>{SHOWN}</code>" in parts["text/html"]
    assert SHOWN in parts["text/plain"]
    assert "application/json" in parts


SERVICES = (
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c",
    "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz",
    "workflows://example.com/workflow/signature/",
    "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "gchat://workspace/key/token",
)


@pytest.mark.parametrize("url", SERVICES)
@pytest.mark.parametrize(
    "text", [*HOSTILE, "&lt;!channel&gt; &#64;everyone", "\\@everyone", "[a]: javascript:alert(1)"]
)
def test_no_service_makes_a_link_or_a_mention_of_a_name(monkeypatch, url, text):
    sent = []

    def request(_session, *_arguments, **options):
        sent.append(options)
        response = requests.Response()
        response.status_code, response._content = 200, b"ok"
        return response

    monkeypatch.setattr(requests.Session, "request", request)
    row = result("id", user_name=text, account_name=text, exception_id=text, reason=f"Exception {text} ended.")
    [channel] = channels_of(url).default

    assert channel.send(Notice(changes([account()], [account(account_name=text), row]))) is None
    body = "".join(str(each.get("data") or each.get("json")) for each in sent)
    shown = body.encode().decode("unicode_escape", "replace")
    for each in (body, shown):
        assert re.findall(MARKUP, each) == []


@pytest.mark.parametrize("url", ["json://127.0.0.1:{port}/500/{secret}", "json://127.0.0.1:1/{secret}"])
def test_a_failure_names_the_channel_and_shows_no_url(webhook, notice, caplog, capfd, url):
    caplog.set_level(logging.DEBUG)
    [channel] = channels_of(url.format(port=webhook[0], secret=SECRET)).default

    problem = channel.send(notice)
    assert problem.startswith("CREDLAKE_NOTIFY_URLS 1 (JSON): the notice was not delivered")
    assert ("it returned 500" in problem) == ("500" in url)
    assert SECRET not in "".join((problem, caplog.text, *capfd.readouterr()))


@pytest.mark.parametrize("url", [f"nosuch://{SECRET}", SECRET, f"slack://{SECRET}", f"://{SECRET}"])
def test_a_malformed_url_is_a_usage_error_that_says_which_and_does_not_show_it(caplog, capfd, url):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(UsageError) as error:
        channels_of("json://127.0.0.1/fine", url)
    assert error.value.message.startswith("CREDLAKE_NOTIFY_URLS 2: is not the URL of a service")
    assert SECRET not in "".join((error.value.message, caplog.text, *capfd.readouterr()))


def test_every_malformed_url_is_named_at_once(tmp_path):
    file = tmp_path / "urls.toml"
    file.write_text(f'MAIL = "{SECRET}"\nNUMBER = 1\n')
    file.chmod(0o600)
    rules = NotifyRules(default=("MAIL",), owners={"red": ("CHAT", "NOWHERE")})
    with pytest.raises(UsageError) as error:
        channels_of(SECRET, environment={"CHAT": SECRET}, notify_urls_file=str(file), notify=rules)
    named = [problem.partition(": ")[0] for problem in error.value.problems]
    assert named == [
        f"notify_urls_file {file}",
        "CREDLAKE_NOTIFY_URLS 1",
        "MAIL",
        "CHAT",
        "[notify] names the channel NOWHERE",
    ]
    assert SECRET not in error.value.message


@pytest.mark.parametrize(
    ("content", "mode", "expected"),
    [
        (f'A = "json://{SECRET}"', 0o640, "others may read it"),
        (f'A = "json://{SECRET}"', 0o604, "chmod 600"),
        (f"A = json://{SECRET}", 0o600, "line 1: is not valid TOML"),
        (None, None, "cannot be read"),
    ],
)
def test_a_file_of_urls_that_is_open_to_others_or_damaged_is_refused(tmp_path, content, mode, expected):
    file = tmp_path / "urls.toml"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    with pytest.raises(UsageError, match=expected) as error:
        channels_of(notify_urls_file=str(file))
    assert SECRET not in error.value.message


def test_owners_have_the_channels_that_the_settings_name(tmp_path):
    file = tmp_path / "urls.toml"
    file.write_text('TEAM = "json://127.0.0.1/team"\n')
    file.chmod(0o600)
    rules = NotifyRules(default=("CHAT",), owners={"red": ("TEAM", TOPIC)})
    found = channels_of(
        environment={"CHAT": "json://127.0.0.1/chat"}, notify_urls_file=str(file), notify=rules, notify_topic=(TOPIC,)
    )
    assert [channel.name for channel in found.of("blue")] == ["CHAT", TOPIC]
    assert [channel.name for channel in found.of("red")] == ["TEAM", TOPIC]
    assert channels_of().is_empty


def test_a_topic_gets_text_for_people_and_json_for_programs(moto, monkeypatch, notice):
    for name, value in moto.environment().items():
        monkeypatch.setenv(name, value)
    sns, sqs = moto.client("sns"), moto.client("sqs")
    arn = sns.create_topic(Name="notices")["TopicArn"]
    queue = sqs.create_queue(QueueName="notices")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    many = [result(f"user-{number}", reason="因" * 200, owner="青") for number in range(2_000)]
    large = Notice(changes([account(owner="青")], [account(owner="青"), *many], owner="青"), "ja")
    [channel] = channels_of(notify_topic=(arn,)).default

    assert channel.send(notice) is None
    assert channel.send(large) is None
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    bodies = sorted((json.loads(each["Body"]) for each in got), key=lambda body: len(body["Message"]))
    assert bodies[0]["Subject"] == notice.subject
    assert json.loads(bodies[0]["Message"])["findings"][0]["finding_id"] == "alice"
    attributes = {name: each["Value"] for name, each in bodies[1]["MessageAttributes"].items()}
    assert attributes == {"event": "credlake.notice", "organization_id": "o-abcdefghij", "owner": "青"}
    assert bodies[1]["Subject"].isascii()
    assert len(bodies[1]["Subject"]) <= 100
    assert 0 < len(json.loads(bodies[1]["Message"])["findings"]) < 2_000
    assert len(json.dumps(bodies[1], ensure_ascii=False).encode()) < 256 * 1024


def test_a_topic_that_does_not_exist_is_a_failure(moto, monkeypatch, notice):
    for name, value in moto.environment().items():
        monkeypatch.setenv(name, value)
    [channel] = channels_of(notify_topic=(TOPIC,)).default
    assert channel.send(notice).startswith(f"{TOPIC}: the notice was not delivered: NotFound")
