"""Athena on loopback for docs/deploy.md: views become Glue's tables, selects are answered from the lake.

It stands in front of ministack, whose own Athena takes no Trino SQL and forgets views. A view is stored as Athena
stores it (facts F7.3); a select is answered by `credlake query --engine duckdb`, whose answers are compared with a real
Trino's elsewhere (docs/trino.md). Permissions are not evaluated here.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from dataclasses import dataclass, field
from typing import Any

from collector.views.files import shipped_views

_MAKES = re.compile(r'create or replace view "(?P<database>\w+)"\."(?P<name>\w+)" as\n(?P<sql>.*)', re.DOTALL)
_DROPS = re.compile(r'drop view if exists "(?P<database>\w+)"\."(?P<name>\w+)"')


@dataclass
class AthenaStandIn:
    """The server's state: every statement that was asked, and the answers of the selects.

    `client_of` gives a client of a service behind it, `ask` the answer to a select: rows as objects.
    """

    client_of: Any
    ask: Any
    statements: list[str] = field(default_factory=list)
    answers: dict[str, list[dict]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def start_query_execution(self, request):
        """Carry the statement out at once; that it failed is told by the next call, as Athena does."""
        statement = request["QueryString"]
        query_id = f"00000000-0000-4000-8000-{len(self.statements):012d}"
        self.statements.append(statement)
        try:
            if made := _MAKES.fullmatch(statement):
                self._make_view(made["database"], made["name"], made["sql"])
            elif dropped := _DROPS.fullmatch(statement):
                self.client_of("glue").delete_table(DatabaseName=dropped["database"], Name=dropped["name"])
            else:
                self.answers[query_id] = self.ask(statement)
        except Exception as error:  # noqa: BLE001 -- whoever asked is told
            self.failures[query_id] = str(error)
        return {"QueryExecutionId": query_id}

    def get_query_execution(self, request):
        """Every query has ended."""
        query_id = request["QueryExecutionId"]
        status = {"State": "SUCCEEDED"}
        if query_id in self.failures:
            status = {"State": "FAILED", "StateChangeReason": self.failures[query_id]}
        return {"QueryExecution": {"QueryExecutionId": query_id, "Status": status, "Statistics": {}}}

    def get_query_results(self, request):
        """One page, of text."""
        rows = self.answers[request["QueryExecutionId"]]
        names = list(rows[0]) if rows else []
        cells = [dict(zip(names, names, strict=True)), *rows]
        data = [{"Data": [{} if row[n] is None else {"VarCharValue": str(row[n])} for n in names]} for row in cells]
        columns = [{"Name": name, "Type": "varchar"} for name in names]
        return {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": columns}}}

    def get_work_group(self, request):
        """The workgroup of the stack, as ministack has it."""
        found = self.client_of("athena").get_work_group(WorkGroup=request["WorkGroup"])["WorkGroup"]
        return {"WorkGroup": {key: found[key] for key in ("Name", "State", "Configuration")}}

    def answer(self, operation, body, _is_json):
        """What `calls_server.serving` asks for."""
        return json.dumps(getattr(self, re.sub(r"(?<=[a-z])([A-Z])", r"_\1", operation).lower())(json.loads(body)))

    def _make_view(self, database, name, sql):
        known = shipped_views().columns().get(name, {"a_column": "varchar"})
        columns = [{"name": column, "type": kind} for column, kind in known.items()]
        body = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": database, "columns": columns}
        text = base64.b64encode(json.dumps(body).encode()).decode()
        view = {
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "PartitionKeys": [],
            "StorageDescriptor": {"Columns": [{"Name": one["name"], "Type": "string"} for one in columns]},
            "ViewOriginalText": f"/* Presto View: {text} */",
            "ViewExpandedText": "/* Presto View */",
        }
        glue = self.client_of("glue")
        if name in {table["Name"] for table in glue.get_tables(DatabaseName=database)["TableList"]}:
            glue.update_table(DatabaseName=database, TableInput=view)
        else:
            glue.create_table(DatabaseName=database, TableInput=view)


def asked_of_duckdb(credlake, lake, environment):
    """What answers a select: the command on this machine, over the same lake."""

    def ask(statement):
        command = [credlake, "query", "--lake", lake, "--engine", "duckdb", "--format", "json", statement]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout)

    return ask
