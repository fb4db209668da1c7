WITH "ous" AS (
  SELECT
    "account"."organization_id" AS "organization_id",
    "account"."snapshot_date" AS "snapshot_date",
    "account"."ou_id" AS "ou_id",
    "account"."ou_path" AS "ou_path",
    MAX('/' || COALESCE("account"."ou_id_path", "account"."ou_id") || '/') AS "ou_ids"
  FROM "account" AS "account"
  GROUP BY
    "account"."organization_id",
    "account"."snapshot_date",
    "account"."ou_id",
    "account"."ou_path"
), "placed" AS (
  SELECT
    "terms"."organization_id" AS "organization_id",
    "terms"."snapshot_date" AS "snapshot_date",
    "terms"."snapshot_at" AS "snapshot_at",
    "terms"."exception_id" AS "exception_id",
    "terms"."control_id" AS "control_id",
    "terms"."account_id" AS "account_id",
    "terms"."ou" AS "ou",
    "terms"."finding_id" AS "finding_id",
    "terms"."user_glob" AS "user_glob",
    "terms"."owner" AS "owner",
    "terms"."approved_by" AS "approved_by",
    "terms"."reason" AS "reason",
    "terms"."ticket" AS "ticket",
    "terms"."expires_on" AS "expires_on",
    "terms"."ends_at" AS "ends_at",
    "terms"."user_pattern" AS "user_pattern",
    "terms"."ou_pattern" AS "ou_pattern",
    "terms"."term_key" AS "term_key",
    "terms"."run_id" AS "run_id",
    "terms"."account_id" AS "covered_account_id"
  FROM "exception_terms" AS "terms"
  WHERE
    "terms"."ou_pattern" IS NULL
  UNION ALL
  SELECT
    "terms"."organization_id" AS "organization_id",
    "terms"."snapshot_date" AS "snapshot_date",
    "terms"."snapshot_at" AS "snapshot_at",
    "terms"."exception_id" AS "exception_id",
    "terms"."control_id" AS "control_id",
    "terms"."account_id" AS "account_id",
    "terms"."ou" AS "ou",
    "terms"."finding_id" AS "finding_id",
    "terms"."user_glob" AS "user_glob",
    "terms"."owner" AS "owner",
    "terms"."approved_by" AS "approved_by",
    "terms"."reason" AS "reason",
    "terms"."ticket" AS "ticket",
    "terms"."expires_on" AS "expires_on",
    "terms"."ends_at" AS "ends_at",
    "terms"."user_pattern" AS "user_pattern",
    "terms"."ou_pattern" AS "ou_pattern",
    "terms"."term_key" AS "term_key",
    "terms"."run_id" AS "run_id",
    "account"."account_id" AS "covered_account_id"
  FROM "exception_terms" AS "terms"
  INNER JOIN "ous" AS "ous"
    ON "ous"."organization_id" = "terms"."organization_id" AND "ous"."snapshot_date" = "terms"."snapshot_date" AND (
      "ous"."ou_ids" LIKE "terms"."ou_pattern" ESCAPE '!' OR "ous"."ou_path" || '/' LIKE "terms"."ou_pattern" ESCAPE '!'
    )
  INNER JOIN "account" AS "account"
    ON "account"."organization_id" = "ous"."organization_id" AND "account"."snapshot_date" = "ous"."snapshot_date" AND "account"."ou_id" = "ous"."ou_id" AND "account"."ou_path" = "ous"."ou_path"
)
SELECT
  CAST("placed"."organization_id" AS TEXT) AS "organization_id",
  CAST("placed"."snapshot_date" AS TEXT) AS "snapshot_date",
  CAST("placed"."snapshot_at" AS TIMESTAMP) AS "snapshot_at",
  CAST("placed"."exception_id" AS TEXT) AS "exception_id",
  CAST("controls"."control_id" AS TEXT) AS "control_id",
  CAST("placed"."covered_account_id" AS TEXT) AS "account_id",
  CAST("placed"."finding_id" AS TEXT) AS "finding_id",
  CAST("placed"."user_glob" AS TEXT) AS "user_glob",
  CAST("placed"."user_pattern" AS TEXT) AS "user_pattern",
  CAST("placed"."term_key" AS TEXT) AS "term_key",
  CAST("placed"."run_id" AS TEXT) AS "run_id"
FROM "placed" AS "placed"
INNER JOIN "controls" AS "controls"
  ON "controls"."control_id" = "placed"."control_id" OR "placed"."control_id" = '*'
WHERE
  "controls"."control_id" <> 'report-collected' AND CASE WHEN "placed"."user_glob" IS NULL THEN TRUE WHEN "placed"."user_glob" = '<root_account>' THEN "controls"."control_id" LIKE 'root-%' ESCAPE '!' ELSE "controls"."judged_per" <> 'account' END
