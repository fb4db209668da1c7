"""The server: how it is reached, what it counts, how it waits and how it stops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from collector.simulator import AccountSpec, CallerSpec, OrganizationSpec, faults

MANAGEMENT = "000000000001"
MEMBER = "111122223333"


def test_it_listens_on_one_loopback_address_only(serve):
    url = serve().server.endpoint_url

    assert url.startswith("http://127.0.0.1:")
    # A server that listens on every address accepts connections to this one too.
    with pytest.raises(OSError, match=r"refused|assign|timed out"):
        socket.create_connection(("127.0.0.2", int(url.rsplit(":", 1)[1])), timeout=1)


def test_the_environment_overrides_what_else_is_set(serve, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.com")
    server = serve().server
    environment = server.environment()

    assert environment["AWS_ENDPOINT_URL"] == environment["AWS_ENDPOINT_URL_STS"] == server.endpoint_url
    assert environment["NO_PROXY"] == "example.com,127.0.0.1"
    assert environment["AWS_SESSION_TOKEN"] == ""
    # Where STS can be deactivated.
    assert environment["AWS_DEFAULT_REGION"] != "us-east-1"


def test_temporary_base_credentials_have_a_token(serve):
    spec = OrganizationSpec(
        (AccountSpec(MANAGEMENT, "management"),), MANAGEMENT, caller=CallerSpec(MANAGEMENT, is_role_session=True)
    )
    connection = serve(organization=spec)

    assert connection.server.environment()["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert connection.client("sts").get_caller_identity()["Arn"] == (
        "arn:aws:sts::000000000001:assumed-role/credlake-collector/base-session"
    )


def test_base_credentials_are_the_same_in_every_run(serve):
    assert serve().server.environment()["AWS_ACCESS_KEY_ID"] == serve().server.environment()["AWS_ACCESS_KEY_ID"]


def test_calls_are_counted_by_operation_and_by_account(serve):
    connection = serve(AccountSpec(MEMBER, "member", faults=(faults.throttled(1),)))
    with pytest.raises(connection.client("iam").exceptions.ClientError):
        connection.iam().generate_credential_report()
    connection.iam().generate_credential_report()
    connection.client("organizations").list_accounts()

    counts = connection.server.calls
    # A call that failed counts too; AssumeRole counts for the account of the role.
    assert counts.by_operation == {
        "sts:AssumeRole": 2,
        "iam:GenerateCredentialReport": 2,
        "organizations:ListAccounts": 1,
    }
    assert counts.of_account(MEMBER) == {"sts:AssumeRole": 2, "iam:GenerateCredentialReport": 2}
    assert counts.by_account[MANAGEMENT, "organizations:ListAccounts"] == 1
    assert counts.total == 5
    connection.server.reset_calls()
    assert connection.server.calls.total == 0


def test_requests_wait_for_their_latency_concurrently(serve):
    connection = serve(AccountSpec(MEMBER, "member"), latency_seconds=0.3)
    iam = connection.client("iam")
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        futures = [pool.submit(iam.get_account_summary) for _ in range(20)]
        assert all(future.result()["SummaryMap"] for future in futures)
    elapsed = time.monotonic() - began

    assert 0.3 <= elapsed < 2
    assert connection.server.peak_in_flight >= 15
    assert connection.server.requests_in_flight == 0


def raw_response(server, request):
    with socket.create_connection(("127.0.0.1", int(server.endpoint_url.rsplit(":", 1)[1])), timeout=2) as connection:
        connection.sendall(request)
        return connection.recv(65536).decode()


def test_an_unsigned_request_is_refused(serve):
    body = b"Action=GetAccountSummary&Version=2010-05-08"
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    response = raw_response(serve().server, request)

    assert response.startswith("HTTP/1.1 403")
    assert "<Code>MissingAuthenticationToken</Code>" in response


def test_an_error_has_the_form_that_aws_sends(serve):
    environment = serve().server
    scope = f"{environment.environment()['AWS_ACCESS_KEY_ID']}/20261123/us-east-1/iam/aws4_request"
    body = b"Action=GetCredentialReport&Version=2010-05-08"
    response = raw_response(
        environment,
        b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host, Signature=0"
        b"\r\nContent-Length: %d\r\n\r\n%s" % (scope.encode(), len(body), body),
    )

    assert response.startswith("HTTP/1.1 410")
    assert "Content-Type: text/xml" in response
    assert '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>' in response
    assert "<Code>ReportNotPresent</Code><Message>Unknown</Message></Error><RequestId>" in response


def test_a_request_for_another_service_is_refused(serve, refused):
    connection = serve()

    assert refused(connection.client("glue").get_databases) == ("UnknownOperationException", 400, "ClientError")
    assert refused(connection.client("s3").list_buckets)[1] == 400


def started(*arguments, module="collector.simulator"):
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("way", ["input ends", "SIGTERM"])
def test_a_process_of_its_own_serves_until_it_is_stopped_and_then_prints_its_counts(session, way):
    with started("--accounts", "45", "--users-per-account", "3") as process:
        first = json.loads(process.stdout.readline())
        client = session.client(
            "organizations",
            endpoint_url=first["endpoint_url"],
            region_name="eu-west-1",
            aws_access_key_id=first["environment"]["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=first["environment"]["AWS_SECRET_ACCESS_KEY"],
        )
        listed = [a["Id"] for page in client.get_paginator("list_accounts").paginate() for a in page["Accounts"]]
        if way == "SIGTERM":
            os.kill(process.pid, signal.SIGTERM)
        else:
            process.stdin.close()
        last = json.loads(process.stdout.readline())
        process.wait(timeout=5)

    assert len(listed) == 45
    assert last.pop("cpu_seconds") < 5
    assert last == {"calls": {"organizations:ListAccounts": 3}, "total": 3, "peak_in_flight": 1}
    assert process.returncode == 0


def test_the_module_s_old_name_serves_the_demo_s_organization_on_the_port_that_is_given():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--scenario", "demo", "--rate-limits", "--port", str(port))
    with started(*options, module="collector.loopback") as process:
        first = json.loads(process.stdout.readline())
        process.stdin.close()
        last = json.loads(process.stdout.readline())

    assert first["endpoint_url"] == f"http://127.0.0.1:{port}"
    assert last["total"] == 0


def test_it_is_fast_enough_not_to_be_what_is_measured():
    """2,000 requests a second of one core, counted in its own CPU time: the machine may be busy with other things."""
    with started("--accounts", "1") as process:
        first = json.loads(process.stdout.readline())
        scope = f"{first['environment']['AWS_ACCESS_KEY_ID']}/20261123/us-east-1/iam/aws4_request"
        body = "Action=GenerateCredentialReport&Version=2010-05-08"
        request = (
            f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, "
            f"Signature=0\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        port = int(first["endpoint_url"].rsplit(":", 1)[1])
        asyncio.run(_send_in_turn(port, request.encode(), connections=8, times=250))
        process.stdin.close()
        last = json.loads(process.stdout.readline())

    assert last["total"] == 2000
    assert last["total"] / last["cpu_seconds"] > 2000


async def _send_in_turn(port, request, *, connections, times):
    async def send():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(times):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(send() for _ in range(connections)))
