WITH "results" AS (
  SELECT
    "account_results"."organization_id" AS "organization_id",
    "account_results"."snapshot_date" AS "snapshot_date",
    "account_results"."snapshot_at" AS "snapshot_at",
    "account_results"."run_id" AS "run_id",
    "account_results"."account_id" AS "account_id",
    "account_results"."account_name" AS "account_name",
    "account_results"."ou_id" AS "ou_id",
    "account_results"."ou_path" AS "ou_path",
    "account_results"."control_id" AS "control_id",
    "account_results"."user_name" AS "user_name",
    "account_results"."user_arn" AS "user_arn",
    "account_results"."credential_type" AS "credential_type",
    "account_results"."slot" AS "slot",
    "account_results"."credential_created_at" AS "credential_created_at",
    "account_results"."status" AS "status",
    "account_results"."reason" AS "reason",
    "account_results"."measured_seconds" AS "measured_seconds",
    "account_results"."limit_days" AS "limit_days",
    "account_results"."failing_since" AS "failing_since",
    "account_results"."subject" AS "subject",
    "account_results"."last_used_at" AS "last_used_at",
    "account_results"."last_used_region" AS "last_used_region",
    "account_results"."last_used_service" AS "last_used_service",
    "account_results"."report_generated_at" AS "report_generated_at",
    "account_results"."reason_code" AS "reason_code"
  FROM "account_results_history" AS "account_results"
  UNION ALL
  SELECT
    "root_results"."organization_id" AS "organization_id",
    "root_results"."snapshot_date" AS "snapshot_date",
    "root_results"."snapshot_at" AS "snapshot_at",
    "root_results"."run_id" AS "run_id",
    "root_results"."account_id" AS "account_id",
    "root_results"."account_name" AS "account_name",
    "root_results"."ou_id" AS "ou_id",
    "root_results"."ou_path" AS "ou_path",
    "root_results"."control_id" AS "control_id",
    "root_results"."user_name" AS "user_name",
    "root_results"."user_arn" AS "user_arn",
    "root_results"."credential_type" AS "credential_type",
    "root_results"."slot" AS "slot",
    "root_results"."credential_created_at" AS "credential_created_at",
    "root_results"."status" AS "status",
    "root_results"."reason" AS "reason",
    "root_results"."measured_seconds" AS "measured_seconds",
    "root_results"."limit_days" AS "limit_days",
    "root_results"."failing_since" AS "failing_since",
    "root_results"."subject" AS "subject",
    "root_results"."last_used_at" AS "last_used_at",
    "root_results"."last_used_region" AS "last_used_region",
    "root_results"."last_used_service" AS "last_used_service",
    "root_results"."report_generated_at" AS "report_generated_at",
    "root_results"."reason_code" AS "reason_code"
  FROM "root_results_history" AS "root_results"
  UNION ALL
  SELECT
    "user_results"."organization_id" AS "organization_id",
    "user_results"."snapshot_date" AS "snapshot_date",
    "user_results"."snapshot_at" AS "snapshot_at",
    "user_results"."run_id" AS "run_id",
    "user_results"."account_id" AS "account_id",
    "user_results"."account_name" AS "account_name",
    "user_results"."ou_id" AS "ou_id",
    "user_results"."ou_path" AS "ou_path",
    "user_results"."control_id" AS "control_id",
    "user_results"."user_name" AS "user_name",
    "user_results"."user_arn" AS "user_arn",
    "user_results"."credential_type" AS "credential_type",
    "user_results"."slot" AS "slot",
    "user_results"."credential_created_at" AS "credential_created_at",
    "user_results"."status" AS "status",
    "user_results"."reason" AS "reason",
    "user_results"."measured_seconds" AS "measured_seconds",
    "user_results"."limit_days" AS "limit_days",
    "user_results"."failing_since" AS "failing_since",
    "user_results"."subject" AS "subject",
    "user_results"."last_used_at" AS "last_used_at",
    "user_results"."last_used_region" AS "last_used_region",
    "user_results"."last_used_service" AS "last_used_service",
    "user_results"."report_generated_at" AS "report_generated_at",
    "user_results"."reason_code" AS "reason_code"
  FROM "user_results_history" AS "user_results"
  UNION ALL
  SELECT
    "credential_results"."organization_id" AS "organization_id",
    "credential_results"."snapshot_date" AS "snapshot_date",
    "credential_results"."snapshot_at" AS "snapshot_at",
    "credential_results"."run_id" AS "run_id",
    "credential_results"."account_id" AS "account_id",
    "credential_results"."account_name" AS "account_name",
    "credential_results"."ou_id" AS "ou_id",
    "credential_results"."ou_path" AS "ou_path",
    "credential_results"."control_id" AS "control_id",
    "credential_results"."user_name" AS "user_name",
    "credential_results"."user_arn" AS "user_arn",
    "credential_results"."credential_type" AS "credential_type",
    "credential_results"."slot" AS "slot",
    "credential_results"."credential_created_at" AS "credential_created_at",
    "credential_results"."status" AS "status",
    "credential_results"."reason" AS "reason",
    "credential_results"."measured_seconds" AS "measured_seconds",
    "credential_results"."limit_days" AS "limit_days",
    "credential_results"."failing_since" AS "failing_since",
    "credential_results"."subject" AS "subject",
    "credential_results"."last_used_at" AS "last_used_at",
    "credential_results"."last_used_region" AS "last_used_region",
    "credential_results"."last_used_service" AS "last_used_service",
    "credential_results"."report_generated_at" AS "report_generated_at",
    "credential_results"."reason_code" AS "reason_code"
  FROM "credential_results_history" AS "credential_results"
  UNION ALL
  SELECT
    "missing_results"."organization_id" AS "organization_id",
    "missing_results"."snapshot_date" AS "snapshot_date",
    "missing_results"."snapshot_at" AS "snapshot_at",
    "missing_results"."run_id" AS "run_id",
    "missing_results"."account_id" AS "account_id",
    "missing_results"."account_name" AS "account_name",
    "missing_results"."ou_id" AS "ou_id",
    "missing_results"."ou_path" AS "ou_path",
    "missing_results"."control_id" AS "control_id",
    "missing_results"."user_name" AS "user_name",
    "missing_results"."user_arn" AS "user_arn",
    "missing_results"."credential_type" AS "credential_type",
    "missing_results"."slot" AS "slot",
    "missing_results"."credential_created_at" AS "credential_created_at",
    "missing_results"."status" AS "status",
    "missing_results"."reason" AS "reason",
    "missing_results"."measured_seconds" AS "measured_seconds",
    "missing_results"."limit_days" AS "limit_days",
    "missing_results"."failing_since" AS "failing_since",
    "missing_results"."subject" AS "subject",
    "missing_results"."last_used_at" AS "last_used_at",
    "missing_results"."last_used_region" AS "last_used_region",
    "missing_results"."last_used_service" AS "last_used_service",
    "missing_results"."report_generated_at" AS "report_generated_at",
    "missing_results"."reason_code" AS "reason_code"
  FROM "missing_results_history" AS "missing_results"
), "described" AS (
  SELECT
    "results"."organization_id" AS "organization_id",
    "results"."snapshot_date" AS "snapshot_date",
    "results"."snapshot_at" AS "snapshot_at",
    "results"."run_id" AS "run_id",
    "results"."account_id" AS "account_id",
    "results"."account_name" AS "account_name",
    "results"."ou_id" AS "ou_id",
    "results"."ou_path" AS "ou_path",
    "results"."control_id" AS "control_id",
    "results"."user_name" AS "user_name",
    "results"."user_arn" AS "user_arn",
    "results"."credential_type" AS "credential_type",
    "results"."slot" AS "slot",
    "results"."credential_created_at" AS "credential_created_at",
    "results"."status" AS "status",
    "results"."reason" AS "reason",
    "results"."measured_seconds" AS "measured_seconds",
    "results"."limit_days" AS "limit_days",
    "results"."failing_since" AS "failing_since",
    "results"."subject" AS "subject",
    "results"."last_used_at" AS "last_used_at",
    "results"."last_used_region" AS "last_used_region",
    "results"."last_used_service" AS "last_used_service",
    "results"."report_generated_at" AS "report_generated_at",
    "results"."reason_code" AS "reason_code",
    "controls"."severity" AS "severity",
    "controls"."severity_rank" AS "severity_rank",
    "account"."owner" AS "owner",
    MD5("results"."control_id" || '|' || "results"."subject") AS "finding_id"
  FROM "results" AS "results"
  INNER JOIN "controls_history" AS "controls"
    ON "controls"."control_id" = "results"."control_id"
  INNER JOIN "account_history" AS "account"
    ON "account"."organization_id" = "results"."organization_id" AND "account"."snapshot_date" = "results"."snapshot_date" AND "account"."account_id" = "results"."account_id"
), "account_exceptions" AS (
  SELECT
    "placed_exceptions"."organization_id" AS "organization_id",
    "placed_exceptions"."snapshot_date" AS "snapshot_date",
    "placed_exceptions"."account_id" AS "account_id",
    "placed_exceptions"."control_id" AS "control_id",
    MAX("placed_exceptions"."term_key") AS "term_key"
  FROM "placed_exceptions_history" AS "placed_exceptions"
  WHERE
    NOT "placed_exceptions"."account_id" IS NULL AND (
      "placed_exceptions"."user_glob" IS NULL OR "placed_exceptions"."user_glob" = '<root_account>'
    )
  GROUP BY
    "placed_exceptions"."organization_id",
    "placed_exceptions"."snapshot_date",
    "placed_exceptions"."account_id",
    "placed_exceptions"."control_id"
), "user_exceptions" AS (
  SELECT
    "placed"."organization_id" AS "organization_id",
    "placed"."snapshot_date" AS "snapshot_date",
    "placed"."control_id" AS "control_id",
    "report"."user_arn" AS "user_arn",
    MAX("placed"."term_key") AS "term_key"
  FROM "placed_exceptions_history" AS "placed"
  INNER JOIN "report_rows_history" AS "report"
    ON "report"."organization_id" = "placed"."organization_id" AND "report"."snapshot_date" = "placed"."snapshot_date" AND "report"."account_id" = "placed"."account_id"
  WHERE
    "placed"."user_glob" <> '<root_account>' AND "report"."user_name" LIKE "placed"."user_pattern" ESCAPE '!'
  GROUP BY
    "placed"."organization_id",
    "placed"."snapshot_date",
    "placed"."control_id",
    "report"."user_arn"
), "finding_exceptions" AS (
  SELECT
    "placed_exceptions"."organization_id" AS "organization_id",
    "placed_exceptions"."snapshot_date" AS "snapshot_date",
    "placed_exceptions"."control_id" AS "control_id",
    "placed_exceptions"."finding_id" AS "finding_id",
    MAX("placed_exceptions"."term_key") AS "term_key"
  FROM "placed_exceptions_history" AS "placed_exceptions"
  WHERE
    NOT "placed_exceptions"."finding_id" IS NULL
  GROUP BY
    "placed_exceptions"."organization_id",
    "placed_exceptions"."snapshot_date",
    "placed_exceptions"."control_id",
    "placed_exceptions"."finding_id"
), "matched" AS (
  SELECT
    "described"."organization_id" AS "organization_id",
    "described"."snapshot_date" AS "snapshot_date",
    "described"."snapshot_at" AS "snapshot_at",
    "described"."run_id" AS "run_id",
    "described"."account_id" AS "account_id",
    "described"."account_name" AS "account_name",
    "described"."ou_id" AS "ou_id",
    "described"."ou_path" AS "ou_path",
    "described"."control_id" AS "control_id",
    "described"."user_name" AS "user_name",
    "described"."user_arn" AS "user_arn",
    "described"."credential_type" AS "credential_type",
    "described"."slot" AS "slot",
    "described"."credential_created_at" AS "credential_created_at",
    "described"."status" AS "status",
    "described"."reason" AS "reason",
    "described"."measured_seconds" AS "measured_seconds",
    "described"."limit_days" AS "limit_days",
    "described"."failing_since" AS "failing_since",
    "described"."subject" AS "subject",
    "described"."last_used_at" AS "last_used_at",
    "described"."last_used_region" AS "last_used_region",
    "described"."last_used_service" AS "last_used_service",
    "described"."report_generated_at" AS "report_generated_at",
    "described"."reason_code" AS "reason_code",
    "described"."severity" AS "severity",
    "described"."severity_rank" AS "severity_rank",
    "described"."owner" AS "owner",
    "described"."finding_id" AS "finding_id",
    CASE WHEN "described"."status" = 'fail' THEN CASE WHEN COALESCE("account_exceptions"."term_key", '') IS NULL OR COALESCE("user_exceptions"."term_key", '') IS NULL OR COALESCE("finding_exceptions"."term_key", '') IS NULL THEN NULL ELSE GREATEST(COALESCE("account_exceptions"."term_key", ''), COALESCE("user_exceptions"."term_key", ''), COALESCE("finding_exceptions"."term_key", '')) END END AS "term_key"
  FROM "described" AS "described"
  LEFT JOIN "account_exceptions" AS "account_exceptions"
    ON "account_exceptions"."organization_id" = "described"."organization_id" AND "account_exceptions"."snapshot_date" = "described"."snapshot_date" AND "account_exceptions"."account_id" = "described"."account_id" AND "account_exceptions"."control_id" = "described"."control_id"
  LEFT JOIN "user_exceptions" AS "user_exceptions"
    ON "user_exceptions"."organization_id" = "described"."organization_id" AND "user_exceptions"."snapshot_date" = "described"."snapshot_date" AND "user_exceptions"."user_arn" = "described"."user_arn" AND "user_exceptions"."control_id" = "described"."control_id"
  LEFT JOIN "finding_exceptions" AS "finding_exceptions"
    ON "finding_exceptions"."organization_id" = "described"."organization_id" AND "finding_exceptions"."snapshot_date" = "described"."snapshot_date" AND "finding_exceptions"."finding_id" = "described"."finding_id" AND "finding_exceptions"."control_id" = "described"."control_id"
), "excepted" AS (
  SELECT
    "matched"."organization_id" AS "organization_id",
    "matched"."snapshot_date" AS "snapshot_date",
    "matched"."snapshot_at" AS "snapshot_at",
    "matched"."run_id" AS "run_id",
    "matched"."account_id" AS "account_id",
    "matched"."account_name" AS "account_name",
    "matched"."ou_id" AS "ou_id",
    "matched"."ou_path" AS "ou_path",
    "matched"."control_id" AS "control_id",
    "matched"."user_name" AS "user_name",
    "matched"."user_arn" AS "user_arn",
    "matched"."credential_type" AS "credential_type",
    "matched"."slot" AS "slot",
    "matched"."credential_created_at" AS "credential_created_at",
    "matched"."status" AS "status",
    "matched"."reason" AS "reason",
    "matched"."measured_seconds" AS "measured_seconds",
    "matched"."limit_days" AS "limit_days",
    "matched"."failing_since" AS "failing_since",
    "matched"."subject" AS "subject",
    "matched"."last_used_at" AS "last_used_at",
    "matched"."last_used_region" AS "last_used_region",
    "matched"."last_used_service" AS "last_used_service",
    "matched"."report_generated_at" AS "report_generated_at",
    "matched"."reason_code" AS "reason_code",
    "matched"."severity" AS "severity",
    "matched"."severity_rank" AS "severity_rank",
    "matched"."owner" AS "owner",
    "matched"."finding_id" AS "finding_id",
    "matched"."term_key" AS "term_key",
    "terms"."exception_id" AS "exception_id",
    "terms"."expires_on" AS "expires_on",
    "terms"."ends_at" AS "ends_at",
    COALESCE("matched"."report_generated_at" < "terms"."ends_at", FALSE) AS "is_excepted"
  FROM "matched" AS "matched"
  LEFT JOIN "exception_terms_history" AS "terms"
    ON "terms"."organization_id" = "matched"."organization_id" AND "terms"."snapshot_date" = "matched"."snapshot_date" AND "terms"."term_key" = "matched"."term_key"
)
SELECT
  CAST("excepted"."organization_id" AS TEXT) AS "organization_id",
  CAST("excepted"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("excepted"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("excepted"."account_id" AS TEXT) AS "account_id",
  CAST("excepted"."account_name" AS TEXT) AS "account_name",
  CAST("excepted"."ou_id" AS TEXT) AS "ou_id",
  CAST("excepted"."ou_path" AS TEXT) AS "ou_path",
  CAST("excepted"."control_id" AS TEXT) AS "control_id",
  CAST("excepted"."severity" AS TEXT) AS "severity",
  CAST("excepted"."severity_rank" AS INT) AS "severity_rank",
  CAST("excepted"."user_name" AS TEXT) AS "user_name",
  CAST("excepted"."user_arn" AS TEXT) AS "user_arn",
  CAST("excepted"."credential_type" AS TEXT) AS "credential_type",
  CAST("excepted"."slot" AS INT) AS "slot",
  CAST("excepted"."credential_created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST(CASE WHEN "excepted"."is_excepted" THEN 'excepted' ELSE "excepted"."status" END AS TEXT) AS "status",
  CAST("excepted"."reason" || COALESCE(CASE WHEN "excepted"."is_excepted" THEN ' Excepted by ' ELSE ' Exception ' END || "excepted"."exception_id" || CASE WHEN "excepted"."is_excepted" THEN ' until the end of ' ELSE ' ended at the end of ' END || "excepted"."expires_on" || '.', '') AS TEXT) AS "reason",
  CAST(ROUND(FLOOR(CAST("excepted"."measured_seconds" AS DOUBLE) / 86400)) AS BIGINT) AS "measured_days",
  CAST("excepted"."measured_seconds" AS BIGINT) AS "measured_seconds",
  CAST("excepted"."limit_days" AS INT) AS "limit_days",
  CAST("excepted"."failing_since" AS TIMESTAMP) AS "failing_since",
  CAST("excepted"."finding_id" AS TEXT) AS "finding_id",
  CAST("excepted"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("excepted"."run_id" AS TEXT) AS "run_id",
  CAST("excepted"."last_used_at" AS TIMESTAMP) AS "last_used_at",
  CAST("excepted"."last_used_region" AS TEXT) AS "last_used_region",
  CAST("excepted"."last_used_service" AS TEXT) AS "last_used_service",
  CAST("excepted"."reason_code" AS TEXT) AS "reason_code",
  CAST("excepted"."exception_id" AS TEXT) AS "exception_id",
  CAST("excepted"."ends_at" AS TIMESTAMP) AS "excepted_until",
  CAST("excepted"."owner" AS TEXT) AS "owner"
FROM "excepted" AS "excepted"
