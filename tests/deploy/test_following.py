"""docs/deploy.md followed to the letter, from the names to leaving, on the stand-ins (see `follower`)."""

from __future__ import annotations

import json
import shutil
import time

import pytest
from botocore.exceptions import ClientError

from collector.views.files import shipped_views
from tests.deploy.page_commands import blocks
from tests.deploy.page_standins import COLLECTOR, page_stand_ins
from tests.deploy.templates import actions, role_statements, template
from tests.fixtures.s3_servers import S3Server

# The first test waits for all that it stands on.
pytestmark = [pytest.mark.standin, pytest.mark.timeout(900)]

ARCHIVE = "100000000009"
REPLICA = "replica-of-ours"
_SCHEDULED_SECONDS = 150
BUCKET = f"credlake-{COLLECTOR}-us-east-1"


@pytest.fixture(scope="module", name="started")
def _started(tmp_path_factory):
    with page_stand_ins(tmp_path_factory.mktemp("follow"), f"s3://{BUCKET}") as started:
        yield started


@pytest.fixture(scope="module", name="followed")
def _followed(started):
    """Every part of the page but leaving."""
    follow = started.follower.follow
    for heading in ("1. Names", "2. What the organization allows", "3. The role in every account"):
        follow(heading)
    collector = "4. The collector"
    # The first try fails: `credlake collect` created the database.
    started.client("glue").create_database(DatabaseInput={"Name": "credlake"})
    follow(collector, blocks_of=slice(0, 1))
    with pytest.raises(AssertionError, match="Failed to create/update the stack"):
        follow(collector, blocks_of=slice(1, 2))
    (told,) = follow(collector, blocks_of=slice(2, 3))
    assert "already exists" in told
    buckets = started.client("s3").list_buckets()["Buckets"]
    assert [one["Name"] for one in buckets] == ["code-of-ours"]
    started.client("glue").delete_database(Name="credlake")
    follow(collector, blocks_of=slice(1, 2))
    follow("5. The doctor, then the schedule", blocks_of=slice(0, 1))
    shutil.copy(started.follower.folder / "findings.json", started.follower.folder / "before.json")
    follow("5. The doctor, then the schedule", blocks_of=slice(1, 2))
    follow("6. The first query")
    (started.follower.folder / "rules.csv").write_text("userarn,grouparn,account_id,ou_id\n", encoding="utf-8")
    follow("Amazon Quick Sight")
    return started


@pytest.fixture(scope="module", name="scheduled")
def _scheduled(followed):
    """The schedule has fired by itself: once a minute, so that a test can wait for it."""
    runs = len(_record(followed)["snapshots"]) and _runs(followed)
    scheduler = followed.client("scheduler")
    (schedule,) = scheduler.list_schedules()["Schedules"]
    found = scheduler.get_schedule(Name=schedule["Name"])
    kept = {key: found[key] for key in ("Name", "Target", "FlexibleTimeWindow", "State")}
    assert kept["State"] == "ENABLED"
    scheduler.update_schedule(**kept, ScheduleExpression="rate(1 minute)")
    until = time.monotonic() + _SCHEDULED_SECONDS
    while _runs(followed) == runs:
        assert time.monotonic() < until, "the schedule did not start a run"
        time.sleep(2)
    scheduler.update_schedule(**kept, ScheduleExpression="rate(1 day)")
    return followed


@pytest.fixture(scope="module", name="replicated")
def _replicated(followed):
    """A replica in another account, a run that S3 replicated, and what was restored from it."""
    follower, heading = followed.follower, "A replica in another account"
    filled_in = {"REPLICA_BUCKET": REPLICA, "DAY": followed.file("summary.json")["snapshot_date"]}
    (printed,) = follower.follow(heading, blocks_of=slice(0, 1), account=ARCHIVE, **filled_in)
    key = printed.splitlines()[-1]
    follower.follow(heading, blocks_of=slice(1, 2), **filled_in, REPLICA_KEY=key)
    s3, role = followed.client("s3"), f"arn:aws:iam::{COLLECTOR}:role/credlake-replication"
    s3.put_bucket_replication(Bucket=BUCKET, ReplicationConfiguration={"Role": role, "Rules": _replication(key)})
    runs = _runs(followed)
    (function,) = followed.client("lambda").list_functions()["Functions"]
    followed.client("lambda").invoke(FunctionName=function["FunctionName"], Payload=b"{}")
    assert _runs(followed) == runs + 1
    follower.follow(heading, blocks_of=slice(2, 3), account=ARCHIVE, **filled_in)
    return followed


def _replication(key):
    """The rules of the template, which the stand-in's CloudFormation ignores."""
    bucket = template("collector.yaml")["Resources"]["Bucket"]["Properties"]
    rules = json.dumps(bucket["ReplicationConfiguration"]["Fn::If"][1]["Rules"])
    for intrinsic, value in (
        ({"Fn::Select": [4, {"Fn::Split": [":", {"Ref": "ReplicaKeyArn"}]}]}, ARCHIVE),
        ({"Ref": "ReplicaKeyArn"}, key),
        ({"Fn::Sub": "arn:${AWS::Partition}:s3:::${ReplicaBucketName}"}, f"arn:aws:s3:::{REPLICA}"),
    ):
        rules = rules.replace(json.dumps(intrinsic), json.dumps(value))
    # The API's name of it.
    return json.loads(rules.replace('"Id": ', '"ID": '))


@pytest.fixture(scope="module", name="upgraded")
def _upgraded(replicated, scheduled):
    """A newer version in the function's place."""
    with (replicated.follower.folder / "collector" / "__init__.py").open("a", encoding="utf-8") as newer:
        newer.write("# A newer version.\n")
    replicated.follower.follow("Upgrade")
    return replicated


@pytest.fixture(scope="module", name="contained")
def _contained(upgraded):
    """The container in the function's place: its stack and its schedule, since no task can run there."""
    network = upgraded.client("ec2")
    vpc = network.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = network.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    blanks = {"VpcId=VPC": f"VpcId={vpc}", "SUBNET,SUBNET": subnet, "REPOSITORY:VERSION": "registry.example/credlake:1"}
    heading = "A container instead of the function"
    (_, doctor, _) = blocks()[heading]
    assert "run-task" in doctor
    upgraded.follower.follow(heading, blocks_of=slice(0, 1), **blanks)
    # The CLI names a change by the second in which it asks for it.
    time.sleep(1)
    upgraded.follower.follow(heading, blocks_of=slice(2, 3))
    return upgraded


@pytest.fixture(scope="module", name="left")
def _left(contained):
    """After the last part of the page."""
    contained.follower.follow("Uninstall")
    return contained


def _record(followed):
    key = f"catalog/{followed.file('summary.json')['organization_id']}.json"
    return json.loads(followed.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def _runs(followed):
    """How many runs have a folder in the raw zone."""
    prefix = f"raw/{followed.file('summary.json')['organization_id']}/"
    found = followed.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix, Delimiter="/")
    return len(found["CommonPrefixes"])


def test_the_collectors_account_is_let_list_the_organization(followed):
    asked = dict(followed.noted)
    assert asked["ActivateOrganizationsAccess"].startswith("Action=ActivateOrganizationsAccess")
    policy = json.loads(json.loads(asked["PutResourcePolicy"])["Content"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{COLLECTOR}:root"}
    granted = actions(role_statements("collector.yaml", "CollectorRole"), "organizations")
    assert set(statement["Action"]) == granted


def test_the_stack_set_puts_the_role_into_every_member(followed):
    assert (
        followed.follower.printed["3. The role in every account"][0].splitlines()[-1].startswith("Successfully created")
    )
    sessions = followed.moto.client("sts")
    for account in followed.moto.client("organizations").list_accounts()["Accounts"]:
        if account["Name"] in {"first", "second"}:
            arn = f"arn:aws:iam::{account['Id']}:role/OrganizationAccountAccessRole"
            given = sessions.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
            member = S3Server(followed.moto.url, given["AccessKeyId"], given["SecretAccessKey"])
            assert member.client("iam").get_role(RoleName="credlake-reader")["Role"]["RoleName"] == "credlake-reader"


def test_every_check_of_the_doctor_is_ok_before_the_first_run(followed):
    told = followed.file("before.json")
    assert [one for one in told["findings"] if one["verdict"] != "OK"] == []
    assert told["is_healthy"] is True


def test_the_doctor_checked_everything_that_a_run_needs(followed):
    looked = {one["check"] for one in followed.file("before.json")["findings"]}
    assert looked == {
        *("caller", "organization", "account", "session policy", "clock", "version", "lake", "publication record"),
        *("bucket versioning", "bucket public access", "bucket encryption", "bucket policy", "bucket lifecycle"),
        *("bucket region", "key", "glue database", "glue table", "glue partitions", "lake formation"),
        *("organizational units", "published files", "published tags"),
        *("athena workgroup", "athena view", "views", "topic"),
    }


def test_the_first_run_publishes_a_whole_snapshot_and_deploys_the_views(followed):
    summary = followed.file("summary.json")
    assert "errorMessage" not in summary, summary
    assert (summary["is_complete"], summary["coverage"], summary["accounts"]) == (True, 1.0, {"collected": 3})
    assert _record(followed)["snapshots"][summary["snapshot_date"]]["run_id"]
    tables = followed.client("glue").get_tables(DatabaseName="credlake")["TableList"]
    views = {one["Name"] for one in tables if one["TableType"] == "VIRTUAL_VIEW"}
    assert views == set(shipped_views().by_name)


def test_the_first_query_shows_what_to_fix(followed):
    (printed,) = followed.follower.printed["6. The first query"]
    assert "password-length" in printed
    assert followed.members[0] in printed


def test_the_rules_are_where_quicksights_table_looks_for_them(followed):
    found = followed.client("s3").get_object(Bucket=BUCKET, Key="access-rules/rules.csv")
    assert found["Body"].read().startswith(b"userarn,")


def test_the_stack_for_quicksight_is_given_what_the_collectors_stack_put_out(followed):
    words = (followed.follower.folder.parent / "unsent").read_text("utf-8").splitlines()
    overrides = words[words.index("--parameter-overrides") + 1 :]
    given = dict(word.split("=", 1) for word in overrides)
    assert given == {
        "OwnerArn": f"arn:aws:quicksight:us-east-1:{COLLECTOR}:user/default/owner",
        "ReaderArn": f"arn:aws:quicksight:us-east-1:{COLLECTOR}:group/default/readers",
        "BucketName": BUCKET,
        "AnalystPolicyArn": f"arn:aws:iam::{COLLECTOR}:policy/credlake-analyst-credlake",
        "DatabaseName": "credlake",
        "WorkGroupName": "credlake",
    }


def test_the_schedule_starts_runs_by_itself(scheduled):
    assert _runs(scheduled) > 1


def test_what_is_replicated_restores_the_lake_and_nothing_else_is(replicated):
    archive = replicated.aws.client("s3", ARCHIVE)
    keys = [one["Key"] for one in archive.list_objects_v2(Bucket=REPLICA)["Contents"]]
    assert {key.partition("/")[0] for key in keys} == {"raw", "catalog"}
    (printed,) = replicated.follower.printed["A replica in another account"][2:]
    assert printed.endswith("No differences.\n"), printed


def test_the_collectors_account_neither_reads_nor_deletes_the_replica(replicated):
    (key, *_) = [one["Key"] for one in replicated.aws.client("s3", ARCHIVE).list_objects_v2(Bucket=REPLICA)["Contents"]]
    collector = replicated.client("s3")
    for refused in (collector.get_object, collector.delete_object):
        with pytest.raises(ClientError, match=r"AccessDenied|Access Denied|403"):
            refused(Bucket=REPLICA, Key=key)


def test_an_upgrade_is_one_more_deployment_of_the_stack(upgraded):
    assert "Successfully created/updated stack - credlake\n" in upgraded.follower.printed["Upgrade"][0]


def test_a_container_takes_the_functions_place(contained):
    assert contained.client("lambda").list_functions()["Functions"] == []
    scheduler = contained.client("scheduler")
    (schedule,) = scheduler.list_schedules()["Schedules"]
    assert schedule["State"] == "ENABLED"
    target = scheduler.get_schedule(Name=schedule["Name"])["Target"]["EcsParameters"]["TaskDefinitionArn"]
    task = contained.client("ecs").describe_task_definition(taskDefinition=target)["taskDefinition"]
    (container,) = task["containerDefinitions"]
    variables = {one["name"]: one["value"] for one in container["environment"]}
    assert container["image"] == "registry.example/credlake:1"
    assert (variables["CREDLAKE_LAKE"], variables["CREDLAKE_WORKGROUP"]) == (f"s3://{BUCKET}", "credlake")
    assert variables["CREDLAKE_KMS_KEY"].startswith("arn:aws:kms:")
    alarms = contained.client("cloudwatch").describe_alarms()["MetricAlarms"]
    missed = [one["AlarmName"] for one in alarms if one["MetricName"] == "SnapshotsPublished"]
    assert [name.startswith("credlake-task-") for name in missed] == [True]


def test_leaving_takes_everything_but_what_was_collected(left):
    stacks = left.client("cloudformation").describe_stacks()["Stacks"]
    assert [one["StackName"] for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"] == []
    assert left.client("lambda").list_functions()["Functions"] == []
    assert _record(left)["snapshots"]
    asked = dict(left.noted)
    assert "DeploymentTargets.OrganizationalUnitIds.member.1=r-" in asked["DeleteStackInstances"]
    assert asked["DeleteStackSet"].endswith("StackSetName=credlake-reader")
    assert asked["DeleteResourcePolicy"] == "{}"
