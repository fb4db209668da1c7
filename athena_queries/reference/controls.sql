-- Every control: what it asks, why, how to mend a failure, how severe that is, and its limit.
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
        ('report-collected', 'The account''s credential report was collected', 'an ACTIVE account was not `collected` or `partial`', 'Of an account that was not read nothing is known: no other control can be judged there.', 'Look at the outcome and the error in collection_coverage; deploy the role, or let the service control policy pass the calls, then collect again.', 'high', 2, 'account', null, null, null),
        ('root-no-access-key', 'Root has no active access key', 'root has an active access key', 'A root key can do everything in the account, and no policy of the account can limit it.', 'Move what uses the key to a role, then delete the key; or remove root''s credentials centrally.', 'critical', 1, 'account', null, null, null),
        ('root-mfa', 'Root has MFA', 'root `mfa_active` is false, unless root has neither password nor active key', 'A password alone, guessed or reset by mail, then opens the whole account.', 'Register an MFA device for root, or remove root''s credentials centrally.', 'critical', 1, 'account', null, null, null),
        ('root-unused', 'Root was not used lately', 'any root credential was used within the limit before the report', 'Few tasks need root. Daily work with it cannot be limited, and hides misuse.', 'Find out who signed in and for what; give that task a role.', 'high', 2, 'account', 1, 'days', 'root_use_days'),
        ('console-mfa', 'Console users have MFA', 'password enabled, no MFA', 'Passwords leak and are used twice; a second factor makes a leaked one useless.', 'Let the user register an MFA device, or delete the password where nobody signs in.', 'high', 2, 'user', null, null, null),
        ('no-setup-access-key', 'Console users have no access key that was never used', 'password enabled, key active, never used', 'Keys made by ticking a box when the user was set up lie around unused, and leak.', 'Delete the key; make one when it is needed.', 'medium', 3, 'access_key', null, null, null),
        ('password-unused', 'Passwords are in use', 'enabled, and last used (or last changed, when never used) the limit or longer before the report', 'Nobody misses an idle password when it is misused.', 'Delete the user''s password (login profile); the user can be given a new one.', 'medium', 3, 'password', 45, 'days', 'password_unused_days'),
        ('access-key-unused', 'Access keys are in use', 'active, and last used (or created, when never used) the limit or longer before the report', 'An idle key serves nobody but whoever finds it.', 'Deactivate the key, wait for complaints, then delete it.', 'medium', 3, 'access_key', 45, 'days', 'access_key_unused_days'),
        ('single-access-key', 'Users have one active access key at most', 'both keys active', 'Two active keys double what can leak, and show a rotation that was not finished.', 'Finish the rotation: move to the newer key, deactivate the older one, then delete it.', 'low', 4, 'user', null, null, null),
        ('access-key-rotation', 'Access keys are renewed in time', 'active, and created longer before the report than the limit', 'The older a key, the more copies of it exist, and the longer a stolen one works.', 'Replace the key by a role where possible; else make a new key, move to it, delete the old one.', 'medium', 3, 'access_key', 90, 'days', 'access_key_rotation_days'),
        ('password-length', 'The password policy asks for long passwords', 'no custom policy, or a minimum length below the limit', 'Short passwords are guessed by trying.', 'Set an account password policy with a minimum length of 14 or more.', 'medium', 3, 'account', 14, 'characters', 'password_length'),
        ('password-reuse', 'The password policy forbids earlier passwords', 'no custom policy, or one that remembers fewer passwords than the limit', 'A password that comes back brings back whoever learnt it.', 'Set an account password policy that remembers 24 passwords.', 'low', 4, 'account', 24, 'passwords', 'password_reuse')
) as declared (control_id, title, fails_when, why, mend, severity, severity_rank, judged_per, default_limit, limit_unit, limit_setting)
