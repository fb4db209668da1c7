WITH "checked" AS (
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
  FROM "root_posture_history" AS "root_posture"
  CROSS JOIN (VALUES
    ('root-no-access-key'),
    ('root-mfa'),
    ('root-unused')) AS "control"("control_id")
  WHERE
    "root_posture"."account_state" = 'ACTIVE'
    AND "root_posture"."outcome" IN ('collected', 'partial')
), "explained" AS (
  SELECT
    "checked"."organization_id" AS "organization_id",
    "checked"."snapshot_date" AS "snapshot_date",
    "checked"."snapshot_at" AS "snapshot_at",
    "checked"."account_id" AS "account_id",
    "checked"."account_name" AS "account_name",
    "checked"."ou_id" AS "ou_id",
    "checked"."ou_path" AS "ou_path",
    "checked"."account_state" AS "account_state",
    "checked"."outcome" AS "outcome",
    "checked"."root_credentials" AS "root_credentials",
    "checked"."password_enabled" AS "password_enabled",
    "checked"."password_last_used_at" AS "password_last_used_at",
    "checked"."password_last_changed_at" AS "password_last_changed_at",
    "checked"."mfa_active" AS "mfa_active",
    "checked"."active_access_keys" AS "active_access_keys",
    "checked"."inactive_access_keys" AS "inactive_access_keys",
    "checked"."access_key_last_used_at" AS "access_key_last_used_at",
    "checked"."last_used_at" AS "last_used_at",
    "checked"."idle_days" AS "idle_days",
    "checked"."account_password_present" AS "account_password_present",
    "checked"."account_access_keys_present" AS "account_access_keys_present",
    "checked"."account_mfa_enabled" AS "account_mfa_enabled",
    "checked"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "checked"."summary_error" AS "summary_error",
    "checked"."summary_differs" AS "summary_differs",
    "checked"."report_generated_at" AS "report_generated_at",
    "checked"."run_id" AS "run_id",
    "checked"."user_arn" AS "user_arn",
    "checked"."counts_as_enabled" AS "counts_as_enabled",
    "checked"."use_limit_days" AS "use_limit_days",
    "checked"."password_enabled_fault" AS "password_enabled_fault",
    "checked"."mfa_active_fault" AS "mfa_active_fault",
    "checked"."access_keys_fault" AS "access_keys_fault",
    "checked"."last_used_at_fault" AS "last_used_at_fault",
    "checked"."control_id" AS "control_id",
    "checked"."used_lately" AS "used_lately",
    "checked"."is_exempt" AS "is_exempt",
    CASE
      WHEN "checked"."user_arn" IS NULL
      THEN 'the report has no root row'
      WHEN "checked"."control_id" = 'root-no-access-key'
      THEN CASE WHEN "checked"."active_access_keys" = 0 THEN "checked"."access_keys_fault" END
      WHEN "checked"."control_id" = 'root-unused'
      THEN CASE
        WHEN COALESCE("checked"."used_lately", FALSE) = FALSE
        THEN "checked"."last_used_at_fault"
      END
      WHEN "checked"."is_exempt"
      THEN NULL
      WHEN "checked"."active_access_keys" > 0 OR "checked"."counts_as_enabled"
      THEN "checked"."mfa_active_fault"
      ELSE COALESCE("checked"."password_enabled_fault", "checked"."access_keys_fault")
    END AS "fault"
  FROM "checked" AS "checked"
), "evaluated" AS (
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
    "evaluated"."organization_id" AS "organization_id",
    "evaluated"."snapshot_date" AS "snapshot_date",
    "evaluated"."snapshot_at" AS "snapshot_at",
    "evaluated"."account_id" AS "account_id",
    "evaluated"."account_name" AS "account_name",
    "evaluated"."ou_id" AS "ou_id",
    "evaluated"."ou_path" AS "ou_path",
    "evaluated"."account_state" AS "account_state",
    "evaluated"."outcome" AS "outcome",
    "evaluated"."root_credentials" AS "root_credentials",
    "evaluated"."password_enabled" AS "password_enabled",
    "evaluated"."password_last_used_at" AS "password_last_used_at",
    "evaluated"."password_last_changed_at" AS "password_last_changed_at",
    "evaluated"."mfa_active" AS "mfa_active",
    "evaluated"."active_access_keys" AS "active_access_keys",
    "evaluated"."inactive_access_keys" AS "inactive_access_keys",
    "evaluated"."access_key_last_used_at" AS "access_key_last_used_at",
    "evaluated"."last_used_at" AS "last_used_at",
    "evaluated"."idle_days" AS "idle_days",
    "evaluated"."account_password_present" AS "account_password_present",
    "evaluated"."account_access_keys_present" AS "account_access_keys_present",
    "evaluated"."account_mfa_enabled" AS "account_mfa_enabled",
    "evaluated"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "evaluated"."summary_error" AS "summary_error",
    "evaluated"."summary_differs" AS "summary_differs",
    "evaluated"."report_generated_at" AS "report_generated_at",
    "evaluated"."run_id" AS "run_id",
    "evaluated"."user_arn" AS "user_arn",
    "evaluated"."counts_as_enabled" AS "counts_as_enabled",
    "evaluated"."use_limit_days" AS "use_limit_days",
    "evaluated"."password_enabled_fault" AS "password_enabled_fault",
    "evaluated"."mfa_active_fault" AS "mfa_active_fault",
    "evaluated"."access_keys_fault" AS "access_keys_fault",
    "evaluated"."last_used_at_fault" AS "last_used_at_fault",
    "evaluated"."control_id" AS "control_id",
    "evaluated"."used_lately" AS "used_lately",
    "evaluated"."is_exempt" AS "is_exempt",
    "evaluated"."fault" AS "fault",
    "evaluated"."status" AS "status",
    CASE
      WHEN "evaluated"."control_id" = 'root-unused'
      AND "evaluated"."status" IN ('pass', 'fail')
      THEN DATE_SUB('second', "evaluated"."last_used_at", "evaluated"."report_generated_at")
    END AS "measured_seconds",
    CAST(ROUND(
      FLOOR(
        CAST(DATE_SUB('second', "evaluated"."last_used_at", "evaluated"."report_generated_at") AS DOUBLE) / 3600
      )
    ) AS BIGINT) AS "measured_hours",
    CASE
      WHEN "evaluated"."control_id" = 'root-unused'
      THEN "evaluated"."use_limit_days"
    END AS "limit_days"
  FROM "evaluated" AS "evaluated"
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
    THEN 'Cannot be evaluated: ' || COALESCE("measured"."fault", 'the limit is unknown') || '.'
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
      THEN 'Root has an access key, but no console in GovCloud: MFA is not required.'
      WHEN NOT "measured"."access_keys_fault" IS NULL
      THEN 'Root may have an access key, but has no console in GovCloud: MFA is not required.'
      ELSE 'Root has no credentials that MFA could protect.'
    END
    WHEN "measured"."last_used_at" IS NULL
    THEN 'Root has no recorded use.'
    ELSE 'Root was last used ' || CASE
      WHEN "measured"."measured_seconds" < 0
      THEN 'after the report: '
      WHEN "measured"."measured_hours" = 1
      THEN '1 hour before the report: '
      ELSE CAST("measured"."measured_hours" AS TEXT) || ' hours before the report: '
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
