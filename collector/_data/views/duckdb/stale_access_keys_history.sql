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
  CAST("control_results"."slot" AS INT) AS "slot",
  CAST("control_results"."credential_created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST("control_results"."measured_days" AS BIGINT) AS "measured_days",
  CAST("control_results"."measured_seconds" AS BIGINT) AS "measured_seconds",
  CAST("control_results"."limit_days" AS INT) AS "limit_days",
  CAST("control_results"."failing_since" AS TIMESTAMP) AS "failing_since",
  CAST("control_results"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("control_results"."last_used_region" AS TEXT) AS "last_used_region",
  CAST("control_results"."last_used_service" AS TEXT) AS "last_used_service",
  CAST("control_results"."severity" AS TEXT) AS "severity",
  CAST("control_results"."reason" AS TEXT) AS "reason",
  CAST("control_results"."finding_id" AS TEXT) AS "finding_id",
  CAST("control_results"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("control_results"."run_id" AS TEXT) AS "run_id",
  CAST("control_results"."owner" AS TEXT) AS "owner"
FROM "control_results_history" AS "control_results"
WHERE
  "control_results"."control_id" = 'access-key-rotation' AND "control_results"."status" = 'fail'
