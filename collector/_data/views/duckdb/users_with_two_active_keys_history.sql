SELECT
  CAST("control_results"."organization_id" AS TEXT) AS "organization_id",
  CAST("control_results"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("control_results"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("control_results"."account_id" AS TEXT) AS "account_id",
  CAST("control_results"."account_name" AS TEXT) AS "account_name",
  CAST("control_results"."ou_id" AS TEXT) AS "ou_id",
  CAST("control_results"."ou_path" AS TEXT) AS "ou_path",
  CAST("control_results"."user_name" AS TEXT) AS "user_name",
  CAST("control_results"."user_arn" AS TEXT) AS "user_arn",
  CAST("control_results"."severity" AS TEXT) AS "severity",
  CAST("control_results"."reason" AS TEXT) AS "reason",
  CAST("control_results"."finding_id" AS TEXT) AS "finding_id",
  CAST("control_results"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("control_results"."run_id" AS TEXT) AS "run_id",
  CAST("control_results"."owner" AS TEXT) AS "owner"
FROM "control_results_history" AS "control_results"
WHERE
  "control_results"."control_id" = 'single-access-key' AND "control_results"."status" = 'fail'
