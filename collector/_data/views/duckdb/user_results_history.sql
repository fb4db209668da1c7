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
), "checked" AS (
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
), "evaluated" AS (
  SELECT
    "checked"."organization_id" AS "organization_id",
    "checked"."snapshot_date" AS "snapshot_date",
    "checked"."run_id" AS "run_id",
    "checked"."account_id" AS "account_id",
    "checked"."user_name" AS "user_name",
    "checked"."user_arn" AS "user_arn",
    "checked"."is_root" AS "is_root",
    "checked"."user_creation_time" AS "user_creation_time",
    "checked"."password_enabled" AS "password_enabled",
    "checked"."password_last_used" AS "password_last_used",
    "checked"."password_last_changed" AS "password_last_changed",
    "checked"."password_next_rotation" AS "password_next_rotation",
    "checked"."mfa_active" AS "mfa_active",
    "checked"."access_key_1_active" AS "access_key_1_active",
    "checked"."access_key_1_last_rotated" AS "access_key_1_last_rotated",
    "checked"."access_key_1_last_used_date" AS "access_key_1_last_used_date",
    "checked"."access_key_1_last_used_region" AS "access_key_1_last_used_region",
    "checked"."access_key_1_last_used_service" AS "access_key_1_last_used_service",
    "checked"."access_key_2_active" AS "access_key_2_active",
    "checked"."access_key_2_last_rotated" AS "access_key_2_last_rotated",
    "checked"."access_key_2_last_used_date" AS "access_key_2_last_used_date",
    "checked"."access_key_2_last_used_region" AS "access_key_2_last_used_region",
    "checked"."access_key_2_last_used_service" AS "access_key_2_last_used_service",
    "checked"."cert_1_active" AS "cert_1_active",
    "checked"."cert_1_last_rotated" AS "cert_1_last_rotated",
    "checked"."cert_2_active" AS "cert_2_active",
    "checked"."cert_2_last_rotated" AS "cert_2_last_rotated",
    "checked"."additional_credentials_info" AS "additional_credentials_info",
    "checked"."null_reasons" AS "null_reasons",
    "checked"."unknown_columns" AS "unknown_columns",
    "checked"."report_generated_at" AS "report_generated_at",
    "checked"."undated_key_last_used_at" AS "undated_key_last_used_at",
    "checked"."undated_key_last_used_at_fault" AS "undated_key_last_used_at_fault",
    "checked"."snapshot_at" AS "snapshot_at",
    "checked"."account_name" AS "account_name",
    "checked"."ou_id" AS "ou_id",
    "checked"."ou_path" AS "ou_path",
    "checked"."control_id" AS "control_id",
    "checked"."has_key_pair" AS "has_key_pair",
    "checked"."fault" AS "fault",
    CASE
      WHEN NOT "checked"."fault" IS NULL
      THEN 'unknown'
      WHEN "checked"."control_id" = 'single-access-key'
      THEN CASE WHEN "checked"."has_key_pair" THEN 'fail' ELSE 'pass' END
      WHEN "checked"."password_enabled" = FALSE
      THEN 'not_applicable'
      WHEN "checked"."mfa_active"
      THEN 'pass'
      WHEN "checked"."mfa_active" = FALSE
      THEN 'fail'
      ELSE 'unknown'
    END AS "status"
  FROM "checked" AS "checked"
), "explained" AS (
  SELECT
    "evaluated"."organization_id" AS "organization_id",
    "evaluated"."snapshot_date" AS "snapshot_date",
    "evaluated"."run_id" AS "run_id",
    "evaluated"."account_id" AS "account_id",
    "evaluated"."user_name" AS "user_name",
    "evaluated"."user_arn" AS "user_arn",
    "evaluated"."is_root" AS "is_root",
    "evaluated"."user_creation_time" AS "user_creation_time",
    "evaluated"."password_enabled" AS "password_enabled",
    "evaluated"."password_last_used" AS "password_last_used",
    "evaluated"."password_last_changed" AS "password_last_changed",
    "evaluated"."password_next_rotation" AS "password_next_rotation",
    "evaluated"."mfa_active" AS "mfa_active",
    "evaluated"."access_key_1_active" AS "access_key_1_active",
    "evaluated"."access_key_1_last_rotated" AS "access_key_1_last_rotated",
    "evaluated"."access_key_1_last_used_date" AS "access_key_1_last_used_date",
    "evaluated"."access_key_1_last_used_region" AS "access_key_1_last_used_region",
    "evaluated"."access_key_1_last_used_service" AS "access_key_1_last_used_service",
    "evaluated"."access_key_2_active" AS "access_key_2_active",
    "evaluated"."access_key_2_last_rotated" AS "access_key_2_last_rotated",
    "evaluated"."access_key_2_last_used_date" AS "access_key_2_last_used_date",
    "evaluated"."access_key_2_last_used_region" AS "access_key_2_last_used_region",
    "evaluated"."access_key_2_last_used_service" AS "access_key_2_last_used_service",
    "evaluated"."cert_1_active" AS "cert_1_active",
    "evaluated"."cert_1_last_rotated" AS "cert_1_last_rotated",
    "evaluated"."cert_2_active" AS "cert_2_active",
    "evaluated"."cert_2_last_rotated" AS "cert_2_last_rotated",
    "evaluated"."additional_credentials_info" AS "additional_credentials_info",
    "evaluated"."null_reasons" AS "null_reasons",
    "evaluated"."unknown_columns" AS "unknown_columns",
    "evaluated"."report_generated_at" AS "report_generated_at",
    "evaluated"."undated_key_last_used_at" AS "undated_key_last_used_at",
    "evaluated"."undated_key_last_used_at_fault" AS "undated_key_last_used_at_fault",
    "evaluated"."snapshot_at" AS "snapshot_at",
    "evaluated"."account_name" AS "account_name",
    "evaluated"."ou_id" AS "ou_id",
    "evaluated"."ou_path" AS "ou_path",
    "evaluated"."control_id" AS "control_id",
    "evaluated"."has_key_pair" AS "has_key_pair",
    "evaluated"."fault" AS "fault",
    "evaluated"."status" AS "status",
    CASE
      WHEN "evaluated"."status" = 'unknown'
      THEN 'value_missing'
      WHEN "evaluated"."control_id" = 'single-access-key'
      THEN CASE
        WHEN "evaluated"."status" = 'fail'
        THEN 'two_active_keys'
        ELSE 'at_most_one_active_key'
      END
      WHEN "evaluated"."status" = 'not_applicable'
      THEN 'no_password'
      WHEN "evaluated"."status" = 'fail'
      THEN 'password_without_mfa'
      ELSE 'password_with_mfa'
    END AS "reason_code"
  FROM "evaluated" AS "evaluated"
)
SELECT
  CAST("explained"."organization_id" AS TEXT) AS "organization_id",
  CAST("explained"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("explained"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("explained"."run_id" AS TEXT) AS "run_id",
  CAST("explained"."account_id" AS TEXT) AS "account_id",
  CAST("explained"."account_name" AS TEXT) AS "account_name",
  CAST("explained"."ou_id" AS TEXT) AS "ou_id",
  CAST("explained"."ou_path" AS TEXT) AS "ou_path",
  CAST("explained"."control_id" AS TEXT) AS "control_id",
  CAST("explained"."user_name" AS TEXT) AS "user_name",
  CAST("explained"."user_arn" AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS INT) AS "slot",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST("explained"."status" AS TEXT) AS "status",
  CAST(CASE "explained"."reason_code"
    WHEN 'value_missing'
    THEN 'Cannot be evaluated: ' || "explained"."fault" || '.'
    WHEN 'two_active_keys'
    THEN 'Both access keys are active.'
    WHEN 'at_most_one_active_key'
    THEN 'At most one access key is active.'
    WHEN 'no_password'
    THEN 'The user has no password.'
    WHEN 'password_without_mfa'
    THEN 'The user has a password and no MFA device.'
    WHEN 'password_with_mfa'
    THEN 'The user has a password and MFA.'
  END AS TEXT) AS "reason",
  CAST(NULL AS BIGINT) AS "measured_seconds",
  CAST(NULL AS INT) AS "limit_days",
  CAST(NULL AS TIMESTAMP) AS "failing_since",
  CAST("explained"."user_arn" || '|user|' || COALESCE(
    CAST(DATE_SUB('second', CAST('1970-01-01 00:00:00' AS TIMESTAMP), "explained"."user_creation_time") AS TEXT),
    ''
  ) AS TEXT) AS "subject",
  CAST(CASE
    WHEN "explained"."control_id" = 'console-mfa'
    THEN "explained"."password_last_used"
  END AS TIMESTAMP) AS "last_used_at",
  CAST(NULL AS TEXT) AS "last_used_region",
  CAST(NULL AS TEXT) AS "last_used_service",
  CAST("explained"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("explained"."reason_code" AS TEXT) AS "reason_code"
FROM "explained" AS "explained"
