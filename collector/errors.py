"""The few ways in which a command can end without having done its work.

Every message says what failed, on what, why, and the next step. `exit_code` is the command's (contract part 4).
"""

from __future__ import annotations

from typing import ClassVar


class CredlakeError(Exception):
    """Something that a user can mend. The command line prints the message, never a traceback."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, **facts: object) -> None:
        """Take the sentence for the user and the facts it rests on, for logs."""
        super().__init__(message)
        self.message = message
        self.facts = facts


class UsageFaultsError(CredlakeError):
    """Wrong usage or configuration: every fault that was found, one a line."""

    exit_code: ClassVar[int] = 2

    def __init__(self, faults: list[str], **facts: object) -> None:
        """Take all faults at once: a user mends them in one go."""
        super().__init__("\n".join(faults), **facts)
        self.faults = faults


class OrganizationUnreadableError(CredlakeError):
    """The accounts of the organization could not be listed, so no run can say what it covers."""


class LakeError(CredlakeError):
    """The lake cannot be read, or not be written."""


class NewerLakeError(LakeError):
    """The lake was written by a newer version, whose meaning this one does not know."""


class NotPublishedError(CredlakeError):
    """The run ended, and what it found is kept, but the rules of publication did not let it become the snapshot."""


class CatalogueBehindError(CredlakeError):
    """The snapshot is published, but Glue could not be brought level with the publication record."""

    exit_code: ClassVar[int] = 4
