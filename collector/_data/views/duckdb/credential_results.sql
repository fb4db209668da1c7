WITH "checked" AS (
  SELECT
    "credentials"."organization_id" AS "organization_id",
    "credentials"."snapshot_date" AS "snapshot_date",
    "credentials"."snapshot_at" AS "snapshot_at",
    "credentials"."account_id" AS "account_id",
    "credentials"."account_name" AS "account_name",
    "credentials"."ou_id" AS "ou_id",
    "credentials"."ou_path" AS "ou_path",
    "credentials"."user_name" AS "user_name",
    "credentials"."user_arn" AS "user_arn",
    "credentials"."is_root" AS "is_root",
    "credentials"."credential_type" AS "credential_type",
    "credentials"."slot" AS "slot",
    "credentials"."is_active" AS "is_active",
    "credentials"."created_at" AS "created_at",
    "credentials"."last_used_at" AS "last_used_at",
    "credentials"."last_used_region" AS "last_used_region",
    "credentials"."last_used_service" AS "last_used_service",
    "credentials"."age_days" AS "age_days",
    "credentials"."idle_days" AS "idle_days",
    "credentials"."never_used" AS "never_used",
    "credentials"."mfa_active" AS "mfa_active",
    "credentials"."report_generated_at" AS "report_generated_at",
    "credentials"."run_id" AS "run_id",
    "credentials"."account_state" AS "account_state",
    "credentials"."user_creation_time" AS "user_creation_time",
    "credentials"."ordinal" AS "ordinal",
    "credentials"."idle_since" AS "idle_since",
    "credentials"."unused_limit_days" AS "unused_limit_days",
    "credentials"."max_age_days" AS "max_age_days",
    "credentials"."password_enabled" AS "password_enabled",
    "credentials"."is_active_fault" AS "is_active_fault",
    "credentials"."created_at_fault" AS "created_at_fault",
    "credentials"."last_used_at_fault" AS "last_used_at_fault",
    "credentials"."password_enabled_fault" AS "password_enabled_fault",
    "credentials"."owner" AS "owner",
    "control"."control_id" AS "control_id",
    CASE "control"."control_id" WHEN 'access-key-rotation' THEN "credentials"."max_age_days" WHEN 'no-setup-access-key' THEN NULL ELSE "credentials"."unused_limit_days" END AS "limit_days",
    CASE "control"."control_id" WHEN 'access-key-rotation' THEN "credentials"."created_at" WHEN 'no-setup-access-key' THEN NULL ELSE "credentials"."idle_since" END AS "measured_from",
    CASE
      WHEN "credentials"."is_active" IS NULL
      THEN "credentials"."is_active_fault"
      WHEN "control"."control_id" = 'access-key-rotation'
      THEN "credentials"."created_at_fault"
      WHEN "control"."control_id" <> 'no-setup-access-key'
      THEN COALESCE("credentials"."last_used_at_fault", CASE WHEN "credentials"."never_used" THEN "credentials"."created_at_fault" END)
      WHEN "credentials"."password_enabled" = FALSE OR NOT "credentials"."last_used_at" IS NULL
      THEN NULL
      ELSE COALESCE("credentials"."last_used_at_fault", "credentials"."password_enabled_fault")
    END AS "fault"
  FROM "credentials" AS "credentials"
  INNER JOIN (VALUES
    ('no-setup-access-key', 'access_key'),
    ('access-key-unused', 'access_key'),
    ('access-key-rotation', 'access_key'),
    ('password-unused', 'password')) AS "control"("control_id", "subject_type")
    ON "control"."subject_type" = "credentials"."credential_type"
  WHERE
    "credentials"."account_state" = 'ACTIVE' AND NOT "credentials"."is_root"
), "evaluated" AS (
  SELECT
    "checked"."organization_id" AS "organization_id",
    "checked"."snapshot_date" AS "snapshot_date",
    "checked"."snapshot_at" AS "snapshot_at",
    "checked"."account_id" AS "account_id",
    "checked"."account_name" AS "account_name",
    "checked"."ou_id" AS "ou_id",
    "checked"."ou_path" AS "ou_path",
    "checked"."user_name" AS "user_name",
    "checked"."user_arn" AS "user_arn",
    "checked"."is_root" AS "is_root",
    "checked"."credential_type" AS "credential_type",
    "checked"."slot" AS "slot",
    "checked"."is_active" AS "is_active",
    "checked"."created_at" AS "created_at",
    "checked"."last_used_at" AS "last_used_at",
    "checked"."last_used_region" AS "last_used_region",
    "checked"."last_used_service" AS "last_used_service",
    "checked"."age_days" AS "age_days",
    "checked"."idle_days" AS "idle_days",
    "checked"."never_used" AS "never_used",
    "checked"."mfa_active" AS "mfa_active",
    "checked"."report_generated_at" AS "report_generated_at",
    "checked"."run_id" AS "run_id",
    "checked"."account_state" AS "account_state",
    "checked"."user_creation_time" AS "user_creation_time",
    "checked"."ordinal" AS "ordinal",
    "checked"."idle_since" AS "idle_since",
    "checked"."unused_limit_days" AS "unused_limit_days",
    "checked"."max_age_days" AS "max_age_days",
    "checked"."password_enabled" AS "password_enabled",
    "checked"."is_active_fault" AS "is_active_fault",
    "checked"."created_at_fault" AS "created_at_fault",
    "checked"."last_used_at_fault" AS "last_used_at_fault",
    "checked"."password_enabled_fault" AS "password_enabled_fault",
    "checked"."owner" AS "owner",
    "checked"."control_id" AS "control_id",
    "checked"."limit_days" AS "limit_days",
    "checked"."measured_from" AS "measured_from",
    "checked"."fault" AS "fault",
    CASE
      WHEN "checked"."is_active" = FALSE
      THEN 'not_applicable'
      WHEN NOT "checked"."fault" IS NULL
      THEN 'unknown'
      WHEN "checked"."control_id" = 'no-setup-access-key'
      THEN CASE WHEN "checked"."password_enabled" AND "checked"."never_used" THEN 'fail' ELSE 'pass' END
      WHEN "checked"."measured_from" < (
        "checked"."report_generated_at" + INTERVAL (-"checked"."limit_days") DAY
      )
      THEN 'fail'
      WHEN "checked"."measured_from" > (
        "checked"."report_generated_at" + INTERVAL (-"checked"."limit_days") DAY
      )
      THEN 'pass'
      WHEN "checked"."measured_from" = (
        "checked"."report_generated_at" + INTERVAL (-"checked"."limit_days") DAY
      )
      THEN CASE "checked"."control_id" WHEN 'access-key-rotation' THEN 'pass' ELSE 'fail' END
      ELSE 'unknown'
    END AS "status"
  FROM "checked" AS "checked"
), "measured" AS (
  SELECT
    "evaluated"."organization_id" AS "organization_id",
    "evaluated"."snapshot_date" AS "snapshot_date",
    "evaluated"."snapshot_at" AS "snapshot_at",
    "evaluated"."account_id" AS "account_id",
    "evaluated"."account_name" AS "account_name",
    "evaluated"."ou_id" AS "ou_id",
    "evaluated"."ou_path" AS "ou_path",
    "evaluated"."user_name" AS "user_name",
    "evaluated"."user_arn" AS "user_arn",
    "evaluated"."is_root" AS "is_root",
    "evaluated"."credential_type" AS "credential_type",
    "evaluated"."slot" AS "slot",
    "evaluated"."is_active" AS "is_active",
    "evaluated"."created_at" AS "created_at",
    "evaluated"."last_used_at" AS "last_used_at",
    "evaluated"."last_used_region" AS "last_used_region",
    "evaluated"."last_used_service" AS "last_used_service",
    "evaluated"."age_days" AS "age_days",
    "evaluated"."idle_days" AS "idle_days",
    "evaluated"."never_used" AS "never_used",
    "evaluated"."mfa_active" AS "mfa_active",
    "evaluated"."report_generated_at" AS "report_generated_at",
    "evaluated"."run_id" AS "run_id",
    "evaluated"."account_state" AS "account_state",
    "evaluated"."user_creation_time" AS "user_creation_time",
    "evaluated"."ordinal" AS "ordinal",
    "evaluated"."idle_since" AS "idle_since",
    "evaluated"."unused_limit_days" AS "unused_limit_days",
    "evaluated"."max_age_days" AS "max_age_days",
    "evaluated"."password_enabled" AS "password_enabled",
    "evaluated"."is_active_fault" AS "is_active_fault",
    "evaluated"."created_at_fault" AS "created_at_fault",
    "evaluated"."last_used_at_fault" AS "last_used_at_fault",
    "evaluated"."password_enabled_fault" AS "password_enabled_fault",
    "evaluated"."owner" AS "owner",
    "evaluated"."control_id" AS "control_id",
    "evaluated"."limit_days" AS "limit_days",
    "evaluated"."measured_from" AS "measured_from",
    "evaluated"."fault" AS "fault",
    "evaluated"."status" AS "status",
    CASE WHEN "evaluated"."status" IN ('pass', 'fail') THEN DATE_SUB('second', "evaluated"."measured_from", "evaluated"."report_generated_at") END AS "measured_seconds",
    CAST(ROUND(FLOOR(CAST(DATE_SUB('second', "evaluated"."measured_from", "evaluated"."report_generated_at") AS DOUBLE) / 86400)) AS BIGINT) AS "measured_days"
  FROM "evaluated" AS "evaluated"
), "explained" AS (
  SELECT
    "measured"."organization_id" AS "organization_id",
    "measured"."snapshot_date" AS "snapshot_date",
    "measured"."snapshot_at" AS "snapshot_at",
    "measured"."account_id" AS "account_id",
    "measured"."account_name" AS "account_name",
    "measured"."ou_id" AS "ou_id",
    "measured"."ou_path" AS "ou_path",
    "measured"."user_name" AS "user_name",
    "measured"."user_arn" AS "user_arn",
    "measured"."is_root" AS "is_root",
    "measured"."credential_type" AS "credential_type",
    "measured"."slot" AS "slot",
    "measured"."is_active" AS "is_active",
    "measured"."created_at" AS "created_at",
    "measured"."last_used_at" AS "last_used_at",
    "measured"."last_used_region" AS "last_used_region",
    "measured"."last_used_service" AS "last_used_service",
    "measured"."age_days" AS "age_days",
    "measured"."idle_days" AS "idle_days",
    "measured"."never_used" AS "never_used",
    "measured"."mfa_active" AS "mfa_active",
    "measured"."report_generated_at" AS "report_generated_at",
    "measured"."run_id" AS "run_id",
    "measured"."account_state" AS "account_state",
    "measured"."user_creation_time" AS "user_creation_time",
    "measured"."ordinal" AS "ordinal",
    "measured"."idle_since" AS "idle_since",
    "measured"."unused_limit_days" AS "unused_limit_days",
    "measured"."max_age_days" AS "max_age_days",
    "measured"."password_enabled" AS "password_enabled",
    "measured"."is_active_fault" AS "is_active_fault",
    "measured"."created_at_fault" AS "created_at_fault",
    "measured"."last_used_at_fault" AS "last_used_at_fault",
    "measured"."password_enabled_fault" AS "password_enabled_fault",
    "measured"."owner" AS "owner",
    "measured"."control_id" AS "control_id",
    "measured"."limit_days" AS "limit_days",
    "measured"."measured_from" AS "measured_from",
    "measured"."fault" AS "fault",
    "measured"."status" AS "status",
    "measured"."measured_seconds" AS "measured_seconds",
    "measured"."measured_days" AS "measured_days",
    CASE
      WHEN "measured"."status" = 'not_applicable'
      THEN 'key_inactive'
      WHEN "measured"."status" = 'unknown'
      THEN 'value_missing'
      WHEN "measured"."control_id" = 'no-setup-access-key'
      THEN CASE WHEN "measured"."status" = 'fail' THEN 'setup_key_never_used' WHEN "measured"."password_enabled" THEN 'key_used' ELSE 'no_password' END
      WHEN "measured"."control_id" = 'access-key-rotation'
      THEN CASE WHEN "measured"."status" = 'fail' THEN 'key_too_old' ELSE 'key_young' END
      WHEN NOT "measured"."never_used"
      THEN CASE WHEN "measured"."status" = 'fail' THEN 'not_used_lately' ELSE 'used_lately' END
      WHEN "measured"."credential_type" = 'password'
      THEN CASE WHEN "measured"."status" = 'fail' THEN 'password_never_used' ELSE 'password_not_used_yet' END
      ELSE CASE WHEN "measured"."status" = 'fail' THEN 'key_never_used' ELSE 'key_not_used_yet' END
    END AS "reason_code"
  FROM "measured" AS "measured"
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
  CAST("explained"."credential_type" AS TEXT) AS "credential_type",
  CAST("explained"."slot" AS INT) AS "slot",
  CAST("explained"."created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST("explained"."status" AS TEXT) AS "status",
  CAST(CASE "explained"."reason_code"
    WHEN 'key_inactive'
    THEN 'The key is inactive.'
    WHEN 'value_missing'
    THEN 'Cannot be evaluated: ' || COALESCE("explained"."fault", 'the limit is unknown') || '.'
    WHEN 'setup_key_never_used'
    THEN 'The user has a password, and this active key was never used.'
    WHEN 'key_used'
    THEN 'The key has been used.'
    WHEN 'no_password'
    THEN 'The user has no password.'
    ELSE CASE WHEN "explained"."reason_code" IN ('key_too_old', 'key_young') THEN 'Created ' WHEN "explained"."reason_code" IN ('not_used_lately', 'used_lately') THEN 'Last used ' WHEN "explained"."reason_code" IN ('password_never_used', 'password_not_used_yet') THEN 'Never used, and set ' ELSE 'Never used, and created ' END || CASE WHEN "explained"."measured_seconds" < 0 THEN 'after the report: ' WHEN "explained"."measured_days" = 1 THEN '1 day before the report: ' ELSE CAST("explained"."measured_days" AS TEXT) || ' days before the report: ' END || CASE WHEN "explained"."status" = 'fail' THEN 'beyond the limit of ' ELSE 'within the limit of ' END || CAST("explained"."limit_days" AS TEXT) || CASE WHEN "explained"."limit_days" = 1 THEN ' day.' ELSE ' days.' END
  END AS TEXT) AS "reason",
  CAST("explained"."measured_seconds" AS BIGINT) AS "measured_seconds",
  CAST("explained"."limit_days" AS INT) AS "limit_days",
  CAST(CASE WHEN "explained"."status" = 'fail' THEN "explained"."measured_from" + INTERVAL ("explained"."limit_days") DAY END AS TIMESTAMP) AS "failing_since",
  CAST(CASE "explained"."credential_type"
    WHEN 'access_key'
    THEN "explained"."user_arn" || '|key|' || COALESCE(CAST(DATE_SUB('second', CAST('1970-01-01 00:00:00' AS TIMESTAMP), "explained"."created_at") AS TEXT), '') || CASE WHEN "explained"."created_at" <> DATE_TRUNC('SECOND', "explained"."created_at") THEN '.' || CAST(DATE_SUB('millisecond', DATE_TRUNC('SECOND', "explained"."created_at"), "explained"."created_at") AS TEXT) ELSE '' END || CASE WHEN "explained"."ordinal" = 1 THEN '|1' ELSE '|2' END
    ELSE "explained"."user_arn" || '|password|' || COALESCE(CAST(DATE_SUB('second', CAST('1970-01-01 00:00:00' AS TIMESTAMP), "explained"."user_creation_time") AS TEXT), '')
  END AS TEXT) AS "subject",
  CAST("explained"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("explained"."last_used_region" AS TEXT) AS "last_used_region",
  CAST("explained"."last_used_service" AS TEXT) AS "last_used_service",
  CAST("explained"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("explained"."reason_code" AS TEXT) AS "reason_code"
FROM "explained" AS "explained"
