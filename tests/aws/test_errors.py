"""What is wrong in the caller's environment has a next step of its own, whichever call and command meets it."""

from __future__ import annotations

import errno

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from collector.aws.athena import _call_error
from collector.aws.errors import translated
from collector.catalog.sync import _not_synced
from collector.collection.result import AccountResult
from collector.doctor.finding import call_failed
from collector.errors import CallFault, explain_no_identity, explain_unreadable_organization
from collector.lake.s3_store import _LakeErrors, parse_s3_uri
from collector.lake.store import disk_error
from collector.outcome import Outcome

NO_FILES = OSError(errno.EMFILE, "Too many open files")


def _answer(code, message=""):
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "X")


def _unconnected():
    error = exceptions.EndpointConnectionError(endpoint_url="https://sts.amazonaws.com")
    error.__cause__ = NO_FILES
    return error


def fault_of(error) -> CallFault:
    with pytest.raises(CallFault) as raised, translated("sts:AssumeRole"):
        raise error
    return raised.value


# The exception, the code that is stored and shown, and words of the next step.
ENVIRONMENT = [
    (exceptions.SSOTokenLoadError(error_msg="x"), "SSOTokenLoadError", "Run `aws sso login`"),
    (exceptions.UnauthorizedSSOTokenError(), "UnauthorizedSSOTokenError", "Run `aws sso login`"),
    (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), "TokenRetrievalError", "Run `aws sso login`"),
    (exceptions.LoginRefreshRequired(), "LoginRefreshRequired", "Run `aws login`"),
    (EOFError(), "NoMfaCode", "Run in a terminal"),
    (exceptions.RefreshWithMFAUnsupportedError(), "RefreshWithMFAUnsupportedError", "Run in a terminal"),
    (NO_FILES, "TooManyOpenFiles", "ulimit -n"),
    (_unconnected(), "TooManyOpenFiles", "ulimit -n"),
    (exceptions.SSLError(endpoint_url="https://x", error="[Errno 2] No such file"), "SSLError", "Set AWS_CA_BUNDLE"),
    (_answer("ExpiredToken"), "ExpiredToken", "Renew the collector's own AWS credentials"),
    (_answer("RequestTimeTooSkewed"), "RequestTimeTooSkewed", "clock"),
    (
        _answer("SignatureDoesNotMatch", "Signature expired: 20261126T0 is now earlier than"),
        "SignatureDoesNotMatch",
        "clock",
    ),
    (_answer("InvalidSignatureException", "Signature not yet current: 2026"), "InvalidSignatureException", "clock"),
    (_answer("InvalidClientTokenId"), "InvalidClientTokenId", "opt-in Region"),
    (_answer("UnrecognizedClientException"), "UnrecognizedClientException", "opt-in Region"),
]
# What each command makes of a failed call.
COMMANDS = {
    "identity": lambda fault: explain_no_identity(fault).message,
    "listing": lambda fault: explain_unreadable_organization(fault).message,
    "account": lambda fault: AccountResult("1", None, Outcome.FAILED, fault.code, fault.message).next_step,
    "doctor": lambda fault: call_failed("bucket", "b", fault).remediation,
    "lake on S3": lambda fault: _LakeErrors(parse_s3_uri("s3://bucket/lake")).error(fault, "Reading").message,
    "Glue": lambda fault: _not_synced(fault, "credlake").message,
    "Athena": lambda fault: _call_error(fault, workgroup=None, output_location=None).message,
}


@pytest.mark.parametrize(
    ("error", "code", "step"), ENVIRONMENT, ids=[f"{case[1]}-{n}" for n, case in enumerate(ENVIRONMENT)]
)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_what_is_wrong_in_the_environment_has_its_own_next_step_in_every_command(error, code, step, command):
    fault = fault_of(error)

    assert fault.code == code
    assert fault.message
    assert step in command(fault)


def test_another_signature_is_no_matter_of_the_clock():
    fault = fault_of(_answer("SignatureDoesNotMatch", "The request signature we calculated does not match"))

    assert "clock" not in explain_no_identity(fault).message


def test_another_error_of_the_system_is_not_a_failed_call():
    with pytest.raises(OSError, match="No space"), translated("s3:GetObject"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_lake_that_may_open_no_more_files_names_the_limit(tmp_path):
    assert "ulimit -n" in disk_error("Writing", tmp_path, NO_FILES).message
