"""The commands on a lake on S3, from the outside: the simulator, a real S3 server, moto's Glue."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass

import duckdb
import pytest

from collector.cli.main import exit_code_of
from collector.lake.record import organizations, read_record
from collector.lake.s3_store import S3Store
from collector.simulator import Simulator, faults
from collector.simulator.uniform import uniform_organization
from tests.fixtures.faulty_wire import faulty_wire
from tests.fixtures.runs import member
from tests.fixtures.runs import organization as organization_of
from tests.fixtures.s3_servers import S3Server, weed_server

ACCOUNTS = 12
TABLES = ("snapshot_record", "snapshot_record_latest")


@dataclass
class Cloud:
    """All that AWS would be: the organization, S3 and Glue."""

    organization: Simulator
    s3: S3Server
    moto: S3Server
    lake: str
    database: str

    def environment(self, **changes):
        environment = {
            **self.organization.environment(),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": self.s3.url,
            "AWS_ENDPOINT_URL_GLUE": self.moto.url,
            "CREDLAKE_LAKE": self.lake,
            "CREDLAKE_DATABASE": self.database,
        }
        return environment | changes

    @property
    def store(self):
        return S3Store(self.lake, self.s3.client())

    @property
    def record(self):
        (organization_id,) = organizations(self.store)
        return read_record(self.store, organization_id).record

    def databases(self, region):
        """The databases of Glue in a Region."""
        found = self.moto.client("glue", region=region).get_databases()["DatabaseList"]
        return {database["Name"] for database in found}

    def pointers(self):
        """Table → where its one partition points, relative to the lake."""
        glue = self.moto.client("glue")
        found = {}
        for table in TABLES:
            (partition,) = glue.get_partitions(DatabaseName=self.database, TableName=table)["Partitions"]
            found[table] = partition["StorageDescriptor"]["Location"].removeprefix(f"{self.lake}/").rstrip("/")
        return found


@pytest.fixture(scope="module", name="organization")
def _organization():
    served = uniform_organization(accounts=ACCOUNTS, users_per_account=2)
    with Simulator(served, latency_seconds=0.005, generation_seconds=0.05) as server:
        yield server


@pytest.fixture(scope="module", name="servers")
def _servers(organization, moto):
    """S3 servers by name. seaweedfs compares signatures, so it must know the keys of the organization's caller."""
    own = organization.environment()
    with weed_server(own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"]) as weed:
        servers = {"weed": weed, "moto": moto}
        for server in servers.values():
            server.client().create_bucket(Bucket="lakes-of-commands")
        yield servers


@pytest.fixture(name="cloud", params=["weed"])
def _cloud(organization, servers, moto, request):
    organization.reset_calls()
    lake = f"s3://lakes-of-commands/{secrets.token_hex(6)}"
    return Cloud(organization, servers[request.param], moto, lake, f"of_commands_{secrets.token_hex(4)}")


@pytest.fixture(name="credlake")
def _credlake(cloud, monkeypatch, capsys, tmp_path):
    """Runs a command in this process; its exit code and what it said on stderr."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CREDLAKE_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def credlake(*arguments, **environment):
        with monkeypatch.context() as patch:
            for name, value in cloud.environment(**environment).items():
                patch.setenv(name, value)
            capsys.readouterr()
            code = exit_code_of(list(arguments))
        return code, capsys.readouterr().err

    return credlake


@pytest.mark.parametrize("cloud", ["weed", "moto"], indirect=True)
def test_a_snapshot_is_collected_verified_and_rebuilt_and_glue_follows(cloud, credlake):
    assert credlake("collect")[0] == 0
    first = cloud.record.newest
    assert (first.accounts.covered, first.users) == (ACCOUNTS, ACCOUNTS * 3)
    assert cloud.pointers() == dict.fromkeys(TABLES, first.folder)

    assert credlake("verify")[0] == 0
    assert credlake("rebuild", "--date", cloud.record.latest)[0] == 0

    rebuilt = cloud.record.newest
    assert rebuilt.folder != first.folder
    assert cloud.pointers() == dict.fromkeys(TABLES, rebuilt.folder)
    for snapshot, tags in ((first, [{"Key": "credlake", "Value": "superseded"}]), (rebuilt, [])):
        for file in snapshot.files:
            key = cloud.store.place.key(file.path)
            assert cloud.s3.client().get_object_tagging(Bucket="lakes-of-commands", Key=key)["TagSet"] == tags


def test_gate_and_export_read_the_lake_on_s3(cloud, credlake, tmp_path):
    assert credlake("collect")[0] == 0

    assert credlake("gate", "--min-coverage", "1")[0] == 0
    assert "the newest snapshot has no account there" in credlake("gate", "--min-coverage", "1", "--ou", "Rot")[1]
    assert credlake("export", "--format", "ocsf", "--output", "findings.ndjson")[0] == 0
    assert credlake("export", "--format", "duckdb", "--output", "lake.duckdb")[0] == 0
    with duckdb.connect("lake.duckdb", read_only=True) as connection:
        ((results,),) = connection.execute("select count(*) from control_results").fetchall()
    assert results == len((tmp_path / "findings.ndjson").read_text("utf-8").splitlines()) > ACCOUNTS


@pytest.mark.parametrize("cloud", ["moto"], indirect=True)
def test_accounts_that_failed_are_retried_and_the_others_taken_over(cloud, credlake):
    failing = organization_of(member(1), member(2, faults=(faults.ROLE_MISSING,)))
    with Simulator(failing) as cloud.organization:
        assert credlake("collect")[0] == 1
    first = cloud.record.newest
    with Simulator(organization_of(member(1), member(2))) as cloud.organization:
        assert credlake("collect", "--retry-failed")[0] == 0
        assert "sts:AssumeRole" not in cloud.organization.calls.of_account("100000000001")

        second = cloud.record.newest
        assert (first.accounts.covered, second.accounts.covered) == (2, 3)
        assert cloud.pointers() == dict.fromkeys(TABLES, second.folder)
        assert credlake("verify")[0] == 0
        assert credlake("rebuild", "--date", cloud.record.latest)[0] == 0


@pytest.mark.parametrize("cloud", ["moto"], indirect=True)
@pytest.mark.parametrize(("region", "is_said"), [("", True), ("eu-west-1", False)])
def test_without_a_configured_region_glue_is_called_in_that_of_the_bucket(cloud, credlake, region, is_said):
    bucket = f"lake-{secrets.token_hex(6)}"
    abroad = {"LocationConstraint": "eu-west-1"}
    cloud.s3.client().create_bucket(Bucket=bucket, CreateBucketConfiguration=abroad)
    cloud.lake = f"s3://{bucket}"

    code, err = credlake("collect", AWS_REGION=region, AWS_DEFAULT_REGION="")

    assert code == 0
    assert ('"event": "region.of_the_bucket"' in err) == is_said
    assert "region.unknown" not in err
    # moto's Glue has a catalog for each Region.
    assert cloud.database in cloud.databases("eu-west-1")
    assert cloud.database not in cloud.databases("us-east-1")
    # It would find no database elsewhere.
    assert credlake("views", "deploy", "--dry-run", AWS_REGION=region, AWS_DEFAULT_REGION="")[0] == 0


def test_a_run_into_a_bucket_looks_for_credentials_once(cloud, credlake, tmp_path):
    """A profile with an MFA code prompts for it whenever a session looks for credentials."""
    keys = cloud.environment()
    given = {
        "Version": 1,
        "AccessKeyId": keys["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": keys.get("AWS_SESSION_TOKEN", ""),
    }
    source, config = tmp_path / "credentials.sh", tmp_path / "config"
    source.write_text(f"echo once >> {tmp_path}/looked\ncat <<END\n{json.dumps(given)}\nEND\n", encoding="utf-8")
    config.write_text(f"[default]\ncredential_process = sh {source}\n", encoding="utf-8")
    without = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")

    assert credlake("collect", AWS_CONFIG_FILE=str(config), **without)[0] == 0

    assert cloud.pointers() == dict.fromkeys(TABLES, cloud.record.newest.folder)
    assert (tmp_path / "looked").read_text("utf-8").splitlines() == ["once"]


def test_without_glue_the_snapshot_is_published_anyway_and_the_next_run_syncs(cloud, credlake):
    # seaweedfs is S3 and nothing else.
    code, said = credlake("collect", AWS_ENDPOINT_URL_GLUE=cloud.s3.url)
    first = cloud.record.newest

    assert code == 4
    assert f"Glue database {cloud.database} could not be synced" in said
    assert credlake("collect")[0] == 0
    assert cloud.record.newest.run_id != first.run_id
    assert cloud.pointers() == dict.fromkeys(TABLES, cloud.record.newest.folder)


def test_a_rebuild_with_glue_unreachable_is_published_and_reports_what_is_out_of_sync(cloud, credlake):
    """4 is for `collect` alone; a rebuild that readers on Athena do not see is not fine either."""
    assert credlake("collect")[0] == 0
    first = cloud.record.newest
    day = cloud.record.latest

    code, said = credlake("rebuild", "--date", day, AWS_ENDPOINT_URL_GLUE="http://127.0.0.1:1")

    assert code == 3
    assert (
        f"credlake: The tables of o-uniform0000, {day}, are rebuilt and published, but Glue is out of sync, so Athena "
        f"may still read the earlier ones. Glue database {cloud.database} could not be synced"
    ) in said
    assert "AWS_ENDPOINT_URL_GLUE" in said
    assert "the next run syncs Glue. Another rebuild does too." in said
    assert cloud.record.newest.folder != first.folder
    assert cloud.pointers() == dict.fromkeys(TABLES, first.folder)

    assert credlake("rebuild", "--date", day)[0] == 0
    assert cloud.pointers() == dict.fromkeys(TABLES, cloud.record.newest.folder)


def test_no_glue_leaves_glue_alone(cloud, credlake):
    assert credlake("collect", "--no-glue", AWS_ENDPOINT_URL_GLUE="http://127.0.0.1:1")[0] == 0
    assert cloud.record.newest.accounts.covered == ACCOUNTS


@pytest.mark.parametrize("cloud", ["moto"], indirect=True)
def test_with_a_kms_key_every_object_of_a_run_is_encrypted_with_it(cloud, credlake):
    key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    assert credlake("collect", "--kms-key", key)[0] == 0

    client = cloud.s3.client()
    objects = client.list_objects_v2(Bucket="lakes-of-commands", Prefix=cloud.store.place.key(""))["Contents"]
    heads = [client.head_object(Bucket="lakes-of-commands", Key=entry["Key"]) for entry in objects]
    assert len(heads) > ACCOUNTS
    assert {head.get("SSEKMSKeyId") for head in heads} == {key}


def test_a_missing_bucket_is_an_error_before_the_first_account_is_collected(cloud, credlake):
    code, said = credlake("collect", "--lake", "s3://no-such-bucket/lake")

    assert code == 3
    assert "There is no bucket no-such-bucket: create it, or name another with --lake." in said
    assert [name for name in cloud.organization.calls.by_operation if not name.startswith("sts:GetCaller")] == []


def test_a_killed_run_is_resumed_and_only_accounts_without_a_report_are_called(cloud, credlake):
    reports = []

    def kill_at_the_fifth_report(method, path):
        if method == "PUT" and path.endswith(".csv.gz"):
            reports.append(path.rpartition("/")[2].removesuffix(".csv.gz"))
            if len(reports) == 5:
                process.kill()

    with faulty_wire(cloud.s3) as (wire, _):
        wire.whim = kill_at_the_fifth_report
        environment = {**os.environ, **cloud.environment(AWS_ENDPOINT_URL_S3=wire.url)}
        command = [sys.executable, "-m", "collector", "collect", "--no-glue", "--concurrency", "1"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            assert process.wait(120) == -9
    store = cloud.store
    (run_id,) = store.names("raw/o-uniform0000")
    kept = {name.partition(".")[0] for name in store.names(f"raw/o-uniform0000/{run_id}") if name.endswith(".csv.gz")}
    cloud.organization.reset_calls()

    code, _ = credlake("collect", "--resume")

    calls = cloud.organization.calls.by_account
    asked = {account for account, action in calls if action == "iam:GetCredentialReport"}
    assert kept >= set(reports[:4])
    assert asked == {f"{number:012d}" for number in range(1, ACCOUNTS + 1)} - kept
    assert (code, cloud.record.newest.run_id, cloud.record.newest.accounts.covered) == (0, run_id, ACCOUNTS)
    assert cloud.pointers() == dict.fromkeys(TABLES, cloud.record.newest.folder)
    assert credlake("verify")[0] == 0
