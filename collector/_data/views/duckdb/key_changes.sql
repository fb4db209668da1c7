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
), "totals" AS (
  SELECT
    "credentials"."organization_id" AS "organization_id",
    "credentials"."account_id" AS "account_id",
    "credentials"."user_arn" AS "user_arn",
    "credentials"."created_at" AS "created_at",
    COUNT(*) AS "row_count",
    "credentials"."created_at" IS NULL OR MAX("credentials"."ordinal") > 1 OR COALESCE(BOOL_OR("credentials"."is_active") <> BOOL_AND("credentials"."is_active"), FALSE) AS "has_changed"
  FROM "credentials_history" AS "credentials"
  WHERE
    "credentials"."credential_type" = 'access_key'
  GROUP BY
    "credentials"."organization_id",
    "credentials"."account_id",
    "credentials"."user_arn",
    "credentials"."created_at"
), "changed_users" AS (
  SELECT DISTINCT
    "totals"."organization_id" AS "organization_id",
    "totals"."account_id" AS "account_id",
    "totals"."user_arn" AS "user_arn"
  FROM "totals" AS "totals"
  INNER JOIN "reports" AS "reports"
    ON "reports"."organization_id" = "totals"."organization_id" AND "reports"."account_id" = "totals"."account_id"
  WHERE
    "totals"."has_changed" OR "totals"."row_count" < "reports"."report_count"
), "keys" AS (
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
    MAX(CASE WHEN "credentials"."created_at" IS NULL THEN "credentials"."snapshot_date" END) OVER (PARTITION BY "credentials"."organization_id", "credentials"."account_id", "credentials"."user_arn" ORDER BY "credentials"."snapshot_date", "credentials"."created_at" rows BETWEEN UNBOUNDED preceding AND 1 preceding) AS "undated_before",
    MIN(CASE WHEN "credentials"."created_at" IS NULL THEN "credentials"."snapshot_date" END) OVER (PARTITION BY "credentials"."organization_id", "credentials"."account_id", "credentials"."user_arn" ORDER BY "credentials"."snapshot_date" DESC, "credentials"."created_at" rows BETWEEN UNBOUNDED preceding AND 1 preceding) AS "undated_next"
  FROM "credentials_history" AS "credentials"
  INNER JOIN "changed_users" AS "changed_users"
    ON "changed_users"."organization_id" = "credentials"."organization_id" AND "changed_users"."account_id" = "credentials"."account_id" AND "changed_users"."user_arn" = "credentials"."user_arn"
  WHERE
    "credentials"."credential_type" = 'access_key'
), "counted" AS (
  SELECT
    "keys"."organization_id" AS "organization_id",
    "keys"."snapshot_date" AS "snapshot_date",
    "keys"."account_id" AS "account_id",
    "keys"."user_arn" AS "user_arn",
    "keys"."created_at" AS "created_at",
    MAX("keys"."user_name") AS "user_name",
    BOOL_OR("keys"."is_root") AS "is_root",
    MAX("keys"."undated_before") AS "undated_before",
    MIN("keys"."undated_next") AS "undated_next",
    COUNT(*) AS "key_count",
    CASE WHEN COUNT("keys"."is_active") = COUNT(*) THEN COUNT(*) FILTER(WHERE
      "keys"."is_active") END AS "active_count",
    CASE WHEN COUNT("keys"."is_active") = COUNT(*) THEN COUNT(*) FILTER(WHERE
      NOT "keys"."is_active") END AS "inactive_count"
  FROM "keys" AS "keys"
  WHERE
    NOT "keys"."created_at" IS NULL
  GROUP BY
    "keys"."organization_id",
    "keys"."snapshot_date",
    "keys"."account_id",
    "keys"."user_arn",
    "keys"."created_at"
), "in_order" AS (
  SELECT
    "counted"."organization_id" AS "organization_id",
    "counted"."snapshot_date" AS "snapshot_date",
    "counted"."account_id" AS "account_id",
    "counted"."user_arn" AS "user_arn",
    "counted"."created_at" AS "created_at",
    "counted"."user_name" AS "user_name",
    "counted"."is_root" AS "is_root",
    "counted"."undated_before" AS "undated_before",
    "counted"."undated_next" AS "undated_next",
    "counted"."key_count" AS "key_count",
    "counted"."active_count" AS "active_count",
    "counted"."inactive_count" AS "inactive_count",
    LAG("counted"."snapshot_date") OVER (PARTITION BY "counted"."organization_id", "counted"."account_id", "counted"."user_arn", "counted"."created_at" ORDER BY "counted"."snapshot_date") AS "seen_before",
    LAG("counted"."key_count") OVER (PARTITION BY "counted"."organization_id", "counted"."account_id", "counted"."user_arn", "counted"."created_at" ORDER BY "counted"."snapshot_date") AS "earlier_count",
    LAG("counted"."active_count" IGNORE NULLS) OVER (PARTITION BY "counted"."organization_id", "counted"."account_id", "counted"."user_arn", "counted"."created_at" ORDER BY "counted"."snapshot_date") AS "earlier_active_count",
    LAG("counted"."inactive_count" IGNORE NULLS) OVER (PARTITION BY "counted"."organization_id", "counted"."account_id", "counted"."user_arn", "counted"."created_at" ORDER BY "counted"."snapshot_date") AS "earlier_inactive_count",
    LEAD("counted"."snapshot_date") OVER (PARTITION BY "counted"."organization_id", "counted"."account_id", "counted"."user_arn", "counted"."created_at" ORDER BY "counted"."snapshot_date") AS "seen_next",
    LEAD("counted"."key_count") OVER (PARTITION BY "counted"."organization_id", "counted"."account_id", "counted"."user_arn", "counted"."created_at" ORDER BY "counted"."snapshot_date") AS "next_count"
  FROM "counted" AS "counted"
), "roots" AS (
  SELECT
    "report_rows"."organization_id" AS "organization_id",
    "report_rows"."snapshot_date" AS "snapshot_date",
    "report_rows"."account_id" AS "account_id",
    LAG("report_rows"."snapshot_date") OVER (PARTITION BY "report_rows"."organization_id", "report_rows"."account_id" ORDER BY "report_rows"."snapshot_date") AS "root_before",
    LEAD("report_rows"."snapshot_date") OVER (PARTITION BY "report_rows"."organization_id", "report_rows"."account_id" ORDER BY "report_rows"."snapshot_date") AS "root_next",
    LAG("report_rows"."report_generated_at") OVER (PARTITION BY "report_rows"."organization_id", "report_rows"."account_id" ORDER BY "report_rows"."snapshot_date") AS "root_before_at"
  FROM "report_rows_history" AS "report_rows"
  WHERE
    "report_rows"."is_root"
), "anchored" AS (
  SELECT
    "seen"."organization_id" AS "organization_id",
    "seen"."snapshot_date" AS "snapshot_date",
    "seen"."account_id" AS "account_id",
    "seen"."user_arn" AS "user_arn",
    "seen"."created_at" AS "created_at",
    "seen"."user_name" AS "user_name",
    "seen"."is_root" AS "is_root",
    "seen"."undated_before" AS "undated_before",
    "seen"."undated_next" AS "undated_next",
    "seen"."key_count" AS "key_count",
    "seen"."active_count" AS "active_count",
    "seen"."inactive_count" AS "inactive_count",
    "seen"."seen_before" AS "seen_before",
    "seen"."earlier_count" AS "earlier_count",
    "seen"."earlier_active_count" AS "earlier_active_count",
    "seen"."earlier_inactive_count" AS "earlier_inactive_count",
    "seen"."seen_next" AS "seen_next",
    "seen"."next_count" AS "next_count",
    "pairs"."snapshot_date" AS "pair_date",
    "pairs"."first_report_at" AS "first_report_at",
    CASE WHEN "seen"."is_root" THEN "roots"."root_before" ELSE "pairs"."last_whole_snapshot_date" END AS "anchor_date",
    CASE WHEN "seen"."is_root" THEN "roots"."root_before_at" ELSE "pairs"."last_whole_report_at" END AS "anchor_at",
    CASE WHEN "seen"."is_root" THEN COALESCE("roots"."root_before" = "pairs"."previous_snapshot_date", FALSE) ELSE "pairs"."was_whole" END AS "is_anchored_before",
    "next_pairs"."snapshot_date" AS "next_pair_date",
    "next_pairs"."is_whole" AND "next_pairs"."was_whole" AND COALESCE("seen"."undated_next" <> "next_pairs"."snapshot_date", TRUE) AND (
      NOT "seen"."is_root" OR COALESCE("roots"."root_next" = "next_pairs"."snapshot_date", FALSE)
    ) AS "is_surely_gone"
  FROM "in_order" AS "seen"
  LEFT JOIN "report_pairs_history" AS "pairs"
    ON "pairs"."organization_id" = "seen"."organization_id" AND "pairs"."account_id" = "seen"."account_id" AND "pairs"."snapshot_date" = "seen"."snapshot_date"
  LEFT JOIN "report_pairs_history" AS "next_pairs"
    ON "next_pairs"."organization_id" = "seen"."organization_id" AND "next_pairs"."account_id" = "seen"."account_id" AND "next_pairs"."previous_snapshot_date" = "seen"."snapshot_date"
  LEFT JOIN "roots" AS "roots"
    ON "roots"."organization_id" = "seen"."organization_id" AND "roots"."account_id" = "seen"."account_id" AND "roots"."snapshot_date" = "seen"."snapshot_date"
), "compared" AS (
  SELECT
    "anchored"."organization_id" AS "organization_id",
    "anchored"."snapshot_date" AS "snapshot_date",
    "anchored"."account_id" AS "account_id",
    "anchored"."user_arn" AS "user_arn",
    "anchored"."created_at" AS "created_at",
    "anchored"."user_name" AS "user_name",
    "anchored"."is_root" AS "is_root",
    "anchored"."undated_before" AS "undated_before",
    "anchored"."undated_next" AS "undated_next",
    "anchored"."key_count" AS "key_count",
    "anchored"."active_count" AS "active_count",
    "anchored"."inactive_count" AS "inactive_count",
    "anchored"."seen_before" AS "seen_before",
    "anchored"."earlier_count" AS "earlier_count",
    "anchored"."earlier_active_count" AS "earlier_active_count",
    "anchored"."earlier_inactive_count" AS "earlier_inactive_count",
    "anchored"."seen_next" AS "seen_next",
    "anchored"."next_count" AS "next_count",
    "anchored"."pair_date" AS "pair_date",
    "anchored"."first_report_at" AS "first_report_at",
    "anchored"."anchor_date" AS "anchor_date",
    "anchored"."anchor_at" AS "anchor_at",
    "anchored"."is_anchored_before" AS "is_anchored_before",
    "anchored"."next_pair_date" AS "next_pair_date",
    "anchored"."is_surely_gone" AS "is_surely_gone",
    COALESCE("anchored"."seen_before" < "anchored"."anchor_date", "anchored"."seen_before" IS NULL) AS "is_new",
    COALESCE("anchored"."undated_before" >= COALESCE("anchored"."anchor_date", ''), FALSE) AS "was_undated"
  FROM "anchored" AS "anchored"
), "change_counts" AS (
  SELECT
    "compared"."organization_id" AS "organization_id",
    CASE WHEN "kind"."change_type" = 'key_gone' THEN "compared"."next_pair_date" ELSE "compared"."pair_date" END AS "pair_date",
    "compared"."account_id" AS "account_id",
    "compared"."user_name" AS "user_name",
    "compared"."user_arn" AS "user_arn",
    "compared"."created_at" AS "credential_created_at",
    "kind"."change_type" AS "change_type",
    CASE
      WHEN "kind"."change_type" = 'key_gone'
      THEN CASE WHEN "compared"."is_surely_gone" THEN "compared"."key_count" - CASE WHEN "compared"."seen_next" = "compared"."next_pair_date" THEN "compared"."next_count" ELSE 0 END END
      WHEN "kind"."change_type" = 'key_created'
      THEN CASE
        WHEN "compared"."is_anchored_before" AND NOT "compared"."was_undated"
        THEN "compared"."key_count" - CASE WHEN "compared"."is_new" THEN 0 ELSE "compared"."earlier_count" END
        WHEN NOT "compared"."is_new"
        THEN 0
        WHEN NOT "compared"."was_undated" AND "compared"."created_at" > COALESCE("compared"."anchor_at", "compared"."first_report_at")
        THEN "compared"."key_count"
        WHEN "compared"."was_undated" AND "compared"."seen_before" IS NULL AND "compared"."created_at" > "compared"."first_report_at"
        THEN "compared"."key_count"
      END
      WHEN "compared"."is_new"
      THEN 0
      WHEN "kind"."change_type" = 'key_deactivated'
      THEN CASE WHEN (
        "compared"."earlier_active_count" - "compared"."active_count"
      ) IS NULL OR (
        "compared"."inactive_count" - "compared"."earlier_inactive_count"
      ) IS NULL THEN NULL ELSE LEAST("compared"."earlier_active_count" - "compared"."active_count", "compared"."inactive_count" - "compared"."earlier_inactive_count") END
      WHEN "kind"."change_type" = 'key_reactivated'
      THEN CASE WHEN (
        "compared"."active_count" - "compared"."earlier_active_count"
      ) IS NULL OR (
        "compared"."earlier_inactive_count" - "compared"."inactive_count"
      ) IS NULL THEN NULL ELSE LEAST("compared"."active_count" - "compared"."earlier_active_count", "compared"."earlier_inactive_count" - "compared"."inactive_count") END
    END AS "times"
  FROM "compared" AS "compared"
  CROSS JOIN (VALUES
    ('key_created'),
    ('key_gone'),
    ('key_deactivated'),
    ('key_reactivated')) AS "kind"("change_type")
), "changes" AS (
  SELECT
    "change_counts"."organization_id" AS "organization_id",
    "change_counts"."pair_date" AS "pair_date",
    "change_counts"."account_id" AS "account_id",
    "change_counts"."user_name" AS "user_name",
    "change_counts"."user_arn" AS "user_arn",
    "change_counts"."credential_created_at" AS "credential_created_at",
    "change_counts"."change_type" AS "change_type",
    "change_counts"."times" AS "times",
    'access_key' AS "credential_type",
    "place"."occurrence" AS "occurrence",
    CASE WHEN "change_counts"."change_type" = 'key_created' THEN "change_counts"."credential_created_at" END AS "changed_at"
  FROM "change_counts" AS "change_counts"
  CROSS JOIN (VALUES
    (1),
    (2)) AS "place"("occurrence")
  WHERE
    "place"."occurrence" <= "change_counts"."times"
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
