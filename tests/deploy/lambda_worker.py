"""Runs in a process of its own, as Lambda runs the function: its zip first, then AWS's layer, and nothing else.

Called with the unpacked zip, the layer and the deliveries (an event, and variables of the environment). The layer's
pyarrow is made what AWS's is: without S3 and without zstd. Says on its last line what each delivery gave, and which
modules were loaded.
"""

from __future__ import annotations

import importlib
import importlib.abc
import json
import os
import sys


class _Absent(importlib.abc.MetaPathFinder):
    """What AWS's layer does not have, nor the zip."""

    def find_spec(self, name, _path, _target=None):
        if name in {"pyarrow._s3fs", "pyarrow._gcsfs", "pyarrow._azurefs"} or name.split(".")[0] == "duckdb":
            raise ModuleNotFoundError(name)


class _Context:
    def get_remaining_time_in_millis(self):
        return 120_000


def main(code, layer, *deliveries):
    sys.path[:0] = [code, layer]
    sys.meta_path.insert(0, _Absent())
    pyarrow = importlib.import_module("pyarrow")

    class Codec(pyarrow.Codec):
        @staticmethod
        def is_available(name):
            return name != "zstd" and pyarrow.lib.Codec.is_available(name)

    pyarrow.Codec = Codec
    handle = importlib.import_module("collector.scheduled.handler").handle
    answers = []
    before = dict(os.environ)
    for delivery in deliveries:
        event, variables = json.loads(delivery)
        os.environ.clear()
        os.environ.update(before | variables)
        print("delivery", flush=True)  # noqa: T201 -- parts the log
        try:
            answers.append({"returned": handle(event, _Context())})
        except Exception as error:  # noqa: BLE001 -- Lambda takes whatever is raised
            answers.append({"raised": type(error).__name__, "message": str(error)})
    loaded = sorted((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    print(json.dumps({"answers": answers, "loaded": loaded}))  # noqa: T201 -- the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
