WITH "key_pairs" AS (
  SELECT
    "credentials"."organization_id" AS "organization_id",
    "credentials"."snapshot_date" AS "snapshot_date",
    "credentials"."user_arn" AS "user_arn",
    MAX("credentials"."is_active_fault") AS "fault"
  FROM "credentials_history" AS "credentials"
  WHERE
    "credentials"."credential_type" = 'access_key'
    AND "credentials"."is_active" IS DISTINCT FROM FALSE
    AND NOT "credentials"."is_root"
  GROUP BY
    "credentials"."organization_id",
    "credentials"."snapshot_date",
    "credentials"."user_arn"
  HAVING
    COUNT(*) > 1
), "asked" AS (
  SELECT
    "report"."organization_id" AS "organization_id",
    "report"."snapshot_date" AS "snapshot_date",
    "report"."run_id" AS "run_id",
    "report"."account_id" AS "account_id",
    "report"."user_name" AS "user_name",
    "report"."user_arn" AS "user_arn",
    "report"."is_root" AS "is_root",
    "report"."user_creation_time" AS "user_creation_time",
    "report"."password_enabled" AS "password_enabled",
    "report"."password_last_used" AS "password_last_used",
    "report"."password_last_changed" AS "password_last_changed",
    "report"."password_next_rotation" AS "password_next_rotation",
    "report"."mfa_active" AS "mfa_active",
    "report"."access_key_1_active" AS "access_key_1_active",
    "report"."access_key_1_last_rotated" AS "access_key_1_last_rotated",
    "report"."access_key_1_last_used_date" AS "access_key_1_last_used_date",
    "report"."access_key_1_last_used_region" AS "access_key_1_last_used_region",
    "report"."access_key_1_last_used_service" AS "access_key_1_last_used_service",
    "report"."access_key_2_active" AS "access_key_2_active",
    "report"."access_key_2_last_rotated" AS "access_key_2_last_rotated",
    "report"."access_key_2_last_used_date" AS "access_key_2_last_used_date",
    "report"."access_key_2_last_used_region" AS "access_key_2_last_used_region",
    "report"."access_key_2_last_used_service" AS "access_key_2_last_used_service",
    "report"."cert_1_active" AS "cert_1_active",
    "report"."cert_1_last_rotated" AS "cert_1_last_rotated",
    "report"."cert_2_active" AS "cert_2_active",
    "report"."cert_2_last_rotated" AS "cert_2_last_rotated",
    "report"."additional_credentials_info" AS "additional_credentials_info",
    "report"."null_reasons" AS "null_reasons",
    "report"."unknown_columns" AS "unknown_columns",
    "report"."report_generated_at" AS "report_generated_at",
    "report"."undated_key_last_used_at" AS "undated_key_last_used_at",
    "report"."undated_key_last_used_at_fault" AS "undated_key_last_used_at_fault",
    "account"."run_started_at" AS "snapshot_at",
    "account"."account_name" AS "account_name",
    "account"."ou_id" AS "ou_id",
    "account"."ou_path" AS "ou_path",
    "control"."control_id" AS "control_id",
    NOT "key_pairs"."user_arn" IS NULL AS "has_key_pair",
    CASE
      WHEN "control"."control_id" = 'single-access-key'
      THEN "key_pairs"."fault"
      WHEN "report"."password_enabled" IS NULL
      THEN 'password_enabled is ' || COALESCE("report"."null_reasons"['password_enabled'], 'N/A')
      WHEN "report"."password_enabled" AND "report"."mfa_active" IS NULL
      THEN 'mfa_active is ' || COALESCE("report"."null_reasons"['mfa_active'], 'N/A')
    END AS "fault"
  FROM "report_rows_history" AS "report"
  INNER JOIN "account_history" AS "account"
    ON "account"."organization_id" = "report"."organization_id"
    AND "account"."snapshot_date" = "report"."snapshot_date"
    AND "account"."account_id" = "report"."account_id"
  LEFT JOIN "key_pairs" AS "key_pairs"
    ON "key_pairs"."organization_id" = "report"."organization_id"
    AND "key_pairs"."snapshot_date" = "report"."snapshot_date"
    AND "key_pairs"."user_arn" = "report"."user_arn"
  CROSS JOIN (VALUES
    ('console-mfa'),
    ('single-access-key')) AS "control"("control_id")
  WHERE
    "account"."account_state" = 'ACTIVE' AND NOT "report"."is_root"
), "judged" AS (
  SELECT
    "asked"."organization_id" AS "organization_id",
    "asked"."snapshot_date" AS "snapshot_date",
    "asked"."run_id" AS "run_id",
    "asked"."account_id" AS "account_id",
    "asked"."user_name" AS "user_name",
    "asked"."user_arn" AS "user_arn",
    "asked"."is_root" AS "is_root",
    "asked"."user_creation_time" AS "user_creation_time",
    "asked"."password_enabled" AS "password_enabled",
    "asked"."password_last_used" AS "password_last_used",
    "asked"."password_last_changed" AS "password_last_changed",
    "asked"."password_next_rotation" AS "password_next_rotation",
    "asked"."mfa_active" AS "mfa_active",
    "asked"."access_key_1_active" AS "access_key_1_active",
    "asked"."access_key_1_last_rotated" AS "access_key_1_last_rotated",
    "asked"."access_key_1_last_used_date" AS "access_key_1_last_used_date",
    "asked"."access_key_1_last_used_region" AS "access_key_1_last_used_region",
    "asked"."access_key_1_last_used_service" AS "access_key_1_last_used_service",
    "asked"."access_key_2_active" AS "access_key_2_active",
    "asked"."access_key_2_last_rotated" AS "access_key_2_last_rotated",
    "asked"."access_key_2_last_used_date" AS "access_key_2_last_used_date",
    "asked"."access_key_2_last_used_region" AS "access_key_2_last_used_region",
    "asked"."access_key_2_last_used_service" AS "access_key_2_last_used_service",
    "asked"."cert_1_active" AS "cert_1_active",
    "asked"."cert_1_last_rotated" AS "cert_1_last_rotated",
    "asked"."cert_2_active" AS "cert_2_active",
    "asked"."cert_2_last_rotated" AS "cert_2_last_rotated",
    "asked"."additional_credentials_info" AS "additional_credentials_info",
    "asked"."null_reasons" AS "null_reasons",
    "asked"."unknown_columns" AS "unknown_columns",
    "asked"."report_generated_at" AS "report_generated_at",
    "asked"."undated_key_last_used_at" AS "undated_key_last_used_at",
    "asked"."undated_key_last_used_at_fault" AS "undated_key_last_used_at_fault",
    "asked"."snapshot_at" AS "snapshot_at",
    "asked"."account_name" AS "account_name",
    "asked"."ou_id" AS "ou_id",
    "asked"."ou_path" AS "ou_path",
    "asked"."control_id" AS "control_id",
    "asked"."has_key_pair" AS "has_key_pair",
    "asked"."fault" AS "fault",
    CASE
      WHEN NOT "asked"."fault" IS NULL
      THEN 'unknown'
      WHEN "asked"."control_id" = 'single-access-key'
      THEN CASE WHEN "asked"."has_key_pair" THEN 'fail' ELSE 'pass' END
      WHEN "asked"."password_enabled" = FALSE
      THEN 'not_applicable'
      WHEN "asked"."mfa_active"
      THEN 'pass'
      WHEN "asked"."mfa_active" = FALSE
      THEN 'fail'
      ELSE 'unknown'
    END AS "status"
  FROM "asked" AS "asked"
)
SELECT
  CAST("judged"."organization_id" AS TEXT) AS "organization_id",
  CAST("judged"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("judged"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("judged"."run_id" AS TEXT) AS "run_id",
  CAST("judged"."account_id" AS TEXT) AS "account_id",
  CAST("judged"."account_name" AS TEXT) AS "account_name",
  CAST("judged"."ou_id" AS TEXT) AS "ou_id",
  CAST("judged"."ou_path" AS TEXT) AS "ou_path",
  CAST("judged"."control_id" AS TEXT) AS "control_id",
  CAST("judged"."user_name" AS TEXT) AS "user_name",
  CAST("judged"."user_arn" AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS INT) AS "slot",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST("judged"."status" AS TEXT) AS "status",
  CAST(CASE
    WHEN "judged"."status" = 'unknown'
    THEN 'Cannot be judged: ' || "judged"."fault" || '.'
    WHEN "judged"."control_id" = 'single-access-key'
    THEN CASE
      WHEN "judged"."status" = 'fail'
      THEN 'Both access keys are active.'
      ELSE 'At most one access key is active.'
    END
    WHEN "judged"."status" = 'not_applicable'
    THEN 'The user has no password.'
    WHEN "judged"."status" = 'fail'
    THEN 'The user has a password and no MFA device.'
    ELSE 'The user has a password and MFA.'
  END AS TEXT) AS "reason",
  CAST(NULL AS BIGINT) AS "measured_seconds",
  CAST(NULL AS INT) AS "limit_days",
  CAST(NULL AS TIMESTAMP) AS "failing_since",
  CAST("judged"."user_arn" || '|user|' || COALESCE(
    CAST(DATE_SUB('second', CAST('1970-01-01 00:00:00' AS TIMESTAMP), "judged"."user_creation_time") AS TEXT),
    ''
  ) AS TEXT) AS "subject",
  CAST(CASE
    WHEN "judged"."control_id" = 'console-mfa'
    THEN "judged"."password_last_used"
  END AS TIMESTAMP) AS "last_used_at",
  CAST(NULL AS TEXT) AS "last_used_region",
  CAST(NULL AS TEXT) AS "last_used_service",
  CAST("judged"."report_generated_at" AS TIMESTAMP) AS "report_generated_at"
FROM "judged" AS "judged"
