"""The doctor's whole round: faults that were put there are found, each with its mend."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

import pytest

from collector.aws import describe as doctor_questions
from collector.cli.doctor import doctor
from collector.collection.run import Collection
from collector.errors import CallFault, CredlakeError, FaultKind, UsageFaultsError
from collector.lake.publish import publish
from collector.lake.s3_store import S3Store
from collector.scheduled import doctor as examining
from collector.scheduled.doctor import examine
from collector.scheduled.views import FILE, prepare_views, read_prepared_views
from tests.fixtures.examples import written


def _findings(text):
    return {(one["check"], one["subject"]): one for one in json.loads(text)}


@pytest.fixture(name="bucket")
def _bucket(aws):
    name = f"lake-{secrets.token_hex(4)}"
    aws.client().create_bucket(Bucket=name)
    return name


@pytest.fixture(name="sound")
def _sound(aws, bucket):
    """A bucket, a database and a workgroup as deploy/collector.yaml makes them, but for the views.

    Nor has the bucket its policy: moto speaks http alone, and obeys it.
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


def test_a_sound_deployment_has_the_faults_that_were_put_there_and_no_other(sound, bucket, capsys):
    code = doctor(
        lake=f"s3://{bucket}", external_id="example", database=sound, workgroup=sound, format="json", config=None
    )
    found = _findings(capsys.readouterr().out)
    wrong = {key for key, one in found.items() if one["verdict"] != "fine"}
    assert wrong == {("account", "100000000003"), ("bucket policy", bucket), ("views", sound)}
    assert code == 1
    assert found["account", "3 of 4"]["verdict"] == "fine"
    assert found["session policy", "4 actions"]["message"].startswith("narrowed the sessions of 2 accounts to iam:")
    assert found["athena view", sound]["message"] == f"one could be made in {sound}, and removed"
    assert "does it trust the collector" in found["account", "100000000003"]["mend"]
    assert found["views", sound]["mend"] == "credlake views deploy"


def test_what_is_missing_around_the_lake_is_told_with_its_mend(bucket, capsys):
    doctor(lake=f"s3://{bucket}", external_id="example", database="nowhere", workgroup="none", format="json")
    found = _findings(capsys.readouterr().out)
    assert found["bucket versioning", bucket]["mend"].startswith("aws s3api put-bucket-versioning")
    assert found["bucket public access", bucket]["mend"].startswith("aws s3api put-public-access-block")
    assert found["bucket policy", bucket]["verdict"] == "fault"
    assert found["glue database", "nowhere"]["verdict"] == "fault"
    assert found["athena workgroup", "none"]["verdict"] != "fine"


def test_a_wrong_external_id_is_a_fault_of_every_account(capsys):
    assert doctor(external_id="wrong", format="json") == 1
    found = _findings(capsys.readouterr().out)
    assert [subject for (check, subject), one in found.items() if check == "account" and one["mend"]] == [
        "100000000001",
        "100000000002",
        "100000000003",
    ]


def test_a_sample_looks_at_so_many_accounts(organization, capsys):
    organization.reset_calls()
    doctor(external_id="example", sample=2, format="json")
    findings = [one for one in json.loads(capsys.readouterr().out) if one["check"] == "account"]
    assert sum(1 if one["mend"] else int(one["subject"].split()[0]) for one in findings) == 2
    assert organization.calls.by_operation.get("sts:AssumeRole", 0) in {1, 2}


def test_everything_fine_ends_with_0(capsys):
    assert doctor(external_id="example", account=["100000000001", "100000000002"], format="table") == 0
    told = capsys.readouterr()
    assert "fine     account: 2 of 2: the role is assumed" in told.out
    assert told.err.endswith("0 fault, 0 unknown\n")


def test_a_check_that_could_not_be_made_ends_with_1_though_nothing_is_at_fault(monkeypatch, capsys):
    def refuse(_now):
        raise CallFault(FaultKind.DENIED, "AccessDenied", "no", "sts:GetCallerIdentity")

    monkeypatch.setattr(doctor_questions, "clock_skew", refuse)
    code = doctor(external_id="example", account=["100000000001", "100000000002"], format="table")
    assert (code, capsys.readouterr().err.splitlines()[-1].partition(", ")[2]) == (1, "0 fault, 1 unknown")
    assert examine({"CREDLAKE_EXTERNAL_ID": "example", "CREDLAKE_ACCOUNT": "100000000001"}, {})["is_healthy"] is False


def test_without_credentials_nothing_can_be_looked_at(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredlakeError) as told:
        doctor(external_id="example", format="json")
    assert told.value.exit_code == 3


def test_a_bucket_that_is_not_there_hinders_no_other_look(capsys):
    assert doctor(lake="s3://nobody-made-it", external_id="example", sample=1, format="json") == 1
    found = _findings(capsys.readouterr().out)
    assert found["lake", "s3://nobody-made-it"]["mend"].startswith("There is no bucket nobody-made-it")
    assert found["organization", next(subject for check, subject in found if check == "organization")]


def test_a_format_that_is_not_known_is_a_usage_error():
    with pytest.raises(UsageFaultsError, match="neither table nor json"):
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


def test_glue_that_is_behind_the_record_is_brought_level(sound, bucket, aws, capsys):
    record = _published(aws, bucket)
    options = {"lake": f"s3://{bucket}", "external_id": "example", "database": sound, "sample": 1, "format": "json"}
    doctor(**options)
    first = _findings(capsys.readouterr().out)["glue partitions", sound]
    assert (first["verdict"], first["message"]) == (
        "fine",
        "were behind the record, and are level now: 2 made, 0 moved, 0 removed",
    )
    answer = aws.client("glue").get_partitions(DatabaseName=sound, TableName="snapshot_record_latest")
    (partition,) = answer["Partitions"]
    assert record.newest.run_id in partition["StorageDescriptor"]["Location"]
    doctor(**options)
    assert _findings(capsys.readouterr().out)["glue partitions", sound]["message"].startswith("say what")


def test_the_function_looks_at_who_is_told(aws, bucket):
    topic = aws.client("sns").create_topic(Name=bucket)["TopicArn"]
    variables = {"CREDLAKE_EXTERNAL_ID": "example", "NOTICE_TOPIC_ARN": topic}
    (finding,) = [one for one in examine(variables, {"sample": 1})["findings"] if one["check"] == "topic"]
    assert (finding["subject"], finding["verdict"]) == (topic, "fault")


def test_the_functions_views_are_no_fault_before_its_first_run(sound, bucket, monkeypatch, tmp_path):
    (tmp_path / FILE).write_text(prepare_views(), encoding="utf-8")
    monkeypatch.setattr(examining, "read_prepared_views", lambda database: read_prepared_views(database, tmp_path))
    variables = {"CREDLAKE_LAKE": f"s3://{bucket}", "CREDLAKE_EXTERNAL_ID": "example", "CREDLAKE_DATABASE": sound}
    findings = examine(variables, {"sample": 1})["findings"]
    (finding,) = [one for one in findings if one["check"] == "views"]
    assert finding["verdict"] == "fine"


def test_the_function_tells_faults_first(bucket):
    variables = {"CREDLAKE_LAKE": f"s3://{bucket}", "CREDLAKE_EXTERNAL_ID": "example", "CREDLAKE_GLUE": "false"}
    answer = examine(variables, {"sample": None})
    assert answer["is_healthy"] is False
    verdicts = [one["verdict"] for one in answer["findings"]]
    assert verdicts == sorted(verdicts, key=lambda verdict: verdict == "fine")


def test_the_function_refuses_a_sample_that_is_no_number():
    with pytest.raises(UsageFaultsError, match="sample 'all'"):
        examine({}, {"sample": "all"})
