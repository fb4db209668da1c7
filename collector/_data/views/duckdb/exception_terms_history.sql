SELECT
  CAST("snapshot_record"."organization_id" AS TEXT) AS "organization_id",
  CAST("snapshot_record"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("snapshot_record"."run_started_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("snapshot_record"."exception_id" AS TEXT) AS "exception_id",
  CAST("snapshot_record"."control_id" AS TEXT) AS "control_id",
  CAST("snapshot_record"."account_id" AS TEXT) AS "account_id",
  CAST("snapshot_record"."ou" AS TEXT) AS "ou",
  CAST("snapshot_record"."finding_id" AS TEXT) AS "finding_id",
  CAST("snapshot_record"."user_glob" AS TEXT) AS "user_glob",
  CAST("snapshot_record"."owner" AS TEXT) AS "owner",
  CAST("snapshot_record"."approved_by" AS TEXT) AS "approved_by",
  CAST("snapshot_record"."reason" AS TEXT) AS "reason",
  CAST("snapshot_record"."ticket" AS TEXT) AS "ticket",
  CAST("snapshot_record"."expires_on" AS TEXT) AS "expires_on",
  CAST("snapshot_record"."ends_at" AS TIMESTAMP) AS "ends_at",
  CAST("snapshot_record"."user_pattern" AS TEXT) AS "user_pattern",
  CAST("snapshot_record"."ou_pattern" AS TEXT) AS "ou_pattern",
  CAST("snapshot_record"."expires_on" || '|' || "snapshot_record"."exception_id" AS TEXT) AS "term_key",
  CAST("snapshot_record"."run_id" AS TEXT) AS "run_id"
FROM "snapshot_record:exception" AS "snapshot_record"
WHERE
  "snapshot_record"."record_type" = 'exception'
