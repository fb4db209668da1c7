from __future__ import annotations

import secrets

import pytest

from collector.lake.s3_store import S3Store
from tests.fixtures.faulty_wire import faulty_wire


@pytest.fixture(scope="session", name="server", params=["moto", "weed"])
def _server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session", name="proxied")
def _proxied(weed):
    with faulty_wire(weed) as both:
        yield both


@pytest.fixture(scope="session", name="bucket")
def _bucket(server):
    return server.new_bucket()


@pytest.fixture(name="prefix")
def _prefix():
    return f"some/{secrets.token_hex(6)}"


@pytest.fixture(name="store")
def _store(server, bucket, prefix):
    return S3Store(f"s3://{bucket}/{prefix}", server.client())


@pytest.fixture(name="wire")
def _wire(proxied):
    wire, _ = proxied
    wire.clear()
    return wire


@pytest.fixture(scope="session", name="wired_bucket")
def _wired_bucket(weed):
    return weed.new_bucket()


@pytest.fixture(name="wired")
def _wired(wire, proxied, wired_bucket):
    """A store whose requests go through the faulty wire, and are sent twice at most."""
    place = f"s3://{wired_bucket}/{secrets.token_hex(6)}"
    return S3Store(place, proxied[1].client(attempts=2), sleep=lambda _seconds: None)


@pytest.fixture(name="wired_once")
def _wired_once(wire, proxied, wired_bucket):
    """A store whose requests go through the faulty wire, and are sent once."""
    place = f"s3://{wired_bucket}/{secrets.token_hex(6)}"
    return S3Store(place, proxied[1].client(attempts=1), sleep=lambda _seconds: None)
