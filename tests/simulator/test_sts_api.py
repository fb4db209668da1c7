"""STS over HTTP, called by boto3 (facts F5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator import (
    AccountSpec,
    AccountState,
    CallerSpec,
    OrganizationSpec,
    RoleSpec,
    faults,
)
from tests.fixtures.manual_clock import ManualClock

MANAGEMENT = "000000000001"
MEMBER = "111122223333"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DENIED = ("AccessDenied", 403, "ClientError")
INVALID = ("ValidationError", 400, "ClientError")
ROLE_ARN = "arn:aws:iam::111122223333:role/credlake-reader"


def member(**parts):
    return AccountSpec(MEMBER, "member", **parts)


def test_the_caller_is_known_by_its_key(serve):
    identity = serve().client("sts").get_caller_identity()

    assert identity["Account"] == MANAGEMENT
    assert identity["Arn"] == "arn:aws:iam::000000000001:user/credlake-collector"


def test_a_role_session_is_the_role_in_its_account(serve):
    connection = serve(member())
    sts = connection.client("sts")
    answer = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="credlake", DurationSeconds=900)
    identity = connection.client("sts", answer["Credentials"]).get_caller_identity()

    assert identity["Account"] == MEMBER
    assert identity["Arn"] == "arn:aws:sts::111122223333:assumed-role/credlake-reader/credlake"
    assert answer["AssumedRoleUser"]["Arn"] == identity["Arn"]
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == identity["UserId"]


def test_each_session_has_credentials_of_its_own_that_last_as_long_as_requested(serve):
    connection = serve(member(), clock=ManualClock(NOON))
    first, second = connection.assume(MEMBER, DurationSeconds=900), connection.assume(MEMBER)

    assert first["AccessKeyId"] != second["AccessKeyId"]
    assert first["SessionToken"] != second["SessionToken"]
    assert first["AccessKeyId"].startswith("ASIA")
    assert len(first["AccessKeyId"]) == 20
    assert (first["Expiration"], second["Expiration"]) == (NOON + timedelta(minutes=15), NOON + timedelta(hours=1))


def test_a_role_is_found_by_name_and_path(serve, refused):
    role = RoleSpec("reader", path="/audit/")
    connection = serve(member(roles=(role,)))

    assert connection.assume(MEMBER, role="audit/reader")["AccessKeyId"]
    assert refused(connection.assume, MEMBER, role="reader") == DENIED
    assert refused(connection.assume, MEMBER, role="audit/other") == DENIED


def test_the_role_of_an_account_outside_of_the_organization_is_denied(serve, refused):
    assert refused(serve().assume, "999999999999") == DENIED


def test_a_denial_names_caller_and_role(serve):
    connection = serve()
    sts = connection.client("sts")

    with pytest.raises(sts.exceptions.ClientError) as caught:
        sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="credlake")
    assert caught.value.response["Error"]["Message"] == (
        "User: arn:aws:iam::000000000001:user/credlake-collector is not authorized to perform: sts:AssumeRole "
        "on resource: arn:aws:iam::111122223333:role/credlake-reader"
    )


def test_arns_are_of_the_organizations_partition(serve, refused):
    spec = OrganizationSpec((AccountSpec(MANAGEMENT, "management"), member()), MANAGEMENT, partition="aws-us-gov")
    connection = serve(organization=spec)
    gov = connection.client("sts").assume_role(
        RoleArn="arn:aws-us-gov:iam::111122223333:role/credlake-reader", RoleSessionName="credlake"
    )
    iam = connection.client("iam", gov["Credentials"])
    iam.generate_credential_report()

    assert gov["AssumedRoleUser"]["Arn"].startswith("arn:aws-us-gov:sts::111122223333:assumed-role/")
    assert b",arn:aws-us-gov:iam::111122223333:root," in iam.get_credential_report()["Content"]
    assert refused(connection.assume, MEMBER) == DENIED


def test_an_external_id_is_required_where_the_role_has_one(serve, refused):
    connection = serve(member(roles=(RoleSpec(external_id="lake-42"),)))

    assert refused(connection.assume, MEMBER) == DENIED
    assert refused(connection.assume, MEMBER, ExternalId="lake-43") == DENIED
    assert connection.assume(MEMBER, ExternalId="lake-42")["AccessKeyId"]


def test_a_role_trusts_only_the_management_account_and_delegated_administrators(serve, refused):
    def connection_from(caller, **parts):
        accounts = (AccountSpec(MANAGEMENT, "management"), member(), AccountSpec("222233334444", "other"))
        return serve(organization=OrganizationSpec(accounts, MANAGEMENT, caller=CallerSpec(caller), **parts))

    assert connection_from(MANAGEMENT).assume(MEMBER)
    assert connection_from("222233334444", delegated_administrators=("222233334444",)).assume(MEMBER)
    assert refused(connection_from("222233334444").assume, MEMBER) == DENIED
    assert refused(connection_from(MEMBER).assume, MEMBER) == DENIED


@pytest.mark.parametrize(
    ("state", "usable"),
    [
        (AccountState.PENDING_CLOSURE, True),
        (AccountState.SUSPENDED, False),
        (AccountState.CLOSED, False),
        (AccountState.PENDING_ACTIVATION, False),
    ],
)
def test_the_roles_of_an_account_can_be_assumed_until_it_is_closed(serve, refused, state, usable):
    connection = serve(member(state=state))

    if usable:
        assert connection.assume(MEMBER)["AccessKeyId"]
    else:
        assert refused(connection.assume, MEMBER) == DENIED


@pytest.mark.parametrize("fault", [faults.ROLE_MISSING, faults.WRONG_EXTERNAL_ID, faults.ROLE_UNTRUSTING])
def test_all_refusals_of_a_role_look_alike(serve, refused, fault):
    connection = serve(member(faults=(fault,)))

    assert refused(connection.assume, MEMBER, ExternalId="lake-42") == DENIED


def test_where_sts_is_deactivated_the_role_can_be_assumed_only_in_us_east_1(serve, refused):
    connection = serve(member(faults=(faults.STS_REGION_DISABLED,)))

    assert refused(connection.assume, MEMBER) == ("RegionDisabledException", 403, "RegionDisabledException")
    assert connection.assume(MEMBER, region="us-east-1")["AccessKeyId"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"DurationSeconds": 899},
        {"DurationSeconds": 43201},
        {"DurationSeconds": 3601},
        {"RoleSessionName": "x"},
        {"RoleSessionName": "with space"},
        {"ExternalId": "x"},
        {"RoleArn": "credlake-reader"},
        {"Policy": '{"Version":"2012-10-17","Statement":[]}' + " " * 2048},
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/SecurityAudit"}]},
        {"Tags": [{"Key": "run", "Value": "7"}]},
        {"SourceIdentity": "credlake"},
    ],
)
def test_parameters_that_are_invalid_or_not_evaluated_are_refused(serve, refused, parameters):
    connection = serve(member())

    assert refused(connection.assume, MEMBER, **parameters) == INVALID


def test_a_malformed_session_policy_is_refused(serve, refused):
    assert refused(serve(member()).assume, MEMBER, Policy="{") == (
        "MalformedPolicyDocument",
        400,
        "MalformedPolicyDocumentException",
    )


def test_a_caller_may_lack_the_permission_to_assume_roles(serve, refused):
    caller = CallerSpec(MANAGEMENT, denied_actions=frozenset({"sts:AssumeRole"}))
    spec = OrganizationSpec((AccountSpec(MANAGEMENT, "management"), member()), MANAGEMENT, caller=caller)

    assert refused(serve(organization=spec).assume, MEMBER) == DENIED


def test_a_session_ends_with_its_time(serve, refused):
    clock = ManualClock(NOON)
    connection = serve(member(), clock=clock)
    iam = connection.iam(DurationSeconds=900)

    clock.advance(timedelta(seconds=899))
    assert iam.generate_credential_report()["State"] == "STARTED"
    clock.advance(timedelta(seconds=1))
    assert refused(iam.generate_credential_report) == ("ExpiredToken", 403, "ClientError")


def test_a_token_of_another_key_is_refused(serve, refused):
    connection = serve(member())
    credentials = connection.assume(MEMBER)
    other = connection.assume(MEMBER)
    unknown = ("InvalidClientTokenId", 403, "ClientError")

    for wrong in (
        {**credentials, "SessionToken": other["SessionToken"]},
        {**credentials, "SessionToken": None},
        {**credentials, "AccessKeyId": "ASIAAAAAAAAAAAAAAAAA"},
    ):
        assert refused(connection.client("iam", wrong).get_account_summary) == unknown


@pytest.mark.parametrize(
    ("caller", "query", "json_code"),
    [
        ({"is_expired": True}, ("ExpiredToken", 403), "ExpiredTokenException"),
        ({"is_unknown": True}, ("InvalidClientTokenId", 403), "UnrecognizedClientException"),
    ],
)
def test_invalid_base_credentials_are_refused_with_the_codes_of_each_protocol(serve, refused, caller, query, json_code):
    spec = OrganizationSpec(
        (AccountSpec(MANAGEMENT, "management"),), MANAGEMENT, caller=CallerSpec(MANAGEMENT, **caller)
    )
    connection = serve(organization=spec)

    assert refused(connection.client("sts").get_caller_identity)[:2] == query
    assert refused(connection.client("iam").get_account_summary)[:2] == query
    assert refused(connection.client("organizations").list_accounts)[:2] == (json_code, 400)


def policy_of(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})


def test_a_session_may_do_only_what_its_session_policy_allows(serve):
    connection = serve(member())
    iam = connection.iam(Policy=policy_of("iam:GenerateCredentialReport"))

    assert iam.generate_credential_report()["State"] == "STARTED"
    with pytest.raises(iam.exceptions.ClientError, match="no session policy allows the iam:GetCredentialReport action"):
        iam.get_credential_report()


def test_a_session_policy_allows_nothing_that_the_role_does_not(serve):
    role = RoleSpec(permissions=("iam:Generate*", "iam:GetCredentialReport"))
    iam = serve(member(roles=(role,))).iam(Policy=policy_of("iam:*"))

    iam.generate_credential_report()
    iam.get_credential_report()
    with pytest.raises(iam.exceptions.ClientError, match="no identity-based policy allows the iam:GetAccountSummary"):
        iam.get_account_summary()


def test_an_administrators_role_is_restricted_by_a_session_policy(serve, refused):
    connection = serve(member(roles=(RoleSpec(permissions=("*",)),)))

    assert connection.iam().list_account_aliases()["AccountAliases"] == []
    assert refused(connection.iam(Policy=policy_of("iam:GetAccountSummary")).list_account_aliases) == DENIED
