"""Runs in a process of its own, as Lambda runs the function: with what is in its zip, and nothing else.

Called with the unpacked zip and the deliveries (an event, and variables of the environment). The event of the command
`page` is answered here, by what the function has to query its lake and to write the page. Says on its last line what
each delivery gave, and which modules were loaded.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


class _Context:
    def get_remaining_time_in_millis(self):
        return 120_000


def _page(lake, query):
    """The rows of a query, and the page of the newest snapshot."""
    duckdb, data, page, scope = (
        importlib.import_module(f"collector.{name}")
        for name in ("query.duckdb", "reports.data", "reports.page", "reports.scope")
    )
    with duckdb.LocalLake(lake) as opened:
        rows = [row for batch in opened.rows(query).batches for row in batch.to_pylist()]
        report = data.read_report(opened.rows, lake=lake, scope=scope.Scope())
    return {"rows": rows, "page": page.render(report)}


def main(code, *deliveries):
    sys.path.insert(0, code)
    handle = importlib.import_module("collector.scheduled.handler").handle
    answers = []
    before = dict(os.environ)
    for delivery in deliveries:
        event, variables = json.loads(delivery)
        os.environ.clear()
        os.environ.update(before | variables)
        print("delivery", flush=True)  # noqa: T201 -- parts the log
        try:
            is_page = event.get("command") == "page"
            returned = _page(variables["CREDLAKE_LAKE"], event["query"]) if is_page else handle(event, _Context())
            answers.append({"returned": returned})
        except Exception as error:  # noqa: BLE001 -- Lambda takes whatever is raised
            answers.append({"raised": type(error).__name__, "message": str(error)})
    loaded = sorted((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    print(json.dumps({"answers": answers, "loaded": loaded}))  # noqa: T201 -- the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
