"""`credlake doctor`: checks what a run needs before a schedule is switched on."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.options import Verbose, with_settings
from collector.process.streams import ReaderLeftError, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.doctor.finding import Finding
    from collector.settings.model import Settings

FindingsFormat = Annotated[str, typer.Option("--format", metavar="FORMAT", help="table or json.")]


@with_settings(
    *("lake", "role_name", "role_path", "external_id"),
    *("account", "exclude_account", "include_ou", "exclude_ou", "accounts_file", "organization_id", "single_account"),
    *("exceptions", "max_exception_days"),
    *("glue", "database", "workgroup", "output_location", "kms_key", "raw_lock"),
)
def doctor(
    settings: Settings,
    *,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Check a random sample of N accounts. (default all)")
    ] = None,
    format: FindingsFormat = "table",  # noqa: A002 -- the flag's name is that of `query`
    verbose: Verbose = False,
) -> int:
    """Check everything that a run needs, with the caller's permissions.

    Each check is OK, FAIL or UNKNOWN (it could not be made); each that is not OK has a remediation.
    Exit codes: 0 all checks are OK, 1 a check is not, 3 there are no valid credentials.

    Examples:
      credlake doctor --lake s3://my-bucket --external-id example --database credlake --workgroup credlake

      credlake doctor --external-id example --sample 20 --format json
    """
    from collector.doctor.checkup import findings_of
    from collector.errors import UsageError
    from collector.process.logs import set_up_logs

    if format not in {"table", "json"}:
        raise UsageError([f"--format {format}: unknown format; use table or json."])
    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty(), quiet=not verbose)
    return print_findings(findings_of(settings, sample=sample), format)


def print_findings(found: Iterable[Finding], format_name: str) -> int:
    """Print findings as a table or as JSON; the exit code: 0 where all are OK, else 1."""
    import json

    from collector.doctor.finding import is_healthy

    findings = list(found)
    # A reader that closed the pipe (`| head`) still gets the exit code.
    with suppress(ReaderLeftError):
        if format_name == "json":
            sys.stdout.write(
                json.dumps([finding.as_json() for finding in findings], indent=2, ensure_ascii=False) + "\n"
            )
        else:
            _print_table(findings)
    return 0 if is_healthy(findings) else 1


def _print_table(findings: list[Finding]) -> None:
    from collections import Counter

    from collector.doctor.finding import Status

    for finding in findings:
        # Messages and names are AWS's.
        say(f"{finding.status:<7}  {finding.check}: {finding.subject}: {finding.message}")
        if finding.remediation is not None:
            say(f"         → {finding.remediation}")
    count = Counter(finding.status for finding in findings)
    say(", ".join(f"{count[status]} {status}" for status in Status), to_stderr=True)
