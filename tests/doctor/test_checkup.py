"""All checks together: what was misconfigured is found, and nothing else."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from botocore.exceptions import ConnectionClosedError

from collector.aws import clients, describe
from collector.aws.athena import AthenaQueries
from collector.cli.doctor import doctor
from collector.collection.run import Collection
from collector.doctor.checkup import check_clock, check_topic, check_versions
from collector.errors import CallFault, CredlakeError, FaultKind, UsageError
from collector.lake.publish import publish
from collector.lake.s3_store import S3Store
from collector.scheduled.handler import examine
from collector.simulator import CallerSpec, RoleSpec, Simulator
from tests.fixtures.examples import written
from tests.fixtures.runs import member
from tests.fixtures.runs import organization as organization_of


def _findings(text):
    return {(one["check"], one["subject"]): one for one in json.loads(text)}


@pytest.fixture(name="bucket")
def _bucket(aws):
    name = f"lake-{secrets.token_hex(4)}"
    aws.client().create_bucket(Bucket=name)
    return name


@pytest.fixture(name="sound")
def _sound(aws, bucket):
    """A bucket, a database and a workgroup as in deploy/collector.yaml, without the views.

    The bucket has no policy either: moto enforces it and has no TLS.
    """
    s3 = aws.client()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(names, True))
    name = bucket.replace("-", "_")
    aws.client("glue").create_database(DatabaseInput={"Name": name})
    aws.client("athena").create_work_group(
        Name=name,
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10**11,
            "ResultConfiguration": {
                "OutputLocation": f"s3://{bucket}/athena-results/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
            },
        },
    )
    return name


def test_what_is_misconfigured_fails_and_nothing_else_does(sound, bucket, capsys):
    code = doctor(
        lake=f"s3://{bucket}", external_id="example", database=sound, workgroup=sound, format="json", config=None
    )
    found = _findings(capsys.readouterr().out)
    wrong = {key for key, one in found.items() if one["verdict"] != "OK"}
    assert wrong == {("account", "100000000003"), ("bucket policy", bucket), ("views", sound)}
    assert code == 1
    assert found["account", "2 of 3"]["verdict"] == "OK"
    assert found["account", "000000000001"]["message"].startswith("the caller's own credentials allow every call")
    assert found["session policy", "4 actions"]["message"].startswith("limits the sessions in 2 accounts to iam:")
    assert found["athena view", sound]["message"] == f"can create a view in {sound}, and drop it"
    assert found["account", "100000000003"]["mend"].startswith("Check the role, its trust policy, ")
    assert found["views", sound]["mend"] == "credlake views deploy"


def test_what_is_missing_around_the_lake_has_a_remediation(bucket, capsys):
    doctor(lake=f"s3://{bucket}", external_id="example", database="nowhere", workgroup="none", format="json")
    found = _findings(capsys.readouterr().out)
    assert found["bucket versioning", bucket]["mend"].startswith("aws s3api put-bucket-versioning")
    assert found["bucket public access", bucket]["mend"].startswith("aws s3api put-public-access-block")
    assert found["bucket policy", bucket]["verdict"] == "FAIL"
    assert found["glue database", "nowhere"]["verdict"] == "FAIL"
    assert found["athena workgroup", "none"]["verdict"] != "OK"


def test_a_wrong_external_id_fails_every_account(capsys):
    assert doctor(external_id="wrong", format="json") == 1
    found = _findings(capsys.readouterr().out)
    assert [subject for (check, subject), one in found.items() if check == "account" and one["mend"]] == [
        "100000000001",
        "100000000002",
        "100000000003",
    ]


def test_an_accounts_file_is_checked_as_a_run_reads_it(capsys, tmp_path):
    file = tmp_path / "accounts.csv"
    role = "arn:aws:iam::100000000002:role/not-there"
    file.write_text(f"Account ID,Role ARN,Joined timestamp\n100000000001,,some day\n100000000002,{role},\n")
    code = doctor(external_id="example", accounts_file=str(file), organization_id="o-aa111bb222", format="json")
    found = _findings(capsys.readouterr().out)

    assert code == 1
    assert found["organization", "o-aa111bb222"]["message"] == "a run would collect 2 of 2 accounts"
    assert found["accounts file", str(file)]["verdict"] == "UNKNOWN"
    assert "'some day' cannot be read" in found["accounts file", str(file)]["message"]
    assert found["account", "1 of 2"]["verdict"] == "OK"
    assert "not-there" in found["account", "100000000002"]["message"]


def test_the_rules_of_a_run_select_accounts_here_too(capsys):
    doctor(external_id="example", exclude_account=["100000000003"], format="json")
    found = _findings(capsys.readouterr().out)

    assert found["organization", "o-aa111bb222"]["message"] == "a run would collect 3 of 4 accounts"


def test_an_exceptions_file_is_checked_and_hides_no_other_check(capsys, tmp_path, aws, bucket):
    header = "exception_id,control_id,account,expires_on\n"
    faulty = tmp_path / "exceptions.csv"
    faulty.write_text(f"{header}E-1,console-mfa,100000000001,soon\n")
    line = f"E-1,console-mfa,100000000001,{datetime.now(UTC).date()}\n"
    aws.client().put_object(Bucket=bucket, Key="exceptions.csv", Body=f"{header}{line}".encode())
    shown = {}
    for file in (str(faulty), f"s3://{bucket}/exceptions.csv", f"s3://{bucket}/missing.csv"):
        doctor(external_id="example", account=["100000000001"], exceptions=file, format="json")
        findings = _findings(capsys.readouterr().out)
        assert ("organization", "o-aa111bb222") in findings
        shown[file] = findings["exceptions file", file]

    assert [one["verdict"] for one in shown.values()] == ["FAIL", "OK", "FAIL"]
    wrong, right, missing = (one["message"] for one in shown.values())
    assert wrong == "line 2: expires_on: 'soon' is not a date, YYYY-MM-DD."
    assert right == "can be read; its exceptions: 1"
    assert missing.startswith("cannot be read: s3:GetObject: NoSuchKey")


def test_a_sample_checks_that_many_accounts(organization, capsys):
    organization.reset_calls()
    doctor(external_id="example", sample=2, format="json")
    findings = [one for one in json.loads(capsys.readouterr().out) if one["check"] == "account"]
    assert sum(1 if one["mend"] else int(one["subject"].split()[0]) for one in findings) == 2
    assert organization.calls.by_operation.get("sts:AssumeRole", 0) in {1, 2}


def test_the_exit_code_is_0_if_every_check_is_ok(capsys, tmp_path):
    accounts = ["100000000001", "100000000002"]
    assert doctor(lake=str(tmp_path), external_id="example", account=accounts, format="table") == 0
    printed = capsys.readouterr()
    assert "OK       account: 2 of 2: the role can be assumed" in printed.out
    assert printed.err.endswith("0 FAIL, 0 UNKNOWN\n")


def test_without_a_lake_the_exit_code_is_1(capsys):
    assert doctor(external_id="example", account=["100000000001"], format="json") == 1
    assert _findings(capsys.readouterr().out)["lake", "none"]["verdict"] == "UNKNOWN"


def test_the_exit_code_is_1_if_a_check_is_unknown_and_none_fails(monkeypatch, capsys, tmp_path):
    def refuse(_now):
        raise CallFault(FaultKind.DENIED, "AccessDenied", "no", "sts:GetCallerIdentity")

    monkeypatch.setattr(describe, "clock_skew", refuse)
    accounts = ["100000000001", "100000000002"]
    code = doctor(lake=str(tmp_path), external_id="example", account=accounts, format="table")
    assert (code, capsys.readouterr().err.splitlines()[-1].partition(", ")[2]) == (1, "0 FAIL, 1 UNKNOWN")
    assert examine({"CREDLAKE_EXTERNAL_ID": "example", "CREDLAKE_ACCOUNT": "100000000001"}, {})["is_healthy"] is False


def test_a_dropped_connection_to_sts_is_no_failed_check(monkeypatch):
    date = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    headers = {"date": format_datetime(date, usegmt=True)}
    answers = [{"ResponseMetadata": {"HTTPHeaders": headers}}, ConnectionClosedError(endpoint_url="https://sts")]

    class Sts:
        def get_caller_identity(self):
            if isinstance(answer := answers.pop(), Exception):
                raise answer
            return answer

    monkeypatch.setattr(describe, "client", lambda _service: Sts())
    assert describe.clock_skew(lambda: date + timedelta(seconds=90)) == 90
    assert answers == []


def test_without_credentials_the_exit_code_is_3(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredlakeError) as raised:
        doctor(external_id="example", format="json")
    assert raised.value.exit_code == 3


def test_a_bucket_that_does_not_exist_prevents_no_other_check(capsys):
    assert doctor(lake="s3://nobody-made-it", external_id="example", sample=1, format="json") == 1
    found = _findings(capsys.readouterr().out)
    assert found["lake", "s3://nobody-made-it"]["mend"].startswith("There is no bucket nobody-made-it")
    assert found["organization", next(subject for check, subject in found if check == "organization")]


def test_accounts_that_cannot_be_checked_are_unknown_and_prevent_no_other_check(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", "nonsense")
    assert doctor(lake=str(tmp_path), external_id="example", format="json") == 1
    found = _findings(capsys.readouterr().out)
    assert found["account", "4 of 4"]["verdict"] == "UNKNOWN"
    assert "InvalidEndpoint" in found["account", "4 of 4"]["message"]
    assert found["lake", str(tmp_path)]["verdict"] == "OK"


def test_what_aws_says_steers_no_terminal(monkeypatch, capsys):
    def refuse(_now):
        raise CallFault(FaultKind.OTHER, "Code\x1b[2J", "text\x07", "sts:GetCallerIdentity")

    monkeypatch.setattr(describe, "clock_skew", refuse)
    doctor(external_id="example", account=["100000000001"], format="table")
    printed = capsys.readouterr().out
    assert "sts:GetCallerIdentity: Code\ufffd[2J: text\ufffd." in printed
    assert not {"\x1b", "\x07"} & set(printed)


def test_an_unknown_format_is_a_usage_error():
    with pytest.raises(UsageError, match="use table or json"):
        doctor(format="yaml")


def test_the_doctor_publishes_nothing(bucket, aws, monkeypatch, capsys):
    monkeypatch.setattr(Collection, "run", None)
    doctor(lake=f"s3://{bucket}", external_id="example", format="json")
    capsys.readouterr()
    keys = [one["Key"] for one in aws.client().list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["catalog/.credlake-probe", "raw/.credlake-probe", "snapshots/.credlake-probe"]


def _published(aws, bucket):
    """A run published in the bucket by the organization that the doctor looks at, and followed by no Glue."""
    store = S3Store(f"s3://{bucket}", aws.client())
    now = datetime(2026, 12, 1, tzinfo=UTC)
    return publish(store, written(3, 3, organization_id="o-aa111bb222"), now=lambda: now)


def test_glue_that_is_behind_the_record_is_synced(sound, bucket, aws, capsys):
    record = _published(aws, bucket)
    options = {"lake": f"s3://{bucket}", "external_id": "example", "database": sound, "sample": 1, "format": "json"}
    doctor(**options)
    first = _findings(capsys.readouterr().out)["glue partitions", sound]
    assert (first["verdict"], first["message"]) == (
        "OK",
        "were behind the record and are synced now: 2 created, 0 moved, 0 removed",
    )
    answer = aws.client("glue").get_partitions(DatabaseName=sound, TableName="snapshot_record_latest")
    (partition,) = answer["Partitions"]
    assert record.newest.run_id in partition["StorageDescriptor"]["Location"]
    doctor(**options)
    assert _findings(capsys.readouterr().out)["glue partitions", sound]["message"] == "match the publication record"


def test_the_function_checks_the_topic(aws, bucket):
    topic = aws.client("sns").create_topic(Name=bucket)["TopicArn"]
    other = aws.client("sns").create_topic(Name=f"{bucket}-owners")["TopicArn"]
    variables = {
        "CREDLAKE_EXTERNAL_ID": "example",
        "NOTICE_TOPIC_ARN": topic,
        "CREDLAKE_NOTIFY_TOPIC": f"{topic},{other}",
    }
    found = [one for one in examine(variables, {"sample": 1})["findings"] if one["check"] == "topic"]
    assert {(finding["subject"], finding["verdict"]) for finding in found} == {(topic, "FAIL"), (other, "FAIL")}
    assert len(found) == 2


def test_the_functions_views_are_ok_before_its_first_run(sound, bucket):
    variables = {"CREDLAKE_LAKE": f"s3://{bucket}", "CREDLAKE_EXTERNAL_ID": "example", "CREDLAKE_DATABASE": sound}
    findings = examine(variables, {"sample": 1})["findings"]
    (finding,) = [one for one in findings if one["check"] == "views"]
    assert finding["verdict"] == "OK"


def test_the_function_reports_what_is_not_ok_first(bucket):
    variables = {"CREDLAKE_LAKE": f"s3://{bucket}", "CREDLAKE_EXTERNAL_ID": "example", "CREDLAKE_GLUE": "false"}
    answer = examine(variables, {"sample": None})
    assert answer["is_healthy"] is False
    statuses = [one["verdict"] for one in answer["findings"]]
    assert statuses == sorted(statuses, key=lambda status: status == "OK")


def test_the_function_refuses_a_sample_that_is_not_a_number():
    with pytest.raises(UsageError, match="sample 'all'"):
        examine({}, {"sample": "all"})


@pytest.mark.parametrize(("seconds", "status"), [(0, "OK"), (-60, "OK"), (61, "FAIL"), (-301, "FAIL")])
def test_a_clock_that_is_more_than_a_minute_off_fails(seconds, status):
    assert check_clock(seconds).status == status


def test_a_botocore_that_drops_state_and_paths_fails():
    assert [one.status for one in check_versions({"botocore": "1.40.26", "pyarrow": "25.0.1"})] == ["FAIL", "OK"]
    assert [one.status for one in check_versions({"botocore": "1.44.5"})] == ["OK"]


@pytest.mark.parametrize(
    ("confirmed", "pending", "remediation"),
    [
        ("1", "0", None),
        ("0", "1", "Confirm the subscription with the link"),
        ("0", "0", "aws sns subscribe --topic-arn t "),
    ],
)
def test_a_topic_is_ok_once_a_subscription_is_confirmed(confirmed, pending, remediation):
    finding = check_topic("t", {"SubscriptionsConfirmed": confirmed, "SubscriptionsPending": pending})
    assert finding.remediation is None if remediation is None else finding.remediation.startswith(remediation)


BUCKET_CHECKS = {
    f"bucket {name}" for name in ("versioning", "public access", "encryption", "policy", "lifecycle", "region")
}


@pytest.mark.parametrize("record", [b"not a record", b'{"schema_version": 99}'])
def test_a_record_that_cannot_be_read_hides_no_other_check(sound, bucket, aws, capsys, record):
    aws.client().put_object(Bucket=bucket, Key="catalog/o-aa111bb222.json", Body=record)
    assert doctor(lake=f"s3://{bucket}", external_id="example", database=sound, sample=1, format="json") == 1
    found = _findings(capsys.readouterr().out)
    assert found["publication record", "o-aa111bb222"]["verdict"] == "FAIL"
    assert found["published files", "o-aa111bb222"]["verdict"] == "UNKNOWN"
    assert found["lake", f"s3://{bucket}"]["verdict"] == "OK"
    assert {check for check, _ in found if check.startswith("bucket ")} == BUCKET_CHECKS
    assert found["bucket versioning", bucket]["verdict"] == "OK"


@pytest.mark.parametrize("missing", ["the bucket", "the organization"])
def test_what_could_not_be_looked_at_is_there_and_not_ok(bucket, monkeypatch, capsys, missing):
    lake = f"s3://{bucket}"
    if missing == "the bucket":
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "nonsense")
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ORGANIZATIONS", "nonsense")
    assert doctor(lake=lake, external_id="example", database="d", sample=1, format="json") == 1
    found = json.loads(capsys.readouterr().out)
    verdicts = {one["check"]: one["verdict"] for one in found}
    looked_at = {"publication record", "published files", *(BUCKET_CHECKS if missing == "the bucket" else ())}
    assert {check: verdicts.get(check) for check in looked_at} == dict.fromkeys(looked_at, "UNKNOWN")
    assert verdicts["athena workgroup"] == "UNKNOWN"


def test_published_files_that_are_gone_fail(bucket, aws, capsys):
    _published(aws, bucket)
    doctor(lake=f"s3://{bucket}", external_id="example", sample=1, glue=False, format="json")
    finding = _findings(capsys.readouterr().out)["published files", "o-aa111bb222"]
    assert finding["verdict"] == "FAIL"
    assert finding["message"].startswith("2 of 2 are missing, 0 have another size: snapshots/o-aa111bb222/2026-11-23/")


@pytest.mark.parametrize(
    ("denied", "verdict"),
    [
        (("ListRoots",), "FAIL"),
        (("ListOrganizationalUnitsForParent", "DescribeOrganizationalUnit"), "FAIL"),
        (("ListOrganizationalUnitsForParent",), "OK"),
    ],
)
def test_ous_that_cannot_be_read_fail(monkeypatch, capsys, denied, verdict):
    caller = CallerSpec("000000000001", denied_actions=frozenset(f"organizations:{action}" for action in denied))
    spec = organization_of(
        member(1, ou=("Workloads", "Prod"), roles=(RoleSpec("credlake-reader", "example"),)), caller=caller
    )
    with Simulator(spec) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        doctor(external_id="example", sample=1, format="json")
    (finding,) = [one for one in json.loads(capsys.readouterr().out) if one["check"] == "organizational units"]
    assert finding["verdict"] == verdict
    if verdict == "FAIL":
        assert f"AccessDeniedException: organizations:{denied[-1]} denied" in finding["message"]
        assert "organizations:ListRoots" in finding["mend"]


def test_a_rule_that_matches_no_account_fails(monkeypatch, capsys):
    monkeypatch.setenv("CREDLAKE_EXCLUDE_ACCOUNT", "999999999999")
    assert doctor(external_id="example", sample=1, format="json") == 1
    finding = _findings(capsys.readouterr().out)["settings", "--exclude-account 999999999999"]
    assert (finding["verdict"], finding["message"]) == ("FAIL", "not an account of the organization.")


def test_the_probe_of_athena_stores_its_results_where_the_settings_say(sound, bucket, monkeypatch, capsys):
    started = []
    monkeypatch.setattr(AthenaQueries, "_start", lambda queries, _sql: started.append(queries._output_location) or "1")
    monkeypatch.setattr(AthenaQueries, "_wait", lambda *_: {"Status": {"State": "SUCCEEDED"}})
    location = f"s3://{bucket}/results/"
    options = {"lake": f"s3://{bucket}", "database": sound, "workgroup": sound, "output_location": location}
    doctor(**options, external_id="example", sample=1, format="json")
    assert started == [location, location]
    assert _findings(capsys.readouterr().out)["athena view", sound]["verdict"] == "OK"


def test_the_doctor_waits_for_no_service_for_minutes(sound, bucket, monkeypatch, capsys):
    waits = {}

    def look(_name):
        for service in ("sts", "s3", "glue", "athena"):
            waits[service] = clients.client(service).meta.config.read_timeout
        raise CallFault(FaultKind.CONNECTION, "ReadTimeoutError", "", "athena:GetWorkGroup")

    monkeypatch.setattr(describe, "workgroup", look)
    doctor(lake=f"s3://{bucket}", external_id="example", database=sound, workgroup=sound, sample=1, format="json")
    capsys.readouterr()
    assert waits == dict.fromkeys(("sts", "s3", "glue", "athena"), 15)
    assert clients.client("athena").meta.config.read_timeout == 60
