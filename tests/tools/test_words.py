from __future__ import annotations

import pytest

from tools import words


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.md", "Fix it.\n\nThe doctor tells the mend.\n", ['a.md:3: "tells"', 'a.md:3: "mend"']),
        ("a.md", "The column `mend` keeps its name.\n\n```\nmend\n```\n", []),
        ("a.py", "mend = 1  # The verdict.\n", ['a.py:1: "verdict"']),
        (
            "a.py",
            'def f():\n    """Be fine.\n\n    Whoever asks.\n    """\n    return verdict\n',
            ['a.py:4: "Whoever"'],
        ),
        ("a.py", 'row["mend"] = f"The mend of {control}"\n', ['a.py:1: "mend"']),
        (
            "a.sql",
            "-- Judged per account.\nselect mend,\n  'It\n  is mended.'",
            ['a.sql:1: "Judged"', 'a.sql:4: "mended"'],
        ),
        ("a.csv", "control,mend\na,Mend it.\n", ['a.csv:2: "Mend"']),
        ("a.yaml", "Description: Mend it.\n", ['a.yaml:1: "Mend"']),
        ("a.md", "There is no lake here. This is no lake.\n", ['a.md:1: "is no lake"']),
        ("a.md", "The message says why. The record says when.\n", ['a.md:1: "record says"']),
        ("a.md", "Recommend amendments; a foretold, unjudged well-told tale.\n", []),
    ],
)
def test_banned_words_are_found_in_prose_with_their_line(path, text, found):
    assert [str(finding).split(": write")[0] for finding in words.findings(path, text)] == found


def test_a_finding_shows_what_to_write():
    (finding,) = words.findings("README.md", "A fault of ours.")

    assert str(finding) == 'README.md:1: "fault of ours": write internal error (a bug in credlake)'
