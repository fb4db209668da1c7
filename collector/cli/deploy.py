"""`credlake deploy --check`: what of a deployment is there, what is missing, and what an SCP refuses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.doctor import FindingsFormat, print_findings
from collector.cli.options import Verbose, with_settings

if TYPE_CHECKING:
    from collector.settings.model import Settings

_PARTS = ("organization", "collector", "all")


@with_settings("lake", "database", "workgroup")
def deploy(
    settings: Settings,
    *,
    check: Annotated[bool, typer.Option("--check", metavar="", help="Check, and change nothing.")] = False,
    part: Annotated[
        str, typer.Option(metavar="PART", help="organization, collector (in its account and Region), or all.")
    ] = "all",
    collector: Annotated[
        str | None, typer.Option(metavar="ACCOUNT_ID", help="The collector's account. (default the caller's)")
    ] = None,
    stack: Annotated[str, typer.Option(metavar="NAME", help="The stack of collector.yaml.")] = "credlake",
    stack_set: Annotated[
        str, typer.Option(metavar="NAME", help="The StackSet of member-role.yaml.")
    ] = "credlake-reader",
    format: FindingsFormat = "table",  # noqa: A002 -- the flag's name is that of `query`
    verbose: Verbose = False,
) -> int:
    """Check a deployment with calls that only read: what is there, what is missing, what exists and has to be named.

    Before the first deployment, it shows which `Existing…` parameters to give. After one, it shows the accounts
    without the role and why, what failed, and which SCP denied it. `make deploy` deploys (docs/deploy.md).
    Exit codes: 0 all checks are OK, 1 a check is not, 3 there are no valid credentials.

    Examples:
      credlake deploy --check

      credlake deploy --check --part organization --collector 111122223333

      credlake deploy --check --part collector --lake s3://my-bucket --format json
    """
    from collector.discovery.accounts import ACCOUNT_ID
    from collector.doctor.deployment import DeploymentNames, deployment_findings
    from collector.errors import UsageError
    from collector.process.logs import set_up_logs

    problems = []
    if not check:
        problems.append("`credlake deploy` checks and does not deploy: add --check. `make deploy` deploys.")
    if part not in _PARTS:
        problems.append(f"--part {part}: unknown part; use organization, collector or all.")
    if collector is not None and not ACCOUNT_ID.fullmatch(collector):
        problems.append(f"--collector {collector}: must be an account ID, 12 digits.")
    if format not in {"table", "json"}:
        problems.append(f"--format {format}: unknown format; use table or json.")
    if problems:
        raise UsageError(problems)
    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty(), quiet=not verbose)
    names = DeploymentNames(collector=collector, stack=stack, stack_set=stack_set)
    return print_findings(deployment_findings(settings, names, part), format)  # type: ignore[arg-type]  # one of _PARTS
