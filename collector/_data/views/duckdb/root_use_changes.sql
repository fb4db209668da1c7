WITH "uses" AS (
  SELECT
    "report_rows"."organization_id" AS "organization_id",
    "report_rows"."snapshot_date" AS "snapshot_date",
    "report_rows"."account_id" AS "account_id",
    "report_rows"."user_name" AS "user_name",
    "report_rows"."user_arn" AS "user_arn",
    'password' AS "credential_type",
    CAST(NULL AS TIMESTAMP) AS "created_at",
    "report_rows"."password_last_used" AS "used_at",
    COALESCE("report_rows"."null_reasons"['password_last_used'], '') IN ('unparsed', 'empty') AS "is_unread"
  FROM "report_rows_history" AS "report_rows"
  WHERE
    "report_rows"."is_root"
  UNION ALL
  SELECT
    "credentials"."organization_id" AS "organization_id",
    "credentials"."snapshot_date" AS "snapshot_date",
    "credentials"."account_id" AS "account_id",
    MAX("credentials"."user_name") AS "user_name",
    "credentials"."user_arn" AS "user_arn",
    'access_key' AS "credential_type",
    "credentials"."created_at" AS "created_at",
    MAX("credentials"."last_used_at") AS "used_at",
    BOOL_OR(NOT "credentials"."last_used_at_fault" IS NULL) AS "is_unread"
  FROM "credentials_history" AS "credentials"
  WHERE
    "credentials"."is_root" AND "credentials"."credential_type" = 'access_key' AND NOT "credentials"."created_at" IS NULL
  GROUP BY
    "credentials"."organization_id",
    "credentials"."snapshot_date",
    "credentials"."account_id",
    "credentials"."user_arn",
    "credentials"."created_at"
  UNION ALL
  SELECT
    "report_rows"."organization_id" AS "organization_id",
    "report_rows"."snapshot_date" AS "snapshot_date",
    "report_rows"."account_id" AS "account_id",
    "report_rows"."user_name" AS "user_name",
    "report_rows"."user_arn" AS "user_arn",
    'access_key' AS "credential_type",
    CAST(NULL AS TIMESTAMP) AS "created_at",
    "report_rows"."undated_key_last_used_at" AS "used_at",
    "report_rows"."undated_key_last_used_at" IS NULL AS "is_unread"
  FROM "report_rows_history" AS "report_rows"
  WHERE
    "report_rows"."is_root" AND (
      NOT "report_rows"."undated_key_last_used_at" IS NULL OR NOT "report_rows"."undated_key_last_used_at_fault" IS NULL
    )
), "days" AS (
  SELECT
    "uses"."organization_id" AS "organization_id",
    "uses"."snapshot_date" AS "snapshot_date",
    "uses"."account_id" AS "account_id",
    "uses"."credential_type" AS "credential_type",
    MAX("uses"."used_at") AS "used_at",
    MAX(CASE WHEN "uses"."created_at" IS NULL THEN "uses"."used_at" END) AS "undated_used_at"
  FROM "uses" AS "uses"
  GROUP BY
    "uses"."organization_id",
    "uses"."snapshot_date",
    "uses"."account_id",
    "uses"."credential_type"
), "days_in_order" AS (
  SELECT
    "days"."organization_id" AS "organization_id",
    "days"."snapshot_date" AS "snapshot_date",
    "days"."account_id" AS "account_id",
    "days"."credential_type" AS "credential_type",
    "days"."used_at" AS "used_at",
    "days"."undated_used_at" AS "undated_used_at",
    MAX("days"."used_at") OVER (PARTITION BY "days"."organization_id", "days"."account_id", "days"."credential_type" ORDER BY "days"."snapshot_date" rows BETWEEN UNBOUNDED preceding AND 1 preceding) AS "seen_used_at",
    MAX("days"."undated_used_at") OVER (PARTITION BY "days"."organization_id", "days"."account_id", "days"."credential_type" ORDER BY "days"."snapshot_date" rows BETWEEN UNBOUNDED preceding AND 1 preceding) AS "seen_undated_used_at"
  FROM "days" AS "days"
), "roots" AS (
  SELECT
    "report_rows"."organization_id" AS "organization_id",
    "report_rows"."snapshot_date" AS "snapshot_date",
    "report_rows"."account_id" AS "account_id",
    LAG("report_rows"."snapshot_date") OVER (PARTITION BY "report_rows"."organization_id", "report_rows"."account_id" ORDER BY "report_rows"."snapshot_date") AS "root_before",
    LAG("report_rows"."undated_key_last_used_at_fault" IS NULL) OVER (PARTITION BY "report_rows"."organization_id", "report_rows"."account_id" ORDER BY "report_rows"."snapshot_date") AS "was_read"
  FROM "report_rows_history" AS "report_rows"
  WHERE
    "report_rows"."is_root"
), "uses_in_order" AS (
  SELECT
    "uses"."organization_id" AS "organization_id",
    "uses"."snapshot_date" AS "snapshot_date",
    "uses"."account_id" AS "account_id",
    "uses"."user_name" AS "user_name",
    "uses"."user_arn" AS "user_arn",
    "uses"."credential_type" AS "credential_type",
    "uses"."created_at" AS "created_at",
    "uses"."used_at" AS "used_at",
    "uses"."is_unread" AS "is_unread",
    LAG(CASE WHEN NOT "uses"."is_unread" THEN COALESCE("uses"."used_at", CAST('1970-01-01 00:00:00' AS TIMESTAMP)) END IGNORE NULLS) OVER (PARTITION BY "uses"."organization_id", "uses"."account_id", "uses"."credential_type", "uses"."created_at" ORDER BY "uses"."snapshot_date") AS "was_used_at",
    LAG("uses"."snapshot_date") OVER (PARTITION BY "uses"."organization_id", "uses"."account_id", "uses"."credential_type", "uses"."created_at" ORDER BY "uses"."snapshot_date") AS "seen_before"
  FROM "uses" AS "uses"
)
SELECT
  CAST("pairs"."organization_id" AS TEXT) AS "organization_id",
  CAST("pairs"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("pairs"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("pairs"."account_id" AS TEXT) AS "account_id",
  CAST("pairs"."account_name" AS TEXT) AS "account_name",
  CAST("pairs"."ou_id" AS TEXT) AS "ou_id",
  CAST("pairs"."ou_path" AS TEXT) AS "ou_path",
  CAST('root_used' AS TEXT) AS "change_type",
  CAST("uses"."user_name" AS TEXT) AS "user_name",
  CAST("uses"."user_arn" AS TEXT) AS "user_arn",
  CAST("uses"."credential_type" AS TEXT) AS "credential_type",
  CAST("uses"."created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST(1 AS INT) AS "occurrence",
  CAST("uses"."used_at" AS TIMESTAMP) AS "changed_at",
  CAST("pairs"."previous_snapshot_date" AS TEXT) AS "previous_snapshot_date",
  CAST("pairs"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("pairs"."previous_report_generated_at" AS TIMESTAMP) AS "previous_report_generated_at",
  CAST("pairs"."run_id" AS TEXT) AS "run_id"
FROM "uses_in_order" AS "uses"
INNER JOIN "report_pairs_history" AS "pairs"
  ON "pairs"."organization_id" = "uses"."organization_id" AND "pairs"."account_id" = "uses"."account_id" AND "pairs"."snapshot_date" = "uses"."snapshot_date"
INNER JOIN "days_in_order" AS "days"
  ON "days"."organization_id" = "uses"."organization_id" AND "days"."account_id" = "uses"."account_id" AND "days"."snapshot_date" = "uses"."snapshot_date" AND "days"."credential_type" = "uses"."credential_type"
INNER JOIN "roots" AS "roots"
  ON "roots"."organization_id" = "uses"."organization_id" AND "roots"."account_id" = "uses"."account_id" AND "roots"."snapshot_date" = "uses"."snapshot_date"
WHERE
  "uses"."used_at" > CASE WHEN NOT "uses"."was_used_at" IS NULL THEN "uses"."was_used_at" WHEN NOT "uses"."created_at" IS NULL AND "uses"."seen_before" IS NULL AND "roots"."root_before" = "pairs"."previous_snapshot_date" AND "roots"."was_read" THEN CAST('1970-01-01 00:00:00' AS TIMESTAMP) ELSE "pairs"."first_report_at" END
  AND CASE WHEN "uses"."credential_type" = 'password' THEN TRUE WHEN "uses"."created_at" IS NULL THEN COALESCE("uses"."used_at" > "days"."seen_used_at", TRUE) ELSE COALESCE("uses"."used_at" > "days"."seen_undated_used_at", TRUE) END
