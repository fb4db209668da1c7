"""Check that docs, help texts, messages and comments use the glossary's words: `python -m tools.words [FILE…]`.

Python and SQL are searched in their comments and strings, CSV below its header, Markdown outside its code, YAML as a
whole. A stable name, such as the column `mend`, is not prose: it is in backticks, in code, or a string of its own.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REPOSITORY = Path(__file__).parents[1]

# A banned word → what to write. Whole words, in any case.
GLOSSARY: dict[str, str] = {
    r"mend(s|ed|ing)?": "fix, remediation",
    r"br(ing|ings|inging|ought) (\w+ ){0,2}level": "sync",
    r"level with": "in sync with",
    r"verdicts?": "result",
    r"judge[sd]?|judging|judge?ments?": "evaluate, evaluation, result",
    r"tells?|told": "reports, shows",
    r"(it|this|that|which|record|table|file|report|header|page|command|AWS|Athena|Glue|S3) sa(ys|id)": "shows",
    r"is said": "is reported",
    r"lies? (beside|in|at|on|under|below|there|right)": "is stored, is next to",
    r"ask(s|ed|ing)? (the lake|athena|aws|glue|s3|iam|sts|organizations|it|of|a question)": "query, call, request",
    r"accounts? (is|are|was|were) (not )?asked": "collected, called",
    r"faults? of ours": "internal error (a bug in credlake)",
    r"(?<!there )(is|are) no (date|format|select|TOML|JSON|CSV|file|folder|account|view|lake|report|text)s?": "not a …",
    r"there (is|are) no (format|engine|command)": "unknown format …: use …",
    r"t(ake|akes|aken|ook) (it |them |a run |the run )?up": "resume",
    r"by chance": "a random sample of N",
    r"in rising order": "flags override environment variables, which override the file",
    r"gone in all but name": "inactive",
    r"set-?up keys?": "key created with the user",
    r"and leave": "and exit",
    r"all the same": "anyway",
    r"as (it|they) came": "unmodified",
    r"that AWS takes": "valid",
    r"meant by that": "matches no …",
    r"who(so)?ever": "anyone who",
    r"meanwhile": "in the meantime",
    r"wholly": "completely",
    r"catalogues?": "catalog",
    r"beside": "next to, as well as",
}
_WORDS = "|".join(rf"(?P<w{number}>(?<![\w`/.-])(?:{word})(?![\w`-]))" for number, word in enumerate(GLOSSARY))
_BANNED = re.compile(_WORDS, re.IGNORECASE)
_MEANT = tuple(GLOSSARY.values())
# The glossary itself, and what is generated or was written by tools and people of other projects.
_LEFT_OUT = ("tools/words.py", "collector/_data/", "LICENSE", "requirements/", "tests/", ".ci/", "glue/")
# Lakes hold this text, and `verify` compares it: it stays as it was first written.
_STORED = "so no age in it could be told"
_CODE = re.compile(r"^( *)(```|~~~).*?^\1\2[ \t]*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"""[a-z]?(["'])\w*\1""", re.IGNORECASE)
_SQL_PROSE = re.compile(r"--.*|'(?:[^']|'')*'")


class Finding(NamedTuple):
    """A banned word: where it is, and what to write."""

    path: str
    line: int
    word: str
    meant: str

    def __str__(self) -> str:
        """`path:line: "word": write …`."""
        return f'{self.path}:{self.line}: "{self.word}": write {self.meant}'


def findings(path: str, text: str) -> Iterator[Finding]:
    """Every banned word of a file, by its lines."""
    for line, prose in _prose(path, text):
        for found in _BANNED.finditer(prose.replace(_STORED, " " * len(_STORED))):
            number = line + prose.count("\n", 0, found.start())
            yield Finding(path, number, found[0], _MEANT[int((found.lastgroup or "w0")[1:])])


def _prose(path: str, text: str) -> Iterator[tuple[int, str]]:
    """The parts of a file that people read, each with the number of its first line."""
    if path.endswith(".py"):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            # FSTRING_MIDDLE: a part of an f-string, from Python 3.12 on.
            is_prose = tokenize.tok_name[token.type] in {"COMMENT", "STRING", "FSTRING_MIDDLE"}
            if is_prose and not _NAME.fullmatch(token.string):
                yield token.start[0], token.string
    elif path.endswith(".sql"):
        for prose in _SQL_PROSE.finditer(text):
            yield 1 + text.count("\n", 0, prose.start()), prose[0]
    elif path.endswith(".csv"):
        yield 2, text.partition("\n")[2]
    elif path.endswith(".md"):
        yield 1, _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)
    else:
        yield 1, text


def tracked_files() -> list[str]:
    """The files of the repository that hold prose, by name."""
    command = ["git", "ls-files", "--", "*.py", "*.md", "*.sql", "*.yaml", "*.csv", "*.toml"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)  # noqa: S603
    return [path for path in listed.stdout.split("\n") if path and not path.startswith(_LEFT_OUT)]


def main(arguments: Sequence[str]) -> int:
    """Print every banned word of the files, or of all tracked ones; 1 where there is any."""
    found = [
        finding
        for path in arguments or tracked_files()
        for finding in findings(path, (REPOSITORY / path).read_text("utf-8"))
    ]
    sys.stdout.writelines(f"{finding}\n" for finding in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
