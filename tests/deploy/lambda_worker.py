"""Runs in a process of its own, as Lambda runs the function: with what is in its zip, and nothing else.

Called with the unpacked zip and the deliveries (an event, and variables of the environment). The event of the command
`query` is answered here, by what the function has to query its lake. Says on its last line what each delivery gave,
and which modules were loaded.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


class _Context:
    def get_remaining_time_in_millis(self):
        return 900_000  # the Timeout of deploy/collector.yaml


def _query(lake, text):
    with importlib.import_module("collector.query.duckdb").LocalLake(lake) as opened:
        return [row for batch in opened.rows(text).batches for row in batch.to_pylist()]


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
            is_query = event.get("command") == "query"
            returned = _query(variables["CREDLAKE_LAKE"], event["text"]) if is_query else handle(event, _Context())
            answers.append({"returned": returned})
        except Exception as error:  # noqa: BLE001 -- Lambda takes whatever is raised
            answers.append({"raised": type(error).__name__, "message": str(error)})
    loaded = sorted((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    print(json.dumps({"answers": answers, "loaded": loaded}))  # noqa: T201 -- the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
