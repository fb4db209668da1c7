WITH "covered" AS (
  SELECT
    "control_results"."organization_id" AS "organization_id",
    "control_results"."snapshot_date" AS "snapshot_date",
    "control_results"."exception_id" AS "exception_id",
    COUNT(*) FILTER(WHERE
      "control_results"."status" = 'excepted') AS "results_covered",
    COUNT(*) FILTER(WHERE
      "control_results"."status" = 'fail') AS "results_failing_again"
  FROM "control_results_history" AS "control_results"
  WHERE
    NOT "control_results"."exception_id" IS NULL
  GROUP BY
    "control_results"."organization_id",
    "control_results"."snapshot_date",
    "control_results"."exception_id"
)
SELECT
  CAST("terms"."organization_id" AS TEXT) AS "organization_id",
  CAST("terms"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("terms"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("terms"."account_id" AS TEXT) AS "account_id",
  CAST("account"."account_name" AS TEXT) AS "account_name",
  CAST("account"."ou_id" AS TEXT) AS "ou_id",
  CAST("account"."ou_path" AS TEXT) AS "ou_path",
  CAST("terms"."exception_id" AS TEXT) AS "exception_id",
  CAST(CASE WHEN "covered"."results_covered" > 0 THEN 'active' WHEN "terms"."ends_at" <= "terms"."snapshot_at" THEN 'expired' ELSE 'unused' END AS TEXT) AS "state",
  CAST(COALESCE("covered"."results_covered", 0) AS BIGINT) AS "results_covered",
  CAST(COALESCE("covered"."results_failing_again", 0) AS BIGINT) AS "results_failing_again",
  CAST(ROUND(CASE WHEN "terms"."ends_at" > "terms"."snapshot_at" THEN FLOOR(CAST(DATE_SUB('second', "terms"."snapshot_at", "terms"."ends_at") AS DOUBLE) / 86400) END) AS BIGINT) AS "ends_in_days",
  CAST("terms"."control_id" AS TEXT) AS "control_id",
  CAST("terms"."ou" AS TEXT) AS "ou",
  CAST("terms"."finding_id" AS TEXT) AS "finding_id",
  CAST("terms"."user_glob" AS TEXT) AS "user_glob",
  CAST("terms"."owner" AS TEXT) AS "owner",
  CAST("terms"."approved_by" AS TEXT) AS "approved_by",
  CAST("terms"."reason" AS TEXT) AS "reason",
  CAST("terms"."ticket" AS TEXT) AS "ticket",
  CAST("terms"."expires_on" AS TEXT) AS "expires_on",
  CAST("terms"."ends_at" AS TIMESTAMP) AS "ends_at",
  CAST("terms"."run_id" AS TEXT) AS "run_id"
FROM "exception_terms_history" AS "terms"
LEFT JOIN "covered" AS "covered"
  ON "covered"."organization_id" = "terms"."organization_id" AND "covered"."snapshot_date" = "terms"."snapshot_date" AND "covered"."exception_id" = "terms"."exception_id"
LEFT JOIN "account_history" AS "account"
  ON "account"."organization_id" = "terms"."organization_id" AND "account"."snapshot_date" = "terms"."snapshot_date" AND "account"."account_id" = "terms"."account_id"
