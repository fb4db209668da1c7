"""cid-cmd deploys deploy/cid/credlake.yaml against a stand-in on loopback (`make test-cid`)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.api_faults import faults
from tests.deploy.cid_standin import CidStandIn, serving_cid
from tests.deploy.quicksight_stack import PRINCIPALS
from tests.deploy.test_cid_resources import DASHBOARD, DASHBOARD_OF_THE_STACK, DATA_SETS, OF_THE_STACK, RESOURCES

pytestmark = pytest.mark.cid

ROOT = Path(__file__).parents[2]
RULES = f"{PRINCIPALS}:dataset/rules"
COMMAND = (
    f"deploy --resources {ROOT}/deploy/cid/credlake.yaml --dashboard-id credlake --athena-database credlake "
    "--athena-workgroup credlake --quicksight-datasource-id credlake --quicksight-user owner --timezone UTC "
    "--share-with-account"
)


def _deploy(folder, *more):
    tables = (next(iter(one["data"]["PhysicalTableMap"].values())) for one in DATA_SETS.values())
    columns = {one["RelationalTable"]["Name"]: one["RelationalTable"]["InputColumns"] for one in tables}
    standin = CidStandIn(columns)
    with serving_cid(standin) as url:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            # cid-cmd reads a catalog and its newest version, and reports each deployment, with no setting against it:
            # whatever is not on loopback goes to a proxy that is not there.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        }
        command = [
            ROOT / ".venv-cid" / "bin" / "cid-cmd",
            "--log_filename",
            folder / "cid.log",
            *COMMAND.split(),
            *more,
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
    return standin, done.stdout + done.stderr


@pytest.fixture(scope="module", name="deployed")
def _deployed(tmp_path_factory):
    return _deploy(tmp_path_factory.mktemp("cid"), "--rules-arn", RULES)


def test_it_creates_the_views_and_the_data_sets_on_them(deployed):
    standin, output = deployed
    created = {one["Name"]: one for one in standin.of("CreateDataSet")}
    assert created.keys() == DATA_SETS.keys(), output
    for name, request in created.items():
        assert faults("quicksight", "CreateDataSet", request) == []
        (table,) = (one["RelationalTable"] for one in request["PhysicalTableMap"].values())
        stack = OF_THE_STACK[name]["PhysicalTableMap"]["physical"]["CustomSql"]
        assert table["InputColumns"] == stack["Columns"]
        assert (table["Schema"], table["DataSourceArn"]) == ("credlake", f"{PRINCIPALS}:datasource/credlake")
        assert f'CREATE OR REPLACE VIEW "credlake"."{table["Name"]}" AS\n{stack["SqlQuery"]}' in standin.statements
        rules = OF_THE_STACK[name].get("RowLevelPermissionDataSet")
        assert request.get("RowLevelPermissionDataSet") == (rules and {**rules, "Arn": RULES})


def test_it_creates_no_other_view_but_that_of_its_own_parameters(deployed):
    standin, output = deployed
    made = [one.split()[4] for one in standin.statements if one.split()[0] == "CREATE"]
    assert sorted(made) == sorted(["cid_parameters", *(f'"credlake"."{name}"' for name in RESOURCES["views"])]), output


def test_every_data_set_is_refreshed_daily(deployed):
    standin, output = deployed
    made = {one["DataSetId"]: one["Schedule"] for one in standin.of("CreateRefreshSchedule")}
    assert made == {
        one["data"]["DataSetId"]: {
            "ScheduleId": "daily",
            "RefreshType": "FULL_REFRESH",
            "ScheduleFrequency": {"Interval": "DAILY", "TimeOfTheDay": "06:00", "Timezone": "UTC"},
        }
        for one in DATA_SETS.values()
    }, output


def test_it_creates_the_dashboard_of_the_stack(deployed):
    standin, output = deployed
    (request,) = standin.of("CreateDashboard")
    # cid-cmd sends an empty SourceEntity with every definition.
    assert (
        faults("quicksight", "CreateDashboard", {key: one for key, one in request.items() if key != "SourceEntity"})
        == []
    )
    definition, stack = request["Definition"], DASHBOARD_OF_THE_STACK["Definition"]
    declared = {one["Identifier"]: one["DataSetArn"] for one in definition.pop("DataSetIdentifierDeclarations")}
    assert definition == {key: one for key, one in stack.items() if key != "DataSetIdentifierDeclarations"}
    assert declared == {
        view: f"{PRINCIPALS}:dataset/{DATA_SETS[name]['data']['DataSetId']}"
        for name, view in DASHBOARD["dependsOn"]["datasets"].items()
    }
    assert "is available at" in output


def test_without_rules_no_data_set_is_created_that_shows_accounts(tmp_path):
    standin, output = _deploy(tmp_path)
    assert "Please set parameter rules-arn" in output
    assert standin.of("CreateDataSet") == standin.of("CreateDashboard") == []


def test_rules_can_be_cleared(tmp_path):
    standin, output = _deploy(tmp_path, "--rls", "CLEAR", "--rules-arn", "none")
    assert len(standin.of("CreateDashboard")) == 1, output
    assert [one for one in standin.of("CreateDataSet") if "RowLevelPermissionDataSet" in one] == []
