WITH "asked" AS (
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
    "account"."snapshot_at" AS "snapshot_at",
    "control"."control_id" AS "control_id",
    "account"."outcome" IN ('collected', 'partial') AS "is_covered"
  FROM "account_history" AS "account"
  CROSS JOIN (VALUES
    ('report-collected'),
    ('password-length'),
    ('password-reuse')) AS "control"("control_id")
  WHERE
    "account"."account_state" = 'ACTIVE'
    AND (
      "control"."control_id" = 'report-collected'
      OR "account"."outcome" IN ('collected', 'partial')
    )
), "judged" AS (
  SELECT
    "asked"."organization_id" AS "organization_id",
    "asked"."snapshot_date" AS "snapshot_date",
    "asked"."run_id" AS "run_id",
    "asked"."account_id" AS "account_id",
    "asked"."account_name" AS "account_name",
    "asked"."account_email" AS "account_email",
    "asked"."account_arn" AS "account_arn",
    "asked"."aws_partition" AS "aws_partition",
    "asked"."account_state" AS "account_state",
    "asked"."joined_at" AS "joined_at",
    "asked"."ou_id" AS "ou_id",
    "asked"."ou_path" AS "ou_path",
    "asked"."tags" AS "tags",
    "asked"."outcome" AS "outcome",
    "asked"."error_code" AS "error_code",
    "asked"."error_message" AS "error_message",
    "asked"."attempts" AS "attempts",
    "asked"."run_started_at" AS "run_started_at",
    "asked"."started_at" AS "started_at",
    "asked"."finished_at" AS "finished_at",
    "asked"."report_generated_at" AS "report_generated_at",
    "asked"."user_count" AS "user_count",
    "asked"."unreadable_rows" AS "unreadable_rows",
    "asked"."unreadable_values" AS "unreadable_values",
    "asked"."raw_sha256" AS "raw_sha256",
    "asked"."raw_location" AS "raw_location",
    "asked"."password_policy_state" AS "password_policy_state",
    "asked"."password_policy_error" AS "password_policy_error",
    "asked"."minimum_password_length" AS "minimum_password_length",
    "asked"."password_reuse_prevention" AS "password_reuse_prevention",
    "asked"."max_password_age" AS "max_password_age",
    "asked"."require_symbols" AS "require_symbols",
    "asked"."require_numbers" AS "require_numbers",
    "asked"."require_uppercase_characters" AS "require_uppercase_characters",
    "asked"."require_lowercase_characters" AS "require_lowercase_characters",
    "asked"."hard_expiry" AS "hard_expiry",
    "asked"."allow_users_to_change_password" AS "allow_users_to_change_password",
    "asked"."users" AS "users",
    "asked"."users_quota" AS "users_quota",
    "asked"."mfa_devices" AS "mfa_devices",
    "asked"."mfa_devices_in_use" AS "mfa_devices_in_use",
    "asked"."summary_error" AS "summary_error",
    "asked"."account_mfa_enabled" AS "account_mfa_enabled",
    "asked"."account_access_keys_present" AS "account_access_keys_present",
    "asked"."account_password_present" AS "account_password_present",
    "asked"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "asked"."limit_access_key_rotation_days" AS "limit_access_key_rotation_days",
    "asked"."limit_access_key_unused_days" AS "limit_access_key_unused_days",
    "asked"."limit_password_unused_days" AS "limit_password_unused_days",
    "asked"."limit_root_use_days" AS "limit_root_use_days",
    "asked"."limit_password_length" AS "limit_password_length",
    "asked"."limit_password_reuse" AS "limit_password_reuse",
    "asked"."inventory_source" AS "inventory_source",
    "asked"."snapshot_at" AS "snapshot_at",
    "asked"."control_id" AS "control_id",
    "asked"."is_covered" AS "is_covered",
    CASE
      WHEN "asked"."control_id" = 'report-collected'
      THEN CASE WHEN "asked"."is_covered" THEN 'pass' ELSE 'fail' END
      WHEN "asked"."password_policy_state" = 'default'
      THEN 'fail'
      WHEN "asked"."password_policy_state" <> 'custom'
      THEN 'unknown'
      WHEN "asked"."control_id" = 'password-length'
      AND "asked"."minimum_password_length" >= "asked"."limit_password_length"
      THEN 'pass'
      WHEN "asked"."control_id" = 'password-reuse'
      AND "asked"."password_reuse_prevention" >= "asked"."limit_password_reuse"
      THEN 'pass'
      ELSE 'fail'
    END AS "status"
  FROM "asked" AS "asked"
)
SELECT
  CAST("judged"."organization_id" AS TEXT) AS "organization_id",
  CAST("judged"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("judged"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("judged"."run_id" AS TEXT) AS "run_id",
  CAST("judged"."account_id" AS TEXT) AS "account_id",
  CAST("judged"."account_name" AS TEXT) AS "account_name",
  CAST("judged"."ou_id" AS TEXT) AS "ou_id",
  CAST("judged"."ou_path" AS TEXT) AS "ou_path",
  CAST("judged"."control_id" AS TEXT) AS "control_id",
  CAST(NULL AS TEXT) AS "user_name",
  CAST(NULL AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS INT) AS "slot",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST("judged"."status" AS TEXT) AS "status",
  CAST(CASE
    WHEN "judged"."control_id" = 'report-collected'
    THEN CASE
      WHEN "judged"."outcome" = 'collected'
      THEN 'The report was collected.'
      WHEN "judged"."outcome" = 'partial'
      THEN 'The report was collected in part. Rows left out: ' || CAST(COALESCE("judged"."unreadable_rows", 0) AS TEXT) || '; values that could not be read: ' || CAST(COALESCE("judged"."unreadable_values", 0) AS TEXT) || '.'
      ELSE 'The report was not collected: ' || "judged"."outcome" || COALESCE(' (' || COALESCE("judged"."error_code", "judged"."error_message") || ').', '.')
    END
    WHEN "judged"."status" = 'unknown'
    THEN 'Cannot be judged: the password policy could not be read' || COALESCE(' (' || "judged"."password_policy_error" || ').', '.')
    WHEN "judged"."password_policy_state" = 'default'
    THEN 'The account has no password policy of its own.'
    WHEN "judged"."control_id" = 'password-length'
    THEN 'The policy asks for ' || COALESCE(CAST("judged"."minimum_password_length" AS TEXT), 'no number of') || ' characters; wanted are ' || CAST("judged"."limit_password_length" AS TEXT) || '.'
    ELSE 'The policy remembers ' || COALESCE(CAST("judged"."password_reuse_prevention" AS TEXT), 'no') || ' passwords; wanted are ' || CAST("judged"."limit_password_reuse" AS TEXT) || '.'
  END AS TEXT) AS "reason",
  CAST(NULL AS BIGINT) AS "measured_seconds",
  CAST(NULL AS INT) AS "limit_days",
  CAST(NULL AS TIMESTAMP) AS "failing_since",
  CAST("judged"."account_id" AS TEXT) AS "subject",
  CAST(NULL AS TIMESTAMP) AS "last_used_at",
  CAST(NULL AS TEXT) AS "last_used_region",
  CAST(NULL AS TEXT) AS "last_used_service",
  CAST("judged"."report_generated_at" AS TIMESTAMP) AS "report_generated_at"
FROM "judged" AS "judged"
