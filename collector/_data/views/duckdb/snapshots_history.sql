WITH "counted" AS (
  SELECT
    "account"."organization_id" AS "organization_id",
    "account"."snapshot_date" AS "snapshot_date",
    MAX("account"."run_started_at") AS "snapshot_at",
    MAX("account"."run_id") AS "run_id",
    MAX("account"."finished_at") AS "finished_at",
    MIN("account"."report_generated_at") AS "oldest_report_at",
    MAX("account"."inventory_source") AS "inventory_source",
    COUNT(*) AS "accounts",
    COUNT(*) FILTER(WHERE
      "account"."account_state" = 'ACTIVE') AS "active_accounts",
    SUM(COALESCE("account"."user_count", 0)) AS "users",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'collected') AS "collected",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'partial') AS "partial",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'skipped_state') AS "skipped_state",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'excluded') AS "excluded",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'assume_denied') AS "assume_denied",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'report_denied') AS "report_denied",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'report_timeout') AS "report_timeout",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'not_reached') AS "not_reached",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'throttled') AS "throttled",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'malformed_report') AS "malformed_report",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'wrong_account') AS "wrong_account",
    COUNT(*) FILTER(WHERE
      "account"."outcome" = 'failed') AS "failed"
  FROM "account_history" AS "account"
  GROUP BY
    "account"."organization_id",
    "account"."snapshot_date"
)
SELECT
  CAST("counted"."organization_id" AS TEXT) AS "organization_id",
  CAST("counted"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("counted"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("counted"."run_id" AS TEXT) AS "run_id",
  CAST("counted"."finished_at" AS TIMESTAMP) AS "finished_at",
  CAST("counted"."oldest_report_at" AS TIMESTAMP) AS "oldest_report_at",
  CAST("counted"."inventory_source" AS TEXT) AS "inventory_source",
  CAST("counted"."accounts" AS BIGINT) AS "accounts",
  CAST("counted"."active_accounts" AS BIGINT) AS "active_accounts",
  CAST("counted"."users" AS BIGINT) AS "users",
  CAST("counted"."collected" AS BIGINT) AS "collected",
  CAST("counted"."partial" AS BIGINT) AS "partial",
  CAST("counted"."skipped_state" AS BIGINT) AS "skipped_state",
  CAST("counted"."excluded" AS BIGINT) AS "excluded",
  CAST("counted"."assume_denied" AS BIGINT) AS "assume_denied",
  CAST("counted"."report_denied" AS BIGINT) AS "report_denied",
  CAST("counted"."report_timeout" AS BIGINT) AS "report_timeout",
  CAST("counted"."not_reached" AS BIGINT) AS "not_reached",
  CAST("counted"."throttled" AS BIGINT) AS "throttled",
  CAST("counted"."malformed_report" AS BIGINT) AS "malformed_report",
  CAST("counted"."wrong_account" AS BIGINT) AS "wrong_account",
  CAST("counted"."failed" AS BIGINT) AS "failed",
  CAST(CASE WHEN "counted"."active_accounts" > 0 THEN CAST("counted"."collected" + "counted"."partial" AS DOUBLE) / "counted"."active_accounts" END AS DOUBLE) AS "coverage"
FROM "counted" AS "counted"
