"""A Trino server on loopback, with a catalog over Glue's protocol and files over S3's."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.trino.distribution import Distribution
    from tests.fixtures.s3_servers import S3Server

CATALOG = "awsdatacatalog"  # the name of Athena's own catalog
HEAP = "2G"
_START_SECONDS = 180
_STOP_SECONDS = 20


@dataclass(frozen=True)
class TrinoServer:
    """The address of the server."""

    host: str
    port: int
    process_id: int


@contextmanager
def trino_server(distribution: Distribution, glue: S3Server, files: S3Server, folder: Path) -> Iterator[TrinoServer]:
    """Start a server over that catalog and those files; it is stopped when the block ends."""
    port = _free_port()
    _configure(folder, port, glue, files)
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(_command(distribution, folder), stdout=out, stderr=out, cwd=distribution.home)
        try:
            _wait_until_ready(process, port, log)
            yield TrinoServer("127.0.0.1", port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(distribution: Distribution, folder: Path) -> list[str]:
    return [
        str(distribution.java),
        f"-Xmx{HEAP}",
        "-XX:+UseG1GC",
        # Many small queries on two cores: fast compilation matters more than fast code.
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-Duser.timezone=UTC",
        "-Djdk.attach.allowAttachSelf=true",
        f"-Dconfig={folder / 'config.properties'}",
        f"-Dcatalog.config-dir={folder / 'catalog'}",
        f"-Dplugin.dir={distribution.home / 'plugin'}",
        "-Dnode.environment=tests",
        "-Dnode.id=one",
        f"-Dnode.data-dir={folder / 'data'}",
        "-Dnode.bind-ip=127.0.0.1",
        "-Dnode.internal-address=127.0.0.1",
        "-cp",
        "lib/*",
        "io.trino.server.TrinoServer",
    ]


def _configure(folder: Path, port: int, glue: S3Server, files: S3Server) -> None:
    (folder / "catalog").mkdir(parents=True)
    _write(
        folder / "config.properties",
        {
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": port,
            "discovery.uri": f"http://127.0.0.1:{port}",
            "web-ui.enabled": "false",
            "task.concurrency": 2,
            "task.max-worker-threads": 4,
        },
    )
    _write(
        folder / "catalog" / f"{CATALOG}.properties",
        {
            "connector.name": "hive",
            "hive.metastore": "glue",
            "hive.metastore.glue.region": "us-east-1",
            "hive.metastore.glue.endpoint-url": glue.url,
            "hive.metastore.glue.aws-access-key": glue.access_key,
            "hive.metastore.glue.aws-secret-key": glue.secret_key,
            # moto returns 500 for GetColumnStatistics, which Trino retries for seconds. Athena's views need none.
            "hive.table-statistics-enabled": "false",
            "fs.native-s3.enabled": "true",
            "s3.endpoint": files.url,
            "s3.region": "us-east-1",
            "s3.path-style-access": "true",
            "s3.aws-access-key": files.access_key,
            "s3.aws-secret-key": files.secret_key,
            # As on Athena: columns by name, timestamps in milliseconds.
            "hive.parquet.use-column-names": "true",
            "hive.timestamp-precision": "MILLISECONDS",
        },
    )


def _write(path: Path, properties: dict[str, object]) -> None:
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/info", timeout=5) as answer:
                if b'"starting":false' in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"Trino did not start:\n{log.read_text(errors='replace')[-4000:]}")


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]
