"""The lake of this version for test_released_lakes.py: `python -m tests.lake.write_released`, once a release."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import collector
from collector.simulator import AccessKeySpec, PasswordSpec, Simulator, UserSpec
from tests.fixtures.commands import Process
from tests.fixtures.runs import member, organization

EXCEPTION = """\
exception_id,control_id,account,user,owner,approved_by,reason,ticket,expires_on
E-1,console-mfa,100000000001,alice,platform,ciso,migrating to SSO,T-1,{day}
"""


def main(target: Path) -> None:
    """Collect the organization that the tests describe."""

    def ago(days):
        return datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)

    alice = UserSpec(
        "alice",
        ago(900),
        password=PasswordSpec(ago(200), last_used_at=ago(100)),
        access_keys=(AccessKeySpec(ago(400), last_used_at=ago(1)),),
    )
    bob = UserSpec("bob", ago(50), access_keys=(AccessKeySpec(ago(50)),))
    spec = organization(
        member(1, ou=("Workloads", "Prod"), tags={"owner": "platform"}, users=(alice,)),
        member(2, users=(bob,)),
        member(3, roles=()),
    )
    with tempfile.TemporaryDirectory() as folder, Simulator(spec) as server:
        exceptions = Path(folder) / "exceptions.csv"
        exceptions.write_text(EXCEPTION.format(day=f"{ago(-150):%Y-%m-%d}"), encoding="utf-8")
        # Relative, so that the lake holds no path of this machine.
        arguments = ["collect", "--lake", target.resolve(), "--tags", "--exceptions", exceptions.name]
        ended = Process(Path(folder), arguments, at=server).end()
    # 1: published, and one account denied the role.
    if ended.code != 1:
        raise SystemExit(ended.err)
    for lock in target.rglob("*.lock"):
        lock.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else f"tests/lake/released/{collector.__version__}"))
