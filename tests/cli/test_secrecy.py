"""No user's name and no secret gets into what is printed, logged or kept beside the reports."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

from collector.simulator import Simulator
from collector.simulator.demo import DEMO_ORGANIZATION_ID, demo_organization

EXTERNAL_ID = "an-external-id-is-half-a-secret"


def test_neither_names_nor_secrets_are_told(credlake, lake):
    organization = demo_organization(datetime.now(UTC))
    with Simulator(organization, generation_seconds=0.2) as server:
        ended = credlake(
            *(
                "collect",
                "--lake",
                lake,
                "--external-id",
                EXTERNAL_ID,
                "--account-deadline",
                "4",
                "--tags",
                "--verbose",
            ),
            at=server,
        )
        environment = server.environment()
        sessions = [identity.credentials for identity in server._plane.identities._identities.values()]

    assert ended.code == 1
    (folder,) = (lake / "raw" / DEMO_ORGANIZATION_ID).iterdir()
    told = {
        "stdout": ended.out,
        "stderr": ended.err,
        "run.json": (folder / "run.json").read_text(),
        "accounts.jsonl": gzip.decompress((folder / "accounts.jsonl.gz").read_bytes()).decode(),
        "record": (lake / "catalog" / f"{DEMO_ORGANIZATION_ID}.json").read_text(),
    }
    names = {user.name for account in organization.accounts for user in account.users}
    secrets = {environment["AWS_SECRET_ACCESS_KEY"], environment["AWS_ACCESS_KEY_ID"], EXTERNAL_ID}
    for session in sessions:
        secrets |= {session.access_key_id, session.secret_access_key, *filter(None, [session.session_token])}

    assert len(names) > 10
    assert len(secrets) > 100
    found = {(word, place) for word in names | secrets for place, text in told.items() if word in text}
    assert found == set()
    assert all("account" in json.loads(line) for line in told["accounts.jsonl"].splitlines())


def _with_password(environment, password):
    return {
        name: value.replace("://", f"://someone:{password}@")
        for name, value in environment.items()
        if name.startswith("AWS_ENDPOINT_URL")
    }


def test_a_password_in_an_endpoint_is_told_nowhere(credlake, lake):
    with Simulator(demo_organization(datetime.now(UTC)), generation_seconds=0.1) as server:
        environment = server.environment()
        secret = _with_password(environment, "half-a-secret")
        ended = credlake("collect", "--lake", lake, "--account-deadline", "4", at=server, environment=secret)
    # Nobody answers there any more.
    missing = credlake("collect", "--lake", lake, environment={**environment, **secret})

    assert (ended.code, missing.code) == (1, 3)
    (folder,) = (lake / "raw" / DEMO_ORGANIZATION_ID).iterdir()
    kept = (folder / "run.json").read_text()
    assert environment["AWS_ENDPOINT_URL_IAM"] in kept
    assert "half-a-secret" not in ended.out + ended.err + missing.out + missing.err + kept
