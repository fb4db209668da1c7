WITH "asked" AS (
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
    ('password-unused', 'password')) AS "control"("control_id", "judged_type")
    ON "control"."judged_type" = "credentials"."credential_type"
  WHERE
    "credentials"."account_state" = 'ACTIVE' AND NOT "credentials"."is_root"
), "judged" AS (
  SELECT
    "asked"."organization_id" AS "organization_id",
    "asked"."snapshot_date" AS "snapshot_date",
    "asked"."snapshot_at" AS "snapshot_at",
    "asked"."account_id" AS "account_id",
    "asked"."account_name" AS "account_name",
    "asked"."ou_id" AS "ou_id",
    "asked"."ou_path" AS "ou_path",
    "asked"."user_name" AS "user_name",
    "asked"."user_arn" AS "user_arn",
    "asked"."is_root" AS "is_root",
    "asked"."credential_type" AS "credential_type",
    "asked"."slot" AS "slot",
    "asked"."is_active" AS "is_active",
    "asked"."created_at" AS "created_at",
    "asked"."last_used_at" AS "last_used_at",
    "asked"."last_used_region" AS "last_used_region",
    "asked"."last_used_service" AS "last_used_service",
    "asked"."age_days" AS "age_days",
    "asked"."idle_days" AS "idle_days",
    "asked"."never_used" AS "never_used",
    "asked"."mfa_active" AS "mfa_active",
    "asked"."report_generated_at" AS "report_generated_at",
    "asked"."run_id" AS "run_id",
    "asked"."account_state" AS "account_state",
    "asked"."user_creation_time" AS "user_creation_time",
    "asked"."ordinal" AS "ordinal",
    "asked"."idle_since" AS "idle_since",
    "asked"."unused_limit_days" AS "unused_limit_days",
    "asked"."max_age_days" AS "max_age_days",
    "asked"."password_enabled" AS "password_enabled",
    "asked"."is_active_fault" AS "is_active_fault",
    "asked"."created_at_fault" AS "created_at_fault",
    "asked"."last_used_at_fault" AS "last_used_at_fault",
    "asked"."password_enabled_fault" AS "password_enabled_fault",
    "asked"."control_id" AS "control_id",
    "asked"."limit_days" AS "limit_days",
    "asked"."measured_from" AS "measured_from",
    "asked"."fault" AS "fault",
    CASE
      WHEN "asked"."is_active" = FALSE
      THEN 'not_applicable'
      WHEN NOT "asked"."fault" IS NULL
      THEN 'unknown'
      WHEN "asked"."control_id" = 'no-setup-access-key'
      THEN CASE
        WHEN "asked"."password_enabled" AND "asked"."never_used"
        THEN 'fail'
        ELSE 'pass'
      END
      WHEN "asked"."measured_from" < (
        "asked"."report_generated_at" + INTERVAL (-"asked"."limit_days") DAY
      )
      THEN 'fail'
      WHEN "asked"."measured_from" > (
        "asked"."report_generated_at" + INTERVAL (-"asked"."limit_days") DAY
      )
      THEN 'pass'
      WHEN "asked"."measured_from" = (
        "asked"."report_generated_at" + INTERVAL (-"asked"."limit_days") DAY
      )
      THEN CASE "asked"."control_id" WHEN 'access-key-rotation' THEN 'pass' ELSE 'fail' END
      ELSE 'unknown'
    END AS "status"
  FROM "asked" AS "asked"
), "measured" AS (
  SELECT
    "judged"."organization_id" AS "organization_id",
    "judged"."snapshot_date" AS "snapshot_date",
    "judged"."snapshot_at" AS "snapshot_at",
    "judged"."account_id" AS "account_id",
    "judged"."account_name" AS "account_name",
    "judged"."ou_id" AS "ou_id",
    "judged"."ou_path" AS "ou_path",
    "judged"."user_name" AS "user_name",
    "judged"."user_arn" AS "user_arn",
    "judged"."is_root" AS "is_root",
    "judged"."credential_type" AS "credential_type",
    "judged"."slot" AS "slot",
    "judged"."is_active" AS "is_active",
    "judged"."created_at" AS "created_at",
    "judged"."last_used_at" AS "last_used_at",
    "judged"."last_used_region" AS "last_used_region",
    "judged"."last_used_service" AS "last_used_service",
    "judged"."age_days" AS "age_days",
    "judged"."idle_days" AS "idle_days",
    "judged"."never_used" AS "never_used",
    "judged"."mfa_active" AS "mfa_active",
    "judged"."report_generated_at" AS "report_generated_at",
    "judged"."run_id" AS "run_id",
    "judged"."account_state" AS "account_state",
    "judged"."user_creation_time" AS "user_creation_time",
    "judged"."ordinal" AS "ordinal",
    "judged"."idle_since" AS "idle_since",
    "judged"."unused_limit_days" AS "unused_limit_days",
    "judged"."max_age_days" AS "max_age_days",
    "judged"."password_enabled" AS "password_enabled",
    "judged"."is_active_fault" AS "is_active_fault",
    "judged"."created_at_fault" AS "created_at_fault",
    "judged"."last_used_at_fault" AS "last_used_at_fault",
    "judged"."password_enabled_fault" AS "password_enabled_fault",
    "judged"."control_id" AS "control_id",
    "judged"."limit_days" AS "limit_days",
    "judged"."measured_from" AS "measured_from",
    "judged"."fault" AS "fault",
    "judged"."status" AS "status",
    CASE
      WHEN "judged"."status" IN ('pass', 'fail')
      THEN DATE_SUB('second', "judged"."measured_from", "judged"."report_generated_at")
    END AS "measured_seconds",
    CAST(ROUND(
      FLOOR(
        CAST(DATE_SUB('second', "judged"."measured_from", "judged"."report_generated_at") AS DOUBLE) / 86400
      )
    ) AS BIGINT) AS "measured_days"
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
    THEN 'Cannot be judged: ' || COALESCE("measured"."fault", 'the limit is not known') || '.'
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
    END || CAST("measured"."measured_days" AS TEXT) || CASE
      WHEN "measured"."measured_days" = 1
      THEN ' day before the report: '
      ELSE ' days before the report: '
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
