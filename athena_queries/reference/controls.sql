-- Every control: its rule, why it matters, the remediation, the severity of a failure, and its limit.
-- Grain: control_id
-- Reads: nothing
-- Order: severity_rank, control_id
-- Example: control_id, title, severity, judged_per, default_limit, limit_unit
-- Source: Generated from controls.csv; do not edit.

select
    cast(control_id as varchar) as control_id,
    cast(title as varchar) as title,
    cast(fails_when as varchar) as fails_when,
    cast(why as varchar) as why,
    cast(mend as varchar) as mend,
    cast(severity as varchar) as severity,
    cast(severity_rank as integer) as severity_rank,
    cast(judged_per as varchar) as judged_per,
    cast(default_limit as integer) as default_limit,
    cast(limit_unit as varchar) as limit_unit,
    cast(limit_setting as varchar) as limit_setting
from (
    values
        ('report-collected', 'The account''s credential report was collected', 'an ACTIVE account was not `collected` or `partial`', 'Nothing is known about an account that was not read, so no other control can be evaluated there.', 'See the outcome and the error in collection_coverage. Deploy the collector''s role to the account, or exempt that role from the service control policy that denies the call; then collect again.', 'high', 2, 'account', null, null, null),
        ('root-no-access-key', 'The root user has no active access key', 'root has an active access key (an inactive one does not fail)', 'A root key gives full control of the account. IAM policies cannot restrict it, and service control policies do not reach the management account.', 'Give the workload that uses the key a role, then deactivate and delete the key. In a member account, delete root''s credentials centrally instead (IAM, Root access management), and deny the creation of new root keys with a service control policy.', 'critical', 1, 'account', null, null, null),
        ('root-mfa', 'The root user is protected by MFA', 'root `mfa_active` is false, and root has a password or an active key; not applicable in GovCloud if `password_enabled` is `not_supported`', 'Without it, anyone who guesses the password or takes over the root e-mail address owns the account. AWS requires MFA only once root signs in to the console.', 'Member account: delete root''s credentials centrally (IAM, Root access management). Management or standalone account: register a passkey or security key for root, and a second one kept elsewhere.', 'critical', 1, 'account', null, null, null),
        ('root-unused', 'The root user was not used recently', 'any root credential was used within the limit before the report; the limit should be at least the collection interval', 'Few tasks need root. IAM policies cannot restrict its use, it is hard to attribute to a person, and routine use hides misuse.', 'Find the activity in CloudTrail and the person behind it. Give the task a role; in member accounts, use a privileged session (sts:AssumeRoot) for the few tasks that it covers. Alert on root activity.', 'high', 2, 'account', 1, 'days', 'root_use_days'),
        ('console-mfa', 'Console users have MFA', 'password enabled, no MFA', 'Passwords are phished, leaked and reused. With MFA, a stolen password alone is not enough.', 'Have the user register a passkey or another MFA device, or remove console access that nobody uses. Better still, move people to IAM Identity Center.', 'high', 2, 'user', null, null, null),
        ('no-setup-access-key', 'Console users have no active access key that was never used', 'password enabled, key active, never used', 'Keys created just in case are forgotten, and nobody notices when they leak.', 'Delete the key. For the command line, use temporary credentials: `aws sso login` with IAM Identity Center, or `aws login` with the console password.', 'medium', 3, 'access_key', null, null, null),
        ('password-unused', 'Console passwords are not left unused', 'enabled, and last used (or last changed, if never used) at least as long before the report as the limit', 'Nobody notices when a password that its owner no longer uses is misused.', 'Remove the user''s console access (delete the login profile); it can be granted again. Delete the user if the person has left.', 'medium', 3, 'password', 45, 'days', 'password_unused_days'),
        ('access-key-unused', 'Access keys are not left unused', 'active, and last used (or created, if never used) at least as long before the report as the limit', 'A key that nobody uses helps only an attacker who finds it.', 'Deactivate the key and watch for anything that breaks; it can be reactivated. Then delete it.', 'medium', 3, 'access_key', 45, 'days', 'access_key_unused_days'),
        ('single-access-key', 'Users have at most one active access key', 'both keys active', 'A second active key doubles what can leak, and often marks a rotation that was never finished.', 'Move everything to the newer key, check when the older one was last used, deactivate it, then delete it.', 'low', 4, 'user', null, null, null),
        ('access-key-rotation', 'Access keys are rotated in time', 'active, and created longer before the report than the limit', 'The older a key, the more copies of it exist; a stolen one works until it is replaced.', 'Use temporary credentials where you can: roles on AWS, IAM Roles Anywhere or OIDC federation elsewhere, IAM Identity Center or `aws login` for people. Otherwise create a second key, move to it, check that the old one is no longer used, deactivate it, then delete it.', 'medium', 3, 'access_key', 90, 'days', 'access_key_rotation_days'),
        ('password-length', 'The password policy requires long passwords', 'no custom policy, or a minimum length below the limit', 'Short passwords can be guessed or cracked.', 'Set a password policy with at least this minimum length, and repeat its other settings: an update replaces the whole policy. Existing passwords stay valid until they are changed.', 'medium', 3, 'account', 14, 'characters', 'password_length'),
        ('password-reuse', 'The password policy prevents password reuse', 'no custom policy, or a reuse prevention below the limit', 'Anyone who learned an old password can sign in again once it is reused.', 'Set a password policy that remembers at least this many passwords (IAM allows 24), and repeat its other settings: an update replaces the whole policy.', 'low', 4, 'account', 24, 'passwords', 'password_reuse')
) as declared (control_id, title, fails_when, why, mend, severity, severity_rank, judged_per, default_limit, limit_unit, limit_setting)
