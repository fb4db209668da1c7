"""The controls, declared once: the view `controls`, the docs and the severity of every finding come from here."""

from __future__ import annotations

from typing import Final

from tools.generate.controls.control import Control, JudgedPer, Limit, Severity

_PASSWORD_LENGTH: Final = Limit(setting="password_length", default=14, unit="characters")
_PASSWORD_REUSE: Final = Limit(setting="password_reuse", default=24, unit="passwords")


def _days(setting: str, default: int) -> Limit:
    return Limit(setting=setting, default=default, unit="days")


CONTROLS: Final[tuple[Control, ...]] = (
    Control(
        control_id="report-collected",
        title="The account's credential report was collected",
        fails_when="an ACTIVE account was not `collected` or `partial`",
        why="Of an account that was not read nothing is known: no other control can be judged there.",
        mend="Look at the outcome and the error in collection_coverage; deploy the role, or let the service control "
        "policy pass the calls, then collect again.",
        severity=Severity.HIGH,
        judged_per=JudgedPer.ACCOUNT,
    ),
    Control(
        control_id="root-no-access-key",
        title="Root has no active access key",
        fails_when="root has an active access key",
        why="A root key can do everything in the account, and no policy of the account can limit it.",
        mend="Move what uses the key to a role, then delete the key; or remove root's credentials centrally.",
        severity=Severity.CRITICAL,
        judged_per=JudgedPer.ACCOUNT,
    ),
    Control(
        control_id="root-mfa",
        title="Root has MFA",
        fails_when="root `mfa_active` is false, unless root has neither password nor active key",
        why="A password alone, guessed or reset by mail, then opens the whole account.",
        mend="Register an MFA device for root, or remove root's credentials centrally.",
        severity=Severity.CRITICAL,
        judged_per=JudgedPer.ACCOUNT,
    ),
    Control(
        control_id="root-unused",
        title="Root was not used lately",
        fails_when="any root credential was used within the limit before the report",
        why="Few tasks need root. Daily work with it cannot be limited, and hides misuse.",
        mend="Find out who signed in and for what; give that task a role.",
        severity=Severity.HIGH,
        judged_per=JudgedPer.ACCOUNT,
        limit=_days("root_use_days", 1),
    ),
    Control(
        control_id="console-mfa",
        title="Console users have MFA",
        fails_when="password enabled, no MFA",
        why="Passwords leak and are used twice; a second factor makes a leaked one useless.",
        mend="Let the user register an MFA device, or delete the password where nobody signs in.",
        severity=Severity.HIGH,
        judged_per=JudgedPer.USER,
    ),
    Control(
        control_id="no-setup-access-key",
        title="Console users have no access key that was never used",
        fails_when="password enabled, key active, never used",
        why="Keys made by ticking a box when the user was set up lie around unused, and leak.",
        mend="Delete the key; make one when it is needed.",
        severity=Severity.MEDIUM,
        judged_per=JudgedPer.ACCESS_KEY,
    ),
    Control(
        control_id="password-unused",
        title="Passwords are in use",
        fails_when="enabled, and last used (or last changed, when never used) the limit or longer before the report",
        why="Nobody misses an idle password when it is misused.",
        mend="Delete the user's password (login profile); the user can be given a new one.",
        severity=Severity.MEDIUM,
        judged_per=JudgedPer.PASSWORD,
        limit=_days("password_unused_days", 45),
    ),
    Control(
        control_id="access-key-unused",
        title="Access keys are in use",
        fails_when="active, and last used (or created, when never used) the limit or longer before the report",
        why="An idle key serves nobody but whoever finds it.",
        mend="Deactivate the key, wait for complaints, then delete it.",
        severity=Severity.MEDIUM,
        judged_per=JudgedPer.ACCESS_KEY,
        limit=_days("access_key_unused_days", 45),
    ),
    Control(
        control_id="single-access-key",
        title="Users have one active access key at most",
        fails_when="both keys active",
        why="Two active keys double what can leak, and show a rotation that was not finished.",
        mend="Finish the rotation: move to the newer key, deactivate the older one, then delete it.",
        severity=Severity.LOW,
        judged_per=JudgedPer.USER,
    ),
    Control(
        control_id="access-key-rotation",
        title="Access keys are renewed in time",
        fails_when="active, and created longer before the report than the limit",
        why="The older a key, the more copies of it exist, and the longer a stolen one works.",
        mend="Replace the key by a role where possible; else make a new key, move to it, delete the old one.",
        severity=Severity.MEDIUM,
        judged_per=JudgedPer.ACCESS_KEY,
        limit=_days("access_key_rotation_days", 90),
    ),
    Control(
        control_id="password-length",
        title="The password policy asks for long passwords",
        fails_when="no custom policy, or a minimum length below the limit",
        why="Short passwords are guessed by trying.",
        mend="Set an account password policy with a minimum length of 14 or more.",
        severity=Severity.MEDIUM,
        judged_per=JudgedPer.ACCOUNT,
        limit=_PASSWORD_LENGTH,
    ),
    Control(
        control_id="password-reuse",
        title="The password policy forbids earlier passwords",
        fails_when="no custom policy, or one that remembers fewer passwords than the limit",
        why="A password that comes back brings back whoever learnt it.",
        mend="Set an account password policy that remembers 24 passwords.",
        severity=Severity.LOW,
        judged_per=JudgedPer.ACCOUNT,
        limit=_PASSWORD_REUSE,
    ),
)
