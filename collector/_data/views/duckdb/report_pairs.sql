WITH "in_order" AS (
  SELECT
    "account"."organization_id" AS "organization_id",
    "account"."snapshot_date" AS "snapshot_date",
    "account"."run_id" AS "run_id",
    "account"."account_id" AS "account_id",
    "account"."account_name" AS "account_name",
    "account"."account_email" AS "account_email",
    "account"."account_arn" AS "account_arn",
    "account"."aws_partition" AS "aws_partition",
    "account"."account_state" AS "account_state",
    "account"."joined_at" AS "joined_at",
    "account"."ou_id" AS "ou_id",
    "account"."ou_path" AS "ou_path",
    "account"."tags" AS "tags",
    "account"."outcome" AS "outcome",
    "account"."error_code" AS "error_code",
    "account"."error_message" AS "error_message",
    "account"."attempts" AS "attempts",
    "account"."run_started_at" AS "run_started_at",
    "account"."started_at" AS "started_at",
    "account"."finished_at" AS "finished_at",
    "account"."report_generated_at" AS "report_generated_at",
    "account"."user_count" AS "user_count",
    "account"."unreadable_rows" AS "unreadable_rows",
    "account"."unreadable_values" AS "unreadable_values",
    "account"."raw_sha256" AS "raw_sha256",
    "account"."raw_location" AS "raw_location",
    "account"."password_policy_state" AS "password_policy_state",
    "account"."password_policy_error" AS "password_policy_error",
    "account"."minimum_password_length" AS "minimum_password_length",
    "account"."password_reuse_prevention" AS "password_reuse_prevention",
    "account"."max_password_age" AS "max_password_age",
    "account"."require_symbols" AS "require_symbols",
    "account"."require_numbers" AS "require_numbers",
    "account"."require_uppercase_characters" AS "require_uppercase_characters",
    "account"."require_lowercase_characters" AS "require_lowercase_characters",
    "account"."hard_expiry" AS "hard_expiry",
    "account"."allow_users_to_change_password" AS "allow_users_to_change_password",
    "account"."users" AS "users",
    "account"."users_quota" AS "users_quota",
    "account"."mfa_devices" AS "mfa_devices",
    "account"."mfa_devices_in_use" AS "mfa_devices_in_use",
    "account"."summary_error" AS "summary_error",
    "account"."account_mfa_enabled" AS "account_mfa_enabled",
    "account"."account_access_keys_present" AS "account_access_keys_present",
    "account"."account_password_present" AS "account_password_present",
    "account"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "account"."limit_access_key_rotation_days" AS "limit_access_key_rotation_days",
    "account"."limit_access_key_unused_days" AS "limit_access_key_unused_days",
    "account"."limit_password_unused_days" AS "limit_password_unused_days",
    "account"."limit_root_use_days" AS "limit_root_use_days",
    "account"."limit_password_length" AS "limit_password_length",
    "account"."limit_password_reuse" AS "limit_password_reuse",
    "account"."inventory_source" AS "inventory_source",
    "account"."denied_by_type" AS "denied_by_type",
    "account"."denied_by_arn" AS "denied_by_arn",
    "account"."is_management_account" AS "is_management_account",
    "account"."owner" AS "owner",
    "account"."ou_id_path" AS "ou_id_path",
    "account"."snapshot_at" AS "snapshot_at",
    COALESCE("account"."unreadable_rows", 0) = 0 AS "is_whole",
    LAG("account"."snapshot_date") OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "previous_snapshot_date",
    LAG("account"."report_generated_at") OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "previous_report_generated_at",
    LAG(COALESCE("account"."unreadable_rows", 0) = 0) OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "was_whole",
    LAG(
      CASE
        WHEN COALESCE("account"."unreadable_rows", 0) = 0
        THEN "account"."snapshot_date"
      END
     IGNORE NULLS) OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "last_whole_snapshot_date",
    LAG(
      CASE
        WHEN COALESCE("account"."unreadable_rows", 0) = 0
        THEN "account"."report_generated_at"
      END
     IGNORE NULLS) OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "last_whole_report_at",
    FIRST_VALUE("account"."report_generated_at") OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "first_report_at"
  FROM "account_history" AS "account"
  WHERE
    "account"."outcome" IN ('collected', 'partial')
)
SELECT
  CAST("in_order"."organization_id" AS TEXT) AS "organization_id",
  CAST("in_order"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("in_order"."run_started_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("in_order"."account_id" AS TEXT) AS "account_id",
  CAST("in_order"."account_name" AS TEXT) AS "account_name",
  CAST("in_order"."ou_id" AS TEXT) AS "ou_id",
  CAST("in_order"."ou_path" AS TEXT) AS "ou_path",
  CAST("in_order"."previous_snapshot_date" AS TEXT) AS "previous_snapshot_date",
  CAST("in_order"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("in_order"."previous_report_generated_at" AS TIMESTAMP) AS "previous_report_generated_at",
  CAST("in_order"."is_whole" AS BOOLEAN) AS "is_whole",
  CAST("in_order"."was_whole" AS BOOLEAN) AS "was_whole",
  CAST("in_order"."last_whole_snapshot_date" AS TEXT) AS "last_whole_snapshot_date",
  CAST("in_order"."last_whole_report_at" AS TIMESTAMP) AS "last_whole_report_at",
  CAST("in_order"."first_report_at" AS TIMESTAMP) AS "first_report_at",
  CAST("in_order"."run_id" AS TEXT) AS "run_id"
FROM "in_order" AS "in_order"
WHERE
  "in_order"."previous_report_generated_at" <> "in_order"."report_generated_at"
