# The analyst and the auditor: policies with fixed names, for permission sets of Identity Center, and roles.

resource "aws_iam_policy" "analyst" {
  name = "credlake-analyst-${var.database_name}"
  path = var.role_path
  # Changing a managed policy's description replaces it, and that fails because its name is fixed.
  description = "Ask credlake's views. The reports as AWS gave them are not readable with it."
  tags        = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "QueryTheViews"
          Effect = "Allow"
          Action = [
            "athena:BatchGetQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetQueryResultsStream",
            "athena:GetWorkGroup",
            "athena:ListQueryExecutions",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
            # For the tabs of the Athena console.
            "athena:BatchGetNamedQuery",
            "athena:GetQueryRuntimeStatistics",
            "athena:ListNamedQueries",
            "athena:ListPreparedStatements",
          ]
          Resource = local.work_group_arn
        },
        # For the lists in the Athena console and in QuickSight.
        {
          Sid    = "BrowseTheCatalog"
          Effect = "Allow"
          Action = [
            "athena:GetDatabase",
            "athena:GetDataCatalog",
            "athena:GetTableMetadata",
            "athena:ListDatabases",
            "athena:ListTableMetadata",
          ]
          Resource = "${local.athena_arn}:datacatalog/AwsDataCatalog"
        },
        # None of them supports resource-level permissions.
        {
          Sid      = "ListCatalogsAndWorkgroups"
          Effect   = "Allow"
          Action   = ["athena:ListDataCatalogs", "athena:ListEngineVersions", "athena:ListWorkGroups"]
          Resource = "*"
        },
        {
          Sid    = "ReadTheTableDefinitions"
          Effect = "Allow"
          Action = [
            "glue:BatchGetPartition",
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:GetTable",
            "glue:GetTables",
          ]
          Resource = [
            "${local.glue_arn}:catalog",
            "${local.glue_arn}:database/${var.database_name}",
            "${local.glue_arn}:database/default",
            "${local.glue_arn}:table/${var.database_name}/*",
          ]
        },
        # If Lake Formation manages the bucket, Athena reads with credentials from it, and only what it grants. The call
        # does not support resource-level permissions.
        {
          Sid      = "WhatLakeFormationGrants"
          Effect   = "Allow"
          Action   = "lakeformation:GetDataAccess"
          Resource = "*"
        },
        {
          Sid      = "FindObjects"
          Effect   = "Allow"
          Action   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
          Resource = local.bucket_arn
        },
        # The publication record names the newest snapshot and its date.
        {
          Sid      = "TheSnapshots"
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = ["${local.lake_arn}/snapshots/*", "${local.lake_arn}/catalog/*"]
        },
        {
          Sid      = "TheQueryResults"
          Effect   = "Allow"
          Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
          Resource = "${local.lake_arn}/athena-results/*"
        },
      ],
      var.publish_page ? [{
        Sid      = "ThePages"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${local.lake_arn}/reports/*"
      }] : [],
      local.using_the_catalogs_key,
      local.has_key ? [{
        Sid      = "TheKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = local.key_arn
      }] : [],
    )
  })
}

resource "aws_iam_policy" "auditor" {
  name        = "credlake-auditor-${var.database_name}"
  path        = var.role_path
  description = "Read the reports as AWS gave them, and verify that what is published equals them."
  tags        = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "FindObjects"
          Effect   = "Allow"
          Action   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions"]
          Resource = local.bucket_arn
        },
        {
          Sid      = "TheEvidence"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"]
          Resource = ["${local.lake_arn}/catalog/*", "${local.lake_arn}/raw/*", "${local.lake_arn}/snapshots/*"]
        },
      ],
      local.has_key ? [{
        Sid      = "TheKey"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = local.key_arn
      }] : [],
    )
  })
}

locals {
  reader_descriptions = {
    analyst = "An analyst queries the credlake views."
    auditor = "An auditor queries the credlake views, reads the evidence and runs `credlake verify`."
  }
}

# This account decides who can assume them: a principal needs a policy that allows sts:AssumeRole on them.
resource "aws_iam_role" "reader" {
  for_each = local.reader_descriptions

  name_prefix          = "credlake-${each.key}-"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = each.value
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = local.account_itself
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "analyst" {
  for_each = aws_iam_role.reader

  role       = each.value.name
  policy_arn = aws_iam_policy.analyst.arn
}

resource "aws_iam_role_policy_attachment" "auditor" {
  role       = aws_iam_role.reader["auditor"].name
  policy_arn = aws_iam_policy.auditor.arn
}
