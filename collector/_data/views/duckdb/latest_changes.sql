SELECT
  CAST("changes"."organization_id" AS TEXT) AS "organization_id",
  CAST("changes"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("changes"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("changes"."account_id" AS TEXT) AS "account_id",
  CAST("changes"."account_name" AS TEXT) AS "account_name",
  CAST("changes"."ou_id" AS TEXT) AS "ou_id",
  CAST("changes"."ou_path" AS TEXT) AS "ou_path",
  CAST("changes"."change_type" AS TEXT) AS "change_type",
  CAST("changes"."user_name" AS TEXT) AS "user_name",
  CAST("changes"."user_arn" AS TEXT) AS "user_arn",
  CAST("changes"."credential_type" AS TEXT) AS "credential_type",
  CAST("changes"."credential_created_at" AS TIMESTAMP) AS "credential_created_at",
  CAST("changes"."occurrence" AS INT) AS "occurrence",
  CAST("changes"."changed_at" AS TIMESTAMP) AS "changed_at",
  CAST("changes"."previous_snapshot_date" AS TEXT) AS "previous_snapshot_date",
  CAST("changes"."report_generated_at" AS TIMESTAMP) AS "report_generated_at",
  CAST("changes"."previous_report_generated_at" AS TIMESTAMP) AS "previous_report_generated_at",
  CAST("changes"."run_id" AS TEXT) AS "run_id"
FROM "credential_changes" AS "changes"
INNER JOIN "snapshots" AS "snapshots"
  ON "changes"."organization_id" = "snapshots"."organization_id" AND "changes"."snapshot_date" = "snapshots"."snapshot_date"
