"""What follows a published run: each step is switched on by itself, and none of them fails the run."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
import structlog

from collector.aws import quicksight
from collector.errors import CallFault, CatalogNotSyncedError, FaultKind
from collector.lake.record import read_record
from collector.scheduled import after as after_module
from collector.scheduled.after import AfterRun
from collector.scheduled.job import Job
from collector.settings.model import Settings
from collector.simulator import AccountSpec, Simulator, UserSpec, faults
from tests.fixtures.examples import ORGANIZATION, account_evidence, collect, run_of
from tests.fixtures.reports import report
from tests.fixtures.runs import at, join_calls, member, organization

ACCOUNT = "111111111111"
DAY, LATER = "2026-11-22", "2026-11-23"


@pytest.fixture(name="printed", autouse=True)
def _printed(monkeypatch):
    """The metrics that are printed, by name; the library that prints them is in the function alone."""
    printed: dict[str, float] = {}

    def remember(metrics, _lake):
        printed.update({metric.name: metric.value for metric in metrics})

    monkeypatch.setattr(after_module, "print_metrics", remember)
    monkeypatch.setattr("collector.scheduled.job.print_metrics", remember)
    return printed


@pytest.fixture(name="logged")
def _logged():
    with structlog.testing.capture_logs() as logged:
        yield logged


@pytest.fixture(name="follow")
def _follow(store, scratch, lake):
    """Makes a snapshot, and takes the steps that the settings switch on."""

    def follow(day=DAY, *, ends_at=None, **settings):
        if read_record(store, ORGANIZATION).record is None:
            collect(store, scratch, [(account_evidence(ACCOUNT), report(ACCOUNT, "alice"))], run=run_of(DAY))
            collect(store, scratch, [(account_evidence(ACCOUNT), report(ACCOUNT, "bob"))], run=run_of(LATER))
        record = read_record(store, ORGANIZATION).record
        summary = {
            "organization_id": ORGANIZATION,
            "snapshot_date": day,
            "run_id": record.snapshots[day].run_id,
            "is_complete": True,
            "coverage": 1.0,
            "accounts": {"collected": 1},
            "users": 2,
        }
        settings = Settings(**{"lake": str(lake), **settings})
        return AfterRun(settings=settings, summary=summary, record=record, ends_at=ends_at).do()

    return follow


@pytest.fixture(name="aws")
def _aws(moto, monkeypatch):
    for name, value in moto.environment().items():
        monkeypatch.setenv(name, value)
    return moto


@pytest.fixture(name="quick_page")
def _quick_page(monkeypatch):
    """A page of the one line that names the newest day of the views: a real one takes seconds."""

    def newest(run, **_):
        return next(iter(run("select max(snapshot_date) from snapshots").batches)).column(0)[0].as_py()

    monkeypatch.setattr("collector.reports.data.read_report", newest)
    monkeypatch.setattr("collector.reports.page.render", lambda day, **_: f"page of {day}")


def test_nothing_is_done_that_is_not_switched_on(follow, printed, lake):
    assert follow() == {}
    assert printed == {}
    assert not (lake / "reports").exists()


def test_the_event_has_the_counts_of_the_run_and_no_user(follow, aws, printed):
    events, sqs = aws.client("events"), aws.client("sqs")
    queue = sqs.create_queue(QueueName="published")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["credlake"], "detail-type": ["credlake.snapshot.published"]}
    events.put_rule(Name="published", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="published", Targets=[{"Id": "queue", "Arn": arn}])

    assert follow(event_bus="default") == {"event": "OK"}
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    detail = json.loads(message["Body"])["detail"]
    assert detail.pop("lake").endswith("/lake")
    assert detail == {
        "organization_id": ORGANIZATION,
        "snapshot_date": DAY,
        "run_id": f"{DAY.replace('-', '')}T010203Z-00000000",
        "is_complete": True,
        "coverage": 1.0,
        "accounts": {"collected": 1},
        "users": 2,
    }
    assert printed == {"EventFailed": 0}


def test_an_event_that_eventbridge_rejects_in_a_successful_answer_has_failed(follow, monkeypatch, printed, logged):
    class Rejecting:
        def put_events(self, **_):
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "later"}]}

    monkeypatch.setattr("collector.aws.events.client", lambda _: Rejecting())

    assert follow(event_bus="default") == {"event": "FAILED"}
    assert printed == {"EventFailed": 1}
    [event] = [entry for entry in logged if entry["event"] == "after_run.failed"]
    assert (event["step"], event["operation"], event["code"]) == ("event", "events:PutEvents", "InternalFailure")


def test_each_data_set_is_refreshed_even_after_one_that_fails(follow, aws, monkeypatch, printed, logged):
    started = []

    class QuickSight:
        def create_ingestion(self, **request):
            started.append(request)
            if request["DataSetId"] == "gone":
                raise CallFault(FaultKind.OTHER, "ResourceNotFoundException", "no such data set", "-")

    monkeypatch.setattr(quicksight, "client", lambda _: QuickSight())

    assert follow(quicksight_data_set=("gone", "credlake-credlake-findings")) == {"refresh": "FAILED"}
    assert [(one["AwsAccountId"], one["DataSetId"], one["IngestionType"]) for one in started] == [
        ("123456789012", "gone", "FULL_REFRESH"),
        ("123456789012", "credlake-credlake-findings", "FULL_REFRESH"),
    ]
    # One of a repeated step is the same ingestion; QuickSight takes letters, digits, - and _.
    assert {one["IngestionId"] for one in started} == {f"credlake-{DAY.replace('-', '')}T010203Z-00000000"}
    assert printed == {"RefreshFailed": 1}
    assert "gone: ResourceNotFoundException" in logged[-1]["error"]


def test_a_refresh_is_a_request_that_quicksight_takes(aws):
    quicksight.start_refresh("123456789012", "credlake-credlake-findings", "credlake-20261122T010203Z-00000000")


def test_the_page_of_the_day_is_written_and_the_newest_under_a_name_that_stays(follow, lake, printed, quick_page):
    folder = lake / "reports" / ORGANIZATION

    assert follow(LATER, publish_page=True) == {"page": "OK"}
    # That of an earlier day is as if it were the newest, and is not the newest.
    assert follow(DAY, publish_page=True) == {"page": "OK"}
    assert {path.name: path.read_text() for path in folder.glob("*.html")} == {
        f"{DAY}.html": f"page of {DAY}",
        f"{LATER}.html": f"page of {LATER}",
        "latest.html": f"page of {LATER}",
    }
    assert printed == {"PageFailed": 0}


def test_the_page_is_that_of_the_lake(follow, lake):
    assert follow(LATER, publish_page=True) == {"page": "OK"}
    page = (lake / "reports" / ORGANIZATION / "latest.html").read_text("utf-8")

    assert page.endswith("</html>")
    assert f"{LATER.replace('-', '')}T010203Z-00000000" in page


def test_the_page_on_s3_is_one_that_a_browser_shows(aws, lake, follow, quick_page):
    follow()
    bucket = aws.new_bucket()
    for path in filter(lambda path: path.is_file(), lake.rglob("*")):
        aws.client().put_object(Bucket=bucket, Key=str(path.relative_to(lake)), Body=path.read_bytes())
    for _ in range(2):
        assert follow(LATER, publish_page=True, lake=f"s3://{bucket}") == {"page": "OK"}
    answer = aws.client().get_object(Bucket=bucket, Key=f"reports/{ORGANIZATION}/latest.html")

    assert answer["ContentType"] == "text/html; charset=utf-8"
    assert answer["Body"].read().decode() == f"page of {LATER}"


def test_notices_go_to_the_topic_once(follow, aws, printed):
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="owners")["TopicArn"]
    queue = sqs.create_queue(QueueName="owners")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    assert follow(LATER, notify_topic=(topic,)) == {"notices": "OK"}
    assert follow(LATER, notify_topic=(topic,)) == {"notices": "OK"}
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 1
    assert printed == {"NoticesFailed": 0}


def test_a_malformed_channel_fails_its_step_alone_and_its_url_is_not_logged(follow, logged, quick_page):
    done = follow(LATER, notify_urls=("nonsense://secret-token",), publish_page=True)

    assert done == {"notices": "FAILED", "page": "OK"}
    assert "secret-token" not in str(logged)


def test_a_bug_in_a_step_is_logged_without_its_text_and_the_next_step_is_taken(follow, monkeypatch, logged, quick_page):
    def broken(*_):
        raise ValueError("alice")

    monkeypatch.setattr(after_module, "put_event", broken)

    assert follow(LATER, event_bus="default", publish_page=True) == {"event": "FAILED", "page": "OK"}
    [event] = [entry for entry in logged if entry["event"] == "after_run.failed"]
    assert event["error"].startswith("internal error (a bug in credlake): ValueError at ")
    assert "alice" not in str(logged)


def test_without_time_left_nothing_is_begun(follow, lake, logged, printed):
    done = follow(LATER, ends_at=time.monotonic() - 1, event_bus="default", publish_page=True)

    assert done == {"event": "FAILED", "page": "FAILED"}
    assert printed == {"EventFailed": 1, "PageFailed": 1}
    assert logged[-1]["error"].startswith("There was no time left for it.")
    assert not (lake / "reports").exists()


def test_a_query_is_interrupted_when_the_time_is_over(follow, monkeypatch):
    slow = "select count(*) from range(100000) a, range(100000) b, range(1000) c"
    monkeypatch.setattr("collector.reports.data.read_report", lambda run, **_: list(run(slow).batches))
    began = time.monotonic()

    assert follow(LATER, ends_at=began + 3, publish_page=True) == {"page": "FAILED"}
    assert time.monotonic() - began < 15


def test_it_follows_a_published_run_and_what_it_did_is_in_the_summary(lake, quick_page):
    with Simulator(organization(member(1))) as server, at(server):
        job = Job(settings=Settings(lake=str(lake), publish_page=True), run=_run)
        summary = job.do()
        join_calls()

    assert summary["after_run"] == {"page": "OK"}
    assert summary["accounts"] == {"collected": 2}
    assert (lake / "reports" / "o-aa111bb222" / "latest.html").exists()


def test_it_follows_a_run_whose_catalog_could_not_be_synced(lake, monkeypatch, quick_page):
    def not_synced(*_):
        raise CatalogNotSyncedError("behind")

    with Simulator(organization(member(1))) as server, at(server):
        job = Job(settings=Settings(lake=str(lake), publish_page=True), run=_run)
        monkeypatch.setattr(Job, "_deploy_views", not_synced)
        with pytest.raises(CatalogNotSyncedError):
            job.do()
        join_calls()

    assert (lake / "reports" / "o-aa111bb222" / "latest.html").exists()


def _run(collection):
    return asyncio.run(collection.run())


def joined(lake, *members: AccountSpec):
    """The summary of a run because accounts have joined, and the members that were called."""
    settings = Settings(lake=str(lake), retry_failed=True)
    with Simulator(organization(*members)) as server, at(server):
        summary = Job(settings=settings, is_for_new=True, run=_run).do()
        join_calls()
        return summary, {account for account, _ in server.calls.by_account if account.startswith("1")}


def test_an_account_that_joined_is_added_to_the_snapshot_of_the_day(lake):
    users = (UserSpec("someone", member(1).joined_at),)
    with Simulator(organization(member(1, users=users))) as server, at(server):
        Job(settings=Settings(lake=str(lake)), run=_run).do()
        join_calls()
    time.sleep(1.0 - time.time() % 1)
    summary, called = joined(lake, member(1, users=users), member(2))

    assert called == {"100000000002"}
    assert summary["accounts"] == {"collected": 3}


def test_an_account_that_joins_before_the_first_run_of_the_day_is_left_to_that_run(lake):
    summary, called = joined(lake, member(1), replace(member(2), faults=(faults.ROLE_MISSING,)))

    assert summary["is_complete"] is True
    assert "has no snapshot of" in summary["not_needed"]
    assert called == set()
