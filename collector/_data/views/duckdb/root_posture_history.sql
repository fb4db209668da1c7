WITH "root_slots" AS (
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
    "credentials"."owner" AS "owner",
    "credentials"."credential_type" = 'access_key' AS "is_key",
    COALESCE("credentials"."is_active", FALSE)
    OR NOT "credentials"."created_at" IS NULL AS "is_present",
    CASE
      WHEN NOT COALESCE("credentials"."is_active", FALSE)
      AND "credentials"."created_at" IS NULL
      THEN COALESCE("credentials"."is_active_fault", "credentials"."created_at_fault")
    END AS "is_present_fault"
  FROM "credentials_history" AS "credentials"
  WHERE
    "credentials"."is_root" AND "credentials"."credential_type" <> 'password'
), "counted" AS (
  SELECT
    "root_slots"."organization_id" AS "organization_id",
    "root_slots"."snapshot_date" AS "snapshot_date",
    "root_slots"."account_id" AS "account_id",
    COUNT(*) FILTER(WHERE
      "root_slots"."is_key" AND "root_slots"."is_active") AS "active_access_keys",
    COUNT(*) FILTER(WHERE
      "root_slots"."is_key" AND "root_slots"."is_active" = FALSE) AS "inactive_access_keys",
    COUNT(*) FILTER(WHERE
      "root_slots"."is_key" AND "root_slots"."is_present") AS "present_access_keys",
    MAX(CASE WHEN "root_slots"."is_key" THEN "root_slots"."is_active_fault" END) AS "access_keys_fault",
    MAX(CASE WHEN "root_slots"."is_key" THEN "root_slots"."is_present_fault" END) AS "present_access_keys_fault",
    COUNT(*) FILTER(WHERE
      NOT "root_slots"."is_key" AND "root_slots"."is_active") AS "active_signing_certificates",
    COUNT(*) FILTER(WHERE
      NOT "root_slots"."is_key" AND "root_slots"."is_active" = FALSE) AS "inactive_signing_certificates",
    COUNT(*) FILTER(WHERE
      NOT "root_slots"."is_key" AND "root_slots"."is_present") AS "present_signing_certificates",
    MAX(CASE WHEN NOT "root_slots"."is_key" THEN "root_slots"."is_active_fault" END) AS "signing_certificates_fault",
    MAX(CASE WHEN NOT "root_slots"."is_key" THEN "root_slots"."is_present_fault" END) AS "present_signing_certificates_fault",
    MAX("root_slots"."last_used_at") AS "access_key_last_used_at",
    MAX("root_slots"."last_used_at_fault") AS "access_key_last_used_at_fault"
  FROM "root_slots" AS "root_slots"
  GROUP BY
    "root_slots"."organization_id",
    "root_slots"."snapshot_date",
    "root_slots"."account_id"
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
    "account"."owner" AS "owner",
    "account"."ou_id_path" AS "ou_id_path",
    "account"."snapshot_at" AS "snapshot_at",
    "root"."user_arn" AS "user_arn",
    "root"."password_enabled" AS "password_enabled",
    "root"."password_last_used" AS "password_last_used",
    "root"."password_last_changed" AS "password_last_changed",
    "root"."mfa_active" AS "mfa_active",
    CASE
      WHEN NOT "root"."user_arn" IS NULL
      THEN COALESCE("counted"."active_access_keys", 0)
    END AS "active_access_keys",
    CASE
      WHEN NOT "root"."user_arn" IS NULL
      THEN COALESCE("counted"."inactive_access_keys", 0)
    END AS "inactive_access_keys",
    CASE
      WHEN NOT "root"."user_arn" IS NULL
      THEN COALESCE("counted"."active_signing_certificates", 0)
    END AS "active_signing_certificates",
    CASE
      WHEN NOT "root"."user_arn" IS NULL
      THEN COALESCE("counted"."inactive_signing_certificates", 0)
    END AS "inactive_signing_certificates",
    "counted"."access_keys_fault" AS "access_keys_fault",
    "counted"."signing_certificates_fault" AS "signing_certificates_fault",
    "counted"."present_access_keys_fault" AS "present_access_keys_fault",
    "counted"."present_signing_certificates_fault" AS "present_signing_certificates_fault",
    "counted"."present_access_keys" AS "present_access_keys",
    "counted"."present_signing_certificates" AS "present_signing_certificates",
    COALESCE(
      CASE
        WHEN "counted"."access_key_last_used_at" IS NULL
        OR "root"."undated_key_last_used_at" IS NULL
        THEN NULL
        ELSE GREATEST("counted"."access_key_last_used_at", "root"."undated_key_last_used_at")
      END,
      "counted"."access_key_last_used_at",
      "root"."undated_key_last_used_at"
    ) AS "access_key_last_used_at",
    COALESCE("counted"."access_key_last_used_at_fault", "root"."undated_key_last_used_at_fault") AS "access_key_last_used_at_fault",
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
    END AS "password_last_used_reason",
    "account"."aws_partition" <> 'aws-cn' AS "has_root_user",
    CASE
      WHEN "account"."inventory_source" = 'single_account'
      OR "account"."organization_id" = "account"."account_id"
      THEN FALSE
      ELSE NOT "account"."is_management_account"
    END AS "is_member_account"
  FROM "account_history" AS "account"
  LEFT JOIN "report_rows_history" AS "root"
    ON "root"."organization_id" = "account"."organization_id"
    AND "root"."snapshot_date" = "account"."snapshot_date"
    AND "root"."account_id" = "account"."account_id"
    AND "root"."is_root"
  LEFT JOIN "counted" AS "counted"
    ON "counted"."organization_id" = "account"."organization_id"
    AND "counted"."snapshot_date" = "account"."snapshot_date"
    AND "counted"."account_id" = "account"."account_id"
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
    "facts"."owner" AS "owner",
    "facts"."ou_id_path" AS "ou_id_path",
    "facts"."snapshot_at" AS "snapshot_at",
    "facts"."user_arn" AS "user_arn",
    "facts"."password_enabled" AS "password_enabled",
    "facts"."password_last_used" AS "password_last_used",
    "facts"."password_last_changed" AS "password_last_changed",
    "facts"."mfa_active" AS "mfa_active",
    "facts"."active_access_keys" AS "active_access_keys",
    "facts"."inactive_access_keys" AS "inactive_access_keys",
    "facts"."active_signing_certificates" AS "active_signing_certificates",
    "facts"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "facts"."access_keys_fault" AS "access_keys_fault",
    "facts"."signing_certificates_fault" AS "signing_certificates_fault",
    "facts"."present_access_keys_fault" AS "present_access_keys_fault",
    "facts"."present_signing_certificates_fault" AS "present_signing_certificates_fault",
    "facts"."present_access_keys" AS "present_access_keys",
    "facts"."present_signing_certificates" AS "present_signing_certificates",
    "facts"."access_key_last_used_at" AS "access_key_last_used_at",
    "facts"."access_key_last_used_at_fault" AS "access_key_last_used_at_fault",
    "facts"."password_enabled_reason" AS "password_enabled_reason",
    "facts"."mfa_active_reason" AS "mfa_active_reason",
    "facts"."password_last_used_reason" AS "password_last_used_reason",
    "facts"."has_root_user" AS "has_root_user",
    "facts"."is_member_account" AS "is_member_account",
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
), "combined" AS (
  SELECT
    "explained"."organization_id" AS "organization_id",
    "explained"."snapshot_date" AS "snapshot_date",
    "explained"."run_id" AS "run_id",
    "explained"."account_id" AS "account_id",
    "explained"."account_name" AS "account_name",
    "explained"."account_email" AS "account_email",
    "explained"."account_arn" AS "account_arn",
    "explained"."aws_partition" AS "aws_partition",
    "explained"."account_state" AS "account_state",
    "explained"."joined_at" AS "joined_at",
    "explained"."ou_id" AS "ou_id",
    "explained"."ou_path" AS "ou_path",
    "explained"."tags" AS "tags",
    "explained"."outcome" AS "outcome",
    "explained"."error_code" AS "error_code",
    "explained"."error_message" AS "error_message",
    "explained"."attempts" AS "attempts",
    "explained"."run_started_at" AS "run_started_at",
    "explained"."started_at" AS "started_at",
    "explained"."finished_at" AS "finished_at",
    "explained"."report_generated_at" AS "report_generated_at",
    "explained"."user_count" AS "user_count",
    "explained"."unreadable_rows" AS "unreadable_rows",
    "explained"."unreadable_values" AS "unreadable_values",
    "explained"."raw_sha256" AS "raw_sha256",
    "explained"."raw_location" AS "raw_location",
    "explained"."password_policy_state" AS "password_policy_state",
    "explained"."password_policy_error" AS "password_policy_error",
    "explained"."minimum_password_length" AS "minimum_password_length",
    "explained"."password_reuse_prevention" AS "password_reuse_prevention",
    "explained"."max_password_age" AS "max_password_age",
    "explained"."require_symbols" AS "require_symbols",
    "explained"."require_numbers" AS "require_numbers",
    "explained"."require_uppercase_characters" AS "require_uppercase_characters",
    "explained"."require_lowercase_characters" AS "require_lowercase_characters",
    "explained"."hard_expiry" AS "hard_expiry",
    "explained"."allow_users_to_change_password" AS "allow_users_to_change_password",
    "explained"."users" AS "users",
    "explained"."users_quota" AS "users_quota",
    "explained"."mfa_devices" AS "mfa_devices",
    "explained"."mfa_devices_in_use" AS "mfa_devices_in_use",
    "explained"."summary_error" AS "summary_error",
    "explained"."account_mfa_enabled" AS "account_mfa_enabled",
    "explained"."account_access_keys_present" AS "account_access_keys_present",
    "explained"."account_password_present" AS "account_password_present",
    "explained"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "explained"."limit_access_key_rotation_days" AS "limit_access_key_rotation_days",
    "explained"."limit_access_key_unused_days" AS "limit_access_key_unused_days",
    "explained"."limit_password_unused_days" AS "limit_password_unused_days",
    "explained"."limit_root_use_days" AS "limit_root_use_days",
    "explained"."limit_password_length" AS "limit_password_length",
    "explained"."limit_password_reuse" AS "limit_password_reuse",
    "explained"."inventory_source" AS "inventory_source",
    "explained"."denied_by_type" AS "denied_by_type",
    "explained"."denied_by_arn" AS "denied_by_arn",
    "explained"."is_management_account" AS "is_management_account",
    "explained"."owner" AS "owner",
    "explained"."ou_id_path" AS "ou_id_path",
    "explained"."snapshot_at" AS "snapshot_at",
    "explained"."user_arn" AS "user_arn",
    "explained"."password_enabled" AS "password_enabled",
    "explained"."password_last_used" AS "password_last_used",
    "explained"."password_last_changed" AS "password_last_changed",
    "explained"."mfa_active" AS "mfa_active",
    "explained"."active_access_keys" AS "active_access_keys",
    "explained"."inactive_access_keys" AS "inactive_access_keys",
    "explained"."active_signing_certificates" AS "active_signing_certificates",
    "explained"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "explained"."access_keys_fault" AS "access_keys_fault",
    "explained"."signing_certificates_fault" AS "signing_certificates_fault",
    "explained"."present_access_keys_fault" AS "present_access_keys_fault",
    "explained"."present_signing_certificates_fault" AS "present_signing_certificates_fault",
    "explained"."present_access_keys" AS "present_access_keys",
    "explained"."present_signing_certificates" AS "present_signing_certificates",
    "explained"."access_key_last_used_at" AS "access_key_last_used_at",
    "explained"."access_key_last_used_at_fault" AS "access_key_last_used_at_fault",
    "explained"."password_enabled_reason" AS "password_enabled_reason",
    "explained"."mfa_active_reason" AS "mfa_active_reason",
    "explained"."password_last_used_reason" AS "password_last_used_reason",
    "explained"."has_root_user" AS "has_root_user",
    "explained"."is_member_account" AS "is_member_account",
    "explained"."last_used_at" AS "last_used_at",
    "explained"."counts_as_enabled" AS "counts_as_enabled",
    "explained"."password_enabled_fault" AS "password_enabled_fault",
    "explained"."mfa_active_fault" AS "mfa_active_fault",
    "explained"."last_used_at_fault" AS "last_used_at_fault",
    CASE
      WHEN "explained"."password_enabled" OR "explained"."account_password_present"
      THEN TRUE
      WHEN "explained"."counts_as_enabled" = FALSE
      OR "explained"."account_password_present" = FALSE
      THEN FALSE
    END AS "has_password",
    CASE
      WHEN "explained"."present_access_keys" > 0
      OR "explained"."account_access_keys_present"
      THEN TRUE
      WHEN NOT "explained"."user_arn" IS NULL
      AND "explained"."present_access_keys_fault" IS NULL
      THEN FALSE
      ELSE "explained"."account_access_keys_present"
    END AS "has_access_keys",
    CASE
      WHEN "explained"."present_signing_certificates" > 0
      OR "explained"."account_signing_certificates_present"
      THEN TRUE
      WHEN NOT "explained"."user_arn" IS NULL
      AND "explained"."present_signing_certificates_fault" IS NULL
      THEN FALSE
      ELSE "explained"."account_signing_certificates_present"
    END AS "has_signing_certificates"
  FROM "explained" AS "explained"
)
SELECT
  CAST("combined"."organization_id" AS TEXT) AS "organization_id",
  CAST("combined"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("combined"."run_started_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("combined"."account_id" AS TEXT) AS "account_id",
  CAST("combined"."account_name" AS TEXT) AS "account_name",
  CAST("combined"."ou_id" AS TEXT) AS "ou_id",
  CAST("combined"."ou_path" AS TEXT) AS "ou_path",
  CAST("combined"."account_state" AS TEXT) AS "account_state",
  CAST("combined"."outcome" AS TEXT) AS "outcome",
  CAST(CASE
    WHEN "combined"."user_arn" IS NULL AND NOT "combined"."has_root_user"
    THEN 'no root user'
    WHEN "combined"."user_arn" IS NULL OR "combined"."counts_as_enabled" IS NULL
    THEN 'unknown'
    WHEN "combined"."active_access_keys" = 0
    AND NOT "combined"."access_keys_fault" IS NULL
    THEN 'unknown'
    WHEN "combined"."active_signing_certificates" = 0
    AND NOT "combined"."signing_certificates_fault" IS NULL
    THEN 'unknown'
    WHEN "combined"."counts_as_enabled"
    OR "combined"."active_access_keys" + "combined"."active_signing_certificates" > 0
    THEN CASE WHEN "combined"."counts_as_enabled" THEN 'password' ELSE '' END || CASE
      WHEN "combined"."counts_as_enabled" AND "combined"."active_access_keys" > 0
      THEN ' and '
      ELSE ''
    END || CASE WHEN "combined"."active_access_keys" > 0 THEN 'access key' ELSE '' END || CASE
      WHEN "combined"."active_signing_certificates" = 0
      THEN ''
      WHEN "combined"."counts_as_enabled" OR "combined"."active_access_keys" > 0
      THEN ' and signing certificate'
      ELSE 'signing certificate'
    END
    WHEN "combined"."inactive_access_keys" + "combined"."inactive_signing_certificates" > 0
    THEN 'inactive'
    ELSE 'none'
  END AS TEXT) AS "root_credentials",
  CAST("combined"."password_enabled" AS BOOLEAN) AS "password_enabled",
  CAST("combined"."password_last_used" AS TIMESTAMP) AS "password_last_used_at",
  CAST("combined"."password_last_changed" AS TIMESTAMP) AS "password_last_changed_at",
  CAST("combined"."mfa_active" AS BOOLEAN) AS "mfa_active",
  CAST("combined"."active_access_keys" AS BIGINT) AS "active_access_keys",
  CAST("combined"."inactive_access_keys" AS BIGINT) AS "inactive_access_keys",
  CAST("combined"."access_key_last_used_at" AS TIMESTAMP) AS "access_key_last_used_at",
  CAST("combined"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST(ROUND(
    FLOOR(
      CAST(DATE_SUB('second', "combined"."last_used_at", "combined"."report_generated_at") AS DOUBLE) / 86400
    )
  ) AS BIGINT) AS "idle_days",
  CAST("combined"."account_password_present" AS BOOLEAN) AS "account_password_present",
  CAST("combined"."account_access_keys_present" AS BOOLEAN) AS "account_access_keys_present",
  CAST("combined"."account_mfa_enabled" AS BOOLEAN) AS "account_mfa_enabled",
  CAST("combined"."account_signing_certificates_present" AS BOOLEAN) AS "account_signing_certificates_present",
  CAST("combined"."summary_error" AS TEXT) AS "summary_error",
  CAST("combined"."account_mfa_enabled" <> "combined"."mfa_active"
  OR "combined"."account_password_present" <> "combined"."password_enabled"
  OR "combined"."account_access_keys_present" <> (
    "combined"."active_access_keys" + "combined"."inactive_access_keys" > 0
  )
  OR COALESCE(
    CASE
      WHEN "combined"."account_signing_certificates_present"
      THEN "combined"."active_signing_certificates" + "combined"."inactive_signing_certificates" = 0
      WHEN "combined"."account_signing_certificates_present" = FALSE
      THEN "combined"."active_signing_certificates" > 0
    END,
    FALSE
  ) AS BOOLEAN) AS "summary_differs",
  CAST("combined"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("combined"."run_id" AS TEXT) AS "run_id",
  CAST("combined"."user_arn" AS TEXT) AS "user_arn",
  CAST("combined"."counts_as_enabled" AS BOOLEAN) AS "counts_as_enabled",
  CAST("combined"."limit_root_use_days" AS INT) AS "use_limit_days",
  CAST("combined"."password_enabled_fault" AS TEXT) AS "password_enabled_fault",
  CAST("combined"."mfa_active_fault" AS TEXT) AS "mfa_active_fault",
  CAST("combined"."access_keys_fault" AS TEXT) AS "access_keys_fault",
  CAST("combined"."last_used_at_fault" AS TEXT) AS "last_used_at_fault",
  CAST("combined"."has_root_user" AS BOOLEAN) AS "has_root_user",
  CAST("combined"."is_member_account" AS BOOLEAN) AS "is_member_account",
  CAST("combined"."active_signing_certificates" AS BIGINT) AS "active_signing_certificates",
  CAST("combined"."inactive_signing_certificates" AS BIGINT) AS "inactive_signing_certificates",
  CAST("combined"."signing_certificates_fault" AS TEXT) AS "signing_certificates_fault",
  CAST("combined"."has_password" AS BOOLEAN) AS "has_password",
  CAST("combined"."has_access_keys" AS BOOLEAN) AS "has_access_keys",
  CAST("combined"."has_signing_certificates" AS BOOLEAN) AS "has_signing_certificates",
  CAST(CASE
    WHEN "combined"."user_arn" IS NULL
    THEN 'the report has no root row'
    WHEN "combined"."has_password" IS NULL
    THEN 'password_enabled is ' || COALESCE("combined"."password_enabled_reason", 'N/A')
    WHEN "combined"."has_access_keys" IS NULL
    THEN "combined"."present_access_keys_fault"
    WHEN "combined"."has_signing_certificates" IS NULL
    THEN "combined"."present_signing_certificates_fault"
  END AS TEXT) AS "credentials_fault"
FROM "combined" AS "combined"
