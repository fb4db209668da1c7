WITH "lists" AS (
  SELECT
    "account"."organization_id" AS "organization_id",
    "account"."snapshot_date" AS "snapshot_date",
    MAX("account"."run_started_at") AS "snapshot_at",
    MAX("account"."run_id") AS "run_id",
    MAX("account"."inventory_source") AS "inventory_source"
  FROM "account_history" AS "account"
  GROUP BY
    "account"."organization_id",
    "account"."snapshot_date"
), "lists_in_order" AS (
  SELECT
    "lists"."organization_id" AS "organization_id",
    "lists"."snapshot_date" AS "snapshot_date",
    "lists"."snapshot_at" AS "snapshot_at",
    "lists"."run_id" AS "run_id",
    "lists"."inventory_source" AS "inventory_source",
    LAG("lists"."snapshot_date") OVER (PARTITION BY "lists"."organization_id" ORDER BY "lists"."snapshot_date") AS "previous_date",
    LAG("lists"."inventory_source") OVER (PARTITION BY "lists"."organization_id" ORDER BY "lists"."snapshot_date") AS "previous_source",
    LEAD("lists"."snapshot_date") OVER (PARTITION BY "lists"."organization_id" ORDER BY "lists"."snapshot_date") AS "next_date",
    LEAD("lists"."snapshot_at") OVER (PARTITION BY "lists"."organization_id" ORDER BY "lists"."snapshot_date") AS "next_at",
    LEAD("lists"."run_id") OVER (PARTITION BY "lists"."organization_id" ORDER BY "lists"."snapshot_date") AS "next_run_id",
    LEAD("lists"."inventory_source") OVER (PARTITION BY "lists"."organization_id" ORDER BY "lists"."snapshot_date") AS "next_source"
  FROM "lists" AS "lists"
), "accounts_in_order" AS (
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
    LAG("account"."snapshot_date") OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "seen_before",
    LEAD("account"."snapshot_date") OVER (
      PARTITION BY "account"."organization_id", "account"."account_id"
      ORDER BY "account"."snapshot_date"
    ) AS "seen_next"
  FROM "account_history" AS "account"
), "changes" AS (
  SELECT
    "listed"."organization_id" AS "organization_id",
    "listed"."snapshot_date" AS "snapshot_date",
    "listed"."run_id" AS "run_id",
    "listed"."account_id" AS "account_id",
    "listed"."account_name" AS "account_name",
    "listed"."account_email" AS "account_email",
    "listed"."account_arn" AS "account_arn",
    "listed"."aws_partition" AS "aws_partition",
    "listed"."account_state" AS "account_state",
    "listed"."joined_at" AS "joined_at",
    "listed"."ou_id" AS "ou_id",
    "listed"."ou_path" AS "ou_path",
    "listed"."tags" AS "tags",
    "listed"."outcome" AS "outcome",
    "listed"."error_code" AS "error_code",
    "listed"."error_message" AS "error_message",
    "listed"."attempts" AS "attempts",
    "listed"."run_started_at" AS "run_started_at",
    "listed"."started_at" AS "started_at",
    "listed"."finished_at" AS "finished_at",
    "listed"."report_generated_at" AS "report_generated_at",
    "listed"."user_count" AS "user_count",
    "listed"."unreadable_rows" AS "unreadable_rows",
    "listed"."unreadable_values" AS "unreadable_values",
    "listed"."raw_sha256" AS "raw_sha256",
    "listed"."raw_location" AS "raw_location",
    "listed"."password_policy_state" AS "password_policy_state",
    "listed"."password_policy_error" AS "password_policy_error",
    "listed"."minimum_password_length" AS "minimum_password_length",
    "listed"."password_reuse_prevention" AS "password_reuse_prevention",
    "listed"."max_password_age" AS "max_password_age",
    "listed"."require_symbols" AS "require_symbols",
    "listed"."require_numbers" AS "require_numbers",
    "listed"."require_uppercase_characters" AS "require_uppercase_characters",
    "listed"."require_lowercase_characters" AS "require_lowercase_characters",
    "listed"."hard_expiry" AS "hard_expiry",
    "listed"."allow_users_to_change_password" AS "allow_users_to_change_password",
    "listed"."users" AS "users",
    "listed"."users_quota" AS "users_quota",
    "listed"."mfa_devices" AS "mfa_devices",
    "listed"."mfa_devices_in_use" AS "mfa_devices_in_use",
    "listed"."summary_error" AS "summary_error",
    "listed"."account_mfa_enabled" AS "account_mfa_enabled",
    "listed"."account_access_keys_present" AS "account_access_keys_present",
    "listed"."account_password_present" AS "account_password_present",
    "listed"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "listed"."limit_access_key_rotation_days" AS "limit_access_key_rotation_days",
    "listed"."limit_access_key_unused_days" AS "limit_access_key_unused_days",
    "listed"."limit_password_unused_days" AS "limit_password_unused_days",
    "listed"."limit_root_use_days" AS "limit_root_use_days",
    "listed"."limit_password_length" AS "limit_password_length",
    "listed"."limit_password_reuse" AS "limit_password_reuse",
    "listed"."inventory_source" AS "inventory_source",
    "listed"."denied_by_type" AS "denied_by_type",
    "listed"."denied_by_arn" AS "denied_by_arn",
    "listed"."is_management_account" AS "is_management_account",
    "listed"."owner" AS "owner",
    "listed"."ou_id_path" AS "ou_id_path",
    "listed"."snapshot_at" AS "snapshot_at",
    "listed"."seen_before" AS "seen_before",
    "listed"."seen_next" AS "seen_next",
    "kind"."change_type" AS "change_type",
    "kind"."change_type" = 'account_joined' AS "is_joining",
    "lists"."previous_date" AS "previous_date",
    "lists"."next_date" AS "next_date",
    "lists"."next_at" AS "next_at",
    "lists"."next_run_id" AS "next_run_id"
  FROM "accounts_in_order" AS "listed"
  INNER JOIN "lists_in_order" AS "lists"
    ON "lists"."organization_id" = "listed"."organization_id"
    AND "lists"."snapshot_date" = "listed"."snapshot_date"
  CROSS JOIN (VALUES
    ('account_joined'),
    ('account_left')) AS "kind"("change_type")
  WHERE
    CASE "kind"."change_type"
      WHEN 'account_joined'
      THEN "lists"."previous_source" = "listed"."inventory_source"
      AND COALESCE("listed"."seen_before" <> "lists"."previous_date", TRUE)
      WHEN 'account_left'
      THEN "lists"."next_source" = "listed"."inventory_source"
      AND COALESCE("listed"."seen_next" <> "lists"."next_date", TRUE)
    END
)
SELECT
  CAST("changes"."organization_id" AS TEXT) AS "organization_id",
  CAST(CASE
    WHEN "changes"."is_joining"
    THEN "changes"."snapshot_date"
    ELSE "changes"."next_date"
  END AS TEXT) AS "snapshot_date",
  CAST(CASE
    WHEN "changes"."is_joining"
    THEN "changes"."run_started_at"
    ELSE "changes"."next_at"
  END AS TIMESTAMP) AS "snapshot_at",
  CAST("changes"."account_id" AS TEXT) AS "account_id",
  CAST("changes"."account_name" AS TEXT) AS "account_name",
  CAST("changes"."ou_id" AS TEXT) AS "ou_id",
  CAST("changes"."ou_path" AS TEXT) AS "ou_path",
  CAST("changes"."change_type" AS TEXT) AS "change_type",
  CAST(NULL AS TEXT) AS "user_name",
  CAST(NULL AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST(1 AS INT) AS "occurrence",
  CAST(CASE WHEN "changes"."is_joining" THEN "changes"."joined_at" END AS TIMESTAMP) AS "changed_at",
  CAST(CASE
    WHEN "changes"."is_joining"
    THEN "changes"."previous_date"
    ELSE "changes"."snapshot_date"
  END AS TEXT) AS "previous_snapshot_date",
  CAST(CASE WHEN "changes"."is_joining" THEN "changes"."report_generated_at" END AS TIMESTAMP) AS "report_generated_at",
  CAST(CASE WHEN NOT "changes"."is_joining" THEN "changes"."report_generated_at" END AS TIMESTAMP) AS "previous_report_generated_at",
  CAST(CASE
    WHEN "changes"."is_joining"
    THEN "changes"."run_id"
    ELSE "changes"."next_run_id"
  END AS TEXT) AS "run_id"
FROM "changes" AS "changes"
