"""ministack's policy engine, given the condition keys of S3 that ministack itself does not send.

Run by ministack's Python, as a script: reads policies and requests as JSON, writes the decisions.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_PYTHON = Path(__file__).parents[2] / ".venv-ministack" / "bin" / "python"


def decisions(policies, requests, *, of_the_bucket=False):
    """`Allow`, `Deny` or `ImplicitDeny` for each request: its action, resource and condition keys.

    Policies are the documents of one role; of a bucket, the one document of the bucket.
    """
    given = json.dumps({"policies": policies, "requests": requests, "of_the_bucket": of_the_bucket})
    done = subprocess.run([_PYTHON, __file__], input=given, check=True, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout.splitlines()[-1])


def _main():
    # Only ministack's own environment has it.
    from ministack.core.iam_evaluator import (  # noqa: PLC0415
        EvalContext,
        evaluate,
        evaluate_resource_policy,
        parse_policy_document,
    )

    given = json.loads(sys.stdin.read())
    found = []
    for action, resource, keys in given["requests"]:
        context = EvalContext(
            principal_arn="arn:aws:iam::100000000001:user/anybody",
            principal_type="User",
            principal_account="100000000001",
            action=action,
            resource_arn=resource,
            region="us-east-1",
            secure_transport=True,
            service_context={name.lower(): value for name, value in keys.items()},
        )
        if given["of_the_bucket"]:
            result = evaluate_resource_policy(given["policies"][0], context)
        else:
            result = evaluate(context, [parse_policy_document(one) for one in given["policies"]])
        found.append(result.decision)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    _main()
