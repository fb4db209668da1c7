"""The Grafana dashboard and the Kubernetes manifest: what they query and set exists, and is what the product has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

import collector
from collector.process.exit import INTERNAL_ERROR
from collector.settings.model import SETTINGS
from tests.athena_queries.conftest import Rows
from tests.fixtures.trino_syntax import trino_problems

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana/credlake.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
SERVICE_ACCOUNT, CRON_JOB = yaml.safe_load_all((ROOT / "deploy/kubernetes/cronjob.yaml").read_text())
JOB = CRON_JOB["spec"]["jobTemplate"]["spec"]
POD = JOB["template"]["spec"]


@pytest.fixture(scope="module", name="lake")
def _lake(tmp_path_factory):
    from tests.fixtures.small_lakes import ORGANIZATION, publish, write_snapshot  # noqa: PLC0415

    root = tmp_path_factory.mktemp("grafana")
    days = {}
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        accounts = [make.account(), make.account("222222222222", outcome="assume_denied", error_code="AccessDenied")]
        users = [make.root(), make.console_user(mfa_active=day == 22)]
        date = f"2026-11-{day}"
        days[date] = write_snapshot(root, ORGANIZATION, date, accounts=accounts, users=users)
    publish(root, ORGANIZATION, days)
    with collector.open_lake(root) as opened:
        yield opened


@pytest.mark.parametrize("title", PANELS)
def test_the_query_of_a_panel_returns_rows_and_is_trinos(lake, title):
    (target,) = PANELS[title]["targets"]
    assert list(trino_problems(target["rawSQL"])) == []
    assert lake.read(target["rawSQL"]).num_rows > 0


def test_the_numbers_are_those_of_the_views(lake):
    def first(title):
        return lake.read(PANELS[title]["targets"][0]["rawSQL"]).to_pylist()[0]

    assert first("Coverage")["coverage"] == 0.5
    assert first("Newest snapshot") == {"snapshot_date": "2026-11-23"}
    assert first("Accounts that were not collected")["account_id"] == "222222222222"
    assert first("What changed since the last snapshot")["change_type"] == "mfa_removed"


def test_every_panel_uses_the_data_source_that_is_chosen_and_reuses_no_results():
    (variable,) = DASHBOARD["templating"]["list"]
    chosen = {"type": variable["query"], "uid": f"${{{variable['name']}}}"}
    for panel in PANELS.values():
        (target,) = panel["targets"]
        assert (panel["datasource"], target["datasource"]) == (chosen, chosen)
        # A result of an hour ago may be that of the snapshot before.
        assert target["connectionArgs"]["resultReuseEnabled"] is False


def test_no_two_panels_overlap_and_no_id_occurs_twice():
    places = [
        (x, y)
        for each in PANELS.values()
        for x in range(each["gridPos"]["x"], each["gridPos"]["x"] + each["gridPos"]["w"])
        for y in range(each["gridPos"]["y"], each["gridPos"]["y"] + each["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    assert len({each["id"] for each in PANELS.values()}) == len(PANELS)


def test_the_manifest_sets_settings_that_exist():
    (container,) = POD["containers"]
    names = {each["name"] for each in container["env"]} - {"AWS_REGION"}
    assert names <= {f"CREDLAKE_{name.upper()}" for name in SETTINGS}
    assert container["command"] == ["python", "-m", "collector", "collect"]


def test_the_run_ends_before_kubernetes_ends_it():
    (container,) = POD["containers"]
    (deadline,) = (int(each["value"]) for each in container["env"] if each["name"] == "CREDLAKE_DEADLINE")
    assert deadline + POD["terminationGracePeriodSeconds"] < JOB["activeDeadlineSeconds"]


def test_only_what_another_try_may_cure_is_tried_again():
    """docs/settings.md, "Exit codes": 3 is that nothing was published."""
    (rule,) = JOB["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert set(rule["onExitCodes"]["values"]).isdisjoint({0, 3, INTERNAL_ERROR})
    assert rule["onExitCodes"]["values"] == [1, 2, 4]
    assert rule["onExitCodes"]["containerName"] == POD["containers"][0]["name"]


def test_the_pod_has_no_rights_on_its_node_and_is_the_images_user():
    (container,) = POD["containers"]
    context = container["securityContext"]
    assert context == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    user = re.search(r"^USER (\d+):", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert POD["securityContext"]["runAsUser"] == int(user[1])
    assert POD["automountServiceAccountToken"] is False
    assert POD["serviceAccountName"] == SERVICE_ACCOUNT["metadata"]["name"]
    assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp"]  # noqa: S108 -- the image's volume
