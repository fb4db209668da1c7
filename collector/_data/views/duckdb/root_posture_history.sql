WITH "root_keys" AS (
  SELECT
    "credentials"."organization_id" AS "organization_id",
    "credentials"."snapshot_date" AS "snapshot_date",
    "credentials"."account_id" AS "account_id",
    COUNT(*) FILTER(WHERE
      "credentials"."is_active") AS "active_access_keys",
    COUNT(*) FILTER(WHERE
      "credentials"."is_active" = FALSE) AS "inactive_access_keys",
    MAX("credentials"."is_active_fault") AS "access_keys_fault",
    MAX("credentials"."last_used_at") AS "access_key_last_used_at",
    MAX("credentials"."last_used_at_fault") AS "access_key_last_used_at_fault"
  FROM "credentials_history" AS "credentials"
  WHERE
    "credentials"."is_root" AND "credentials"."credential_type" = 'access_key'
  GROUP BY
    "credentials"."organization_id",
    "credentials"."snapshot_date",
    "credentials"."account_id"
), "facts" AS (
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
    "account"."snapshot_at" AS "snapshot_at",
    "root"."user_arn" AS "user_arn",
    "root"."password_enabled" AS "password_enabled",
    "root"."password_last_used" AS "password_last_used",
    "root"."password_last_changed" AS "password_last_changed",
    "root"."mfa_active" AS "mfa_active",
    CASE
      WHEN NOT "root"."user_arn" IS NULL
      THEN COALESCE("root_keys"."active_access_keys", 0)
    END AS "active_access_keys",
    CASE
      WHEN NOT "root"."user_arn" IS NULL
      THEN COALESCE("root_keys"."inactive_access_keys", 0)
    END AS "inactive_access_keys",
    "root_keys"."access_keys_fault" AS "access_keys_fault",
    COALESCE(
      CASE
        WHEN "root_keys"."access_key_last_used_at" IS NULL
        OR "root"."undated_key_last_used_at" IS NULL
        THEN NULL
        ELSE GREATEST("root_keys"."access_key_last_used_at", "root"."undated_key_last_used_at")
      END,
      "root_keys"."access_key_last_used_at",
      "root"."undated_key_last_used_at"
    ) AS "access_key_last_used_at",
    COALESCE(
      "root_keys"."access_key_last_used_at_fault",
      "root"."undated_key_last_used_at_fault"
    ) AS "access_key_last_used_at_fault",
    CASE
      WHEN "root"."password_enabled" IS NULL
      THEN "root"."null_reasons"['password_enabled']
    END AS "password_enabled_reason",
    CASE
      WHEN "root"."mfa_active" IS NULL AND NOT "root"."user_arn" IS NULL
      THEN COALESCE("root"."null_reasons"['mfa_active'], 'N/A')
    END AS "mfa_active_reason",
    CASE
      WHEN "root"."password_last_used" IS NULL
      THEN "root"."null_reasons"['password_last_used']
    END AS "password_last_used_reason"
  FROM "account_history" AS "account"
  LEFT JOIN "report_rows_history" AS "root"
    ON "root"."organization_id" = "account"."organization_id"
    AND "root"."snapshot_date" = "account"."snapshot_date"
    AND "root"."account_id" = "account"."account_id"
    AND "root"."is_root"
  LEFT JOIN "root_keys" AS "root_keys"
    ON "root_keys"."organization_id" = "account"."organization_id"
    AND "root_keys"."snapshot_date" = "account"."snapshot_date"
    AND "root_keys"."account_id" = "account"."account_id"
), "explained" AS (
  SELECT
    "facts"."organization_id" AS "organization_id",
    "facts"."snapshot_date" AS "snapshot_date",
    "facts"."run_id" AS "run_id",
    "facts"."account_id" AS "account_id",
    "facts"."account_name" AS "account_name",
    "facts"."account_email" AS "account_email",
    "facts"."account_arn" AS "account_arn",
    "facts"."aws_partition" AS "aws_partition",
    "facts"."account_state" AS "account_state",
    "facts"."joined_at" AS "joined_at",
    "facts"."ou_id" AS "ou_id",
    "facts"."ou_path" AS "ou_path",
    "facts"."tags" AS "tags",
    "facts"."outcome" AS "outcome",
    "facts"."error_code" AS "error_code",
    "facts"."error_message" AS "error_message",
    "facts"."attempts" AS "attempts",
    "facts"."run_started_at" AS "run_started_at",
    "facts"."started_at" AS "started_at",
    "facts"."finished_at" AS "finished_at",
    "facts"."report_generated_at" AS "report_generated_at",
    "facts"."user_count" AS "user_count",
    "facts"."unreadable_rows" AS "unreadable_rows",
    "facts"."unreadable_values" AS "unreadable_values",
    "facts"."raw_sha256" AS "raw_sha256",
    "facts"."raw_location" AS "raw_location",
    "facts"."password_policy_state" AS "password_policy_state",
    "facts"."password_policy_error" AS "password_policy_error",
    "facts"."minimum_password_length" AS "minimum_password_length",
    "facts"."password_reuse_prevention" AS "password_reuse_prevention",
    "facts"."max_password_age" AS "max_password_age",
    "facts"."require_symbols" AS "require_symbols",
    "facts"."require_numbers" AS "require_numbers",
    "facts"."require_uppercase_characters" AS "require_uppercase_characters",
    "facts"."require_lowercase_characters" AS "require_lowercase_characters",
    "facts"."hard_expiry" AS "hard_expiry",
    "facts"."allow_users_to_change_password" AS "allow_users_to_change_password",
    "facts"."users" AS "users",
    "facts"."users_quota" AS "users_quota",
    "facts"."mfa_devices" AS "mfa_devices",
    "facts"."mfa_devices_in_use" AS "mfa_devices_in_use",
    "facts"."summary_error" AS "summary_error",
    "facts"."account_mfa_enabled" AS "account_mfa_enabled",
    "facts"."account_access_keys_present" AS "account_access_keys_present",
    "facts"."account_password_present" AS "account_password_present",
    "facts"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "facts"."limit_access_key_rotation_days" AS "limit_access_key_rotation_days",
    "facts"."limit_access_key_unused_days" AS "limit_access_key_unused_days",
    "facts"."limit_password_unused_days" AS "limit_password_unused_days",
    "facts"."limit_root_use_days" AS "limit_root_use_days",
    "facts"."limit_password_length" AS "limit_password_length",
    "facts"."limit_password_reuse" AS "limit_password_reuse",
    "facts"."inventory_source" AS "inventory_source",
    "facts"."denied_by_type" AS "denied_by_type",
    "facts"."denied_by_arn" AS "denied_by_arn",
    "facts"."is_management_account" AS "is_management_account",
    "facts"."snapshot_at" AS "snapshot_at",
    "facts"."user_arn" AS "user_arn",
    "facts"."password_enabled" AS "password_enabled",
    "facts"."password_last_used" AS "password_last_used",
    "facts"."password_last_changed" AS "password_last_changed",
    "facts"."mfa_active" AS "mfa_active",
    "facts"."active_access_keys" AS "active_access_keys",
    "facts"."inactive_access_keys" AS "inactive_access_keys",
    "facts"."access_keys_fault" AS "access_keys_fault",
    "facts"."access_key_last_used_at" AS "access_key_last_used_at",
    "facts"."access_key_last_used_at_fault" AS "access_key_last_used_at_fault",
    "facts"."password_enabled_reason" AS "password_enabled_reason",
    "facts"."mfa_active_reason" AS "mfa_active_reason",
    "facts"."password_last_used_reason" AS "password_last_used_reason",
    COALESCE(
      CASE
        WHEN "facts"."password_last_used" IS NULL OR "facts"."access_key_last_used_at" IS NULL
        THEN NULL
        ELSE GREATEST("facts"."password_last_used", "facts"."access_key_last_used_at")
      END,
      "facts"."password_last_used",
      "facts"."access_key_last_used_at"
    ) AS "last_used_at",
    CASE
      WHEN "facts"."password_enabled_reason" IN ('unparsed', 'empty')
      THEN NULL
      WHEN "facts"."password_enabled" IS NULL
      AND "facts"."aws_partition" = 'aws-us-gov'
      AND NOT "facts"."user_arn" IS NULL
      THEN FALSE
      WHEN "facts"."password_enabled" IS NULL AND NOT "facts"."user_arn" IS NULL
      THEN TRUE
      ELSE "facts"."password_enabled"
    END AS "counts_as_enabled",
    CASE
      WHEN "facts"."password_enabled_reason" IN ('unparsed', 'empty')
      THEN 'password_enabled is ' || "facts"."password_enabled_reason"
    END AS "password_enabled_fault",
    'mfa_active is ' || "facts"."mfa_active_reason" AS "mfa_active_fault",
    COALESCE(
      CASE
        WHEN "facts"."password_last_used_reason" IN ('unparsed', 'empty')
        THEN 'password_last_used is ' || "facts"."password_last_used_reason"
        WHEN "facts"."password_last_used_reason" = 'not_supported'
        AND "facts"."aws_partition" <> 'aws-us-gov'
        THEN 'password_last_used is not_supported'
      END,
      "facts"."access_key_last_used_at_fault"
    ) AS "last_used_at_fault"
  FROM "facts" AS "facts"
)
SELECT
  CAST("explained"."organization_id" AS TEXT) AS "organization_id",
  CAST("explained"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("explained"."run_started_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("explained"."account_id" AS TEXT) AS "account_id",
  CAST("explained"."account_name" AS TEXT) AS "account_name",
  CAST("explained"."ou_id" AS TEXT) AS "ou_id",
  CAST("explained"."ou_path" AS TEXT) AS "ou_path",
  CAST("explained"."account_state" AS TEXT) AS "account_state",
  CAST("explained"."outcome" AS TEXT) AS "outcome",
  CAST(CASE
    WHEN "explained"."user_arn" IS NULL
    THEN 'unknown'
    WHEN "explained"."active_access_keys" > 0 AND "explained"."counts_as_enabled"
    THEN 'password and access key'
    WHEN "explained"."active_access_keys" > 0 AND "explained"."counts_as_enabled" = FALSE
    THEN 'access key'
    WHEN NOT "explained"."access_keys_fault" IS NULL
    OR "explained"."counts_as_enabled" IS NULL
    THEN 'unknown'
    WHEN "explained"."counts_as_enabled"
    THEN 'password'
    ELSE 'none'
  END AS TEXT) AS "root_credentials",
  CAST("explained"."password_enabled" AS BOOLEAN) AS "password_enabled",
  CAST("explained"."password_last_used" AS TIMESTAMP) AS "password_last_used_at",
  CAST("explained"."password_last_changed" AS TIMESTAMP) AS "password_last_changed_at",
  CAST("explained"."mfa_active" AS BOOLEAN) AS "mfa_active",
  CAST("explained"."active_access_keys" AS BIGINT) AS "active_access_keys",
  CAST("explained"."inactive_access_keys" AS BIGINT) AS "inactive_access_keys",
  CAST("explained"."access_key_last_used_at" AS TIMESTAMP) AS "access_key_last_used_at",
  CAST("explained"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST(ROUND(
    FLOOR(
      CAST(DATE_SUB('second', "explained"."last_used_at", "explained"."report_generated_at") AS DOUBLE) / 86400
    )
  ) AS BIGINT) AS "idle_days",
  CAST("explained"."account_password_present" AS BOOLEAN) AS "account_password_present",
  CAST("explained"."account_access_keys_present" AS BOOLEAN) AS "account_access_keys_present",
  CAST("explained"."account_mfa_enabled" AS BOOLEAN) AS "account_mfa_enabled",
  CAST("explained"."account_signing_certificates_present" AS BOOLEAN) AS "account_signing_certificates_present",
  CAST("explained"."summary_error" AS TEXT) AS "summary_error",
  CAST("explained"."account_mfa_enabled" <> "explained"."mfa_active"
  OR "explained"."account_password_present" <> "explained"."password_enabled"
  OR "explained"."account_access_keys_present" <> (
    "explained"."active_access_keys" + "explained"."inactive_access_keys" > 0
  ) AS BOOLEAN) AS "summary_differs",
  CAST("explained"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("explained"."run_id" AS TEXT) AS "run_id",
  CAST("explained"."user_arn" AS TEXT) AS "user_arn",
  CAST("explained"."counts_as_enabled" AS BOOLEAN) AS "counts_as_enabled",
  CAST("explained"."limit_root_use_days" AS INT) AS "use_limit_days",
  CAST("explained"."password_enabled_fault" AS TEXT) AS "password_enabled_fault",
  CAST("explained"."mfa_active_fault" AS TEXT) AS "mfa_active_fault",
  CAST("explained"."access_keys_fault" AS TEXT) AS "access_keys_fault",
  CAST("explained"."last_used_at_fault" AS TEXT) AS "last_used_at_fault"
FROM "explained" AS "explained"
