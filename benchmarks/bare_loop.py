"""What the collection is compared with: the same calls by a bare boto3 loop, one shared client, and nothing else.

It types nothing, writes nothing, decides nothing: AssumeRole for each account, then Generate, the two account reads and
Get, in as many threads as the collector has. Reports are asked for beforehand, so it never waits for one.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

CALLS_PER_ACCOUNT = 5


def main(accounts: int, connections: int) -> None:
    config = Config(max_pool_connections=connections, retries={"total_max_attempts": 1, "mode": "standard"})
    session = boto3.Session()
    sts = session.client("sts", config=config)
    iam = session.client("iam", config=config)
    organizations = session.client("organizations", config=config)
    pages = organizations.get_paginator("list_accounts").paginate()
    listed = [account["Id"] for page in pages for account in page["Accounts"]]
    caller = sts.get_caller_identity()["Account"]
    others = [account_id for account_id in listed if account_id != caller]
    iam.generate_credential_report()
    time.sleep(3.5)

    def assume(account_id: str) -> None:
        sts.assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/credlake-reader", RoleSessionName="bare-loop")

    def read_policy() -> None:
        try:
            iam.get_account_password_policy()
        except iam.exceptions.NoSuchEntityException:
            return

    def collect(account_id: str) -> None:
        assume(account_id)
        iam.generate_credential_report()
        iam.get_account_summary()
        read_policy()
        iam.get_credential_report()["Content"]

    begun, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(collect, (others * 2)[:accounts]))
    print(time.perf_counter() - begun, time.process_time() - cpu)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
