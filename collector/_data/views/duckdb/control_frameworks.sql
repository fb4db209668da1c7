SELECT
  CAST("declared"."control_id" AS TEXT) AS "control_id",
  CAST("declared"."framework" AS TEXT) AS "framework",
  CAST("declared"."version" AS TEXT) AS "version",
  CAST("declared"."requirement" AS TEXT) AS "requirement",
  CAST("declared"."relation" AS TEXT) AS "relation",
  CAST("declared"."note" AS TEXT) AS "note",
  CAST("declared"."requirement_limit" AS INT) AS "requirement_limit"
FROM (VALUES
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '1.2',
    '1.12',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '1.3',
    '1.4',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '1.4',
    '1.4',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '1.5',
    '1.4',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '2.0',
    '1.4',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '3.0',
    '1.4',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '4.0.1',
    '1.4',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '5.0',
    '1.3',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '6.0',
    '2.3',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-no-access-key',
    'CIS AWS Foundations',
    '7.0',
    '2.4',
    'exact',
    'The requirement''s audit of the credential report reads the same columns; its CLI audit also counts an inactive key.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '1.2',
    '1.13',
    'looser',
    'The requirement also fails a root user without any credential, where this control is not applicable.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '1.3',
    '1.5',
    'looser',
    'The requirement also fails a root user without any credential, where this control is not applicable.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '1.4',
    '1.5',
    'looser',
    'The requirement also fails a root user without any credential, where this control is not applicable.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '1.5',
    '1.5',
    'looser',
    'The requirement also fails a root user without any credential, where this control is not applicable.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '2.0',
    '1.5',
    'looser',
    'The requirement also fails a root user without any credential, where this control is not applicable.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '3.0',
    '1.5',
    'looser',
    'The requirement also fails a root user without any credential, where this control is not applicable.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '4.0.1',
    '1.5',
    'looser',
    'The requirement also fails a root user without any credential, where this control is not applicable.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '5.0',
    '1.4',
    'stricter',
    'The requirement passes a root user with an active key but no password; this control does not. In GovCloud, this control can be not applicable where the requirement fails.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '6.0',
    '2.4',
    'stricter',
    'The requirement passes a root user with an active key but no password; this control does not. In GovCloud, this control can be not applicable where the requirement fails.',
    NULL
  ),
  (
    'root-mfa',
    'CIS AWS Foundations',
    '7.0',
    '2.5',
    'stricter',
    'The requirement passes a root user with an active key but no password; this control does not. In GovCloud, this control can be not applicable where the requirement fails.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '1.2',
    '1.1',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '1.3',
    '1.7',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '1.4',
    '1.7',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '1.5',
    '1.7',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '2.0',
    '1.7',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '3.0',
    '1.7',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '4.0.1',
    '1.7',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '5.0',
    '1.6',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '6.0',
    '2.6',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-unused',
    'CIS AWS Foundations',
    '7.0',
    '2.7',
    'related',
    'The requirement specifies no number of days.',
    NULL
  ),
  (
    'root-no-credentials',
    'CIS AWS Foundations',
    '7.0',
    '2.1.1',
    'related',
    'The requirement is that root credentials management is enabled in the organization, which no credential report shows.',
    NULL
  ),
  ('password-length', 'CIS AWS Foundations', '1.2', '1.9', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '1.3', '1.8', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '1.4', '1.8', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '1.5', '1.8', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '2.0', '1.8', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '3.0', '1.8', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '4.0.1', '1.8', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '5.0', '1.7', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '6.0', '2.7', 'exact', NULL, 14),
  ('password-length', 'CIS AWS Foundations', '7.0', '2.8', 'exact', NULL, 14),
  ('password-reuse', 'CIS AWS Foundations', '1.2', '1.10', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '1.3', '1.9', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '1.4', '1.9', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '1.5', '1.9', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '2.0', '1.9', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '3.0', '1.9', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '4.0.1', '1.9', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '5.0', '1.8', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '6.0', '2.8', 'exact', NULL, 24),
  ('password-reuse', 'CIS AWS Foundations', '7.0', '2.9', 'exact', NULL, 24),
  ('console-mfa', 'CIS AWS Foundations', '1.2', '1.2', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '1.3', '1.10', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '1.4', '1.10', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '1.5', '1.10', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '2.0', '1.10', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '3.0', '1.10', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '4.0.1', '1.10', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '5.0', '1.9', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '6.0', '2.9', 'exact', NULL, NULL),
  ('console-mfa', 'CIS AWS Foundations', '7.0', '2.10', 'exact', NULL, NULL),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '1.2',
    '1.21',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '1.3',
    '1.11',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '1.4',
    '1.11',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '1.5',
    '1.11',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '2.0',
    '1.11',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '3.0',
    '1.11',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '4.0.1',
    '1.11',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '5.0',
    '1.10',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'no-setup-access-key',
    'CIS AWS Foundations',
    '6.0',
    '2.10',
    'stricter',
    'The requirement is about keys created together with the user; this control fails any active key that was never used.',
    NULL
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '1.2',
    '1.3',
    'stricter',
    'A credential that fails at 45 days need not fail at 90. Passwords are half of the requirement; access-key-unused is the other half.',
    90
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '1.3',
    '1.12',
    'stricter',
    'A credential that fails at 45 days need not fail at 90. Passwords are half of the requirement; access-key-unused is the other half.',
    90
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '1.4',
    '1.12',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '1.5',
    '1.12',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '2.0',
    '1.12',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '3.0',
    '1.12',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '4.0.1',
    '1.12',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '5.0',
    '1.11',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '6.0',
    '2.11',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'password-unused',
    'CIS AWS Foundations',
    '7.0',
    '2.11',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '1.2',
    '1.3',
    'stricter',
    'A credential that fails at 45 days need not fail at 90. Access keys are half of the requirement; password-unused is the other half.',
    90
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '1.3',
    '1.12',
    'stricter',
    'A credential that fails at 45 days need not fail at 90. Access keys are half of the requirement; password-unused is the other half.',
    90
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '1.4',
    '1.12',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '1.5',
    '1.12',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '2.0',
    '1.12',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '3.0',
    '1.12',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '4.0.1',
    '1.12',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '5.0',
    '1.11',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '6.0',
    '2.11',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  (
    'access-key-unused',
    'CIS AWS Foundations',
    '7.0',
    '2.11',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  ('single-access-key', 'CIS AWS Foundations', '1.3', '1.13', 'exact', NULL, NULL),
  ('single-access-key', 'CIS AWS Foundations', '1.4', '1.13', 'exact', NULL, NULL),
  ('single-access-key', 'CIS AWS Foundations', '1.5', '1.13', 'exact', NULL, NULL),
  ('single-access-key', 'CIS AWS Foundations', '2.0', '1.13', 'exact', NULL, NULL),
  ('single-access-key', 'CIS AWS Foundations', '3.0', '1.13', 'exact', NULL, NULL),
  ('single-access-key', 'CIS AWS Foundations', '4.0.1', '1.13', 'exact', NULL, NULL),
  ('single-access-key', 'CIS AWS Foundations', '5.0', '1.12', 'exact', NULL, NULL),
  ('single-access-key', 'CIS AWS Foundations', '6.0', '2.12', 'exact', NULL, NULL),
  ('access-key-rotation', 'CIS AWS Foundations', '1.2', '1.4', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '1.3', '1.14', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '1.4', '1.14', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '1.5', '1.14', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '2.0', '1.14', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '3.0', '1.14', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '4.0.1', '1.14', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '5.0', '1.13', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '6.0', '2.13', 'exact', NULL, 90),
  ('access-key-rotation', 'CIS AWS Foundations', '7.0', '2.12', 'exact', NULL, 90),
  (
    'report-collected',
    'PCI DSS',
    '4.0.1',
    '7.2.4',
    'related',
    'An access review must cover every account. The mapping is our own; the CSA Cloud Controls Matrix points to it as well.',
    NULL
  ),
  (
    'report-collected',
    'PCI DSS',
    '4.0.1',
    '7.2.5.1',
    'related',
    'A review of application accounts must cover every account. The mapping is our own; the CSA Cloud Controls Matrix points to it as well.',
    NULL
  ),
  (
    'report-collected',
    'NIST 800-53',
    'r5',
    'AC-2',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-no-access-key',
    'AWS FSBP',
    '1.0.0',
    'IAM.4',
    'looser',
    'Security Hub also fails an inactive root key.',
    NULL
  ),
  ('root-no-access-key', 'PCI DSS', '4.0.1', '7.2.1', 'related', NULL, NULL),
  ('root-no-access-key', 'PCI DSS', '4.0.1', '7.2.2', 'related', NULL, NULL),
  ('root-no-access-key', 'PCI DSS', '4.0.1', '8.2.2', 'related', NULL, NULL),
  ('root-no-access-key', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  (
    'root-no-access-key',
    'NIST 800-53',
    'r5',
    'AC-3(7)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  (
    'root-no-access-key',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  ('root-no-access-key', 'NIST 800-53', 'r5', 'AC-6', 'related', NULL, NULL),
  ('root-no-access-key', 'NIST 800-53', 'r5', 'AC-6(2)', 'related', NULL, NULL),
  ('root-no-access-key', 'NIST 800-53', 'r5', 'AC-6(10)', 'related', NULL, NULL),
  (
    'root-mfa',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.9',
    'stricter',
    'The requirement passes a root user with an active key but no password; this control does not. In GovCloud, this control can be not applicable where the requirement fails.',
    NULL
  ),
  ('root-mfa', 'PCI DSS', '4.0.1', '8.4.1', 'related', NULL, NULL),
  ('root-mfa', 'PCI DSS', '4.0.1', '8.4.2', 'related', NULL, NULL),
  ('root-mfa', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  (
    'root-mfa',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  ('root-mfa', 'NIST 800-53', 'r5', 'IA-2(1)', 'related', NULL, NULL),
  ('root-mfa', 'NIST 800-53', 'r5', 'IA-2(2)', 'related', NULL, NULL),
  ('root-mfa', 'NIST 800-53', 'r5', 'IA-2(6)', 'related', NULL, NULL),
  ('root-mfa', 'NIST 800-53', 'r5', 'IA-2(8)', 'related', NULL, NULL),
  (
    'root-unused',
    'AWS Security Hub CSPM',
    'unversioned',
    'CloudWatch.1',
    'related',
    'Security Hub checks whether an alarm on the use of root exists, not the use.',
    NULL
  ),
  (
    'root-unused',
    'PCI DSS',
    '4.0.1',
    '8.2.2',
    'related',
    'The requirement is about shared accounts. The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-unused',
    'NIST 800-53',
    'r5',
    'AC-6',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-unused',
    'NIST 800-53',
    'r5',
    'AC-6(2)',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-no-credentials',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.6',
    'related',
    'A pass carries over, because Security Hub passes a root user without a password; a failure does not.',
    NULL
  ),
  (
    'root-no-credentials',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.9',
    'related',
    'A pass carries over, because Security Hub passes a root user without a password; a failure does not.',
    NULL
  ),
  (
    'root-no-credentials',
    'NIST 800-53',
    'r5',
    'AC-6',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-no-credentials',
    'NIST 800-53',
    'r5',
    'AC-6(2)',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-no-credentials',
    'NIST 800-53',
    'r5',
    'IA-5',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-no-certificate',
    'NIST 800-53',
    'r5',
    'AC-6',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'root-no-certificate',
    'NIST 800-53',
    'r5',
    'IA-5',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  ('console-mfa', 'AWS FSBP', '1.0.0', 'IAM.5', 'exact', NULL, NULL),
  (
    'console-mfa',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.19',
    'looser',
    'Security Hub also fails users without a password.',
    NULL
  ),
  ('console-mfa', 'PCI DSS', '4.0.1', '8.4.1', 'related', NULL, NULL),
  ('console-mfa', 'PCI DSS', '4.0.1', '8.4.2', 'related', NULL, NULL),
  ('console-mfa', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  (
    'console-mfa',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  ('console-mfa', 'NIST 800-53', 'r5', 'IA-2(1)', 'related', NULL, NULL),
  ('console-mfa', 'NIST 800-53', 'r5', 'IA-2(2)', 'related', NULL, NULL),
  ('console-mfa', 'NIST 800-53', 'r5', 'IA-2(6)', 'related', NULL, NULL),
  ('console-mfa', 'NIST 800-53', 'r5', 'IA-2(8)', 'related', NULL, NULL),
  (
    'no-setup-access-key',
    'NIST 800-53',
    'r5',
    'AC-6',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'no-setup-access-key',
    'NIST 800-53',
    'r5',
    'IA-5',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  (
    'password-unused',
    'AWS FSBP',
    '1.0.0',
    'IAM.8',
    'stricter',
    'A credential that fails at 45 days need not fail at 90. Passwords are half of the requirement; access-key-unused is the other half.',
    90
  ),
  (
    'password-unused',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.22',
    'exact',
    'Passwords are half of the requirement; access-key-unused is the other half.',
    45
  ),
  ('password-unused', 'PCI DSS', '4.0.1', '7.2.4', 'related', NULL, NULL),
  ('password-unused', 'PCI DSS', '4.0.1', '7.2.5.1', 'related', NULL, NULL),
  (
    'password-unused',
    'PCI DSS',
    '4.0.1',
    '8.2.6',
    'related',
    'The requirement covers every account of the cardholder data environment, not only IAM users, within 90 days.',
    90
  ),
  ('password-unused', 'NIST 800-53', 'r5', 'AC-2', 'related', NULL, NULL),
  ('password-unused', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  ('password-unused', 'NIST 800-53', 'r5', 'AC-2(3)', 'related', NULL, NULL),
  ('password-unused', 'NIST 800-53', 'r5', 'AC-3', 'related', NULL, NULL),
  (
    'password-unused',
    'NIST 800-53',
    'r5',
    'AC-3(7)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  (
    'password-unused',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  ('password-unused', 'NIST 800-53', 'r5', 'AC-6', 'related', NULL, NULL),
  (
    'access-key-unused',
    'AWS FSBP',
    '1.0.0',
    'IAM.8',
    'stricter',
    'A credential that fails at 45 days need not fail at 90. Access keys are half of the requirement; password-unused is the other half.',
    90
  ),
  (
    'access-key-unused',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.22',
    'exact',
    'Access keys are half of the requirement; password-unused is the other half.',
    45
  ),
  ('access-key-unused', 'PCI DSS', '4.0.1', '7.2.4', 'related', NULL, NULL),
  ('access-key-unused', 'PCI DSS', '4.0.1', '7.2.5.1', 'related', NULL, NULL),
  (
    'access-key-unused',
    'PCI DSS',
    '4.0.1',
    '8.2.6',
    'related',
    'The requirement covers every account of the cardholder data environment, not only IAM users, within 90 days.',
    90
  ),
  ('access-key-unused', 'NIST 800-53', 'r5', 'AC-2', 'related', NULL, NULL),
  ('access-key-unused', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  ('access-key-unused', 'NIST 800-53', 'r5', 'AC-2(3)', 'related', NULL, NULL),
  ('access-key-unused', 'NIST 800-53', 'r5', 'AC-3', 'related', NULL, NULL),
  (
    'access-key-unused',
    'NIST 800-53',
    'r5',
    'AC-3(7)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  (
    'access-key-unused',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  ('access-key-unused', 'NIST 800-53', 'r5', 'AC-6', 'related', NULL, NULL),
  (
    'single-access-key',
    'NIST 800-53',
    'r5',
    'IA-5',
    'related',
    'The mapping is our own; neither AWS nor another public mapping has it.',
    NULL
  ),
  ('access-key-rotation', 'AWS FSBP', '1.0.0', 'IAM.3', 'exact', NULL, 90),
  (
    'access-key-rotation',
    'PCI DSS',
    '4.0.1',
    '8.3.9',
    'related',
    'The mapping is AWS''s. The requirement is about passwords that are the only factor.',
    90
  ),
  ('access-key-rotation', 'PCI DSS', '4.0.1', '8.6.3', 'related', NULL, NULL),
  ('access-key-rotation', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  ('access-key-rotation', 'NIST 800-53', 'r5', 'AC-2(3)', 'related', NULL, NULL),
  (
    'access-key-rotation',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  (
    'password-length',
    'AWS FSBP',
    '1.0.0',
    'IAM.7',
    'related',
    'Security Hub evaluates the whole policy: by default 8 characters and all four kinds of characters.',
    8
  ),
  (
    'password-length',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.15',
    'exact',
    NULL,
    14
  ),
  (
    'password-length',
    'PCI DSS',
    '4.0.1',
    '8.3.6',
    'related',
    'The requirement also demands both letters and digits.',
    12
  ),
  ('password-length', 'PCI DSS', '4.0.1', '8.6.3', 'related', NULL, NULL),
  ('password-length', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  ('password-length', 'NIST 800-53', 'r5', 'AC-2(3)', 'related', NULL, NULL),
  (
    'password-length',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  ('password-length', 'NIST 800-53', 'r5', 'IA-5(1)', 'related', NULL, NULL),
  (
    'password-reuse',
    'AWS Security Hub CSPM',
    'unversioned',
    'IAM.16',
    'exact',
    NULL,
    24
  ),
  (
    'password-reuse',
    'PCI DSS',
    '4.0.1',
    '8.3.7',
    'related',
    'The requirement covers every account of the cardholder data environment, not only IAM users, and the last four passwords.',
    4
  ),
  ('password-reuse', 'NIST 800-53', 'r5', 'AC-2(1)', 'related', NULL, NULL),
  ('password-reuse', 'NIST 800-53', 'r5', 'AC-2(3)', 'related', NULL, NULL),
  (
    'password-reuse',
    'NIST 800-53',
    'r5',
    'AC-3(15)',
    'related',
    'The mapping is AWS''s, from Security Hub.',
    NULL
  ),
  (
    'password-reuse',
    'NIST 800-53',
    'r5',
    'IA-5(1)',
    'related',
    'Revision 5 no longer names reuse.',
    NULL
  )) AS "declared"("control_id", "framework", "version", "requirement", "relation", "note", "requirement_limit")
