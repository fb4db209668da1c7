"""Which rows are kept: commas, quotes, rows out of step, contradicting rows, other accounts."""

from __future__ import annotations

import pytest

from collector.outcome import Outcome
from collector.report import parse_report
from collector.report.result import unpublishable
from tests.report.shapes import ACCOUNT, HEADER, ROOT, ROOT_ROW, expected_user, file, plain, report, user_row

INFO = "additional_credentials_info"


@pytest.mark.parametrize(
    ("name", "users"),
    [
        ("comma_in_user_name_quoted", [("doe,jane", "team/"), ("alice", "")]),
        ("comma_in_user_name_unquoted", [("doe,jane", "team/"), ("a,b,,c", ""), ("alice", "")]),
        ("comma_in_path_unquoted", [("alice", "emea,apac/"), ("doe,jane", "emea,apac/,x/")]),
        (
            "comma_and_quote_in_path_unquoted",
            [("alice", 'a,"b/'), ("bob", 'a,"b",/'), ("carol", '"quoted"/'), ("dave", "")],
        ),
        ("comma_and_quote_in_path_quoted", [("alice", 'a,"b/'), ("doe,jane", '"x"/')]),
        ("columns_in_another_order_with_comma", [("doe,jane", "x,y/")]),
        ("names_that_are_not_ascii", [("josé", ""), ("田中", "")]),
    ],
)
def test_commas_and_quotes_in_names_and_paths_cost_no_row(name, users):
    parsed = parse_report(file(name), account_id=ACCOUNT)

    assert (parsed.outcome, parsed.problem) == (Outcome.COLLECTED, None)
    assert plain(parsed.users) == [ROOT, *(expected_user(user, path) for user, path in users)]


@pytest.mark.parametrize("quoted", ["user", "arn"])
def test_a_comma_quoted_in_one_of_the_two_columns_is_recovered_in_the_other(quoted):
    arn = f"arn:aws:iam::{ACCOUNT}:user/doe,jane"
    texts = {"user": "doe,jane", "arn": arn}
    texts[quoted] = f'"{texts[quoted]}"'

    parsed = parse_report(report(ROOT_ROW, user_row("doe,jane", **texts)), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT, expected_user("doe,jane")]


def test_as_many_commas_as_iam_allows_are_recovered():
    """A name has up to 64 characters, a path up to 512 with its slashes."""
    name, path = "a" + "," * 63, "," * 510 + "/"

    parsed = parse_report(report(ROOT_ROW, user_row(name, path)), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT, expected_user(name, path)]


def test_a_comma_is_recovered_beside_a_value_that_is_quoted():
    row = user_row("doe,jane", "team/", cert_1_last_rotated='"2026-09-11T13:15:15Z"')

    parsed = parse_report(report(ROOT_ROW, row), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert plain(parsed.users) == [
        ROOT,
        expected_user("doe,jane", "team/", cert_1_last_rotated="2026-09-11T13:15:15.000Z"),
    ]


def test_a_row_that_can_be_read_in_two_ways_is_skipped():
    """Either `x,a` with the note `q/a`, or `a` with the path `/x,a,q/` and the note `x`."""
    header = HEADER.replace("user,arn,", "arn,note,user,")
    line = user_row("").replace(f",arn:aws:iam::{ACCOUNT}:user/", f"arn:aws:iam::{ACCOUNT}:user/x,a,q/a,x,a", 1)
    one_way = line.replace("q/a", "q/b")

    parsed = parse_report(report(line, header=header), account_id=ACCOUNT)

    assert (parsed.users.num_rows, parsed.unreadable_rows) == (0, 1)
    assert plain(parse_report(report(one_way, header=header), account_id=ACCOUNT).users) == [
        expected_user("x,a", unknown_columns={"note": "q/b"})
    ]


def test_an_unquoted_comma_elsewhere_costs_the_row():
    parsed = parse_report(file("comma_in_a_value_unquoted"), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT, expected_user("bob")]
    assert parsed.outcome is Outcome.PARTIAL
    assert parsed.problem == (
        "1 of 3 rows was left out: too many fields, and no single way to put them together (row 2). "
        "Row 1 is the first below the header."
    )


def test_a_quoted_value_that_runs_over_a_line_end_is_no_row():
    """No value of AWS holds a line end, so neither line is one."""
    parsed = parse_report(file("value_over_two_lines"), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT, expected_user("bob")]
    assert parsed.problem == (
        "2 of 4 rows were left out: broken quotes (row 2), too few fields (row 3). Row 1 is the first below the header."
    )


def test_no_user_has_the_values_of_another_where_quotes_enclose_the_rows_between():
    """By the letter of CSV, alice's row ends with carol's second key, and bob is a part of her value."""
    parsed = parse_report(file("quotes_around_other_rows"), account_id=ACCOUNT)

    assert (parsed.outcome, parsed.unreadable_rows, parsed.unreadable_values) == (Outcome.PARTIAL, 1, 1)
    assert parsed.problem == (
        "1 of 4 rows was left out: broken quotes (row 2); 1 value could not be read: access_key_1_active (row 4). "
        "Row 1 is the first below the header."
    )
    assert [(user["user_name"], user["access_key_2_active"]) for user in plain(parsed.users)] == [
        ("<root_account>", False),
        ("bob", False),
        ("carol", True),
    ]


def test_a_carriage_return_between_quotes_is_a_line_end_too():
    row = user_row("alice", access_key_1_last_used_region='"N/A\rN/A"')

    parsed = parse_report(report(ROOT_ROW, row), account_id=ACCOUNT)

    assert (parsed.users.num_rows, parsed.unreadable_rows) == (1, 1)


def test_a_stray_quote_costs_its_own_row_only():
    parsed = parse_report(file("stray_quotes"), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT, expected_user("bob"), expected_user("dave"), expected_user("erin")]
    assert parsed.problem == (
        "2 of 6 rows were left out: broken quotes (rows 2, 4). Row 1 is the first below the header."
    )


def test_two_stray_quotes_do_not_swallow_the_rows_between_them():
    """By the letter of CSV all between the quotes is one value; but then users would vanish without a word."""
    rows = [user_row("alice") + ',"from here', user_row("bob") + ",N/A", user_row("carol") + ',to here"']

    parsed = parse_report(report(ROOT_ROW + ",N/A", *rows, header=f"{HEADER},{INFO}"), account_id=ACCOUNT)

    assert plain(parsed.users)[:2] == [ROOT, expected_user("bob")]
    assert parsed.unreadable_rows == 1
    assert parsed.users.num_rows == 3


def test_rows_out_of_step_or_of_nobody_are_skipped_and_numbered():
    parsed = parse_report(file("rows_out_of_step"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert parsed.unreadable_rows == 11
    assert plain(parsed.users) == [ROOT, expected_user("carol", "team/")]
    assert parsed.problem == (
        "11 of 13 rows were left out: too few fields (rows 2, 12), "
        "too many fields, and no single way to put them together (row 3), "
        "user and ARN do not agree (rows 4, 6, 7, 11), "
        "no ARN of an IAM user or of root (rows 5, 8, 9, 10). Row 1 is the first below the header."
    )


def test_a_report_cut_off_in_a_row_is_partial():
    parsed = parse_report(file("cut_off"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert plain(parsed.users) == [ROOT, expected_user("alice")]
    assert parsed.unreadable_rows == 1


def test_a_problem_lists_five_rows_and_counts_the_rest():
    parsed = parse_report(report(ROOT_ROW, *["x"] * 9), account_id=ACCOUNT)

    assert parsed.problem == (
        "9 of 10 rows were left out: too few fields (rows 2, 3, 4, 5, 6 and 4 more). "
        "Row 1 is the first below the header."
    )


def test_blank_lines_are_no_rows():
    parsed = parse_report(b"\n\n".join([HEADER.encode(), ROOT_ROW.encode(), b" ", b"\r", b""]), account_id=ACCOUNT)

    assert (parsed.outcome, parsed.users.num_rows, parsed.unreadable_rows) == (Outcome.COLLECTED, 1, 0)


def test_of_rows_that_are_the_same_one_is_kept_and_the_others_are_unreadable():
    parsed = parse_report(file("repeated_rows"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert plain(parsed.users) == [ROOT, expected_user("alice"), expected_user("bob")]
    assert parsed.unreadable_rows == 3
    assert parsed.has_root


def test_of_rows_of_one_user_that_differ_none_is_kept():
    """`Alice` is not `alice` here: AWS would not have both, and it is not for us to say which is meant."""
    parsed = parse_report(file("conflicting_rows"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert plain(parsed.users) == [ROOT, expected_user("bob"), expected_user("Alice")]
    assert parsed.unreadable_rows == 3


def test_of_two_roots_that_differ_none_is_kept():
    parsed = parse_report(file("two_roots_that_differ"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert plain(parsed.users) == [expected_user("alice")]
    assert (parsed.unreadable_rows, parsed.has_root) == (2, False)
    assert parsed.problem == (
        "2 of 3 rows were left out: another row of the same user says otherwise (rows 1, 3); there is no root row. "
        "Row 1 is the first below the header."
    )


def test_roots_of_two_partitions_are_two_roots():
    other = ROOT_ROW.replace("arn:aws:", "arn:aws-cn:")

    parsed = parse_report(report(ROOT_ROW, other), account_id=ACCOUNT)

    assert (parsed.users.num_rows, parsed.unreadable_rows) == (0, 2)


def test_without_a_root_row_the_account_is_partial():
    parsed = parse_report(file("no_root_row"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert (parsed.has_root, parsed.problem) == (False, "There is no root row.")
    assert plain(parsed.users) == [expected_user("alice")]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso-b", "aws-of-tomorrow"])
def test_the_partition_is_the_arns_own(partition):
    root = ROOT_ROW.replace("arn:aws:", f"arn:{partition}:")

    parsed = parse_report(report(root, user_row("alice", partition=partition)), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert parsed.users["user_arn"].to_pylist() == [
        f"arn:{partition}:iam::333333333333:root",
        f"arn:{partition}:iam::333333333333:user/alice",
    ]


@pytest.mark.parametrize("arn", ["arn:azure:iam::333333333333:user/alice", "arn:AWS:iam::333333333333:user/alice"])
def test_an_arn_of_no_partition_of_aws_is_none(arn):
    parsed = parse_report(report(ROOT_ROW, user_row("alice", arn=arn)), account_id=ACCOUNT)

    assert (parsed.users.num_rows, parsed.unreadable_rows) == (1, 1)


@pytest.mark.parametrize(
    ("name", "others", "arns"),
    [("another_account", 2, 2), ("one_row_of_another_account", 1, 3), ("another_account_in_a_short_row", 1, 3)],
)
def test_an_arn_of_another_account_anywhere_stops_the_whole_report(name, others, arns):
    parsed = parse_report(file(name), account_id=ACCOUNT)

    problem = f"{others} of the report's {arns} ARNs name another account than the one that was asked."
    assert parsed == unpublishable(Outcome.WRONG_ACCOUNT, problem)


@pytest.mark.parametrize(
    "row",
    [
        user_row("alice", arn="arn:aws:iam::444444444444:user/bob"),
        user_row("alice", user="a,l,i,ce", account="444444444444"),
        user_row("alice", account="444444444444").partition(",")[2],
        '"' + user_row("alice", account="444444444444"),
    ],
    ids=["disagreement", "too many fields", "too few fields", "broken quotes"],
)
def test_an_arn_of_another_account_counts_in_a_row_that_is_skipped(row):
    assert parse_report(report(ROOT_ROW, row), account_id=ACCOUNT).outcome is Outcome.WRONG_ACCOUNT


def test_an_arn_in_an_unknown_column_says_nothing_about_the_account():
    row = user_row("alice") + ",arn:aws:iam::444444444444:user/admin"

    parsed = parse_report(report(ROOT_ROW + ",N/A", row, header=HEADER + ",made_by"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED


def test_no_problem_tells_a_value_or_a_users_name():
    """Messages end up in logs and in `account.error_message`."""
    secret = "s3cr3t"
    rows = [
        user_row(f"{secret}-a", mfa_active=secret),
        user_row(f"{secret}-b").rsplit(",", 1)[0],
        user_row(f"{secret}-c") + f",{secret}",
        user_row(f"{secret}-d", arn=f"arn:aws:iam::{ACCOUNT}:user/other-{secret}-e"),
        user_row(f"{secret}-f"),
        user_row(f"{secret}-f", mfa_active="false"),
        f'"{secret}',
    ]

    parsed = parse_report(report(*rows), account_id=ACCOUNT)
    wrong = parse_report(report(*rows, user_row(secret, account="444444444444")), account_id=ACCOUNT)

    assert parsed.unreadable_rows == 6
    assert secret not in parsed.problem
    assert wrong.outcome is Outcome.WRONG_ACCOUNT
    assert secret not in wrong.problem
    assert "444444444444" not in wrong.problem
