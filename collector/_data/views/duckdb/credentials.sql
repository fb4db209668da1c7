WITH "slotted" AS (
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
    "report"."mfa_active" AS "mfa_active",
    "report"."null_reasons" AS "null_reasons",
    "report"."report_generated_at" AS "report_generated_at",
    "slots"."credential_type" AS "credential_type",
    "slots"."slot" AS "slot",
    "slots"."active_column" AS "active_column",
    "slots"."created_column" AS "created_column",
    "slots"."used_column" AS "used_column",
    CASE "slots"."active_column" WHEN 'password_enabled' THEN "report"."password_enabled" WHEN 'access_key_1_active' THEN "report"."access_key_1_active" WHEN 'access_key_2_active' THEN "report"."access_key_2_active" WHEN 'cert_1_active' THEN "report"."cert_1_active" WHEN 'cert_2_active' THEN "report"."cert_2_active" END AS "is_active",
    CASE "slots"."active_column" WHEN 'password_enabled' THEN "report"."password_last_changed" WHEN 'access_key_1_active' THEN "report"."access_key_1_last_rotated" WHEN 'access_key_2_active' THEN "report"."access_key_2_last_rotated" WHEN 'cert_1_active' THEN "report"."cert_1_last_rotated" WHEN 'cert_2_active' THEN "report"."cert_2_last_rotated" END AS "created_at",
    CASE "slots"."active_column" WHEN 'password_enabled' THEN "report"."password_last_used" WHEN 'access_key_1_active' THEN "report"."access_key_1_last_used_date" WHEN 'access_key_2_active' THEN "report"."access_key_2_last_used_date" END AS "last_used_at",
    CASE "slots"."active_column" WHEN 'access_key_1_active' THEN "report"."access_key_1_last_used_region" WHEN 'access_key_2_active' THEN "report"."access_key_2_last_used_region" END AS "last_used_region",
    CASE "slots"."active_column" WHEN 'access_key_1_active' THEN "report"."access_key_1_last_used_service" WHEN 'access_key_2_active' THEN "report"."access_key_2_last_used_service" END AS "last_used_service",
    CASE "slots"."active_column"
      WHEN 'access_key_1_active'
      THEN CASE WHEN "report"."access_key_1_last_rotated" IS DISTINCT FROM "report"."access_key_2_last_rotated" THEN 1 WHEN "report"."access_key_1_active" IS DISTINCT FROM "report"."access_key_2_active" THEN CASE WHEN COALESCE("report"."access_key_1_active", FALSE) THEN 1 ELSE 2 END WHEN "report"."access_key_2_last_used_date" IS NULL THEN 1 WHEN "report"."access_key_1_last_used_date" >= "report"."access_key_2_last_used_date" THEN 1 ELSE 2 END
      WHEN 'access_key_2_active'
      THEN CASE WHEN "report"."access_key_1_last_rotated" IS DISTINCT FROM "report"."access_key_2_last_rotated" THEN 1 WHEN "report"."access_key_1_active" IS DISTINCT FROM "report"."access_key_2_active" THEN CASE WHEN COALESCE("report"."access_key_1_active", FALSE) THEN 2 ELSE 1 END WHEN "report"."access_key_2_last_used_date" IS NULL THEN 2 WHEN "report"."access_key_1_last_used_date" >= "report"."access_key_2_last_used_date" THEN 2 ELSE 1 END
      ELSE 1
    END AS "ordinal"
  FROM "report_rows" AS "report"
  CROSS JOIN (VALUES
    ('password', NULL, 'password_enabled', 'password_last_changed', 'password_last_used'),
    ('access_key', 1, 'access_key_1_active', 'access_key_1_last_rotated', 'access_key_1_last_used_date'),
    ('access_key', 2, 'access_key_2_active', 'access_key_2_last_rotated', 'access_key_2_last_used_date'),
    ('signing_certificate', 1, 'cert_1_active', 'cert_1_last_rotated', NULL),
    ('signing_certificate', 2, 'cert_2_active', 'cert_2_last_rotated', NULL)) AS "slots"("credential_type", "slot", "active_column", "created_column", "used_column")
), "explained" AS (
  SELECT
    "slotted"."organization_id" AS "organization_id",
    "slotted"."snapshot_date" AS "snapshot_date",
    "slotted"."run_id" AS "run_id",
    "slotted"."account_id" AS "account_id",
    "slotted"."user_name" AS "user_name",
    "slotted"."user_arn" AS "user_arn",
    "slotted"."is_root" AS "is_root",
    "slotted"."user_creation_time" AS "user_creation_time",
    "slotted"."password_enabled" AS "password_enabled",
    "slotted"."mfa_active" AS "mfa_active",
    "slotted"."null_reasons" AS "null_reasons",
    "slotted"."report_generated_at" AS "report_generated_at",
    "slotted"."credential_type" AS "credential_type",
    "slotted"."slot" AS "slot",
    "slotted"."active_column" AS "active_column",
    "slotted"."created_column" AS "created_column",
    "slotted"."used_column" AS "used_column",
    "slotted"."is_active" AS "is_active",
    "slotted"."created_at" AS "created_at",
    "slotted"."last_used_at" AS "last_used_at",
    "slotted"."last_used_region" AS "last_used_region",
    "slotted"."last_used_service" AS "last_used_service",
    "slotted"."ordinal" AS "ordinal",
    CASE WHEN "slotted"."is_active" IS NULL THEN COALESCE("slotted"."null_reasons"["slotted"."active_column"], 'N/A') END AS "is_active_reason",
    CASE WHEN "slotted"."created_at" IS NULL THEN COALESCE("slotted"."null_reasons"["slotted"."created_column"], 'N/A') END AS "created_at_reason",
    CASE WHEN "slotted"."last_used_at" IS NULL THEN COALESCE("slotted"."null_reasons"["slotted"."used_column"], 'N/A') END AS "last_used_at_reason"
  FROM "slotted" AS "slotted"
), "existing" AS (
  SELECT
    "explained"."organization_id" AS "organization_id",
    "explained"."snapshot_date" AS "snapshot_date",
    "explained"."run_id" AS "run_id",
    "explained"."account_id" AS "account_id",
    "explained"."user_name" AS "user_name",
    "explained"."user_arn" AS "user_arn",
    "explained"."is_root" AS "is_root",
    "explained"."user_creation_time" AS "user_creation_time",
    "explained"."password_enabled" AS "password_enabled",
    "explained"."mfa_active" AS "mfa_active",
    "explained"."null_reasons" AS "null_reasons",
    "explained"."report_generated_at" AS "report_generated_at",
    "explained"."credential_type" AS "credential_type",
    "explained"."slot" AS "slot",
    "explained"."active_column" AS "active_column",
    "explained"."created_column" AS "created_column",
    "explained"."used_column" AS "used_column",
    "explained"."is_active" AS "is_active",
    "explained"."created_at" AS "created_at",
    "explained"."last_used_at" AS "last_used_at",
    "explained"."last_used_region" AS "last_used_region",
    "explained"."last_used_service" AS "last_used_service",
    "explained"."ordinal" AS "ordinal",
    "explained"."is_active_reason" AS "is_active_reason",
    "explained"."created_at_reason" AS "created_at_reason",
    "explained"."last_used_at_reason" AS "last_used_at_reason",
    "account"."run_started_at" AS "run_started_at",
    "account"."account_name" AS "account_name",
    "account"."account_state" AS "account_state",
    "account"."ou_id" AS "ou_id",
    "account"."ou_path" AS "ou_path",
    "account"."owner" AS "owner",
    CASE "explained"."credential_type" WHEN 'access_key' THEN "account"."limit_access_key_unused_days" WHEN 'password' THEN "account"."limit_password_unused_days" END AS "unused_limit_days",
    CASE WHEN "explained"."credential_type" = 'access_key' THEN "account"."limit_access_key_rotation_days" WHEN "explained"."credential_type" = 'password' AND NOT "explained"."is_root" THEN "account"."max_password_age" END AS "max_age_days",
    CASE WHEN "explained"."last_used_at_reason" IN ('unparsed', 'empty') THEN "explained"."used_column" || ' is ' || "explained"."last_used_at_reason" WHEN "explained"."last_used_at_reason" = 'not_supported' AND NOT (
      "explained"."is_root" AND "account"."aws_partition" = 'aws-us-gov'
    ) THEN "explained"."used_column" || ' is ' || "explained"."last_used_at_reason" END AS "last_used_at_fault"
  FROM "explained" AS "explained"
  LEFT JOIN "account" AS "account"
    ON "account"."organization_id" = "explained"."organization_id" AND "account"."snapshot_date" = "explained"."snapshot_date" AND "account"."account_id" = "explained"."account_id"
  WHERE
    "explained"."is_active_reason" IN ('unparsed', 'empty') OR "explained"."is_active" OR (
      "explained"."is_active" IS NULL AND "explained"."credential_type" = 'password' AND NOT "explained"."is_root"
    ) OR (
      "explained"."credential_type" <> 'password' AND (
        NOT "explained"."created_at" IS NULL OR "explained"."created_at_reason" IN ('unparsed', 'empty')
      )
    )
), "measured" AS (
  SELECT
    "existing"."organization_id" AS "organization_id",
    "existing"."snapshot_date" AS "snapshot_date",
    "existing"."run_id" AS "run_id",
    "existing"."account_id" AS "account_id",
    "existing"."user_name" AS "user_name",
    "existing"."user_arn" AS "user_arn",
    "existing"."is_root" AS "is_root",
    "existing"."user_creation_time" AS "user_creation_time",
    "existing"."password_enabled" AS "password_enabled",
    "existing"."mfa_active" AS "mfa_active",
    "existing"."null_reasons" AS "null_reasons",
    "existing"."report_generated_at" AS "report_generated_at",
    "existing"."credential_type" AS "credential_type",
    "existing"."slot" AS "slot",
    "existing"."active_column" AS "active_column",
    "existing"."created_column" AS "created_column",
    "existing"."used_column" AS "used_column",
    "existing"."is_active" AS "is_active",
    "existing"."created_at" AS "created_at",
    "existing"."last_used_at" AS "last_used_at",
    "existing"."last_used_region" AS "last_used_region",
    "existing"."last_used_service" AS "last_used_service",
    "existing"."ordinal" AS "ordinal",
    "existing"."is_active_reason" AS "is_active_reason",
    "existing"."created_at_reason" AS "created_at_reason",
    "existing"."last_used_at_reason" AS "last_used_at_reason",
    "existing"."run_started_at" AS "run_started_at",
    "existing"."account_name" AS "account_name",
    "existing"."account_state" AS "account_state",
    "existing"."ou_id" AS "ou_id",
    "existing"."ou_path" AS "ou_path",
    "existing"."owner" AS "owner",
    "existing"."unused_limit_days" AS "unused_limit_days",
    "existing"."max_age_days" AS "max_age_days",
    "existing"."last_used_at_fault" AS "last_used_at_fault",
    CASE WHEN "existing"."credential_type" = 'signing_certificate' OR NOT "existing"."last_used_at_fault" IS NULL THEN NULL ELSE "existing"."last_used_at" IS NULL END AS "never_used",
    CASE WHEN "existing"."credential_type" = 'signing_certificate' OR NOT "existing"."last_used_at_fault" IS NULL THEN NULL ELSE COALESCE("existing"."last_used_at", "existing"."created_at") END AS "idle_since"
  FROM "existing" AS "existing"
)
SELECT
  CAST("measured"."organization_id" AS TEXT) AS "organization_id",
  CAST("measured"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("measured"."run_started_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("measured"."account_id" AS TEXT) AS "account_id",
  CAST("measured"."account_name" AS TEXT) AS "account_name",
  CAST("measured"."ou_id" AS TEXT) AS "ou_id",
  CAST("measured"."ou_path" AS TEXT) AS "ou_path",
  CAST("measured"."user_name" AS TEXT) AS "user_name",
  CAST("measured"."user_arn" AS TEXT) AS "user_arn",
  CAST("measured"."is_root" AS BOOLEAN) AS "is_root",
  CAST("measured"."credential_type" AS TEXT) AS "credential_type",
  CAST("measured"."slot" AS INT) AS "slot",
  CAST("measured"."is_active" AS BOOLEAN) AS "is_active",
  CAST("measured"."created_at" AS TIMESTAMP) AS "created_at",
  CAST("measured"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("measured"."last_used_region" AS TEXT) AS "last_used_region",
  CAST("measured"."last_used_service" AS TEXT) AS "last_used_service",
  CAST(ROUND(FLOOR(CAST(DATE_SUB('second', "measured"."created_at", "measured"."report_generated_at") AS DOUBLE) / 86400)) AS BIGINT) AS "age_days",
  CAST(ROUND(FLOOR(CAST(DATE_SUB('second', "measured"."idle_since", "measured"."report_generated_at") AS DOUBLE) / 86400)) AS BIGINT) AS "idle_days",
  CAST("measured"."never_used" AS BOOLEAN) AS "never_used",
  CAST("measured"."mfa_active" AS BOOLEAN) AS "mfa_active",
  CAST("measured"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("measured"."run_id" AS TEXT) AS "run_id",
  CAST("measured"."account_state" AS TEXT) AS "account_state",
  CAST("measured"."user_creation_time" AS TIMESTAMP) AS "user_creation_time",
  CAST("measured"."ordinal" AS INT) AS "ordinal",
  CAST("measured"."idle_since" AS TIMESTAMP) AS "idle_since",
  CAST("measured"."unused_limit_days" AS INT) AS "unused_limit_days",
  CAST("measured"."max_age_days" AS INT) AS "max_age_days",
  CAST("measured"."password_enabled" AS BOOLEAN) AS "password_enabled",
  CAST("measured"."active_column" || ' is ' || "measured"."is_active_reason" AS TEXT) AS "is_active_fault",
  CAST("measured"."created_column" || ' is ' || "measured"."created_at_reason" AS TEXT) AS "created_at_fault",
  CAST("measured"."last_used_at_fault" AS TEXT) AS "last_used_at_fault",
  CAST(CASE WHEN "measured"."password_enabled" IS NULL THEN 'password_enabled is ' || COALESCE("measured"."null_reasons"['password_enabled'], 'N/A') END AS TEXT) AS "password_enabled_fault",
  CAST("measured"."owner" AS TEXT) AS "owner"
FROM "measured" AS "measured"
