SELECT
  CAST("snapshot_record"."organization_id" AS TEXT) AS "organization_id",
  CAST("snapshot_record"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("snapshot_record"."run_id" AS TEXT) AS "run_id",
  CAST("snapshot_record"."account_id" AS TEXT) AS "account_id",
  CAST("snapshot_record"."user_name" AS TEXT) AS "user_name",
  CAST("snapshot_record"."user_arn" AS TEXT) AS "user_arn",
  CAST("snapshot_record"."is_root" AS BOOLEAN) AS "is_root",
  CAST("snapshot_record"."user_creation_time" AS TIMESTAMP) AS "user_creation_time",
  CAST("snapshot_record"."password_enabled" AS BOOLEAN) AS "password_enabled",
  CAST("snapshot_record"."password_last_used" AS TIMESTAMP) AS "password_last_used",
  CAST("snapshot_record"."password_last_changed" AS TIMESTAMP) AS "password_last_changed",
  CAST("snapshot_record"."password_next_rotation" AS TIMESTAMP) AS "password_next_rotation",
  CAST("snapshot_record"."mfa_active" AS BOOLEAN) AS "mfa_active",
  CAST("snapshot_record"."access_key_1_active" AS BOOLEAN) AS "access_key_1_active",
  CAST("snapshot_record"."access_key_1_last_rotated" AS TIMESTAMP) AS "access_key_1_last_rotated",
  CAST("snapshot_record"."access_key_1_last_used_date" AS TIMESTAMP) AS "access_key_1_last_used_date",
  CAST("snapshot_record"."access_key_1_last_used_region" AS TEXT) AS "access_key_1_last_used_region",
  CAST("snapshot_record"."access_key_1_last_used_service" AS TEXT) AS "access_key_1_last_used_service",
  CAST("snapshot_record"."access_key_2_active" AS BOOLEAN) AS "access_key_2_active",
  CAST("snapshot_record"."access_key_2_last_rotated" AS TIMESTAMP) AS "access_key_2_last_rotated",
  CAST("snapshot_record"."access_key_2_last_used_date" AS TIMESTAMP) AS "access_key_2_last_used_date",
  CAST("snapshot_record"."access_key_2_last_used_region" AS TEXT) AS "access_key_2_last_used_region",
  CAST("snapshot_record"."access_key_2_last_used_service" AS TEXT) AS "access_key_2_last_used_service",
  CAST("snapshot_record"."cert_1_active" AS BOOLEAN) AS "cert_1_active",
  CAST("snapshot_record"."cert_1_last_rotated" AS TIMESTAMP) AS "cert_1_last_rotated",
  CAST("snapshot_record"."cert_2_active" AS BOOLEAN) AS "cert_2_active",
  CAST("snapshot_record"."cert_2_last_rotated" AS TIMESTAMP) AS "cert_2_last_rotated",
  CAST("snapshot_record"."additional_credentials_info" AS TEXT) AS "additional_credentials_info",
  CAST("snapshot_record"."null_reasons" AS MAP(TEXT, TEXT)) AS "null_reasons",
  CAST("snapshot_record"."unknown_columns" AS MAP(TEXT, TEXT)) AS "unknown_columns",
  CAST("snapshot_record"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST(CASE
    WHEN NOT "snapshot_record"."access_key_1_last_rotated" IS NULL AND NOT "snapshot_record"."access_key_2_last_rotated" IS NULL
    THEN NULL
    WHEN NOT "snapshot_record"."access_key_1_last_rotated" IS NULL
    THEN "snapshot_record"."access_key_2_last_used_date"
    WHEN NOT "snapshot_record"."access_key_2_last_rotated" IS NULL
    THEN "snapshot_record"."access_key_1_last_used_date"
    ELSE COALESCE(CASE WHEN "snapshot_record"."access_key_1_last_used_date" IS NULL OR "snapshot_record"."access_key_2_last_used_date" IS NULL THEN NULL ELSE GREATEST("snapshot_record"."access_key_1_last_used_date", "snapshot_record"."access_key_2_last_used_date") END, "snapshot_record"."access_key_1_last_used_date", "snapshot_record"."access_key_2_last_used_date")
  END AS TIMESTAMP) AS "undated_key_last_used_at",
  CAST(CASE
    WHEN "snapshot_record"."access_key_1_last_rotated" IS NULL AND "snapshot_record"."access_key_1_last_used_date" IS NULL AND "snapshot_record"."null_reasons"['access_key_1_last_used_date'] IN ('unparsed', 'empty')
    THEN 'access_key_1_last_used_date is ' || "snapshot_record"."null_reasons"['access_key_1_last_used_date']
    WHEN "snapshot_record"."access_key_2_last_rotated" IS NULL AND "snapshot_record"."access_key_2_last_used_date" IS NULL AND "snapshot_record"."null_reasons"['access_key_2_last_used_date'] IN ('unparsed', 'empty')
    THEN 'access_key_2_last_used_date is ' || "snapshot_record"."null_reasons"['access_key_2_last_used_date']
  END AS TEXT) AS "undated_key_last_used_at_fault"
FROM "snapshot_record:user" AS "snapshot_record"
WHERE
  "snapshot_record"."record_type" = 'user'
