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
    "control"."control_id" AS "control_id",
    CASE "control"."control_id"
      WHEN 'access-key-rotation'
      THEN "credentials"."max_age_days"
      WHEN 'no-setup-access-key'
      THEN NULL
      ELSE "credentials"."unused_limit_days"
    END AS "limit_days",
    CASE "control"."control_id"
      WHEN 'access-key-rotation'
      THEN "credentials"."created_at"
      WHEN 'no-setup-access-key'
      THEN NULL
      ELSE "credentials"."idle_since"
    END AS "measured_from",
    CASE
      WHEN "credentials"."is_active" IS NULL
      THEN "credentials"."is_active_fault"
      WHEN "control"."control_id" = 'access-key-rotation'
      THEN "credentials"."created_at_fault"
      WHEN "control"."control_id" <> 'no-setup-access-key'
      THEN COALESCE(
        "credentials"."last_used_at_fault",
        CASE WHEN "credentials"."never_used" THEN "credentials"."created_at_fault" END
      )
      WHEN "credentials"."password_enabled" = FALSE
      OR NOT "credentials"."last_used_at" IS NULL
      THEN NULL
      ELSE COALESCE("credentials"."last_used_at_fault", "credentials"."password_enabled_fault")
    END AS "fault"
  FROM "credentials_history" AS "credentials"
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
      THEN CASE
        WHEN "checked"."password_enabled" AND "checked"."never_used"
        THEN 'fail'
        ELSE 'pass'
      END
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
    "evaluated"."control_id" AS "control_id",
    "evaluated"."limit_days" AS "limit_days",
    "evaluated"."measured_from" AS "measured_from",
    "evaluated"."fault" AS "fault",
    "evaluated"."status" AS "status",
    CASE
      WHEN "evaluated"."status" IN ('pass', 'fail')
      THEN DATE_SUB('second', "evaluated"."measured_from", "evaluated"."report_generated_at")
    END AS "measured_seconds",
    CAST(ROUND(
      FLOOR(
        CAST(DATE_SUB('second', "evaluated"."measured_from", "evaluated"."report_generated_at") AS DOUBLE) / 86400
      )
    ) AS BIGINT) AS "measured_days"
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
  CAST("measured"."user_name" AS TEXT) AS "user_name",
  CAST("measured"."user_arn" AS TEXT) AS "user_arn",
  CAST("measured"."credential_type" AS TEXT) AS "credential_type",
  CAST("measured"."slot" AS INT) AS "slot",
  CAST("measured"."created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST("measured"."status" AS TEXT) AS "status",
  CAST(CASE
    WHEN "measured"."status" = 'not_applicable'
    THEN 'The key is inactive.'
    WHEN "measured"."status" = 'unknown'
    THEN 'Cannot be evaluated: ' || COALESCE("measured"."fault", 'the limit is unknown') || '.'
    WHEN "measured"."control_id" = 'no-setup-access-key'
    THEN CASE
      WHEN "measured"."status" = 'fail'
      THEN 'The user has a password, and this active key was never used.'
      WHEN "measured"."password_enabled"
      THEN 'The key has been used.'
      ELSE 'The user has no password.'
    END
    ELSE CASE
      WHEN "measured"."control_id" = 'access-key-rotation'
      THEN 'Created '
      WHEN NOT "measured"."never_used"
      THEN 'Last used '
      WHEN "measured"."credential_type" = 'password'
      THEN 'Never used, and set '
      ELSE 'Never used, and created '
    END || CASE
      WHEN "measured"."measured_seconds" < 0
      THEN 'after the report: '
      WHEN "measured"."measured_days" = 1
      THEN '1 day before the report: '
      ELSE CAST("measured"."measured_days" AS TEXT) || ' days before the report: '
    END || CASE
      WHEN "measured"."status" = 'fail'
      THEN 'beyond the limit of '
      ELSE 'within the limit of '
    END || CAST("measured"."limit_days" AS TEXT) || CASE WHEN "measured"."limit_days" = 1 THEN ' day.' ELSE ' days.' END
  END AS TEXT) AS "reason",
  CAST("measured"."measured_seconds" AS BIGINT) AS "measured_seconds",
  CAST("measured"."limit_days" AS INT) AS "limit_days",
  CAST(CASE
    WHEN "measured"."status" = 'fail'
    THEN "measured"."measured_from" + INTERVAL ("measured"."limit_days") DAY
  END AS TIMESTAMP) AS "failing_since",
  CAST(CASE "measured"."credential_type"
    WHEN 'access_key'
    THEN "measured"."user_arn" || '|key|' || COALESCE(
      CAST(DATE_SUB('second', CAST('1970-01-01 00:00:00' AS TIMESTAMP), "measured"."created_at") AS TEXT),
      ''
    ) || CASE
      WHEN "measured"."created_at" <> DATE_TRUNC('SECOND', "measured"."created_at")
      THEN '.' || CAST(DATE_SUB(
        'millisecond',
        DATE_TRUNC('SECOND', "measured"."created_at"),
        "measured"."created_at"
      ) AS TEXT)
      ELSE ''
    END || CASE WHEN "measured"."ordinal" = 1 THEN '|1' ELSE '|2' END
    ELSE "measured"."user_arn" || '|password|' || COALESCE(
      CAST(DATE_SUB('second', CAST('1970-01-01 00:00:00' AS TIMESTAMP), "measured"."user_creation_time") AS TEXT),
      ''
    )
  END AS TEXT) AS "subject",
  CAST("measured"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("measured"."last_used_region" AS TEXT) AS "last_used_region",
  CAST("measured"."last_used_service" AS TEXT) AS "last_used_service",
  CAST("measured"."report_generated_at" AS TIMESTAMP) AS "report_generated_at"
FROM "measured" AS "measured"
