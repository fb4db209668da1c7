WITH "counted" AS (
  SELECT
    "credentials"."organization_id" AS "organization_id",
    "credentials"."snapshot_date" AS "snapshot_date",
    "credentials"."user_arn" AS "user_arn",
    COUNT(*) FILTER(WHERE
      "credentials"."is_active" IS DISTINCT FROM FALSE) AS "maybe_active",
    COUNT(*) FILTER(WHERE
      "credentials"."credential_type" = 'access_key') AS "inactive_access_keys",
    COUNT(*) FILTER(WHERE
      "credentials"."credential_type" = 'signing_certificate') AS "inactive_signing_certificates",
    MAX("credentials"."last_used_at") AS "last_used_at"
  FROM "credentials_history" AS "credentials"
  GROUP BY
    "credentials"."organization_id",
    "credentials"."snapshot_date",
    "credentials"."user_arn"
)
SELECT
  CAST("report"."organization_id" AS TEXT) AS "organization_id",
  CAST("report"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("account"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("report"."account_id" AS TEXT) AS "account_id",
  CAST("account"."account_name" AS TEXT) AS "account_name",
  CAST("account"."ou_id" AS TEXT) AS "ou_id",
  CAST("account"."ou_path" AS TEXT) AS "ou_path",
  CAST("report"."user_name" AS TEXT) AS "user_name",
  CAST("report"."user_arn" AS TEXT) AS "user_arn",
  CAST("report"."user_creation_time" AS TIMESTAMP) AS "user_creation_time",
  CAST(COALESCE("counted"."inactive_access_keys", 0) AS BIGINT) AS "inactive_access_keys",
  CAST(COALESCE("counted"."inactive_signing_certificates", 0) AS BIGINT) AS "inactive_signing_certificates",
  CAST(COALESCE(CASE WHEN "counted"."last_used_at" IS NULL OR "report"."undated_key_last_used_at" IS NULL THEN NULL ELSE GREATEST("counted"."last_used_at", "report"."undated_key_last_used_at") END, "counted"."last_used_at", "report"."undated_key_last_used_at") AS TIMESTAMP) AS "last_used_at",
  CAST("report"."mfa_active" AS BOOLEAN) AS "mfa_active",
  CAST("report"."additional_credentials_info" AS TEXT) AS "additional_credentials_info",
  CAST("report"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("report"."run_id" AS TEXT) AS "run_id",
  CAST("account"."owner" AS TEXT) AS "owner"
FROM "report_rows_history" AS "report"
INNER JOIN "account_history" AS "account"
  ON "account"."organization_id" = "report"."organization_id" AND "account"."snapshot_date" = "report"."snapshot_date" AND "account"."account_id" = "report"."account_id"
LEFT JOIN "counted" AS "counted"
  ON "counted"."organization_id" = "report"."organization_id" AND "counted"."snapshot_date" = "report"."snapshot_date" AND "counted"."user_arn" = "report"."user_arn"
WHERE
  "account"."account_state" = 'ACTIVE' AND NOT "report"."is_root" AND COALESCE("counted"."maybe_active", 0) = 0
