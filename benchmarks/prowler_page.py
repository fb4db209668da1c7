"""The HTML that Prowler writes of the same rows as `benchmarks.page`, to compare the sizes.

`python -m benchmarks.page --rows rows.json` writes the rows; then, with the Python of an environment that has Prowler
and needs nothing of credlake: `python benchmarks/prowler_page.py rows.json page.html`. The texts of a row, such as
risk, remediation and compliance, are those of Prowler's own check for the control.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import prowler
from prowler.lib.outputs.html.html import HTML

FOLDER = Path(prowler.__file__).parent
# Prowler's check for each control. The page's size is what counts, so controls that it has none for share one.
CHECKS = {
    "root-no-access-key": "iam_no_root_access_key",
    "root-mfa": "iam_root_mfa_enabled",
    "root-unused": "iam_avoid_root_usage",
    "root-no-credentials": "iam_root_credentials_management_enabled",
    "console-mfa": "iam_user_mfa_enabled_console_access",
    "no-setup-access-key": "iam_user_no_setup_initial_access_key",
    "password-unused": "iam_user_console_access_unused",
    "access-key-unused": "iam_user_accesskey_unused",
    "single-access-key": "iam_user_two_active_access_key",
    "password-length": "iam_password_policy_minimum_length_14",
    "password-reuse": "iam_password_policy_reuse_24",
}
OTHERS = "iam_rotate_access_key_90_days"


def main(rows: Path, page: Path) -> None:
    """Write the page, and print its size and the time that it took."""
    checks = {name: _check(name) for name in {*CHECKS.values(), OTHERS}}
    findings = [_finding(row, checks[CHECKS.get(row["control_id"], OTHERS)]) for row in json.loads(rows.read_text())]
    started = time.perf_counter()
    html = HTML.__new__(HTML)
    html._data = []  # noqa: SLF001 -- the rest of it belongs to a scan
    html.transform(findings)
    with page.open("w", encoding="utf-8") as file:
        file.write("<!DOCTYPE html><html><body><table><tbody>")
        file.writelines(html._data)  # noqa: SLF001
        HTML.write_footer(file)
    seconds = time.perf_counter() - started
    print(f"{len(findings):,} findings: {page.stat().st_size / 1e6:.1f} MB, rendered in {seconds:.1f} s")


def _check(name: str) -> SimpleNamespace:
    [path] = FOLDER.glob(f"providers/aws/services/iam/*/{name}.metadata.json")
    found = json.loads(path.read_text())
    recommendation = SimpleNamespace(**found["Remediation"]["Recommendation"])
    compliance: dict[str, list[str]] = {}
    for file in FOLDER.glob("compliance/aws/*.json"):
        framework = json.loads(file.read_text())
        for requirement in framework["Requirements"]:
            if name in requirement["Checks"]:
                key = "-".join(filter(None, (framework["Framework"], framework["Version"])))
                compliance.setdefault(key, []).append(requirement["Id"])
    return SimpleNamespace(
        compliance=compliance,
        metadata=SimpleNamespace(
            Severity=SimpleNamespace(value=found["Severity"]),
            ServiceName=found["ServiceName"],
            CheckID=found["CheckID"],
            CheckTitle=found["CheckTitle"],
            Risk=found["Risk"],
            Remediation=SimpleNamespace(Recommendation=recommendation),
        ),
    )


class _Failed(str):
    """A status, which Prowler compares as text and asks for its value."""

    __slots__ = ()
    value = "FAIL"


def _finding(row: dict[str, str], check: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(
        status=_Failed("FAIL"),
        muted=False,
        metadata=check.metadata,
        region="us-east-1",
        resource_uid=f"arn:aws:iam::{row['account_id']}:user/{row['user_name']}",
        resource_tags={},
        status_extended=f"User {row['user_name']}: {row['reason']}",
        compliance=check.compliance,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
