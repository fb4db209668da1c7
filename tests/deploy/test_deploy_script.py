"""deploy/deploy.sh: over an existing bucket, key and database, with a boundary and a path, after a failed first try.

On the stand-in every account is the management account of its own organization, so the script does all five parts in
the collector's account, and parts 2 and 3 for a collector elsewhere.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.deploy.conftest import OWN_PYTHON, machine
from tests.deploy.page_standins import COLLECTOR, page_stand_ins

pytestmark = [pytest.mark.standin, pytest.mark.timeout(1200)]

BUCKET = "a-bucket-of-ours"
PREFIX = "/security/credlake"
PATH = "/security/"
BOUNDARY = "boundary-of-ours"
OVER_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_OF_ROLES = {"RolePath": PATH, "CollectorRolePath": PATH, "PermissionsBoundaryName": BOUNDARY}
_NAMES = {
    "COLLECTOR": COLLECTOR,
    "EXTERNAL_ID": "example",
    "HOME_REGION": "us-east-1",
    "CODE_BUCKET": "code-of-ours",
    "ALERT_EMAIL": "someone@example.com",
    "ARCH": machine(),
    "TAGS": "cost-center=4711",
    "MEMBER_PARAMETERS": " ".join(f"{name}={value}" for name, value in _OF_ROLES.items()),
}


@pytest.fixture(scope="module", name="started")
def _started(tmp_path_factory):
    """What exists: a bucket, a key, a database and a boundary."""
    with page_stand_ins(tmp_path_factory.mktemp("script"), f"s3://{BUCKET}{PREFIX}", **_OF_ROLES) as started:
        s3 = started.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [OVER_TLS]}))
        started.client("glue").create_database(DatabaseInput={"Name": "credlake"})
        yield started


@pytest.fixture(scope="module", name="script")
def _script(started):
    """Run the script; exit code, and what it printed."""

    def script(*arguments, **names):
        file = started.follower.folder / "names.env"
        lines = [f"{name}='{value}'" for name, value in (_NAMES | names).items()]
        file.write_text("\n".join(lines), encoding="utf-8")
        done = subprocess.run(
            ["deploy/deploy.sh", *arguments, file],
            cwd=started.follower.folder,
            env=started.follower.environment | {"FUNCTION_PYTHON": OWN_PYTHON},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        return done.returncode, done.stdout

    return script


@pytest.fixture(scope="module", name="over_what_exists")
def _over_what_exists(started):
    """PARAMETERS for what exists."""
    allowed = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    boundary = started.client("iam").create_policy(PolicyName=BOUNDARY, PolicyDocument=allowed)["Policy"]["Arn"]
    given = {
        "ExistingBucket": "true",
        "BucketName": BUCKET,
        "LakePrefix": PREFIX,
        "ExistingKeyArn": started.client("kms").create_key()["KeyMetadata"]["Arn"],
        "ExistingDatabase": "true",
        "PermissionsBoundaryArn": boundary,
        "RolePath": PATH,
        "MemberRolePath": PATH,
    }
    return " ".join(f"{name}={value}" for name, value in given.items())


@pytest.fixture(scope="module", name="stopped")
def _stopped(script, over_what_exists, started):
    """Where it stops before it can do all, in order."""
    found = {"without an answer": script()}
    found["in a dry run"] = script("--dry-run", PARAMETERS=over_what_exists.replace("ExistingDatabase=true ", ""))
    # Somebody creates the workgroup while the zip is packaged, after the script has looked for it.
    make = started.follower.folder.parent / "bin" / "make"
    make.write_text(f'#!/bin/sh\naws athena create-work-group --name credlake\nexec {shutil.which("make")} "$@"\n')
    make.chmod(0o755)
    found["at the stack"] = script("--yes", PARAMETERS=over_what_exists)
    make.unlink()
    started.client("athena").delete_work_group(WorkGroup="credlake")
    return found


@pytest.fixture(scope="module", name="deployed")
def _deployed(stopped, script, over_what_exists):
    """The second try, which does all that is left."""
    assert stopped
    return script("--yes", PARAMETERS=over_what_exists)


def test_it_stops_where_a_person_must_decide(stopped):
    reasons = {key: printed.partition("STOPPED: ")[2].splitlines()[:1] for key, (_, printed) in stopped.items()}
    assert reasons.pop("without an answer")[0].startswith("Deploy the role to every account below r-")
    assert reasons == {
        "in a dry run": ["The Glue database exists, and the stack would create it."],
        "at the stack": ["The stack was not deployed."],
    }
    assert {code for code, _ in stopped.values()} == {3}
    assert "Add ExistingDatabase=true to PARAMETERS" in stopped["in a dry run"][1]
    assert re.search(r"^ *WorkGroup\t.*already", stopped["at the stack"][1], re.MULTILINE)


def test_a_dry_run_changes_nothing(started, stopped):
    """It came first, so all that was there is what the stand-in was given."""
    _, printed = stopped["in a dry run"]
    assert "+ aws s3 mb s3://code-of-ours\n" in printed
    assert "make_bucket" not in printed
    assert started.noted


def test_the_second_try_does_the_rest(deployed, started):
    code, printed = deployed
    assert code == 0, printed
    assert "+ aws cloudformation delete-stack --stack-name credlake\n" in printed
    assert printed.endswith('Deployed and scheduled. Next: "The first query" in docs/deploy.md.\n')
    summary = started.file("summary.json")
    assert (summary["is_complete"], summary["coverage"], summary["accounts"]) == (True, 1.0, {"collected": 3})
    (schedule,) = started.client("scheduler").list_schedules()["Schedules"]
    assert schedule["State"] == "ENABLED"
    (stack,) = started.client("cloudformation").describe_stacks(StackName="credlake")["Stacks"]
    assert stack["Tags"] == [{"Key": "cost-center", "Value": "4711"}]


def test_the_lake_is_where_it_was(deployed, started):
    assert deployed[0] == 0
    keys = [one["Key"] for one in started.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert {key.startswith(f"{PREFIX[1:]}/") for key in keys} == {True}
    role = started.client("iam").get_role(RoleName="credlake-collector")["Role"]
    assert role["Path"] == PATH


def test_run_again_it_changes_nothing(deployed, script, over_what_exists):
    assert deployed[0] == 0
    code, printed = script("--yes", PARAMETERS=over_what_exists)
    assert code == 0, printed
    assert "The StackSet exists and is left as it is" in printed
    assert "No changes to deploy. Stack credlake is up to date" in printed
    assert "Enable the schedule" not in printed
    invoked = re.findall(r"^\+ aws lambda invoke .*--payload (\S+)", printed, re.MULTILINE)
    assert [one.replace("\\", "") for one in invoked] == ['{"command":"doctor"}']


def test_in_the_management_account_it_does_its_parts_only(deployed, script, started):
    assert deployed[0] == 0
    code, printed = script("--dry-run", COLLECTOR="200000000002")
    assert code == 0, printed
    (put,) = re.findall(r"^\+ aws organizations put-resource-policy --content (.*)$", printed, re.MULTILINE)
    assert "arn:aws:iam::200000000002:root" in put
    assert "deploy/collector.yaml" not in printed
    assert printed.endswith("Next: the same command with credentials of the collector's account, 200000000002.\n")
    assert json.dumps(started.noted).count("PutResourcePolicy") == 0
