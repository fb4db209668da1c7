WITH "checked" AS (
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
    "control"."control_id" AS "control_id",
    "account"."outcome" IN ('collected', 'partial') AS "is_covered"
  FROM "account" AS "account"
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
), "evaluated" AS (
  SELECT
    "checked"."organization_id" AS "organization_id",
    "checked"."snapshot_date" AS "snapshot_date",
    "checked"."run_id" AS "run_id",
    "checked"."account_id" AS "account_id",
    "checked"."account_name" AS "account_name",
    "checked"."account_email" AS "account_email",
    "checked"."account_arn" AS "account_arn",
    "checked"."aws_partition" AS "aws_partition",
    "checked"."account_state" AS "account_state",
    "checked"."joined_at" AS "joined_at",
    "checked"."ou_id" AS "ou_id",
    "checked"."ou_path" AS "ou_path",
    "checked"."tags" AS "tags",
    "checked"."outcome" AS "outcome",
    "checked"."error_code" AS "error_code",
    "checked"."error_message" AS "error_message",
    "checked"."attempts" AS "attempts",
    "checked"."run_started_at" AS "run_started_at",
    "checked"."started_at" AS "started_at",
    "checked"."finished_at" AS "finished_at",
    "checked"."report_generated_at" AS "report_generated_at",
    "checked"."user_count" AS "user_count",
    "checked"."unreadable_rows" AS "unreadable_rows",
    "checked"."unreadable_values" AS "unreadable_values",
    "checked"."raw_sha256" AS "raw_sha256",
    "checked"."raw_location" AS "raw_location",
    "checked"."password_policy_state" AS "password_policy_state",
    "checked"."password_policy_error" AS "password_policy_error",
    "checked"."minimum_password_length" AS "minimum_password_length",
    "checked"."password_reuse_prevention" AS "password_reuse_prevention",
    "checked"."max_password_age" AS "max_password_age",
    "checked"."require_symbols" AS "require_symbols",
    "checked"."require_numbers" AS "require_numbers",
    "checked"."require_uppercase_characters" AS "require_uppercase_characters",
    "checked"."require_lowercase_characters" AS "require_lowercase_characters",
    "checked"."hard_expiry" AS "hard_expiry",
    "checked"."allow_users_to_change_password" AS "allow_users_to_change_password",
    "checked"."users" AS "users",
    "checked"."users_quota" AS "users_quota",
    "checked"."mfa_devices" AS "mfa_devices",
    "checked"."mfa_devices_in_use" AS "mfa_devices_in_use",
    "checked"."summary_error" AS "summary_error",
    "checked"."account_mfa_enabled" AS "account_mfa_enabled",
    "checked"."account_access_keys_present" AS "account_access_keys_present",
    "checked"."account_password_present" AS "account_password_present",
    "checked"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "checked"."limit_access_key_rotation_days" AS "limit_access_key_rotation_days",
    "checked"."limit_access_key_unused_days" AS "limit_access_key_unused_days",
    "checked"."limit_password_unused_days" AS "limit_password_unused_days",
    "checked"."limit_root_use_days" AS "limit_root_use_days",
    "checked"."limit_password_length" AS "limit_password_length",
    "checked"."limit_password_reuse" AS "limit_password_reuse",
    "checked"."inventory_source" AS "inventory_source",
    "checked"."denied_by_type" AS "denied_by_type",
    "checked"."denied_by_arn" AS "denied_by_arn",
    "checked"."is_management_account" AS "is_management_account",
    "checked"."owner" AS "owner",
    "checked"."ou_id_path" AS "ou_id_path",
    "checked"."snapshot_at" AS "snapshot_at",
    "checked"."control_id" AS "control_id",
    "checked"."is_covered" AS "is_covered",
    CASE
      WHEN "checked"."control_id" = 'report-collected'
      THEN CASE WHEN "checked"."is_covered" THEN 'pass' ELSE 'fail' END
      WHEN "checked"."password_policy_state" = 'default'
      THEN 'fail'
      WHEN "checked"."password_policy_state" <> 'custom'
      THEN 'unknown'
      WHEN "checked"."control_id" = 'password-length'
      AND "checked"."minimum_password_length" >= "checked"."limit_password_length"
      THEN 'pass'
      WHEN "checked"."control_id" = 'password-reuse'
      AND "checked"."password_reuse_prevention" >= "checked"."limit_password_reuse"
      THEN 'pass'
      ELSE 'fail'
    END AS "status"
  FROM "checked" AS "checked"
), "explained" AS (
  SELECT
    "evaluated"."organization_id" AS "organization_id",
    "evaluated"."snapshot_date" AS "snapshot_date",
    "evaluated"."run_id" AS "run_id",
    "evaluated"."account_id" AS "account_id",
    "evaluated"."account_name" AS "account_name",
    "evaluated"."account_email" AS "account_email",
    "evaluated"."account_arn" AS "account_arn",
    "evaluated"."aws_partition" AS "aws_partition",
    "evaluated"."account_state" AS "account_state",
    "evaluated"."joined_at" AS "joined_at",
    "evaluated"."ou_id" AS "ou_id",
    "evaluated"."ou_path" AS "ou_path",
    "evaluated"."tags" AS "tags",
    "evaluated"."outcome" AS "outcome",
    "evaluated"."error_code" AS "error_code",
    "evaluated"."error_message" AS "error_message",
    "evaluated"."attempts" AS "attempts",
    "evaluated"."run_started_at" AS "run_started_at",
    "evaluated"."started_at" AS "started_at",
    "evaluated"."finished_at" AS "finished_at",
    "evaluated"."report_generated_at" AS "report_generated_at",
    "evaluated"."user_count" AS "user_count",
    "evaluated"."unreadable_rows" AS "unreadable_rows",
    "evaluated"."unreadable_values" AS "unreadable_values",
    "evaluated"."raw_sha256" AS "raw_sha256",
    "evaluated"."raw_location" AS "raw_location",
    "evaluated"."password_policy_state" AS "password_policy_state",
    "evaluated"."password_policy_error" AS "password_policy_error",
    "evaluated"."minimum_password_length" AS "minimum_password_length",
    "evaluated"."password_reuse_prevention" AS "password_reuse_prevention",
    "evaluated"."max_password_age" AS "max_password_age",
    "evaluated"."require_symbols" AS "require_symbols",
    "evaluated"."require_numbers" AS "require_numbers",
    "evaluated"."require_uppercase_characters" AS "require_uppercase_characters",
    "evaluated"."require_lowercase_characters" AS "require_lowercase_characters",
    "evaluated"."hard_expiry" AS "hard_expiry",
    "evaluated"."allow_users_to_change_password" AS "allow_users_to_change_password",
    "evaluated"."users" AS "users",
    "evaluated"."users_quota" AS "users_quota",
    "evaluated"."mfa_devices" AS "mfa_devices",
    "evaluated"."mfa_devices_in_use" AS "mfa_devices_in_use",
    "evaluated"."summary_error" AS "summary_error",
    "evaluated"."account_mfa_enabled" AS "account_mfa_enabled",
    "evaluated"."account_access_keys_present" AS "account_access_keys_present",
    "evaluated"."account_password_present" AS "account_password_present",
    "evaluated"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "evaluated"."limit_access_key_rotation_days" AS "limit_access_key_rotation_days",
    "evaluated"."limit_access_key_unused_days" AS "limit_access_key_unused_days",
    "evaluated"."limit_password_unused_days" AS "limit_password_unused_days",
    "evaluated"."limit_root_use_days" AS "limit_root_use_days",
    "evaluated"."limit_password_length" AS "limit_password_length",
    "evaluated"."limit_password_reuse" AS "limit_password_reuse",
    "evaluated"."inventory_source" AS "inventory_source",
    "evaluated"."denied_by_type" AS "denied_by_type",
    "evaluated"."denied_by_arn" AS "denied_by_arn",
    "evaluated"."is_management_account" AS "is_management_account",
    "evaluated"."owner" AS "owner",
    "evaluated"."ou_id_path" AS "ou_id_path",
    "evaluated"."snapshot_at" AS "snapshot_at",
    "evaluated"."control_id" AS "control_id",
    "evaluated"."is_covered" AS "is_covered",
    "evaluated"."status" AS "status",
    CASE
      WHEN "evaluated"."control_id" = 'report-collected'
      THEN CASE "evaluated"."outcome"
        WHEN 'collected'
        THEN 'report_collected'
        WHEN 'partial'
        THEN 'report_collected_in_part'
        ELSE 'report_not_collected'
      END
      WHEN "evaluated"."status" = 'unknown'
      THEN 'password_policy_unreadable'
      WHEN "evaluated"."password_policy_state" = 'default'
      THEN 'no_password_policy'
      WHEN "evaluated"."control_id" = 'password-length'
      THEN 'password_length'
      ELSE 'password_reuse'
    END AS "reason_code"
  FROM "evaluated" AS "evaluated"
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
  CAST(NULL AS TEXT) AS "user_name",
  CAST(NULL AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS INT) AS "slot",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST("explained"."status" AS TEXT) AS "status",
  CAST(CASE "explained"."reason_code"
    WHEN 'report_collected'
    THEN 'The report was collected.'
    WHEN 'report_collected_in_part'
    THEN 'The report was collected in part.' || COALESCE(' ' || "explained"."error_message", '')
    WHEN 'report_not_collected'
    THEN 'The report was not collected: ' || "explained"."outcome" || COALESCE(
      ' (' || COALESCE("explained"."error_code", "explained"."error_message") || ').',
      '.'
    )
    WHEN 'password_policy_unreadable'
    THEN 'Cannot be evaluated: the password policy could not be read' || COALESCE(' (' || "explained"."password_policy_error" || ').', '.')
    WHEN 'no_password_policy'
    THEN 'The account has no custom password policy.'
    WHEN 'password_length'
    THEN 'The minimum password length is ' || COALESCE(CAST("explained"."minimum_password_length" AS TEXT), 'not set') || '; ' || CAST("explained"."limit_password_length" AS TEXT) || ' required.'
    WHEN 'password_reuse'
    THEN 'Reuse prevention is ' || COALESCE(CAST("explained"."password_reuse_prevention" AS TEXT), 'not set') || '; ' || CAST("explained"."limit_password_reuse" AS TEXT) || ' required.'
  END AS TEXT) AS "reason",
  CAST(NULL AS BIGINT) AS "measured_seconds",
  CAST(NULL AS INT) AS "limit_days",
  CAST(NULL AS TIMESTAMP) AS "failing_since",
  CAST("explained"."account_id" AS TEXT) AS "subject",
  CAST(NULL AS TIMESTAMP) AS "last_used_at",
  CAST(NULL AS TEXT) AS "last_used_region",
  CAST(NULL AS TEXT) AS "last_used_service",
  CAST("explained"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("explained"."reason_code" AS TEXT) AS "reason_code"
FROM "explained" AS "explained"
