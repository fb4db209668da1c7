WITH "checked" AS (
  SELECT
    "root_posture"."organization_id" AS "organization_id",
    "root_posture"."snapshot_date" AS "snapshot_date",
    "root_posture"."snapshot_at" AS "snapshot_at",
    "root_posture"."account_id" AS "account_id",
    "root_posture"."account_name" AS "account_name",
    "root_posture"."ou_id" AS "ou_id",
    "root_posture"."ou_path" AS "ou_path",
    "root_posture"."account_state" AS "account_state",
    "root_posture"."outcome" AS "outcome",
    "root_posture"."root_credentials" AS "root_credentials",
    "root_posture"."password_enabled" AS "password_enabled",
    "root_posture"."password_last_used_at" AS "password_last_used_at",
    "root_posture"."password_last_changed_at" AS "password_last_changed_at",
    "root_posture"."mfa_active" AS "mfa_active",
    "root_posture"."active_access_keys" AS "active_access_keys",
    "root_posture"."inactive_access_keys" AS "inactive_access_keys",
    "root_posture"."access_key_last_used_at" AS "access_key_last_used_at",
    "root_posture"."last_used_at" AS "last_used_at",
    "root_posture"."idle_days" AS "idle_days",
    "root_posture"."account_password_present" AS "account_password_present",
    "root_posture"."account_access_keys_present" AS "account_access_keys_present",
    "root_posture"."account_mfa_enabled" AS "account_mfa_enabled",
    "root_posture"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "root_posture"."summary_error" AS "summary_error",
    "root_posture"."summary_differs" AS "summary_differs",
    "root_posture"."report_generated_at" AS "report_generated_at",
    "root_posture"."run_id" AS "run_id",
    "root_posture"."user_arn" AS "user_arn",
    "root_posture"."counts_as_enabled" AS "counts_as_enabled",
    "root_posture"."use_limit_days" AS "use_limit_days",
    "root_posture"."password_enabled_fault" AS "password_enabled_fault",
    "root_posture"."mfa_active_fault" AS "mfa_active_fault",
    "root_posture"."access_keys_fault" AS "access_keys_fault",
    "root_posture"."last_used_at_fault" AS "last_used_at_fault",
    "root_posture"."has_root_user" AS "has_root_user",
    "root_posture"."is_member_account" AS "is_member_account",
    "root_posture"."active_signing_certificates" AS "active_signing_certificates",
    "root_posture"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "root_posture"."signing_certificates_fault" AS "signing_certificates_fault",
    "root_posture"."has_password" AS "has_password",
    "root_posture"."has_access_keys" AS "has_access_keys",
    "root_posture"."has_signing_certificates" AS "has_signing_certificates",
    "root_posture"."credentials_fault" AS "credentials_fault",
    "control"."control_id" AS "control_id",
    "root_posture"."last_used_at" > (
      "root_posture"."report_generated_at" + INTERVAL (-"root_posture"."use_limit_days") DAY
    ) AS "used_lately",
    "root_posture"."has_password" OR "root_posture"."has_access_keys" OR "root_posture"."has_signing_certificates" AS "has_credentials",
    CASE WHEN NOT "root_posture"."has_root_user" THEN TRUE WHEN "control"."control_id" = 'root-no-credentials' THEN NOT "root_posture"."is_member_account" WHEN "control"."control_id" = 'root-mfa' THEN "root_posture"."counts_as_enabled" = FALSE AND (
      "root_posture"."active_access_keys" = 0 OR "root_posture"."password_enabled" IS NULL
    ) AND (
      "root_posture"."access_keys_fault" IS NULL OR "root_posture"."password_enabled" IS NULL
    ) END AS "is_exempt"
  FROM "root_posture_history" AS "root_posture"
  CROSS JOIN (VALUES
    ('root-no-access-key'),
    ('root-mfa'),
    ('root-unused'),
    ('root-no-credentials'),
    ('root-no-certificate')) AS "control"("control_id")
  WHERE
    "root_posture"."account_state" = 'ACTIVE' AND "root_posture"."outcome" IN ('collected', 'partial')
), "explained" AS (
  SELECT
    "checked"."organization_id" AS "organization_id",
    "checked"."snapshot_date" AS "snapshot_date",
    "checked"."snapshot_at" AS "snapshot_at",
    "checked"."account_id" AS "account_id",
    "checked"."account_name" AS "account_name",
    "checked"."ou_id" AS "ou_id",
    "checked"."ou_path" AS "ou_path",
    "checked"."account_state" AS "account_state",
    "checked"."outcome" AS "outcome",
    "checked"."root_credentials" AS "root_credentials",
    "checked"."password_enabled" AS "password_enabled",
    "checked"."password_last_used_at" AS "password_last_used_at",
    "checked"."password_last_changed_at" AS "password_last_changed_at",
    "checked"."mfa_active" AS "mfa_active",
    "checked"."active_access_keys" AS "active_access_keys",
    "checked"."inactive_access_keys" AS "inactive_access_keys",
    "checked"."access_key_last_used_at" AS "access_key_last_used_at",
    "checked"."last_used_at" AS "last_used_at",
    "checked"."idle_days" AS "idle_days",
    "checked"."account_password_present" AS "account_password_present",
    "checked"."account_access_keys_present" AS "account_access_keys_present",
    "checked"."account_mfa_enabled" AS "account_mfa_enabled",
    "checked"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "checked"."summary_error" AS "summary_error",
    "checked"."summary_differs" AS "summary_differs",
    "checked"."report_generated_at" AS "report_generated_at",
    "checked"."run_id" AS "run_id",
    "checked"."user_arn" AS "user_arn",
    "checked"."counts_as_enabled" AS "counts_as_enabled",
    "checked"."use_limit_days" AS "use_limit_days",
    "checked"."password_enabled_fault" AS "password_enabled_fault",
    "checked"."mfa_active_fault" AS "mfa_active_fault",
    "checked"."access_keys_fault" AS "access_keys_fault",
    "checked"."last_used_at_fault" AS "last_used_at_fault",
    "checked"."has_root_user" AS "has_root_user",
    "checked"."is_member_account" AS "is_member_account",
    "checked"."active_signing_certificates" AS "active_signing_certificates",
    "checked"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "checked"."signing_certificates_fault" AS "signing_certificates_fault",
    "checked"."has_password" AS "has_password",
    "checked"."has_access_keys" AS "has_access_keys",
    "checked"."has_signing_certificates" AS "has_signing_certificates",
    "checked"."credentials_fault" AS "credentials_fault",
    "checked"."control_id" AS "control_id",
    "checked"."used_lately" AS "used_lately",
    "checked"."has_credentials" AS "has_credentials",
    "checked"."is_exempt" AS "is_exempt",
    CASE
      WHEN "checked"."is_exempt"
      THEN NULL
      WHEN "checked"."control_id" = 'root-no-credentials'
      THEN CASE WHEN "checked"."has_credentials" IS NULL THEN "checked"."credentials_fault" WHEN "checked"."has_credentials" AND "checked"."is_member_account" IS NULL THEN 'the account list does not show whether this is the management account' END
      WHEN "checked"."user_arn" IS NULL
      THEN 'the report has no root row'
      WHEN "checked"."control_id" = 'root-no-access-key'
      THEN CASE WHEN "checked"."active_access_keys" = 0 THEN "checked"."access_keys_fault" END
      WHEN "checked"."control_id" = 'root-no-certificate'
      THEN CASE WHEN "checked"."active_signing_certificates" = 0 THEN "checked"."signing_certificates_fault" END
      WHEN "checked"."control_id" = 'root-unused'
      THEN CASE WHEN COALESCE("checked"."used_lately", FALSE) = FALSE THEN "checked"."last_used_at_fault" END
      WHEN "checked"."active_access_keys" > 0 OR "checked"."counts_as_enabled"
      THEN "checked"."mfa_active_fault"
      ELSE COALESCE("checked"."password_enabled_fault", "checked"."access_keys_fault")
    END AS "fault"
  FROM "checked" AS "checked"
), "evaluated" AS (
  SELECT
    "explained"."organization_id" AS "organization_id",
    "explained"."snapshot_date" AS "snapshot_date",
    "explained"."snapshot_at" AS "snapshot_at",
    "explained"."account_id" AS "account_id",
    "explained"."account_name" AS "account_name",
    "explained"."ou_id" AS "ou_id",
    "explained"."ou_path" AS "ou_path",
    "explained"."account_state" AS "account_state",
    "explained"."outcome" AS "outcome",
    "explained"."root_credentials" AS "root_credentials",
    "explained"."password_enabled" AS "password_enabled",
    "explained"."password_last_used_at" AS "password_last_used_at",
    "explained"."password_last_changed_at" AS "password_last_changed_at",
    "explained"."mfa_active" AS "mfa_active",
    "explained"."active_access_keys" AS "active_access_keys",
    "explained"."inactive_access_keys" AS "inactive_access_keys",
    "explained"."access_key_last_used_at" AS "access_key_last_used_at",
    "explained"."last_used_at" AS "last_used_at",
    "explained"."idle_days" AS "idle_days",
    "explained"."account_password_present" AS "account_password_present",
    "explained"."account_access_keys_present" AS "account_access_keys_present",
    "explained"."account_mfa_enabled" AS "account_mfa_enabled",
    "explained"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "explained"."summary_error" AS "summary_error",
    "explained"."summary_differs" AS "summary_differs",
    "explained"."report_generated_at" AS "report_generated_at",
    "explained"."run_id" AS "run_id",
    "explained"."user_arn" AS "user_arn",
    "explained"."counts_as_enabled" AS "counts_as_enabled",
    "explained"."use_limit_days" AS "use_limit_days",
    "explained"."password_enabled_fault" AS "password_enabled_fault",
    "explained"."mfa_active_fault" AS "mfa_active_fault",
    "explained"."access_keys_fault" AS "access_keys_fault",
    "explained"."last_used_at_fault" AS "last_used_at_fault",
    "explained"."has_root_user" AS "has_root_user",
    "explained"."is_member_account" AS "is_member_account",
    "explained"."active_signing_certificates" AS "active_signing_certificates",
    "explained"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "explained"."signing_certificates_fault" AS "signing_certificates_fault",
    "explained"."has_password" AS "has_password",
    "explained"."has_access_keys" AS "has_access_keys",
    "explained"."has_signing_certificates" AS "has_signing_certificates",
    "explained"."credentials_fault" AS "credentials_fault",
    "explained"."control_id" AS "control_id",
    "explained"."used_lately" AS "used_lately",
    "explained"."has_credentials" AS "has_credentials",
    "explained"."is_exempt" AS "is_exempt",
    "explained"."fault" AS "fault",
    CASE
      WHEN "explained"."is_exempt"
      THEN 'not_applicable'
      WHEN NOT "explained"."fault" IS NULL
      THEN 'unknown'
      WHEN "explained"."control_id" = 'root-no-access-key'
      THEN CASE WHEN "explained"."active_access_keys" > 0 THEN 'fail' ELSE 'pass' END
      WHEN "explained"."control_id" = 'root-no-credentials'
      THEN CASE WHEN "explained"."has_credentials" THEN 'fail' ELSE 'pass' END
      WHEN "explained"."control_id" = 'root-no-certificate'
      THEN CASE WHEN "explained"."active_signing_certificates" > 0 THEN 'fail' ELSE 'pass' END
      WHEN "explained"."control_id" = 'root-unused'
      THEN CASE WHEN "explained"."used_lately" THEN 'fail' WHEN "explained"."last_used_at" IS NULL OR "explained"."used_lately" = FALSE THEN 'pass' ELSE 'unknown' END
      WHEN "explained"."mfa_active"
      THEN 'pass'
      WHEN "explained"."mfa_active" = FALSE
      THEN 'fail'
      ELSE 'unknown'
    END AS "status"
  FROM "explained" AS "explained"
), "compared" AS (
  SELECT
    "evaluated"."organization_id" AS "organization_id",
    "evaluated"."snapshot_date" AS "snapshot_date",
    "evaluated"."snapshot_at" AS "snapshot_at",
    "evaluated"."account_id" AS "account_id",
    "evaluated"."account_name" AS "account_name",
    "evaluated"."ou_id" AS "ou_id",
    "evaluated"."ou_path" AS "ou_path",
    "evaluated"."account_state" AS "account_state",
    "evaluated"."outcome" AS "outcome",
    "evaluated"."root_credentials" AS "root_credentials",
    "evaluated"."password_enabled" AS "password_enabled",
    "evaluated"."password_last_used_at" AS "password_last_used_at",
    "evaluated"."password_last_changed_at" AS "password_last_changed_at",
    "evaluated"."mfa_active" AS "mfa_active",
    "evaluated"."active_access_keys" AS "active_access_keys",
    "evaluated"."inactive_access_keys" AS "inactive_access_keys",
    "evaluated"."access_key_last_used_at" AS "access_key_last_used_at",
    "evaluated"."last_used_at" AS "last_used_at",
    "evaluated"."idle_days" AS "idle_days",
    "evaluated"."account_password_present" AS "account_password_present",
    "evaluated"."account_access_keys_present" AS "account_access_keys_present",
    "evaluated"."account_mfa_enabled" AS "account_mfa_enabled",
    "evaluated"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "evaluated"."summary_error" AS "summary_error",
    "evaluated"."summary_differs" AS "summary_differs",
    "evaluated"."report_generated_at" AS "report_generated_at",
    "evaluated"."run_id" AS "run_id",
    "evaluated"."user_arn" AS "user_arn",
    "evaluated"."counts_as_enabled" AS "counts_as_enabled",
    "evaluated"."use_limit_days" AS "use_limit_days",
    "evaluated"."password_enabled_fault" AS "password_enabled_fault",
    "evaluated"."mfa_active_fault" AS "mfa_active_fault",
    "evaluated"."access_keys_fault" AS "access_keys_fault",
    "evaluated"."last_used_at_fault" AS "last_used_at_fault",
    "evaluated"."has_root_user" AS "has_root_user",
    "evaluated"."is_member_account" AS "is_member_account",
    "evaluated"."active_signing_certificates" AS "active_signing_certificates",
    "evaluated"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "evaluated"."signing_certificates_fault" AS "signing_certificates_fault",
    "evaluated"."has_password" AS "has_password",
    "evaluated"."has_access_keys" AS "has_access_keys",
    "evaluated"."has_signing_certificates" AS "has_signing_certificates",
    "evaluated"."credentials_fault" AS "credentials_fault",
    "evaluated"."control_id" AS "control_id",
    "evaluated"."used_lately" AS "used_lately",
    "evaluated"."has_credentials" AS "has_credentials",
    "evaluated"."is_exempt" AS "is_exempt",
    "evaluated"."fault" AS "fault",
    "evaluated"."status" AS "status",
    CASE
      WHEN NOT "evaluated"."has_root_user"
      THEN NULL
      WHEN "evaluated"."control_id" = 'root-mfa'
      THEN CASE
        WHEN "evaluated"."status" = 'not_applicable'
        THEN CASE WHEN "evaluated"."password_enabled" = FALSE AND "evaluated"."account_password_present" THEN 'a password' WHEN "evaluated"."active_access_keys" + "evaluated"."inactive_access_keys" = 0 AND "evaluated"."account_access_keys_present" THEN 'an access key' END
        WHEN "evaluated"."account_mfa_enabled" AND "evaluated"."mfa_active" IS DISTINCT FROM TRUE
        THEN 'MFA'
        WHEN "evaluated"."account_mfa_enabled" = FALSE AND "evaluated"."mfa_active" IS DISTINCT FROM FALSE
        THEN 'no MFA'
        WHEN "evaluated"."status" = 'fail' AND "evaluated"."account_password_present" = FALSE AND "evaluated"."account_access_keys_present" = FALSE
        THEN 'neither a password nor an access key'
      END
      WHEN "evaluated"."control_id" = 'root-no-access-key'
      THEN CASE WHEN "evaluated"."status" = 'fail' AND "evaluated"."account_access_keys_present" = FALSE THEN 'no access key' WHEN "evaluated"."status" <> 'fail' AND "evaluated"."inactive_access_keys" = 0 AND "evaluated"."account_access_keys_present" THEN 'an access key' END
      WHEN "evaluated"."control_id" = 'root-no-certificate'
      THEN CASE WHEN "evaluated"."status" = 'fail' AND "evaluated"."account_signing_certificates_present" = FALSE THEN 'no signing certificate' WHEN "evaluated"."status" <> 'fail' AND "evaluated"."inactive_signing_certificates" = 0 AND "evaluated"."account_signing_certificates_present" THEN 'a signing certificate' END
      WHEN "evaluated"."control_id" = 'root-no-credentials' AND "evaluated"."status" = 'fail'
      THEN CASE WHEN "evaluated"."account_password_present" = FALSE AND "evaluated"."account_access_keys_present" = FALSE AND "evaluated"."account_signing_certificates_present" = FALSE THEN 'no credentials' WHEN "evaluated"."root_credentials" = 'none' THEN 'credentials that the report does not' END
    END AS "summary_shows"
  FROM "evaluated" AS "evaluated"
), "measured" AS (
  SELECT
    "compared"."organization_id" AS "organization_id",
    "compared"."snapshot_date" AS "snapshot_date",
    "compared"."snapshot_at" AS "snapshot_at",
    "compared"."account_id" AS "account_id",
    "compared"."account_name" AS "account_name",
    "compared"."ou_id" AS "ou_id",
    "compared"."ou_path" AS "ou_path",
    "compared"."account_state" AS "account_state",
    "compared"."outcome" AS "outcome",
    "compared"."root_credentials" AS "root_credentials",
    "compared"."password_enabled" AS "password_enabled",
    "compared"."password_last_used_at" AS "password_last_used_at",
    "compared"."password_last_changed_at" AS "password_last_changed_at",
    "compared"."mfa_active" AS "mfa_active",
    "compared"."active_access_keys" AS "active_access_keys",
    "compared"."inactive_access_keys" AS "inactive_access_keys",
    "compared"."access_key_last_used_at" AS "access_key_last_used_at",
    "compared"."last_used_at" AS "last_used_at",
    "compared"."idle_days" AS "idle_days",
    "compared"."account_password_present" AS "account_password_present",
    "compared"."account_access_keys_present" AS "account_access_keys_present",
    "compared"."account_mfa_enabled" AS "account_mfa_enabled",
    "compared"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "compared"."summary_error" AS "summary_error",
    "compared"."summary_differs" AS "summary_differs",
    "compared"."report_generated_at" AS "report_generated_at",
    "compared"."run_id" AS "run_id",
    "compared"."user_arn" AS "user_arn",
    "compared"."counts_as_enabled" AS "counts_as_enabled",
    "compared"."use_limit_days" AS "use_limit_days",
    "compared"."password_enabled_fault" AS "password_enabled_fault",
    "compared"."mfa_active_fault" AS "mfa_active_fault",
    "compared"."access_keys_fault" AS "access_keys_fault",
    "compared"."last_used_at_fault" AS "last_used_at_fault",
    "compared"."has_root_user" AS "has_root_user",
    "compared"."is_member_account" AS "is_member_account",
    "compared"."active_signing_certificates" AS "active_signing_certificates",
    "compared"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "compared"."signing_certificates_fault" AS "signing_certificates_fault",
    "compared"."has_password" AS "has_password",
    "compared"."has_access_keys" AS "has_access_keys",
    "compared"."has_signing_certificates" AS "has_signing_certificates",
    "compared"."credentials_fault" AS "credentials_fault",
    "compared"."control_id" AS "control_id",
    "compared"."used_lately" AS "used_lately",
    "compared"."has_credentials" AS "has_credentials",
    "compared"."is_exempt" AS "is_exempt",
    "compared"."fault" AS "fault",
    "compared"."status" AS "status",
    "compared"."summary_shows" AS "summary_shows",
    CASE WHEN "compared"."control_id" = 'root-unused' AND "compared"."status" IN ('pass', 'fail') THEN DATE_SUB('second', "compared"."last_used_at", "compared"."report_generated_at") END AS "measured_seconds",
    CAST(ROUND(FLOOR(CAST(DATE_SUB('second', "compared"."last_used_at", "compared"."report_generated_at") AS DOUBLE) / 3600)) AS BIGINT) AS "measured_hours",
    CASE WHEN "compared"."control_id" = 'root-unused' THEN "compared"."use_limit_days" END AS "limit_days"
  FROM "compared" AS "compared"
), "worded" AS (
  SELECT
    "measured"."organization_id" AS "organization_id",
    "measured"."snapshot_date" AS "snapshot_date",
    "measured"."snapshot_at" AS "snapshot_at",
    "measured"."account_id" AS "account_id",
    "measured"."account_name" AS "account_name",
    "measured"."ou_id" AS "ou_id",
    "measured"."ou_path" AS "ou_path",
    "measured"."account_state" AS "account_state",
    "measured"."outcome" AS "outcome",
    "measured"."root_credentials" AS "root_credentials",
    "measured"."password_enabled" AS "password_enabled",
    "measured"."password_last_used_at" AS "password_last_used_at",
    "measured"."password_last_changed_at" AS "password_last_changed_at",
    "measured"."mfa_active" AS "mfa_active",
    "measured"."active_access_keys" AS "active_access_keys",
    "measured"."inactive_access_keys" AS "inactive_access_keys",
    "measured"."access_key_last_used_at" AS "access_key_last_used_at",
    "measured"."last_used_at" AS "last_used_at",
    "measured"."idle_days" AS "idle_days",
    "measured"."account_password_present" AS "account_password_present",
    "measured"."account_access_keys_present" AS "account_access_keys_present",
    "measured"."account_mfa_enabled" AS "account_mfa_enabled",
    "measured"."account_signing_certificates_present" AS "account_signing_certificates_present",
    "measured"."summary_error" AS "summary_error",
    "measured"."summary_differs" AS "summary_differs",
    "measured"."report_generated_at" AS "report_generated_at",
    "measured"."run_id" AS "run_id",
    "measured"."user_arn" AS "user_arn",
    "measured"."counts_as_enabled" AS "counts_as_enabled",
    "measured"."use_limit_days" AS "use_limit_days",
    "measured"."password_enabled_fault" AS "password_enabled_fault",
    "measured"."mfa_active_fault" AS "mfa_active_fault",
    "measured"."access_keys_fault" AS "access_keys_fault",
    "measured"."last_used_at_fault" AS "last_used_at_fault",
    "measured"."has_root_user" AS "has_root_user",
    "measured"."is_member_account" AS "is_member_account",
    "measured"."active_signing_certificates" AS "active_signing_certificates",
    "measured"."inactive_signing_certificates" AS "inactive_signing_certificates",
    "measured"."signing_certificates_fault" AS "signing_certificates_fault",
    "measured"."has_password" AS "has_password",
    "measured"."has_access_keys" AS "has_access_keys",
    "measured"."has_signing_certificates" AS "has_signing_certificates",
    "measured"."credentials_fault" AS "credentials_fault",
    "measured"."control_id" AS "control_id",
    "measured"."used_lately" AS "used_lately",
    "measured"."has_credentials" AS "has_credentials",
    "measured"."is_exempt" AS "is_exempt",
    "measured"."fault" AS "fault",
    "measured"."status" AS "status",
    "measured"."summary_shows" AS "summary_shows",
    "measured"."measured_seconds" AS "measured_seconds",
    "measured"."measured_hours" AS "measured_hours",
    "measured"."limit_days" AS "limit_days",
    CASE
      WHEN "measured"."status" = 'unknown'
      THEN 'value_missing'
      WHEN NOT "measured"."has_root_user"
      THEN 'no_root_in_china'
      WHEN "measured"."control_id" = 'root-no-access-key'
      THEN CASE WHEN "measured"."status" = 'fail' THEN 'root_active_key' ELSE 'root_no_active_key' END
      WHEN "measured"."control_id" = 'root-mfa'
      THEN CASE WHEN "measured"."status" = 'pass' THEN 'root_with_mfa' WHEN "measured"."status" = 'fail' THEN 'root_without_mfa' WHEN "measured"."active_access_keys" > 0 THEN 'govcloud_root_key' WHEN NOT "measured"."access_keys_fault" IS NULL THEN 'govcloud_root_key_unknown' ELSE 'root_nothing_to_protect' END
      WHEN "measured"."control_id" = 'root-no-certificate'
      THEN CASE WHEN "measured"."status" = 'fail' THEN 'root_active_certificate' ELSE 'root_no_active_certificate' END
      WHEN "measured"."control_id" = 'root-no-credentials'
      THEN CASE "measured"."status" WHEN 'not_applicable' THEN 'not_a_member_account' WHEN 'pass' THEN 'root_no_credentials' ELSE 'root_credentials' END
      WHEN "measured"."last_used_at" IS NULL
      THEN 'root_never_used'
      WHEN "measured"."status" = 'fail'
      THEN 'root_used_lately'
      ELSE 'root_not_used_lately'
    END AS "reason_code"
  FROM "measured" AS "measured"
)
SELECT
  CAST("worded"."organization_id" AS TEXT) AS "organization_id",
  CAST("worded"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("worded"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("worded"."run_id" AS TEXT) AS "run_id",
  CAST("worded"."account_id" AS TEXT) AS "account_id",
  CAST("worded"."account_name" AS TEXT) AS "account_name",
  CAST("worded"."ou_id" AS TEXT) AS "ou_id",
  CAST("worded"."ou_path" AS TEXT) AS "ou_path",
  CAST("worded"."control_id" AS TEXT) AS "control_id",
  CAST(NULL AS TEXT) AS "user_name",
  CAST(NULL AS TEXT) AS "user_arn",
  CAST(NULL AS TEXT) AS "credential_type",
  CAST(NULL AS INT) AS "slot",
  CAST(NULL AS TIMESTAMP) AS "credential_created_at",
  CAST("worded"."status" AS TEXT) AS "status",
  CAST(CASE "worded"."reason_code"
    WHEN 'value_missing'
    THEN 'Cannot be evaluated: ' || COALESCE("worded"."fault", 'the limit is unknown') || '.'
    WHEN 'no_root_in_china'
    THEN 'Accounts in China have no root user.'
    WHEN 'root_active_key'
    THEN 'Root has an active access key.'
    WHEN 'root_no_active_key'
    THEN 'Root has no active access key.'
    WHEN 'root_with_mfa'
    THEN 'Root has MFA.'
    WHEN 'root_without_mfa'
    THEN 'Root has credentials and no MFA device.'
    WHEN 'govcloud_root_key'
    THEN 'Root has an access key, but no console in GovCloud: MFA is not required.'
    WHEN 'govcloud_root_key_unknown'
    THEN 'Root may have an access key, but has no console in GovCloud: MFA is not required.'
    WHEN 'root_nothing_to_protect'
    THEN 'Root has no credentials that MFA could protect.'
    WHEN 'root_active_certificate'
    THEN 'Root has an active signing certificate.'
    WHEN 'root_no_active_certificate'
    THEN 'Root has no active signing certificate.'
    WHEN 'not_a_member_account'
    THEN 'This is not a member account of an organization.'
    WHEN 'root_no_credentials'
    THEN 'Root has no credentials.'
    WHEN 'root_credentials'
    THEN 'Root has ' || CASE WHEN "worded"."has_password" THEN 'a password' ELSE '' END || CASE WHEN "worded"."has_password" AND "worded"."has_access_keys" THEN ' and ' ELSE '' END || CASE WHEN "worded"."has_access_keys" THEN 'an access key' ELSE '' END || CASE WHEN NOT COALESCE("worded"."has_signing_certificates", FALSE) THEN '' WHEN "worded"."has_password" OR "worded"."has_access_keys" THEN ' and a signing certificate' ELSE 'a signing certificate' END || '.'
    WHEN 'root_never_used'
    THEN 'Root has no recorded use.'
    ELSE 'Root was last used ' || CASE WHEN "worded"."measured_seconds" < 0 THEN 'after the report: ' WHEN "worded"."measured_hours" = 1 THEN '1 hour before the report: ' ELSE CAST("worded"."measured_hours" AS TEXT) || ' hours before the report: ' END || CASE "worded"."reason_code" WHEN 'root_used_lately' THEN 'within the last ' ELSE 'not within the last ' END || CASE WHEN "worded"."limit_days" = 1 THEN 'day.' ELSE CAST("worded"."limit_days" AS TEXT) || ' days.' END
  END || COALESCE(' The account summary, which is fresher than the report, shows ' || "worded"."summary_shows" || '.', '') AS TEXT) AS "reason",
  CAST("worded"."measured_seconds" AS BIGINT) AS "measured_seconds",
  CAST("worded"."limit_days" AS INT) AS "limit_days",
  CAST(CASE WHEN "worded"."control_id" = 'root-unused' AND "worded"."status" = 'fail' THEN "worded"."last_used_at" END AS TIMESTAMP) AS "failing_since",
  CAST("worded"."account_id" AS TEXT) AS "subject",
  CAST(CASE WHEN "worded"."control_id" = 'root-unused' THEN "worded"."last_used_at" END AS TIMESTAMP) AS "last_used_at",
  CAST(NULL AS TEXT) AS "last_used_region",
  CAST(NULL AS TEXT) AS "last_used_service",
  CAST("worded"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("worded"."reason_code" AS TEXT) AS "reason_code"
FROM "worded" AS "worded"
