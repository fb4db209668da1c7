WITH "asked" AS (
  SELECT
    "root_posture"."organization_id" AS "organization_id",
    "root_posture"."snapshot_date" AS "snapshot_date",
    "root_posture"."snapshot_at" AS "snapshot_at",
    "root_posture"."account_id" AS "account_id",
    "root_posture"."account_name" AS "account_name",
    "root_posture"."ou_id" AS "ou_id",
    "root_posture"."ou_path" AS "ou_path",
    "root_posture"."account_state" AS "account_state",
    "root_posture"."outcome" AS "outcome",
    "root_posture"."root_credentials" AS "root_credentials",
    "root_posture"."password_enabled" AS "password_enabled",
    "root_posture"."password_last_used_at" AS "password_last_used_at",
    "root_posture"."password_last_changed_at" AS "password_last_changed_at",
    "root_posture"."mfa_active" AS "mfa_active",
    "root_posture"."active_access_keys" AS "active_access_keys",
    "root_posture"."inactive_access_keys" AS "inactive_access_keys",
    "root_posture"."access_key_last_used_at" AS "access_key_last_used_at",
    "root_posture"."last_used_at" AS "last_used_at",
    "root_posture"."idle_days" AS "idle_days",
    "root_posture"."account_password_present" AS "account_password_present",
    "root_posture"."account_access_keys_present" AS "account_access_keys_present",
    "root_posture"."account_mfa_enabled" AS "account_mfa_enabled",
    "root_posture"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "root_posture"."summary_error" AS "summary_error",
    "root_posture"."summary_differs" AS "summary_differs",
    "root_posture"."report_generated_at" AS "report_generated_at",
    "root_posture"."run_id" AS "run_id",
    "root_posture"."user_arn" AS "user_arn",
    "root_posture"."counts_as_enabled" AS "counts_as_enabled",
    "root_posture"."use_limit_days" AS "use_limit_days",
    "root_posture"."password_enabled_fault" AS "password_enabled_fault",
    "root_posture"."mfa_active_fault" AS "mfa_active_fault",
    "root_posture"."access_keys_fault" AS "access_keys_fault",
    "root_posture"."last_used_at_fault" AS "last_used_at_fault",
    "control"."control_id" AS "control_id",
    "root_posture"."last_used_at" > (
      "root_posture"."report_generated_at" + INTERVAL (-"root_posture"."use_limit_days") DAY
    ) AS "used_lately",
    "control"."control_id" = 'root-mfa'
    AND "root_posture"."counts_as_enabled" = FALSE
    AND (
      "root_posture"."active_access_keys" = 0
      OR "root_posture"."password_enabled" IS NULL
    )
    AND (
      "root_posture"."access_keys_fault" IS NULL
      OR "root_posture"."password_enabled" IS NULL
    ) AS "is_exempt"
  FROM "root_posture" AS "root_posture"
  CROSS JOIN (VALUES
    ('root-no-access-key'),
    ('root-mfa'),
    ('root-unused')) AS "control"("control_id")
  WHERE
    "root_posture"."account_state" = 'ACTIVE'
    AND "root_posture"."outcome" IN ('collected', 'partial')
), "explained" AS (
  SELECT
    "asked"."organization_id" AS "organization_id",
    "asked"."snapshot_date" AS "snapshot_date",
    "asked"."snapshot_at" AS "snapshot_at",
    "asked"."account_id" AS "account_id",
    "asked"."account_name" AS "account_name",
    "asked"."ou_id" AS "ou_id",
    "asked"."ou_path" AS "ou_path",
    "asked"."account_state" AS "account_state",
    "asked"."outcome" AS "outcome",
    "asked"."root_credentials" AS "root_credentials",
    "asked"."password_enabled" AS "password_enabled",
    "asked"."password_last_used_at" AS "password_last_used_at",
    "asked"."password_last_changed_at" AS "password_last_changed_at",
    "asked"."mfa_active" AS "mfa_active",
    "asked"."active_access_keys" AS "active_access_keys",
    "asked"."inactive_access_keys" AS "inactive_access_keys",
    "asked"."access_key_last_used_at" AS "access_key_last_used_at",
    "asked"."last_used_at" AS "last_used_at",
    "asked"."idle_days" AS "idle_days",
    "asked"."account_password_present" AS "account_password_present",
    "asked"."account_access_keys_present" AS "account_access_keys_present",
    "asked"."account_mfa_enabled" AS "account_mfa_enabled",
    "asked"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "asked"."summary_error" AS "summary_error",
    "asked"."summary_differs" AS "summary_differs",
    "asked"."report_generated_at" AS "report_generated_at",
    "asked"."run_id" AS "run_id",
    "asked"."user_arn" AS "user_arn",
    "asked"."counts_as_enabled" AS "counts_as_enabled",
    "asked"."use_limit_days" AS "use_limit_days",
    "asked"."password_enabled_fault" AS "password_enabled_fault",
    "asked"."mfa_active_fault" AS "mfa_active_fault",
    "asked"."access_keys_fault" AS "access_keys_fault",
    "asked"."last_used_at_fault" AS "last_used_at_fault",
    "asked"."control_id" AS "control_id",
    "asked"."used_lately" AS "used_lately",
    "asked"."is_exempt" AS "is_exempt",
    CASE
      WHEN "asked"."user_arn" IS NULL
      THEN 'the report has no root row'
      WHEN "asked"."control_id" = 'root-no-access-key'
      THEN CASE WHEN "asked"."active_access_keys" = 0 THEN "asked"."access_keys_fault" END
      WHEN "asked"."control_id" = 'root-unused'
      THEN CASE
        WHEN COALESCE("asked"."used_lately", FALSE) = FALSE
        THEN "asked"."last_used_at_fault"
      END
      WHEN "asked"."is_exempt"
      THEN NULL
      WHEN "asked"."active_access_keys" > 0 OR "asked"."counts_as_enabled"
      THEN "asked"."mfa_active_fault"
      ELSE COALESCE("asked"."password_enabled_fault", "asked"."access_keys_fault")
    END AS "fault"
  FROM "asked" AS "asked"
), "judged" AS (
  SELECT
    "explained"."organization_id" AS "organization_id",
    "explained"."snapshot_date" AS "snapshot_date",
    "explained"."snapshot_at" AS "snapshot_at",
    "explained"."account_id" AS "account_id",
    "explained"."account_name" AS "account_name",
    "explained"."ou_id" AS "ou_id",
    "explained"."ou_path" AS "ou_path",
    "explained"."account_state" AS "account_state",
    "explained"."outcome" AS "outcome",
    "explained"."root_credentials" AS "root_credentials",
    "explained"."password_enabled" AS "password_enabled",
    "explained"."password_last_used_at" AS "password_last_used_at",
    "explained"."password_last_changed_at" AS "password_last_changed_at",
    "explained"."mfa_active" AS "mfa_active",
    "explained"."active_access_keys" AS "active_access_keys",
    "explained"."inactive_access_keys" AS "inactive_access_keys",
    "explained"."access_key_last_used_at" AS "access_key_last_used_at",
    "explained"."last_used_at" AS "last_used_at",
    "explained"."idle_days" AS "idle_days",
    "explained"."account_password_present" AS "account_password_present",
    "explained"."account_access_keys_present" AS "account_access_keys_present",
    "explained"."account_mfa_enabled" AS "account_mfa_enabled",
    "explained"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "explained"."summary_error" AS "summary_error",
    "explained"."summary_differs" AS "summary_differs",
    "explained"."report_generated_at" AS "report_generated_at",
    "explained"."run_id" AS "run_id",
    "explained"."user_arn" AS "user_arn",
    "explained"."counts_as_enabled" AS "counts_as_enabled",
    "explained"."use_limit_days" AS "use_limit_days",
    "explained"."password_enabled_fault" AS "password_enabled_fault",
    "explained"."mfa_active_fault" AS "mfa_active_fault",
    "explained"."access_keys_fault" AS "access_keys_fault",
    "explained"."last_used_at_fault" AS "last_used_at_fault",
    "explained"."control_id" AS "control_id",
    "explained"."used_lately" AS "used_lately",
    "explained"."is_exempt" AS "is_exempt",
    "explained"."fault" AS "fault",
    CASE
      WHEN NOT "explained"."fault" IS NULL
      THEN 'unknown'
      WHEN "explained"."control_id" = 'root-no-access-key'
      THEN CASE WHEN "explained"."active_access_keys" > 0 THEN 'fail' ELSE 'pass' END
      WHEN "explained"."control_id" = 'root-unused'
      THEN CASE
        WHEN "explained"."used_lately"
        THEN 'fail'
        WHEN "explained"."last_used_at" IS NULL OR "explained"."used_lately" = FALSE
        THEN 'pass'
        ELSE 'unknown'
      END
      WHEN "explained"."is_exempt"
      THEN 'not_applicable'
      WHEN "explained"."mfa_active"
      THEN 'pass'
      WHEN "explained"."mfa_active" = FALSE
      THEN 'fail'
      ELSE 'unknown'
    END AS "status"
  FROM "explained" AS "explained"
), "measured" AS (
  SELECT
    "judged"."organization_id" AS "organization_id",
    "judged"."snapshot_date" AS "snapshot_date",
    "judged"."snapshot_at" AS "snapshot_at",
    "judged"."account_id" AS "account_id",
    "judged"."account_name" AS "account_name",
    "judged"."ou_id" AS "ou_id",
    "judged"."ou_path" AS "ou_path",
    "judged"."account_state" AS "account_state",
    "judged"."outcome" AS "outcome",
    "judged"."root_credentials" AS "root_credentials",
    "judged"."password_enabled" AS "password_enabled",
    "judged"."password_last_used_at" AS "password_last_used_at",
    "judged"."password_last_changed_at" AS "password_last_changed_at",
    "judged"."mfa_active" AS "mfa_active",
    "judged"."active_access_keys" AS "active_access_keys",
    "judged"."inactive_access_keys" AS "inactive_access_keys",
    "judged"."access_key_last_used_at" AS "access_key_last_used_at",
    "judged"."last_used_at" AS "last_used_at",
    "judged"."idle_days" AS "idle_days",
    "judged"."account_password_present" AS "account_password_present",
    "judged"."account_access_keys_present" AS "account_access_keys_present",
    "judged"."account_mfa_enabled" AS "account_mfa_enabled",
    "judged"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "judged"."summary_error" AS "summary_error",
    "judged"."summary_differs" AS "summary_differs",
    "judged"."report_generated_at" AS "report_generated_at",
    "judged"."run_id" AS "run_id",
    "judged"."user_arn" AS "user_arn",
    "judged"."counts_as_enabled" AS "counts_as_enabled",
    "judged"."use_limit_days" AS "use_limit_days",
    "judged"."password_enabled_fault" AS "password_enabled_fault",
    "judged"."mfa_active_fault" AS "mfa_active_fault",
    "judged"."access_keys_fault" AS "access_keys_fault",
    "judged"."last_used_at_fault" AS "last_used_at_fault",
    "judged"."control_id" AS "control_id",
    "judged"."used_lately" AS "used_lately",
    "judged"."is_exempt" AS "is_exempt",
    "judged"."fault" AS "fault",
    "judged"."status" AS "status",
    CASE
      WHEN "judged"."control_id" = 'root-unused' AND "judged"."status" IN ('pass', 'fail')
      THEN DATE_SUB('second', "judged"."last_used_at", "judged"."report_generated_at")
    END AS "measured_seconds",
    CAST(ROUND(
      FLOOR(
        CAST(DATE_SUB('second', "judged"."last_used_at", "judged"."report_generated_at") AS DOUBLE) / 3600
      )
    ) AS BIGINT) AS "measured_hours",
    CASE WHEN "judged"."control_id" = 'root-unused' THEN "judged"."use_limit_days" END AS "limit_days"
  FROM "judged" AS "judged"
)
SELECT
  CAST("measured"."organization_id" AS TEXT) AS "organization_id",
  CAST("measured"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("measured"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("measured"."run_id" AS TEXT) AS "run_id",
  CAST("measured"."account_id" AS TEXT) AS "account_id",
  CAST("measured"."account_name" AS TEXT) AS "account_name",
  CAST("measured"."ou_id" AS TEXT) AS "ou_id",
  CAST("measured"."ou_path" AS TEXT) AS "ou_path",
  CAST("measured"."control_id" AS TEXT) AS "control_id",
  CAST(NULL AS TEXT) AS "user_name",
  CAST(NULL AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS INT) AS "slot",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST("measured"."status" AS TEXT) AS "status",
  CAST(CASE
    WHEN "measured"."status" = 'unknown'
    THEN 'Cannot be judged: ' || COALESCE("measured"."fault", 'the limit is not known') || '.'
    WHEN "measured"."control_id" = 'root-no-access-key'
    THEN CASE
      WHEN "measured"."status" = 'fail'
      THEN 'Root has an active access key.'
      ELSE 'Root has no active access key.'
    END
    WHEN "measured"."control_id" = 'root-mfa'
    THEN CASE
      WHEN "measured"."status" = 'pass'
      THEN 'Root has MFA.'
      WHEN "measured"."status" = 'fail'
      THEN 'Root has credentials and no MFA device.'
      WHEN "measured"."active_access_keys" > 0
      THEN 'Root has an access key, and in GovCloud no console: its MFA is not asked for.'
      WHEN NOT "measured"."access_keys_fault" IS NULL
      THEN 'Root may have an access key, and has no console in GovCloud: its MFA is not asked for.'
      ELSE 'Root has nothing that MFA could guard.'
    END
    WHEN "measured"."last_used_at" IS NULL
    THEN 'No use of root on record.'
    ELSE 'Root was last used ' || CAST("measured"."measured_hours" AS TEXT) || CASE
      WHEN "measured"."measured_hours" = 1
      THEN ' hour before the report: '
      ELSE ' hours before the report: '
    END || CASE
      WHEN "measured"."status" = 'fail'
      THEN 'within the last '
      ELSE 'not within the last '
    END || CASE
      WHEN "measured"."limit_days" = 1
      THEN 'day.'
      ELSE CAST("measured"."limit_days" AS TEXT) || ' days.'
    END
  END AS TEXT) AS "reason",
  CAST("measured"."measured_seconds" AS BIGINT) AS "measured_seconds",
  CAST("measured"."limit_days" AS INT) AS "limit_days",
  CAST(CASE
    WHEN "measured"."control_id" = 'root-unused' AND "measured"."status" = 'fail'
    THEN "measured"."last_used_at"
  END AS TIMESTAMP) AS "failing_since",
  CAST("measured"."account_id" AS TEXT) AS "subject",
  CAST(CASE
    WHEN "measured"."control_id" = 'root-unused'
    THEN "measured"."last_used_at"
  END AS TIMESTAMP) AS "last_used_at",
  CAST(NULL AS TEXT) AS "last_used_region",
  CAST(NULL AS TEXT) AS "last_used_service",
  CAST("measured"."report_generated_at" AS TIMESTAMP) AS "report_generated_at"
FROM "measured" AS "measured"
