SELECT
  CAST("credentials"."organization_id" AS TEXT) AS "organization_id",
  CAST("credentials"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("credentials"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("credentials"."account_id" AS TEXT) AS "account_id",
  CAST("credentials"."account_name" AS TEXT) AS "account_name",
  CAST("credentials"."ou_id" AS TEXT) AS "ou_id",
  CAST("credentials"."ou_path" AS TEXT) AS "ou_path",
  CAST("credentials"."user_name" AS TEXT) AS "user_name",
  CAST("credentials"."user_arn" AS TEXT) AS "user_arn",
  CAST("credentials"."created_at" AS TIMESTAMP) AS "password_last_changed",
  CAST("credentials"."age_days" AS BIGINT) AS "age_days",
  CAST("credentials"."max_age_days" AS INT) AS "max_password_age",
  CAST("credentials"."created_at" + INTERVAL ("credentials"."max_age_days") DAY AS TIMESTAMP) AS "overdue_since",
  CAST("credentials"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("credentials"."mfa_active" AS BOOLEAN) AS "mfa_active",
  CAST("credentials"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("credentials"."run_id" AS TEXT) AS "run_id",
  CAST("credentials"."owner" AS TEXT) AS "owner"
FROM "credentials_history" AS "credentials"
WHERE
  "credentials"."credential_type" = 'password' AND "credentials"."is_active" AND "credentials"."account_state" = 'ACTIVE' AND "credentials"."created_at" < (
    "credentials"."report_generated_at" + INTERVAL (-"credentials"."max_age_days") DAY
  )
