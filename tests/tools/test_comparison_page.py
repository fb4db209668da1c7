"""docs/comparison.md speaks of the golden cases that are really tested, and of all of them."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "comparison.md").read_text("utf-8").partition("## Golden cases")[2]
FILES = sorted((REPOSITORY / "tests" / "athena_queries").glob("test_golden_*.py"))
TESTS = "\n".join(file.read_text("utf-8") for file in FILES)

# A case of the page, and the tests that prove it.
PROOFS = {
    "active key never used and old": "test_active_key_never_used_and_old",
    "active key never used and new": "test_active_key_never_used_and_new",
    "password never used": "test_password_never_used",
    "key used in S3, which has no Region": "test_key_used_in_s3_without_region",
    "inactive key with a date": "test_inactive_key_with_a_date",
    "two active keys": "test_two_active_keys",
    "root without credentials": "test_root_without_credentials",
    "root with an old password login and a key used an hour ago": (
        "test_root_with_an_old_password_login_and_a_key_used_an_hour_ago"
    ),
    "root with nothing but an active signing certificate": "test_root_with_nothing_but_an_active_signing_certificate",
    "root MFA in old-style and new-style reports": "test_root_mfa_in_old_style_and_new_style_reports",
    "a key exactly 45 days old, and one second less": "test_a_key_exactly_45_days_old_and_one_second_less",
    "a key 90 days old, and one second more": "test_a_key_90_days_old_and_one_second_more",
    "an unparsed `mfa_active`": "test_an_unparsed_mfa_active",
    "a user deleted between snapshots": "test_a_user_deleted_between_snapshots",
    "a user deleted and made again under the same name": "test_a_user_deleted_and_made_again_under_the_same_name",
    "key slots swapped between snapshots": "test_key_slots_swapped_between_snapshots",
    "two keys made in the same second": "test_two_keys_made_in_the_same_second",
    "an account that failed today and was fine yesterday": "test_an_account_that_failed_today_and_was_fine_yesterday",
    "a policy that cannot be read": "test_a_policy_that_cannot_be_read",
    "a comma in a user name": "test_a_comma_in_a_user_name",
}


def test_every_case_of_the_page_is_proved_by_a_test():
    cases = re.findall(r"^\| ([^|]+?) \|", PAGE, flags=re.MULTILINE)
    assert cases[0] == "case"
    assert cases[1:] == list(PROOFS)
    defined = set(re.findall(r"^def (test_\w+)", TESTS, flags=re.MULTILINE))
    assert set(PROOFS.values()) <= defined
