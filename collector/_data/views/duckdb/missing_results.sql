WITH "evaluated" AS (
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
    "controls"."control_id" AS "control_id",
    'unknown' AS "status",
    CASE
      WHEN "account"."outcome" IN ('collected', 'partial')
      THEN 'rows_left_out'
      ELSE 'account_not_collected'
    END AS "reason_code"
  FROM "account" AS "account"
  INNER JOIN "controls" AS "controls"
    ON "controls"."control_id" <> 'report-collected'
  WHERE
    "account"."account_state" = 'ACTIVE'
    AND (
      NOT "account"."outcome" IN ('collected', 'partial')
      OR (
        "account"."unreadable_rows" > 0 AND "controls"."judged_per" <> 'account'
      )
    )
)
SELECT
  CAST("evaluated"."organization_id" AS TEXT) AS "organization_id",
  CAST("evaluated"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("evaluated"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("evaluated"."run_id" AS TEXT) AS "run_id",
  CAST("evaluated"."account_id" AS TEXT) AS "account_id",
  CAST("evaluated"."account_name" AS TEXT) AS "account_name",
  CAST("evaluated"."ou_id" AS TEXT) AS "ou_id",
  CAST("evaluated"."ou_path" AS TEXT) AS "ou_path",
  CAST("evaluated"."control_id" AS TEXT) AS "control_id",
  CAST(NULL AS TEXT) AS "user_name",
  CAST(NULL AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS INT) AS "slot",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST("evaluated"."status" AS TEXT) AS "status",
  CAST(CASE "evaluated"."reason_code"
    WHEN 'rows_left_out'
    THEN 'Cannot be evaluated: ' || CAST("evaluated"."unreadable_rows" AS TEXT) || CASE
      WHEN "evaluated"."unreadable_rows" = 1
      THEN ' row of the report was left out.'
      ELSE ' rows of the report were left out.'
    END
    WHEN 'account_not_collected'
    THEN 'Cannot be evaluated: the account was not collected (' || "evaluated"."outcome" || COALESCE(', ' || "evaluated"."error_code", '') || ').'
  END AS TEXT) AS "reason",
  CAST(NULL AS BIGINT) AS "measured_seconds",
  CAST(NULL AS INT) AS "limit_days",
  CAST(NULL AS TIMESTAMP) AS "failing_since",
  CAST("evaluated"."account_id" AS TEXT) AS "subject",
  CAST(NULL AS TIMESTAMP) AS "last_used_at",
  CAST(NULL AS TEXT) AS "last_used_region",
  CAST(NULL AS TEXT) AS "last_used_service",
  CAST("evaluated"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("evaluated"."reason_code" AS TEXT) AS "reason_code"
FROM "evaluated" AS "evaluated"
