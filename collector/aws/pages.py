"""The pages of a listing, however faulty the server: a listing that makes no progress ends with an error.

botocore stops only where the same token comes twice in a row. Tokens that alternate, and new ones with empty pages for
ever, kept a run going without end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from collector.aws.errors import translated
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

Page = TypeVar("Page", bound="Mapping[str, Any]")

# AWS may send empty pages that have a successor (facts F4.1); so many in a row are not a listing any more.
_MOST_IDLE_PAGES = 1000


def every_page(
    operation: str, pages: Iterable[Page], ids: Callable[[Page], Iterable[Hashable]], *, successor: str = "NextToken"
) -> Iterator[Page]:
    """The pages, one call each. `ids` identifies the items of a page; `successor` is where a page names the next.

    Raises:
        CallFault: a call failed, or the listing does not end (`EndlessListing`): a token that an earlier page had, or a
            thousand pages without an item that is new.
    """
    tokens: set[object] = set()
    known: set[Hashable] = set()
    idle = 0
    with translated(operation):
        for number, page in enumerate(pages, 1):
            before = len(known)
            known.update(ids(page))
            idle = 0 if len(known) > before else idle + 1
            token = page.get(successor)
            if token in tokens:
                raise _endless(operation, f"page {number} has a token that an earlier page had")
            if idle == _MOST_IDLE_PAGES:
                raise _endless(operation, f"the last {idle:,} pages had nothing new")
            if token:
                tokens.add(token)
            yield page


def _endless(operation: str, why: str) -> CallFault:
    return CallFault(FaultKind.OTHER, "EndlessListing", f"The list does not end: {why}.", operation)
