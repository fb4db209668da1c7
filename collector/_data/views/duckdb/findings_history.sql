WITH "ranked" AS (
  SELECT
    "control_results"."organization_id" AS "organization_id",
    "control_results"."snapshot_date" AS "snapshot_date",
    "control_results"."snapshot_at" AS "snapshot_at",
    "control_results"."account_id" AS "account_id",
    "control_results"."account_name" AS "account_name",
    "control_results"."ou_id" AS "ou_id",
    "control_results"."ou_path" AS "ou_path",
    "control_results"."control_id" AS "control_id",
    "control_results"."severity" AS "severity",
    "control_results"."severity_rank" AS "severity_rank",
    "control_results"."user_name" AS "user_name",
    "control_results"."user_arn" AS "user_arn",
    "control_results"."credential_type" AS "credential_type",
    "control_results"."slot" AS "slot",
    "control_results"."credential_created_at" AS "credential_created_at",
    "control_results"."status" AS "status",
    "control_results"."reason" AS "reason",
    "control_results"."measured_days" AS "measured_days",
    "control_results"."measured_seconds" AS "measured_seconds",
    "control_results"."limit_days" AS "limit_days",
    "control_results"."failing_since" AS "failing_since",
    "control_results"."finding_id" AS "finding_id",
    "control_results"."report_generated_at" AS "report_generated_at",
    "control_results"."run_id" AS "run_id",
    "control_results"."last_used_at" AS "last_used_at",
    "control_results"."last_used_region" AS "last_used_region",
    "control_results"."last_used_service" AS "last_used_service",
    ROW_NUMBER() OVER (
      PARTITION BY "control_results"."organization_id", "control_results"."snapshot_date"
      ORDER BY "control_results"."severity_rank", "control_results"."failing_since", "control_results"."measured_seconds" DESC, "control_results"."control_id", "control_results"."account_id", "control_results"."finding_id"
    ) AS "finding_rank"
  FROM "control_results_history" AS "control_results"
  WHERE
    "control_results"."status" = 'fail'
)
SELECT
  CAST("ranked"."organization_id" AS TEXT) AS "organization_id",
  CAST("ranked"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("ranked"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("ranked"."account_id" AS TEXT) AS "account_id",
  CAST("ranked"."account_name" AS TEXT) AS "account_name",
  CAST("ranked"."ou_id" AS TEXT) AS "ou_id",
  CAST("ranked"."ou_path" AS TEXT) AS "ou_path",
  CAST("ranked"."finding_rank" AS BIGINT) AS "finding_rank",
  CAST("ranked"."control_id" AS TEXT) AS "control_id",
  CAST("ranked"."severity" AS TEXT) AS "severity",
  CAST("ranked"."severity_rank" AS INT) AS "severity_rank",
  CAST("ranked"."user_name" AS TEXT) AS "user_name",
  CAST("ranked"."user_arn" AS TEXT) AS "user_arn",
  CAST("ranked"."credential_type" AS TEXT) AS "credential_type",
  CAST("ranked"."slot" AS INT) AS "slot",
  CAST("ranked"."credential_created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST("ranked"."status" AS TEXT) AS "status",
  CAST("ranked"."reason" AS TEXT) AS "reason",
  CAST("ranked"."measured_days" AS BIGINT) AS "measured_days",
  CAST("ranked"."measured_seconds" AS BIGINT) AS "measured_seconds",
  CAST("ranked"."limit_days" AS INT) AS "limit_days",
  CAST("ranked"."failing_since" AS TIMESTAMP) AS "failing_since",
  CAST("ranked"."finding_id" AS TEXT) AS "finding_id",
  CAST("ranked"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("ranked"."run_id" AS TEXT) AS "run_id",
  CAST("ranked"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("ranked"."last_used_region" AS TEXT) AS "last_used_region",
  CAST("ranked"."last_used_service" AS TEXT) AS "last_used_service"
FROM "ranked" AS "ranked"
