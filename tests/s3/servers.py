"""Real S3 servers on loopback, for tests and `make chaos`: moto's, and seaweedfs.

moto knows Glue and KMS headers; seaweedfs compares checksums and is a server of its own, so that a race is a race.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import botocore.session
from botocore.config import Config

_START_SECONDS = 60
# Read once: that takes longer than most tests.
_MODELS = botocore.session.Session().get_component("data_loader")
_STOP_SECONDS = 15
# weed opens about eleven ports whose defaults are fixed: two servers on one machine need all of them moved.
_WEED_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
    "admin.port",
    "admin.port.grpc",
)


@dataclass(frozen=True)
class S3Server:
    """Where a server answers, and who may ask it."""

    url: str
    access_key: str = "admin"
    secret_key: str = "made-up-secret"

    def environment(self) -> dict[str, str]:
        """What points every AWS client of a process at this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str = "s3", *, attempts: int = 2, read_timeout: float = 20):
        """A client of the server that gives up soon."""
        session = botocore.session.Session()
        session.register_component("data_loader", _MODELS)
        return session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                retries={"total_max_attempts": attempts, "mode": "standard"},
                max_pool_connections=32,
                read_timeout=read_timeout,
            ),
        )


@contextmanager
def moto_server():
    """moto's server in a thread of this process."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # 3 s, for those who use it

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line a request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()


@contextmanager
def weed_server(*keys):
    """A seaweedfs of its own, all ports on loopback and free, its data in a temporary folder.

    `keys`, an access key and a secret one, are who may ask it; those of `S3Server` unless given.
    """
    with TemporaryDirectory(prefix="credlake-weed-") as folder:
        ports = _free_ports(len(_WEED_PORTS) + 1)
        s3_port = ports.pop()
        server = S3Server(f"http://127.0.0.1:{s3_port}", *keys)
        command = [
            str(Path(sys.executable).with_name("weed")),
            "mini",
            f"-dir={folder}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-webdav=false",
            "-admin.ui=false",
            "-master.telemetry=false",
            f"-s3.port={s3_port}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            *(f"-{name}={port}" for name, port in zip(_WEED_PORTS, ports, strict=True)),
            f"-filer.localSocket={folder}/filer.sock",
            f"-s3.localSocket={folder}/s3.sock",
        ]
        with (Path(folder) / "weed.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **server.environment()}
            )
            try:
                _wait_until_ready(server, process, Path(folder) / "weed.log")
                yield server
            finally:
                process.terminate()
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                # It leaves these behind, wherever TMPDIR points.
                for port in ports:
                    for left_behind in Path(gettempdir()).glob(f"seaweedfs-*-grpc-{port}.sock"):
                        left_behind.unlink(missing_ok=True)


def _wait_until_ready(server, process, log):
    until = time.monotonic() + _START_SECONDS
    client = server.client(attempts=1, read_timeout=5)
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            client.create_bucket(Bucket="ready")
        except Exception:  # noqa: BLE001  # whatever it says while it starts, it is not ready
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"seaweedfs did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_ports(count):
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
