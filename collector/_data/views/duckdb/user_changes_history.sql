WITH "reports" AS (
  SELECT
    "account"."organization_id" AS "organization_id",
    "account"."account_id" AS "account_id",
    COUNT(*) AS "report_count"
  FROM "account_history" AS "account"
  WHERE
    "account"."outcome" IN ('collected', 'partial')
  GROUP BY
    "account"."organization_id",
    "account"."account_id"
), "users" AS (
  SELECT
    "report_rows"."organization_id" AS "organization_id",
    "report_rows"."account_id" AS "account_id",
    "report_rows"."user_arn" AS "user_arn",
    COUNT(*) AS "row_count",
    COALESCE(BOOL_OR("report_rows"."mfa_active") <> BOOL_AND("report_rows"."mfa_active"), FALSE) OR COALESCE(BOOL_OR("report_rows"."password_enabled") <> BOOL_AND("report_rows"."password_enabled"), FALSE) OR COALESCE(MIN("report_rows"."password_last_changed") <> MAX("report_rows"."password_last_changed"), FALSE) OR COALESCE(MIN("report_rows"."user_creation_time") <> MAX("report_rows"."user_creation_time"), FALSE) AS "has_changed"
  FROM "report_rows_history" AS "report_rows"
  GROUP BY
    "report_rows"."organization_id",
    "report_rows"."account_id",
    "report_rows"."user_arn"
), "changed_users" AS (
  SELECT
    "users"."organization_id" AS "organization_id",
    "users"."account_id" AS "account_id",
    "users"."user_arn" AS "user_arn",
    "users"."row_count" AS "row_count",
    "users"."has_changed" AS "has_changed"
  FROM "users" AS "users"
  INNER JOIN "reports" AS "reports"
    ON "reports"."organization_id" = "users"."organization_id" AND "reports"."account_id" = "users"."account_id"
  WHERE
    "users"."has_changed" OR "users"."row_count" < "reports"."report_count"
), "marked" AS (
  SELECT
    "report"."organization_id" AS "organization_id",
    "report"."snapshot_date" AS "snapshot_date",
    "report"."account_id" AS "account_id",
    "report"."user_name" AS "user_name",
    "report"."user_arn" AS "user_arn",
    "report"."is_root" AS "is_root",
    "report"."user_creation_time" AS "user_creation_time",
    "report"."password_last_changed" AS "password_last_changed",
    "report"."mfa_active" AS "mfa_active",
    CASE WHEN NOT "report"."password_enabled" IS NULL THEN CAST("report"."password_enabled" AS TEXT) WHEN "report"."is_root" AND "report"."null_reasons"['password_enabled'] = 'not_supported' THEN 'not_supported' END AS "password",
    "report"."password_last_changed" IS NULL AND COALESCE("report"."null_reasons"['password_last_changed'], '') IN ('unparsed', 'empty') AS "is_password_date_unread",
    CASE WHEN NOT "report"."is_root" THEN COALESCE("report"."user_creation_time", LAG("report"."user_creation_time" IGNORE NULLS) OVER (PARTITION BY "report"."organization_id", "report"."account_id", "report"."user_arn" ORDER BY "report"."snapshot_date"), LEAD("report"."user_creation_time" IGNORE NULLS) OVER (PARTITION BY "report"."organization_id", "report"."account_id", "report"."user_arn" ORDER BY "report"."snapshot_date")) END AS "identity_time"
  FROM "report_rows_history" AS "report"
  INNER JOIN "changed_users" AS "changed_users"
    ON "changed_users"."organization_id" = "report"."organization_id" AND "changed_users"."account_id" = "report"."account_id" AND "changed_users"."user_arn" = "report"."user_arn"
), "dated" AS (
  SELECT
    "marked"."organization_id" AS "organization_id",
    "marked"."snapshot_date" AS "snapshot_date",
    "marked"."account_id" AS "account_id",
    "marked"."user_name" AS "user_name",
    "marked"."user_arn" AS "user_arn",
    "marked"."is_root" AS "is_root",
    "marked"."user_creation_time" AS "user_creation_time",
    "marked"."password_last_changed" AS "password_last_changed",
    "marked"."mfa_active" AS "mfa_active",
    "marked"."password" AS "password",
    "marked"."is_password_date_unread" AS "is_password_date_unread",
    "marked"."identity_time" AS "identity_time",
    CASE WHEN "marked"."password" <> 'true' THEN CAST('1970-01-01 00:00:00' AS TIMESTAMP) WHEN "marked"."password" = 'true' AND NOT "marked"."is_password_date_unread" THEN COALESCE("marked"."password_last_changed", CAST('1970-01-01 00:00:00' AS TIMESTAMP)) END AS "password_set_at"
  FROM "marked" AS "marked"
), "in_order" AS (
  SELECT
    "dated"."organization_id" AS "organization_id",
    "dated"."snapshot_date" AS "snapshot_date",
    "dated"."account_id" AS "account_id",
    "dated"."user_name" AS "user_name",
    "dated"."user_arn" AS "user_arn",
    "dated"."is_root" AS "is_root",
    "dated"."user_creation_time" AS "user_creation_time",
    "dated"."password_last_changed" AS "password_last_changed",
    "dated"."mfa_active" AS "mfa_active",
    "dated"."password" AS "password",
    "dated"."is_password_date_unread" AS "is_password_date_unread",
    "dated"."identity_time" AS "identity_time",
    "dated"."password_set_at" AS "password_set_at",
    LAG("dated"."snapshot_date") OVER (PARTITION BY "dated"."organization_id", "dated"."account_id", "dated"."user_arn", "dated"."identity_time" ORDER BY "dated"."snapshot_date") AS "seen_before",
    LEAD("dated"."snapshot_date") OVER (PARTITION BY "dated"."organization_id", "dated"."account_id", "dated"."user_arn", "dated"."identity_time" ORDER BY "dated"."snapshot_date") AS "seen_next",
    LAG("dated"."mfa_active" IGNORE NULLS) OVER (PARTITION BY "dated"."organization_id", "dated"."account_id", "dated"."user_arn", "dated"."identity_time" ORDER BY "dated"."snapshot_date") AS "earlier_mfa_active",
    LAG("dated"."password" IGNORE NULLS) OVER (PARTITION BY "dated"."organization_id", "dated"."account_id", "dated"."user_arn", "dated"."identity_time" ORDER BY "dated"."snapshot_date") AS "earlier_password",
    LAG("dated"."password_set_at" IGNORE NULLS) OVER (PARTITION BY "dated"."organization_id", "dated"."account_id", "dated"."user_arn", "dated"."identity_time" ORDER BY "dated"."snapshot_date") AS "earlier_password_set_at"
  FROM "dated" AS "dated"
), "compared" AS (
  SELECT
    "seen"."organization_id" AS "organization_id",
    "seen"."snapshot_date" AS "snapshot_date",
    "seen"."account_id" AS "account_id",
    "seen"."user_name" AS "user_name",
    "seen"."user_arn" AS "user_arn",
    "seen"."is_root" AS "is_root",
    "seen"."user_creation_time" AS "user_creation_time",
    "seen"."password_last_changed" AS "password_last_changed",
    "seen"."mfa_active" AS "mfa_active",
    "seen"."password" AS "password",
    "seen"."is_password_date_unread" AS "is_password_date_unread",
    "seen"."identity_time" AS "identity_time",
    "seen"."password_set_at" AS "password_set_at",
    "seen"."seen_before" AS "seen_before",
    "seen"."seen_next" AS "seen_next",
    "seen"."earlier_mfa_active" AS "earlier_mfa_active",
    "seen"."earlier_password" AS "earlier_password",
    "seen"."earlier_password_set_at" AS "earlier_password_set_at",
    "pairs"."snapshot_date" AS "pair_date",
    "next_pairs"."snapshot_date" AS "next_pair_date",
    COALESCE("seen"."seen_before" < "pairs"."last_whole_snapshot_date", "seen"."seen_before" IS NULL) AS "is_new",
    "pairs"."was_whole" OR "seen"."user_creation_time" > COALESCE("pairs"."last_whole_report_at", "pairs"."first_report_at") AS "is_surely_new",
    "next_pairs"."is_whole" AND "next_pairs"."was_whole" AND COALESCE("seen"."seen_next" <> "next_pairs"."snapshot_date", TRUE) AS "is_gone"
  FROM "in_order" AS "seen"
  LEFT JOIN "report_pairs_history" AS "pairs"
    ON "pairs"."organization_id" = "seen"."organization_id" AND "pairs"."account_id" = "seen"."account_id" AND "pairs"."snapshot_date" = "seen"."snapshot_date"
  LEFT JOIN "report_pairs_history" AS "next_pairs"
    ON "next_pairs"."organization_id" = "seen"."organization_id" AND "next_pairs"."account_id" = "seen"."account_id" AND "next_pairs"."previous_snapshot_date" = "seen"."snapshot_date"
), "changes" AS (
  SELECT
    "compared"."organization_id" AS "organization_id",
    CASE WHEN "kind"."change_type" = 'user_gone' THEN "compared"."next_pair_date" ELSE "compared"."pair_date" END AS "pair_date",
    "compared"."account_id" AS "account_id",
    "compared"."user_name" AS "user_name",
    "compared"."user_arn" AS "user_arn",
    "kind"."change_type" AS "change_type",
    "kind"."credential_type" AS "credential_type",
    CAST(NULL AS TIMESTAMP) AS "credential_created_at",
    1 AS "occurrence",
    CASE "kind"."change_type" WHEN 'user_created' THEN "compared"."user_creation_time" WHEN 'password_changed' THEN "compared"."password_set_at" END AS "changed_at"
  FROM "compared" AS "compared"
  CROSS JOIN (VALUES
    ('user_created', NULL),
    ('user_gone', NULL),
    ('mfa_added', NULL),
    ('mfa_removed', NULL),
    ('password_enabled', 'password'),
    ('password_disabled', 'password'),
    ('password_changed', 'password')) AS "kind"("change_type", "credential_type")
  WHERE
    CASE
      WHEN "kind"."change_type" = 'user_gone'
      THEN "compared"."is_gone" AND NOT "compared"."is_root"
      WHEN "compared"."is_new"
      THEN "kind"."change_type" = 'user_created' AND "compared"."is_surely_new" AND NOT "compared"."is_root"
      WHEN "kind"."change_type" = 'mfa_added'
      THEN "compared"."earlier_mfa_active" = FALSE AND "compared"."mfa_active"
      WHEN "kind"."change_type" = 'mfa_removed'
      THEN "compared"."earlier_mfa_active" AND "compared"."mfa_active" = FALSE
      WHEN "kind"."change_type" = 'password_enabled'
      THEN "compared"."earlier_password" = 'false' AND "compared"."password" = 'true'
      WHEN "kind"."change_type" = 'password_disabled'
      THEN "compared"."earlier_password" = 'true' AND "compared"."password" = 'false'
      WHEN "kind"."change_type" = 'password_changed'
      THEN "compared"."password_set_at" <> "compared"."earlier_password_set_at" AND "compared"."password_set_at" > CAST('1970-01-01 00:00:00' AS TIMESTAMP) AND "compared"."earlier_password_set_at" > CAST('1970-01-01 00:00:00' AS TIMESTAMP)
    END
)
SELECT
  CAST("pairs"."organization_id" AS TEXT) AS "organization_id",
  CAST("pairs"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("pairs"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("pairs"."account_id" AS TEXT) AS "account_id",
  CAST("pairs"."account_name" AS TEXT) AS "account_name",
  CAST("pairs"."ou_id" AS TEXT) AS "ou_id",
  CAST("pairs"."ou_path" AS TEXT) AS "ou_path",
  CAST("changes"."change_type" AS TEXT) AS "change_type",
  CAST("changes"."user_name" AS TEXT) AS "user_name",
  CAST("changes"."user_arn" AS TEXT) AS "user_arn",
  CAST("changes"."credential_type" AS TEXT) AS "credential_type",
  CAST("changes"."credential_created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST("changes"."occurrence" AS INT) AS "occurrence",
  CAST("changes"."changed_at" AS TIMESTAMP) AS "changed_at",
  CAST("pairs"."previous_snapshot_date" AS TEXT) AS "previous_snapshot_date",
  CAST("pairs"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("pairs"."previous_report_generated_at" AS TIMESTAMP) AS "previous_report_generated_at",
  CAST("pairs"."run_id" AS TEXT) AS "run_id"
FROM "changes" AS "changes"
INNER JOIN "report_pairs_history" AS "pairs"
  ON "pairs"."organization_id" = "changes"."organization_id" AND "pairs"."snapshot_date" = "changes"."pair_date" AND "pairs"."account_id" = "changes"."account_id"
