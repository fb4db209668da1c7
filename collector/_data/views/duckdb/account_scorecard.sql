WITH "results" AS (
  SELECT
    "account"."organization_id" AS "organization_id",
    "account"."snapshot_date" AS "snapshot_date",
    "account"."account_id" AS "account_id",
    "controls"."control_id" AS "control_id",
    'none' AS "status"
  FROM "account" AS "account"
  CROSS JOIN "controls" AS "controls"
  WHERE
    "account"."account_state" = 'ACTIVE'
  UNION ALL
  SELECT
    "control_results"."organization_id" AS "organization_id",
    "control_results"."snapshot_date" AS "snapshot_date",
    "control_results"."account_id" AS "account_id",
    "control_results"."control_id" AS "control_id",
    "control_results"."status" AS "status"
  FROM "control_results" AS "control_results"
), "counted" AS (
  SELECT
    "results"."organization_id" AS "organization_id",
    "results"."snapshot_date" AS "snapshot_date",
    "results"."account_id" AS "account_id",
    "results"."control_id" AS "control_id",
    COUNT(*) FILTER(WHERE
      "results"."status" = 'pass') AS "pass_count",
    COUNT(*) FILTER(WHERE
      "results"."status" = 'fail') AS "fail_count",
    COUNT(*) FILTER(WHERE
      "results"."status" = 'not_applicable') AS "not_applicable_count",
    COUNT(*) FILTER(WHERE
      "results"."status" = 'unknown') AS "unknown_count",
    COUNT(*) FILTER(WHERE
      "results"."status" = 'excepted') AS "excepted_count"
  FROM "results" AS "results"
  GROUP BY
    "results"."organization_id",
    "results"."snapshot_date",
    "results"."account_id",
    "results"."control_id"
), "described" AS (
  SELECT
    "counted"."organization_id" AS "organization_id",
    "counted"."snapshot_date" AS "snapshot_date",
    "counted"."account_id" AS "account_id",
    "counted"."control_id" AS "control_id",
    "counted"."pass_count" AS "pass_count",
    "counted"."fail_count" AS "fail_count",
    "counted"."not_applicable_count" AS "not_applicable_count",
    "counted"."unknown_count" AS "unknown_count",
    "counted"."excepted_count" AS "excepted_count",
    "account"."run_started_at" AS "snapshot_at",
    "account"."account_name" AS "account_name",
    "account"."ou_id" AS "ou_id",
    "account"."ou_path" AS "ou_path",
    "account"."outcome" AS "outcome",
    "account"."report_generated_at" AS "report_generated_at",
    "account"."run_id" AS "run_id",
    "controls"."severity" AS "severity",
    "controls"."severity_rank" AS "severity_rank"
  FROM "counted" AS "counted"
  INNER JOIN "account" AS "account"
    ON "account"."organization_id" = "counted"."organization_id" AND "account"."snapshot_date" = "counted"."snapshot_date" AND "account"."account_id" = "counted"."account_id"
  INNER JOIN "controls" AS "controls"
    ON "controls"."control_id" = "counted"."control_id"
)
SELECT
  CAST("described"."organization_id" AS TEXT) AS "organization_id",
  CAST("described"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("described"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("described"."account_id" AS TEXT) AS "account_id",
  CAST("described"."account_name" AS TEXT) AS "account_name",
  CAST("described"."ou_id" AS TEXT) AS "ou_id",
  CAST("described"."ou_path" AS TEXT) AS "ou_path",
  CAST("described"."control_id" AS TEXT) AS "control_id",
  CAST("described"."severity" AS TEXT) AS "severity",
  CAST("described"."severity_rank" AS INT) AS "severity_rank",
  CAST("described"."pass_count" AS BIGINT) AS "pass_count",
  CAST("described"."fail_count" AS BIGINT) AS "fail_count",
  CAST("described"."not_applicable_count" AS BIGINT) AS "not_applicable_count",
  CAST("described"."unknown_count" AS BIGINT) AS "unknown_count",
  CAST(CASE WHEN "described"."pass_count" + "described"."fail_count" > 0 THEN CAST("described"."pass_count" AS DOUBLE) / (
    "described"."pass_count" + "described"."fail_count"
  ) END AS DOUBLE) AS "pass_rate",
  CAST("described"."outcome" AS TEXT) AS "outcome",
  CAST("described"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("described"."run_id" AS TEXT) AS "run_id",
  CAST("described"."excepted_count" AS BIGINT) AS "excepted_count"
FROM "described" AS "described"
