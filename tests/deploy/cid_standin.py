"""STS, Athena and Amazon Quick Sight on loopback for cid-cmd: what it creates is noted, and found by its later calls.

Each request is taken apart by botocore's model of the service, so that it can be checked against it.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session

from tests.deploy.calls_server import running
from tests.deploy.quicksight_stack import ACCOUNT, PRINCIPALS

_ATHENA_TYPES = {"STRING": "varchar", "INTEGER": "integer", "DECIMAL": "double", "DATETIME": "timestamp"}
_MAKES = re.compile(r'CREATE OR REPLACE VIEW "\w+"\."(\w+)" AS\n')

_IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/admin/owner</Arn><Account>{ACCOUNT}</Account>"
    "<UserId>AROAEXAMPLE:owner</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@dataclass
class CidStandIn:
    """The state: what was created, by operation, and the views of Athena.

    `columns` gives the columns that Athena reports for a view, with QuickSight's types.
    """

    columns: dict[str, list[dict[str, str]]]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    def of(self, operation: str) -> list[dict[str, Any]]:
        """The requests of one operation."""
        return [request for called, request in self.calls if called == operation]

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body; an operation that is not known is an error of the caller."""
        self.calls.append((operation, request))
        known = getattr(self, re.sub(r"(?<=[a-z])([A-Z])", r"_\1", operation).lower(), None)
        return known(request) if known else (400, {"__type": "UnknownOperationException", "message": operation})

    def get_database(self, request):
        return 200, {"Database": {"Name": request["DatabaseName"]}}

    def list_data_catalogs(self, _):
        return 200, {"DataCatalogsSummary": [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]}

    def get_work_group(self, request):
        where = {"OutputLocation": "s3://credlake-example/athena-results/"}
        return 200, {
            "WorkGroup": {
                "Name": request["WorkGroup"],
                "State": "ENABLED",
                "Configuration": {"ResultConfiguration": where},
            }
        }

    def start_query_execution(self, request):
        self.statements.append(request["QueryString"])
        return 200, {"QueryExecutionId": f"00000000-0000-4000-8000-{len(self.statements):012d}"}

    def get_query_execution(self, request):
        status = {"State": "SUCCEEDED"}
        return 200, {"QueryExecution": {"QueryExecutionId": request["QueryExecutionId"], "Status": status}}

    def get_query_results(self, _):
        # The parameters of earlier deployments: none.
        return 200, {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": "parameter"}]}]}}

    def get_table_metadata(self, request):
        name = request["TableName"]
        if name not in {found[1] for one in self.statements if (found := _MAKES.match(one))}:
            return 400, {"__type": "MetadataException", "message": f"{name} not found"}
        columns = [{"Name": one["Name"], "Type": _ATHENA_TYPES[one["Type"]]} for one in self.columns[name]]
        return 200, {"TableMetadata": {"Name": name, "Columns": columns}}

    def describe_account_subscription(self, _):
        return 200, {"AccountInfo": {"Edition": "ENTERPRISE", "AccountSubscriptionStatus": "ACCOUNT_CREATED"}}

    def describe_user(self, request):
        return 200, {"User": {"UserName": request["UserName"], "Arn": f"{PRINCIPALS}:user/default/owner"}}

    def list_data_sources(self, _):
        return 200, {"DataSources": [self._source("credlake")]}

    def describe_data_source(self, request):
        return 200, {"DataSource": self._source(request["DataSourceId"])}

    def _source(self, name):
        return {
            "Arn": f"{PRINCIPALS}:datasource/{name}",
            "DataSourceId": name,
            "Name": name,
            "Type": "ATHENA",
            "Status": "CREATION_SUCCESSFUL",
            "DataSourceParameters": {"AthenaParameters": {"WorkGroup": "credlake"}},
        }

    def list_data_sets(self, _):
        return 200, {"DataSetSummaries": []}

    def create_data_set(self, request):
        return 201, {"Arn": f"{PRINCIPALS}:dataset/{request['DataSetId']}", "DataSetId": request["DataSetId"]}

    def describe_data_set(self, request):
        made = {one["DataSetId"]: one for one in self.of("CreateDataSet")}.get(request["DataSetId"])
        if made is None:
            return 404, {"__type": "ResourceNotFoundException", "message": request["DataSetId"]}
        (table,) = (one["RelationalTable"] for one in made["PhysicalTableMap"].values())
        arn = f"{PRINCIPALS}:dataset/{made['DataSetId']}"
        return 200, {"DataSet": {**made, "Arn": arn, "OutputColumns": table["InputColumns"]}}

    def list_refresh_schedules(self, request):
        made = [one["Schedule"] for one in self.of("CreateRefreshSchedule") if one["DataSetId"] == request["DataSetId"]]
        return 200, {"RefreshSchedules": made}

    def create_refresh_schedule(self, request):
        return 200, {"ScheduleId": request["Schedule"]["ScheduleId"]}

    def list_dashboards(self, _):
        return 200, {"DashboardSummaryList": []}

    def create_dashboard(self, request):
        arn = f"{PRINCIPALS}:dashboard/{request['DashboardId']}"
        return 200, {"Arn": arn, "VersionArn": f"{arn}/version/1", "DashboardId": request["DashboardId"]}

    def describe_dashboard(self, request):
        if not self.of("CreateDashboard"):
            return 404, {"__type": "ResourceNotFoundException", "message": request["DashboardId"]}
        (made,) = self.of("CreateDashboard")
        version = {
            "VersionNumber": 1,
            "Status": "CREATION_SUCCESSFUL",
            "DataSetArns": [one["DataSetArn"] for one in made["Definition"]["DataSetIdentifierDeclarations"]],
        }
        arn = f"{PRINCIPALS}:dashboard/{made['DashboardId']}"
        return 200, {
            "Dashboard": {"DashboardId": made["DashboardId"], "Name": made["Name"], "Arn": arn, "Version": version}
        }

    def update_dashboard_permissions(self, request):
        return 200, {"DashboardId": request["DashboardId"]}

    def list_tags_for_resource(self, _):
        return 200, {"Tags": []}

    def tag_resource(self, _):
        return 200, {}


@cache
def _paths() -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of each of QuickSight's operations."""
    model = botocore.session.Session().get_service_model("quicksight")
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", http["requestUri"].partition("?")[0])
        found.append((http["method"], re.compile(path), name))
    return found


def _named(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The operation of QuickSight that has this method and path, and what the path names."""
    ((operation, found),) = [
        (name, found)
        for wanted, pattern, name in _paths()
        if wanted == method and (found := pattern.fullmatch(path)) is not None
    ]
    return operation, {key: unquote(value) for key, value in found.groupdict().items()}


@contextmanager
def serving_cid(standin: CidStandIn):
    """Serve on loopback; its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path = urlsplit(self.path).path
            if target := self.headers.get("X-Amz-Target"):
                self._send(*standin.answer(target.rpartition(".")[2], json.loads(body)))
            elif path == "/":
                assert parse_qs(body)["Action"] == ["GetCallerIdentity"]
                self._send(200, _IDENTITY)
            else:
                operation, of_path = _named(self.command, path)
                self._send(*standin.answer(operation, {**of_path, **json.loads(body or "{}")}))

        def do_GET(self):
            self._answer()

        def do_POST(self):
            self._answer()

        def do_PUT(self):
            self._answer()

        def _send(self, status, answered):
            text = answered if isinstance(answered, str) else json.dumps(answered)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml" if isinstance(answered, str) else "application/json")
            if status >= 400:
                self.send_header("x-amzn-ErrorType", answered["__type"])
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            """Say nothing."""

    with running(Handler) as url:
        yield url
