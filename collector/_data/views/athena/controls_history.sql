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
        ('report-collected', 'The account''s credential report was collected', 'an ACTIVE account was not `collected` or `partial`', 'Nothing is known about an account whose report was not collected: no other control can be evaluated there.', 'Check the outcome and the error in collection_coverage. Deploy the role, or change the service control policy that denies the calls, then collect again.', 'high', 2, 'account', null, null, null),
        ('root-no-access-key', 'Root has no active access key', 'root has an active access key', 'A root key can do everything in the account, and no policy of the account can limit it.', 'Move the workload that uses the key to a role, then delete the key; or remove root''s credentials centrally.', 'critical', 1, 'account', null, null, null),
        ('root-mfa', 'Root has MFA', 'root `mfa_active` is false, unless root has neither a password nor an active key', 'Without MFA, a guessed password or one reset through its mailbox opens the whole account.', 'Register an MFA device for root, or remove root''s credentials centrally.', 'critical', 1, 'account', null, null, null),
        ('root-unused', 'Root was not used recently', 'any root credential was used within the limit before the report', 'Few tasks need root. Its permissions cannot be limited, and daily work as root hides misuse.', 'Find out who signed in and for what, and give that task a role.', 'high', 2, 'account', 1, 'days', 'root_use_days'),
        ('console-mfa', 'Console users have MFA', 'password enabled, no MFA', 'Passwords leak and are reused; a second factor makes a leaked one useless.', 'Have the user register an MFA device, or delete the password if nobody signs in with it.', 'high', 2, 'user', null, null, null),
        ('no-setup-access-key', 'Console users have no access key that was never used', 'password enabled, key active, never used', 'Keys created together with a console user are often never needed, and an unused key can still leak.', 'Delete the key; create one when it is needed.', 'medium', 3, 'access_key', null, null, null),
        ('password-unused', 'Passwords are in use', 'enabled, and last used (or last changed, if never used) at least as long before the report as the limit', 'Nobody notices when an idle password is misused.', 'Delete the user''s password (login profile); a new one can be set at any time.', 'medium', 3, 'password', 45, 'days', 'password_unused_days'),
        ('access-key-unused', 'Access keys are in use', 'active, and last used (or created, if never used) at least as long before the report as the limit', 'An idle key is of use only to someone who finds it.', 'Deactivate the key, wait to see whether anything breaks, then delete it.', 'medium', 3, 'access_key', 45, 'days', 'access_key_unused_days'),
        ('single-access-key', 'Users have at most one active access key', 'both keys active', 'Two active keys double what can leak, and indicate a rotation that was not completed.', 'Complete the rotation: move to the newer key, deactivate the older one, then delete it.', 'low', 4, 'user', null, null, null),
        ('access-key-rotation', 'Access keys are rotated in time', 'active, and created longer before the report than the limit', 'The older a key is, the more copies of it exist, and the longer a stolen one works.', 'Replace the key with a role where possible; otherwise create a new key, move to it, and delete the old one.', 'medium', 3, 'access_key', 90, 'days', 'access_key_rotation_days'),
        ('password-length', 'The password policy requires long passwords', 'no custom policy, or a minimum length below the limit', 'Short passwords can be guessed by brute force.', 'Set an account password policy with a minimum length of 14 or more.', 'medium', 3, 'account', 14, 'characters', 'password_length'),
        ('password-reuse', 'The password policy prevents password reuse', 'no custom policy, or a reuse prevention below the limit', 'A reused password is known to anyone who learned it before.', 'Set an account password policy with a reuse prevention of 24.', 'low', 4, 'account', 24, 'passwords', 'password_reuse')
) as declared (control_id, title, fails_when, why, mend, severity, severity_rank, judged_per, default_limit, limit_unit, limit_setting)
