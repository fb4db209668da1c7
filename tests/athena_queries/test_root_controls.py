"""Root's certificates, the two controls of its credentials, China, and what the fresher account summary adds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.athena_queries.conftest import ACCOUNT, ORGANIZATION

MARCH = datetime(2026, 3, 3, 12, tzinfo=UTC)
PASSWORD = {"password_enabled": True, "password_last_changed": MARCH, "mfa_active": True}
KEY = {"access_key_1_active": True, "access_key_1_last_rotated": MARCH}
CERTIFICATE = {"cert_1_active": True, "cert_1_last_rotated": MARCH}
INACTIVE_KEY = {"access_key_2_last_rotated": MARCH}
INACTIVE_CERTIFICATE = {"cert_2_last_rotated": MARCH}

# GetAccountSummary of a root user without any credential.
NOTHING = {
    "account_mfa_enabled": False,
    "account_password_present": False,
    "account_access_keys_present": False,
    "account_signing_certificates_present": False,
}
FRESHER = " The account summary, which is fresher than the report, shows "


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ({}, "none"),
        (CERTIFICATE, "signing certificate"),
        ({**PASSWORD, **CERTIFICATE}, "password and signing certificate"),
        ({**KEY, **CERTIFICATE}, "access key and signing certificate"),
        ({**PASSWORD, **KEY, **CERTIFICATE}, "password and access key and signing certificate"),
        (INACTIVE_CERTIFICATE, "inactive"),
        (INACTIVE_KEY, "inactive"),
        ({**PASSWORD, **INACTIVE_KEY}, "password"),
        ({"unparsed": ("cert_1_active",)}, "unknown"),
        ({**CERTIFICATE, "unparsed": ("cert_2_active",)}, "signing certificate"),
    ],
)
def test_root_posture_names_every_kind_of_credential(lake_of, rows, root, expected):
    lake = lake_of(rows.account(), rows.root(**root))
    assert [row["root_credentials"] for row in lake.view("root_posture", "root_credentials")] == [expected]


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ({}, ("pass", "Root has no active signing certificate.")),
        (INACTIVE_CERTIFICATE, ("pass", "Root has no active signing certificate.")),
        (CERTIFICATE, ("fail", "Root has an active signing certificate.")),
        ({"unparsed": ("cert_2_active",)}, ("unknown", "Cannot be evaluated: cert_2_active is unparsed.")),
        (
            {**INACTIVE_CERTIFICATE, "cert_2_active": None},
            ("unknown", "Cannot be evaluated: cert_2_active is N/A."),
        ),
        # One active certificate is enough.
        ({**CERTIFICATE, "unparsed": ("cert_2_active",)}, ("fail", "Root has an active signing certificate.")),
    ],
)
def test_root_no_certificate(lake_of, rows, root, expected):
    lake = lake_of(rows.account(), rows.root(**root))
    assert lake.results("root-no-certificate", "status, reason") == [expected]


@pytest.mark.parametrize(
    ("root", "summary", "expected"),
    [
        ({}, {}, ("pass", "Root has no credentials.")),
        ({}, NOTHING, ("pass", "Root has no credentials.")),
        # MFA alone is not a credential.
        ({"mfa_active": True}, {}, ("pass", "Root has no credentials.")),
        (PASSWORD, {}, ("fail", "Root has a password.")),
        (INACTIVE_KEY, {}, ("fail", "Root has an access key.")),
        (INACTIVE_CERTIFICATE, {}, ("fail", "Root has a signing certificate.")),
        (
            {**PASSWORD, **KEY, **CERTIFICATE},
            {},
            ("fail", "Root has a password and an access key and a signing certificate."),
        ),
        (
            {},
            {**NOTHING, "account_password_present": True},
            ("fail", f"Root has a password.{FRESHER}credentials that the report does not."),
        ),
        (
            {},
            {**NOTHING, "account_signing_certificates_present": True},
            ("fail", f"Root has a signing certificate.{FRESHER}credentials that the report does not."),
        ),
        (PASSWORD, NOTHING, ("fail", f"Root has a password.{FRESHER}no credentials.")),
        # What the report does not show, the summary may.
        ({"unparsed": ("password_enabled",)}, NOTHING, ("pass", "Root has no credentials.")),
        (
            {"not_supported": ("password_enabled",)},
            {"account_password_present": True},
            ("fail", "Root has a password."),
        ),
        (
            {"not_supported": ("password_enabled",)},
            {},
            ("unknown", "Cannot be evaluated: password_enabled is not_supported."),
        ),
        (
            {"unparsed": ("access_key_1_last_rotated",)},
            {},
            ("unknown", "Cannot be evaluated: access_key_1_last_rotated is unparsed."),
        ),
        ({"unparsed": ("cert_1_active",)}, {}, ("unknown", "Cannot be evaluated: cert_1_active is unparsed.")),
    ],
)
def test_root_no_credentials_of_a_member_account(lake_of, rows, root, summary, expected):
    lake = lake_of(rows.account(**summary), rows.root(**root))
    assert lake.results("root-no-credentials", "status, reason") == [expected]


def test_without_a_root_row_the_summary_alone_shows_whether_root_has_credentials(lake_of, rows):
    other = "222222222222"
    lake = lake_of(rows.account(outcome="partial"), rows.account(other, outcome="partial", **NOTHING))
    assert lake.results("root-no-credentials", "status, reason") == [
        ("unknown", "Cannot be evaluated: the report has no root row.")
    ]
    assert lake.results("root-no-credentials", account_id=other) == ["pass"]
    assert lake.results("root-no-certificate", account_id=other) == ["unknown"]


@pytest.mark.parametrize("account", [{"is_management_account": True}, {"inventory_source": "single_account"}])
def test_root_no_credentials_is_not_applicable_to_an_account_that_is_no_member(lake_of, rows, account):
    lake = lake_of(rows.account(**account), rows.root(**PASSWORD))
    assert lake.results("root-no-credentials", "status, reason") == [
        ("not_applicable", "This is not a member account of an organization.")
    ]
    assert lake.results("root-no-certificate") == ["pass"]


def test_an_account_whose_organization_is_itself_is_no_member(lake_of, rows):
    lake = lake_of(rows.account(is_management_account=None), rows.root(**PASSWORD), organization=ACCOUNT)
    assert lake.results("root-no-credentials") == ["not_applicable"]
    assert ORGANIZATION != ACCOUNT


def test_without_knowing_the_management_account_credentials_of_root_are_unknown(lake_of, rows):
    other = "222222222222"
    unknown = {"is_management_account": None, "inventory_source": "accounts_file"}
    lake = lake_of(rows.account(**unknown), rows.root(**PASSWORD), rows.account(other, **unknown), rows.root(other))
    assert lake.results("root-no-credentials", "status, reason") == [
        (
            "unknown",
            "Cannot be evaluated: the account list does not show whether this is the management account.",
        )
    ]
    # Without credentials it does not matter.
    assert lake.results("root-no-credentials", account_id=other) == ["pass"]


ROOT_CONTROLS = ("root-no-access-key", "root-mfa", "root-unused", "root-no-credentials", "root-no-certificate")


@pytest.mark.parametrize("root", [None, {**PASSWORD, **KEY, **CERTIFICATE}])
def test_in_china_every_root_control_is_not_applicable(lake_of, rows, root):
    """There is no root user, and reports are said to lack the row (facts F11.2)."""
    users = [rows.user()] if root is None else [rows.user(), rows.root(**root)]
    lake = lake_of(rows.account(aws_partition="aws-cn", **NOTHING), *users)
    for control in ROOT_CONTROLS:
        assert lake.results(control, "status, reason") == [("not_applicable", "Accounts in China have no root user.")]
    [posture] = lake.view("root_posture", "root_credentials, has_root_user")
    assert posture["has_root_user"] is False
    assert root is not None or posture["root_credentials"] == "no root user"


@pytest.mark.parametrize(
    ("control", "root", "summary", "expected"),
    [
        (
            "root-mfa",
            {**PASSWORD, "mfa_active": False},
            {"account_mfa_enabled": True},
            ("fail", f"Root has credentials and no MFA device.{FRESHER}MFA."),
        ),
        ("root-mfa", PASSWORD, {"account_mfa_enabled": False}, ("pass", f"Root has MFA.{FRESHER}no MFA.")),
        ("root-mfa", PASSWORD, {"account_mfa_enabled": True}, ("pass", "Root has MFA.")),
        (
            "root-mfa",
            {**PASSWORD, "unparsed": ("mfa_active",)},
            {"account_mfa_enabled": False},
            ("unknown", f"Cannot be evaluated: mfa_active is unparsed.{FRESHER}no MFA."),
        ),
        (
            "root-mfa",
            {**PASSWORD, "mfa_active": False},
            NOTHING,
            ("fail", f"Root has credentials and no MFA device.{FRESHER}neither a password nor an access key."),
        ),
        (
            "root-mfa",
            {},
            {**NOTHING, "account_password_present": True},
            ("not_applicable", f"Root has no credentials that MFA could protect.{FRESHER}a password."),
        ),
        (
            "root-no-access-key",
            {},
            {**NOTHING, "account_access_keys_present": True},
            ("pass", f"Root has no active access key.{FRESHER}an access key."),
        ),
        # The summary counts inactive keys too.
        (
            "root-no-access-key",
            INACTIVE_KEY,
            {**NOTHING, "account_access_keys_present": True},
            ("pass", "Root has no active access key."),
        ),
        ("root-no-access-key", KEY, NOTHING, ("fail", f"Root has an active access key.{FRESHER}no access key.")),
        (
            "root-no-certificate",
            CERTIFICATE,
            NOTHING,
            ("fail", f"Root has an active signing certificate.{FRESHER}no signing certificate."),
        ),
        (
            "root-no-certificate",
            {},
            {**NOTHING, "account_signing_certificates_present": True},
            ("pass", f"Root has no active signing certificate.{FRESHER}a signing certificate."),
        ),
    ],
)
def test_the_reason_names_the_fresher_summary_where_it_contradicts(lake_of, rows, control, root, summary, expected):  # noqa: PLR0917 - one argument for each parameter
    lake = lake_of(rows.account(**summary), rows.root(**root))
    assert lake.results(control, "status, reason") == [expected]


@pytest.mark.parametrize(
    ("root", "present", "differs"),
    [
        (CERTIFICATE, False, True),
        (CERTIFICATE, True, False),
        ({}, True, True),
        ({}, False, False),
        # Whether the summary counts an inactive certificate is not documented.
        (INACTIVE_CERTIFICATE, True, False),
        (INACTIVE_CERTIFICATE, False, False),
    ],
)
def test_the_summary_can_differ_in_certificates(lake_of, rows, root, present, differs):
    summary = {**NOTHING, "account_signing_certificates_present": present}
    lake = lake_of(rows.account(**summary), rows.root(**root))
    assert [row["summary_differs"] for row in lake.view("root_posture", "summary_differs")] == [differs]
