WITH "active" AS (
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
    "credentials"."credential_type" <> 'signing_certificate' AS "is_tracked",
    "credentials"."is_active" AND "credentials"."idle_since" <= (
      "credentials"."report_generated_at" + INTERVAL (-"credentials"."unused_limit_days") DAY
    ) AS "is_idle"
  FROM "credentials_history" AS "credentials"
  WHERE
    "credentials"."is_active" IS DISTINCT FROM FALSE AND NOT "credentials"."is_root" AND "credentials"."account_state" = 'ACTIVE'
), "users" AS (
  SELECT
    "active"."organization_id" AS "organization_id",
    "active"."snapshot_date" AS "snapshot_date",
    "active"."user_arn" AS "user_arn",
    MAX("active"."snapshot_at") AS "snapshot_at",
    MAX("active"."account_id") AS "account_id",
    MAX("active"."account_name") AS "account_name",
    MAX("active"."ou_id") AS "ou_id",
    MAX("active"."ou_path") AS "ou_path",
    MAX("active"."user_name") AS "user_name",
    COUNT(*) FILTER(WHERE
      "active"."is_tracked") AS "active_credentials",
    COUNT(*) FILTER(WHERE
      NOT "active"."is_tracked") AS "active_signing_certificates",
    MAX(CASE WHEN "active"."is_tracked" THEN "active"."idle_since" END) AS "idle_since",
    MAX(CASE WHEN "active"."is_tracked" THEN "active"."idle_since" + INTERVAL ("active"."unused_limit_days") DAY END) AS "inactive_since",
    MAX("active"."last_used_at") AS "last_used_at",
    BOOL_OR("active"."mfa_active") AS "mfa_active",
    MAX("active"."report_generated_at") AS "report_generated_at",
    MAX("active"."run_id") AS "run_id",
    MAX("active"."owner") AS "owner"
  FROM "active" AS "active"
  GROUP BY
    "active"."organization_id",
    "active"."snapshot_date",
    "active"."user_arn"
  HAVING
    COUNT(*) FILTER(WHERE
      "active"."is_tracked") > 0 AND COUNT(*) FILTER(WHERE
      "active"."is_tracked") = COUNT(*) FILTER(WHERE
      "active"."is_tracked" AND "active"."is_idle")
)
SELECT
  CAST("users"."organization_id" AS TEXT) AS "organization_id",
  CAST("users"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("users"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("users"."account_id" AS TEXT) AS "account_id",
  CAST("users"."account_name" AS TEXT) AS "account_name",
  CAST("users"."ou_id" AS TEXT) AS "ou_id",
  CAST("users"."ou_path" AS TEXT) AS "ou_path",
  CAST("users"."user_name" AS TEXT) AS "user_name",
  CAST("users"."user_arn" AS TEXT) AS "user_arn",
  CAST("users"."active_credentials" AS BIGINT) AS "active_credentials",
  CAST("users"."active_signing_certificates" AS BIGINT) AS "active_signing_certificates",
  CAST("users"."idle_since" AS TIMESTAMP) AS "idle_since",
  CAST(ROUND(FLOOR(CAST(DATE_SUB('second', "users"."idle_since", "users"."report_generated_at") AS DOUBLE) / 86400)) AS BIGINT) AS "idle_days",
  CAST("users"."inactive_since" AS TIMESTAMP) AS "inactive_since",
  CAST("users"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("users"."last_used_at" IS NULL AS BOOLEAN) AS "never_used",
  CAST("users"."mfa_active" AS BOOLEAN) AS "mfa_active",
  CAST("users"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("users"."run_id" AS TEXT) AS "run_id",
  CAST("users"."owner" AS TEXT) AS "owner"
FROM "users" AS "users"
