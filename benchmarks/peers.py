"""Other ways to collect the same reports, re-stated in a few lines, for `make bench-scale`: they write nothing.

`python -m benchmarks.peers WAY ACCOUNTS` prints the seconds of wall clock and CPU, and how many reports it got.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

_THREADS = 32
_POLL_SECONDS = 1.0


def _report(account_id: str) -> bool:
    """Assume the role, request the report, look once a second, fetch it; session and client are the account's own."""
    try:
        # boto3's own default session is not for several threads.
        given = (
            boto3.Session()
            .client("sts")
            .assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/credlake-reader", RoleSessionName="peer")[
                "Credentials"
            ]
        )
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        iam = session.client("iam")
        while iam.generate_credential_report()["State"] != "COMPLETE":
            time.sleep(_POLL_SECONDS)
        return bool(iam.get_credential_report()["Content"])
    except (ClientError, BotoCoreError, ResponseParserError):
        return False


def _in_threads(account_ids: list[str]) -> list[bool]:
    with ThreadPoolExecutor(_THREADS) as threads:
        return list(threads.map(_report, account_ids))


WAYS = {
    # As in AWS's samples: a loop over the accounts (facts F2.7).
    "one-after-another": lambda account_ids: [_report(account_id) for account_id in account_ids],
    "thread-and-client": _in_threads,
}


def main(way: str, accounts: int) -> None:
    """Collect so many accounts that way."""
    caller = boto3.client("sts").get_caller_identity()["Account"]
    pages = boto3.client("organizations").get_paginator("list_accounts").paginate()
    listed = [account["Id"] for page in pages for account in page["Accounts"] if account["Id"] != caller]
    began, cpu = time.perf_counter(), time.process_time()
    collected = sum(WAYS[way](listed[:accounts]))
    print(time.perf_counter() - began, time.process_time() - cpu, collected)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
