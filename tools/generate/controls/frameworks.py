"""Which requirement of which framework a control helps to evidence, by version: numbers move with every edition.

Sources: facts 9.1 (CIS AWS Foundations), 9.2 (their predicates), 9.3 (Security Hub), 9.4 (PCI DSS, NIST 800-53). The
relation is that of the default limits. Which Security Hub controls belong to the standard FSBP: AWS's list of it holds
IAM.1 to IAM.8 and IAM.21.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class Relation(StrEnum):
    """What a verdict of ours says about the requirement."""

    # Fails and passes on the same facts.
    EXACT = "exact"
    # Whatever fails the requirement fails ours, but not the other way round: a 45-day failure is no 90-day failure.
    STRICTER = "stricter"
    # Helps to evidence the requirement; a verdict cannot be carried over.
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of one version of a framework, and how a control relates to it."""

    control_id: str
    framework: str
    version: str
    requirement: str
    relation: Relation
    note: str | None = None


CIS: Final = "CIS AWS Foundations"
FSBP: Final = "AWS FSBP"
SECURITY_HUB: Final = "AWS Security Hub"
PCI: Final = "PCI DSS"
NIST: Final = "NIST 800-53"

CIS_VERSIONS: Final = ("1.2", "1.4", "1.5", "2.0", "3.0", "4.0.1", "5.0", "6.0", "7.0")

# Control → its number in 1.2; in 1.4, 1.5, 2.0, 3.0 and 4.0.1; in 5.0; in 6.0; in 7.0. None: not in that version.
_CIS_NUMBERS: Final[dict[str, tuple[str | None, str, str, str, str | None]]] = {
    "root-no-access-key": ("1.12", "1.4", "1.3", "2.3", "2.4"),
    "root-mfa": ("1.13", "1.5", "1.4", "2.4", "2.5"),
    "root-unused": ("1.1", "1.7", "1.6", "2.6", "2.7"),
    "password-length": ("1.9", "1.8", "1.7", "2.7", "2.8"),
    "password-reuse": ("1.10", "1.9", "1.8", "2.8", "2.9"),
    "console-mfa": ("1.2", "1.10", "1.9", "2.9", "2.10"),
    "no-setup-access-key": (None, "1.11", "1.10", "2.10", None),
    "password-unused": ("1.3", "1.12", "1.11", "2.11", "2.11"),
    "access-key-unused": ("1.3", "1.12", "1.11", "2.11", "2.11"),
    "single-access-key": (None, "1.13", "1.12", "2.12", None),
    "access-key-rotation": ("1.4", "1.14", "1.13", "2.13", "2.12"),
}

_NINETY_DAYS: Final = "The requirement says 90 days."
_WITHOUT_CREDENTIALS: Final = (
    "The requirement also fails a root user without any credential, where ours is not applicable."
)
_ROOT_KEY_ALONE: Final = "The requirement passes a root user with an active key but no password; ours does not."
_NO_NUMBER: Final = "The requirement gives no number of days."


def _cis_relation(control_id: str, version: str) -> tuple[Relation, str | None]:
    if control_id == "root-mfa":
        # Up to 4.0.1 the audit looks at mfa_active alone; from 5.0 on root without a password passes (facts 9.2).
        if version in {"5.0", "6.0", "7.0"}:
            return Relation.STRICTER, _ROOT_KEY_ALONE
        return Relation.RELATED, _WITHOUT_CREDENTIALS
    if control_id == "root-unused":
        return Relation.RELATED, _NO_NUMBER
    if control_id in {"password-unused", "access-key-unused"} and version == "1.2":
        return Relation.STRICTER, _NINETY_DAYS
    return Relation.EXACT, None


def _cis() -> Iterator[Requirement]:
    for control_id, (first, middle, fifth, sixth, seventh) in _CIS_NUMBERS.items():
        numbers = (first, *[middle] * 5, fifth, sixth, seventh)
        for version, number in zip(CIS_VERSIONS, numbers, strict=True):
            if number is not None:
                yield Requirement(control_id, CIS, version, number, *_cis_relation(control_id, version))


_E, _S, _R = Relation.EXACT, Relation.STRICTER, Relation.RELATED
_INACTIVE_ROOT_KEY: Final = "Security Hub also counts an inactive root key."
_PARAMETERS: Final = "Security Hub judges the whole policy by its parameters."
_ALL_USERS: Final = "Security Hub judges users without a password too."

# Control, framework, version, requirement, relation, note.
_OTHERS: Final[tuple[Requirement, ...]] = (
    Requirement("report-collected", PCI, "4.0.1", "7.2.4", _R, "A review of access must cover every account."),
    Requirement("report-collected", NIST, "r5", "AC-2", _R),
    Requirement("root-no-access-key", FSBP, "1.0.0", "IAM.4", _R, _INACTIVE_ROOT_KEY),
    *(
        Requirement("root-no-access-key", NIST, "r5", requirement, _R)
        for requirement in ("AC-2(1)", "AC-3(7)", "AC-3(15)", "AC-6", "AC-6(2)", "AC-6(10)")
    ),
    Requirement("root-mfa", SECURITY_HUB, "IAM", "IAM.9", _E),
    Requirement("root-mfa", PCI, "4.0.1", "8.4.2", _R),
    *(Requirement("root-mfa", NIST, "r5", requirement, _R) for requirement in ("IA-2(1)", "IA-2(2)")),
    Requirement("root-unused", NIST, "r5", "AC-6", _R),
    Requirement("console-mfa", FSBP, "1.0.0", "IAM.5", _E),
    Requirement("console-mfa", SECURITY_HUB, "IAM", "IAM.19", _R, _ALL_USERS),
    Requirement("console-mfa", PCI, "4.0.1", "8.4.2", _R),
    *(
        Requirement("console-mfa", NIST, "r5", requirement, _R)
        for requirement in ("AC-2(1)", "AC-3(15)", "IA-2(1)", "IA-2(2)", "IA-2(6)", "IA-2(8)")
    ),
    *(
        requirement
        for control_id in ("password-unused", "access-key-unused")
        for requirement in (
            Requirement(control_id, FSBP, "1.0.0", "IAM.8", _S, _NINETY_DAYS),
            Requirement(control_id, SECURITY_HUB, "IAM", "IAM.22", _E),
            Requirement(control_id, PCI, "4.0.1", "8.2.6", _S, _NINETY_DAYS),
            *(
                Requirement(control_id, NIST, "r5", number, _R)
                for number in ("AC-2", "AC-2(1)", "AC-2(3)", "AC-3", "AC-3(7)", "AC-3(15)", "AC-6")
            ),
        )
    ),
    Requirement("access-key-rotation", FSBP, "1.0.0", "IAM.3", _E),
    *(Requirement("access-key-rotation", PCI, "4.0.1", requirement, _R) for requirement in ("8.3.9", "8.6.3")),
    *(
        Requirement("access-key-rotation", NIST, "r5", requirement, _R)
        for requirement in ("AC-2(1)", "AC-2(3)", "AC-3(15)")
    ),
    Requirement("password-length", FSBP, "1.0.0", "IAM.7", _R, _PARAMETERS),
    Requirement("password-length", SECURITY_HUB, "IAM", "IAM.15", _E),
    Requirement("password-length", PCI, "4.0.1", "8.3.6", _R, "The requirement asks for kinds of characters too."),
    Requirement("password-length", NIST, "r5", "IA-5", _R),
    Requirement("password-reuse", FSBP, "1.0.0", "IAM.7", _R, _PARAMETERS),
    Requirement("password-reuse", SECURITY_HUB, "IAM", "IAM.16", _E),
    Requirement("password-reuse", PCI, "4.0.1", "8.3.7", _S, "The requirement says the last four passwords."),
    Requirement("password-reuse", NIST, "r5", "IA-5", _R),
)

REQUIREMENTS: Final[tuple[Requirement, ...]] = (*_cis(), *_OTHERS)
