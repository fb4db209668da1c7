WITH "summed" AS (
  SELECT
    "account_scorecard"."organization_id" AS "organization_id",
    "account_scorecard"."snapshot_date" AS "snapshot_date",
    "account_scorecard"."ou_id" AS "ou_id",
    "account_scorecard"."ou_path" AS "ou_path",
    "account_scorecard"."control_id" AS "control_id",
    "account_scorecard"."severity" AS "severity",
    "account_scorecard"."severity_rank" AS "severity_rank",
    MAX("account_scorecard"."snapshot_at") AS "snapshot_at",
    MAX("account_scorecard"."run_id") AS "run_id",
    COUNT(*) AS "accounts_in_scope",
    COUNT(*) FILTER(WHERE
      "account_scorecard"."unknown_count" > 0) AS "accounts_unknown",
    COUNT(*) FILTER(WHERE
      "account_scorecard"."fail_count" > 0) AS "accounts_failing",
    SUM("account_scorecard"."pass_count") AS "pass_count",
    SUM("account_scorecard"."fail_count") AS "fail_count",
    SUM("account_scorecard"."not_applicable_count") AS "not_applicable_count",
    SUM("account_scorecard"."unknown_count") AS "unknown_count",
    SUM("account_scorecard"."excepted_count") AS "excepted_count"
  FROM "account_scorecard" AS "account_scorecard"
  GROUP BY
    "account_scorecard"."organization_id",
    "account_scorecard"."snapshot_date",
    "account_scorecard"."ou_id",
    "account_scorecard"."ou_path",
    "account_scorecard"."control_id",
    "account_scorecard"."severity",
    "account_scorecard"."severity_rank"
)
SELECT
  CAST("summed"."organization_id" AS TEXT) AS "organization_id",
  CAST("summed"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("summed"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("summed"."ou_id" AS TEXT) AS "ou_id",
  CAST("summed"."ou_path" AS TEXT) AS "ou_path",
  CAST("summed"."control_id" AS TEXT) AS "control_id",
  CAST("summed"."severity" AS TEXT) AS "severity",
  CAST("summed"."severity_rank" AS INT) AS "severity_rank",
  CAST("summed"."accounts_in_scope" AS BIGINT) AS "accounts_in_scope",
  CAST("summed"."accounts_unknown" AS BIGINT) AS "accounts_unknown",
  CAST("summed"."accounts_failing" AS BIGINT) AS "accounts_failing",
  CAST("summed"."pass_count" AS BIGINT) AS "pass_count",
  CAST("summed"."fail_count" AS BIGINT) AS "fail_count",
  CAST("summed"."not_applicable_count" AS BIGINT) AS "not_applicable_count",
  CAST("summed"."unknown_count" AS BIGINT) AS "unknown_count",
  CAST(CASE WHEN "summed"."pass_count" + "summed"."fail_count" > 0 THEN CAST("summed"."pass_count" AS DOUBLE) / (
    "summed"."pass_count" + "summed"."fail_count"
  ) END AS DOUBLE) AS "pass_rate",
  CAST("summed"."run_id" AS TEXT) AS "run_id",
  CAST("summed"."excepted_count" AS BIGINT) AS "excepted_count"
FROM "summed" AS "summed"
