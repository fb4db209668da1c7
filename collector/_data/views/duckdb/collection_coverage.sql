WITH "measured" AS (
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
    "account"."outcome" IN ('collected', 'partial') AS "is_covered",
    "account"."account_state" = 'ACTIVE' AS "is_in_scope",
    DATE_SUB('second', "account"."report_generated_at", "account"."finished_at") AS "report_age_seconds",
    "account"."users" + 1 AS "expected_user_count"
  FROM "account" AS "account"
)
SELECT
  CAST("measured"."organization_id" AS TEXT) AS "organization_id",
  CAST("measured"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("measured"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("measured"."account_id" AS TEXT) AS "account_id",
  CAST("measured"."account_name" AS TEXT) AS "account_name",
  CAST("measured"."ou_id" AS TEXT) AS "ou_id",
  CAST("measured"."ou_path" AS TEXT) AS "ou_path",
  CAST("measured"."account_state" AS TEXT) AS "account_state",
  CAST("measured"."outcome" AS TEXT) AS "outcome",
  CAST("measured"."is_in_scope" AS BOOLEAN) AS "is_in_scope",
  CAST("measured"."is_covered" AS BOOLEAN) AS "is_covered",
  CAST(CASE "measured"."outcome"
    WHEN 'collected'
    THEN 'The report was fetched and every value of every row read.'
    WHEN 'partial'
    THEN CASE WHEN "measured"."error_code" = 'StaleReport' AND "measured"."report_age_seconds" > 0 THEN 'The report was fetched, but was already ' || CAST(CAST(ROUND(FLOOR(CAST("measured"."report_age_seconds" AS DOUBLE) / 3600)) AS BIGINT) AS TEXT) || ' hours old.' WHEN "measured"."error_code" = 'StaleReport' THEN 'The report was fetched, but its time is later than its fetch.' ELSE 'The report was fetched, but is stale, has no root row, or could not all be read.' END
    WHEN 'skipped_state'
    THEN 'The account is ' || "measured"."account_state" || ', so it was not called.'
    WHEN 'excluded'
    THEN 'The include and exclude rules of the run left the account out.'
    WHEN 'assume_denied'
    THEN 'STS denied the role.'
    WHEN 'report_denied'
    THEN 'IAM denied the report.'
    WHEN 'report_timeout'
    THEN 'The report was still being generated at the deadline.'
    WHEN 'not_reached'
    THEN 'The deadline passed before the account was called.'
    WHEN 'throttled'
    THEN 'AWS throttled every attempt.'
    WHEN 'malformed_report'
    THEN 'The response is not a credential report, or lacks a required column.'
    WHEN 'wrong_account'
    THEN 'The report is about another account.'
    ELSE 'Another error occurred.'
  END AS TEXT) AS "reason",
  CAST("measured"."error_code" AS TEXT) AS "error_code",
  CAST("measured"."error_message" AS TEXT) AS "error_message",
  CAST("measured"."attempts" AS BIGINT) AS "attempts",
  CAST("measured"."started_at" AS TIMESTAMP) AS "started_at",
  CAST("measured"."finished_at" AS TIMESTAMP) AS "finished_at",
  CAST("measured"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("measured"."report_age_seconds" AS BIGINT) AS "report_age_seconds",
  CAST("measured"."user_count" AS BIGINT) AS "user_count",
  CAST("measured"."expected_user_count" AS BIGINT) AS "expected_user_count",
  CAST("measured"."user_count" - "measured"."expected_user_count" AS BIGINT) AS "user_count_difference",
  CAST("measured"."unreadable_rows" AS BIGINT) AS "unreadable_rows",
  CAST("measured"."unreadable_values" AS BIGINT) AS "unreadable_values",
  CAST("measured"."password_policy_state" AS TEXT) AS "password_policy_state",
  CAST("measured"."password_policy_error" AS TEXT) AS "password_policy_error",
  CAST("measured"."summary_error" AS TEXT) AS "summary_error",
  CAST("measured"."raw_location" AS TEXT) AS "raw_location",
  CAST("measured"."raw_sha256" AS TEXT) AS "raw_sha256",
  CAST("measured"."run_id" AS TEXT) AS "run_id",
  CAST("measured"."owner" AS TEXT) AS "owner"
FROM "measured" AS "measured"
