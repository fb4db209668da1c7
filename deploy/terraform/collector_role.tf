# The collector's role. It can neither delete nor overwrite what was collected.

resource "aws_iam_role" "collector" {
  name                 = var.collector_role_name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = "The credlake collector lists the organization, assumes the member roles and writes the lake."
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      {
        Effect    = "Allow"
        Principal = { Service = local.has_function ? "lambda.amazonaws.com" : "ecs-tasks.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
      # Lambda sends no source account when it assumes a function's role.
      { for key, value in { Condition = local.this_accounts } : key => value if !local.has_function },
    )]
  })
}

resource "aws_iam_role_policy" "collector" {
  for_each = local.collector_policies

  name = each.key
  role = aws_iam_role.collector.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = each.value
  })
}

locals {
  collector_policies = {
    "read-the-organization"          = local.reading_the_organization
    "write-the-lake"                 = local.writing_the_lake
    "bring-glue-and-the-views-level" = local.updating_glue
    "run-the-doctor"                 = local.running_the_doctor
    "notify"                         = local.notifying
  }

  # The ARNs of accounts and OUs contain the management account's id, which is not known here. None of the calls of
  # iam supports resource-level permissions.
  reading_the_organization = [
    {
      Sid    = "TheAccountsAndTheirOus"
      Effect = "Allow"
      Action = [
        "organizations:DescribeOrganization",
        "organizations:DescribeOrganizationalUnit",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListRoots",
        "organizations:ListTagsForResource",
      ]
      Resource = "*"
    },
    {
      Sid       = "TheMemberRoles"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Resource  = "arn:${local.partition}:iam::*:role${var.member_role_path}${var.member_role_name}"
      Condition = { StringEquals = { "aws:ResourceOrgID" = var.organization_id } }
    },
    {
      Sid    = "ThisAccountWithoutARole"
      Effect = "Allow"
      Action = [
        "iam:GenerateCredentialReport",
        "iam:GetCredentialReport",
        "iam:GetAccountSummary",
        "iam:GetAccountPasswordPolicy",
      ]
      Resource = "*"
    },
  ]

  writing_the_lake = concat(
    [
      {
        Sid      = "FindObjects"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = local.bucket_arn
      },
      # Even a stolen session cannot destroy what AWS returned. The bucket's policy denies the same to everybody else.
      {
        Sid      = "NeverOverwrite"
        Effect   = "Deny"
        Action   = "s3:PutObject"
        Resource = ["${local.lake_arn}/raw/*", "${local.lake_arn}/snapshots/*"]
        Condition = {
          Null = { "s3:if-none-match" = "true" }
          Bool = { "s3:ObjectCreationOperation" = "true" }
        }
      },
      # A publication is conditional on the record that was read, by policy and not only in the code.
      {
        Sid      = "NeverPublishUnconditionally"
        Effect   = "Deny"
        Action   = "s3:PutObject"
        Resource = "${local.lake_arn}/catalog/*"
        Condition = {
          Null = { "s3:if-match" = "true", "s3:if-none-match" = "true" }
          Bool = { "s3:ObjectCreationOperation" = "true" }
        }
      },
      {
        Sid      = "WriteAndReadTheZones"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${local.lake_arn}/catalog/*", "${local.lake_arn}/raw/*", "${local.lake_arn}/snapshots/*"]
      },
      {
        Sid      = "ReadTheTags"
        Effect   = "Allow"
        Action   = "s3:GetObjectTagging"
        Resource = "${local.lake_arn}/snapshots/*"
      },
      {
        Sid       = "TagWhatWasSuperseded"
        Effect    = "Allow"
        Action    = "s3:PutObjectTagging"
        Resource  = "${local.lake_arn}/snapshots/*"
        Condition = { "ForAllValues:StringEquals" = { "s3:RequestObjectTagKeys" = ["credlake"] } }
      },
    ],
    local.has_lock ? [{
      Sid      = "LockTheReports"
      Effect   = "Allow"
      Action   = "s3:PutObjectRetention"
      Resource = "${local.lake_arn}/raw/*"
    }] : [],
    local.has_key ? [{
      Sid      = "TheKey"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = local.key_arn
    }] : [],
  )

  using_the_catalogs_key = var.catalog_key_arn == null ? [] : [{
    Sid      = "TheCatalogsKey"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    Resource = var.catalog_key_arn
  }]

  updating_glue = concat(
    [
      {
        Sid    = "TheTablesAndTheirPartitions"
        Effect = "Allow"
        Action = [
          "glue:BatchCreatePartition",
          "glue:BatchDeletePartition",
          "glue:BatchUpdatePartition",
          "glue:CreateTable",
          "glue:DeleteTable",
          "glue:GetDatabase",
          "glue:GetDatabases",
          "glue:GetPartitions",
          "glue:GetTable",
          "glue:GetTables",
          "glue:UpdateTable",
        ]
        Resource = [
          "${local.glue_arn}:catalog",
          "${local.glue_arn}:database/${var.database_name}",
          "${local.glue_arn}:table/${var.database_name}/*",
        ]
      },
      # `drop view` is DeleteTable: for views only.
      {
        Sid      = "NeverDropTheSnapshots"
        Effect   = "Deny"
        Action   = "glue:DeleteTable"
        Resource = "${local.glue_arn}:table/${var.database_name}/snapshot_record*"
      },
      # Athena looks up this database for every query.
      {
        Sid      = "TheDefaultDatabase"
        Effect   = "Allow"
        Action   = ["glue:GetDatabase", "glue:GetDatabases"]
        Resource = "${local.glue_arn}:database/default"
      },
      {
        Sid      = "TheStatementsThatCreateViews"
        Effect   = "Allow"
        Action   = ["athena:GetQueryExecution", "athena:StartQueryExecution", "athena:StopQueryExecution"]
        Resource = local.work_group_arn
      },
      {
        Sid      = "TheDataCatalog"
        Effect   = "Allow"
        Action   = "athena:GetDataCatalog"
        Resource = "${local.athena_arn}:datacatalog/AwsDataCatalog"
      },
      {
        Sid      = "TheirResults"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = "${local.lake_arn}/athena-results/*"
      },
      {
        Sid      = "TheirUnfinishedResults"
        Effect   = "Allow"
        Action   = "s3:ListBucketMultipartUploads"
        Resource = local.bucket_arn
      },
    ],
    local.using_the_catalogs_key,
  )

  # The calls of `credlake doctor`. They read settings, never data.
  running_the_doctor = concat(
    [
      {
        Sid    = "TheBucketsSettings"
        Effect = "Allow"
        Action = [
          "s3:GetBucketPolicy",
          "s3:GetBucketPublicAccessBlock",
          "s3:GetBucketVersioning",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
        ]
        Resource = local.bucket_arn
      },
      {
        Sid      = "TheWorkgroupsSettings"
        Effect   = "Allow"
        Action   = "athena:GetWorkGroup"
        Resource = local.work_group_arn
      },
      # It does not support resource-level permissions.
      {
        Sid      = "WhatLakeFormationGrants"
        Effect   = "Allow"
        Action   = "lakeformation:ListPermissions"
        Resource = "*"
      },
      {
        Sid      = "TheNotificationTopic"
        Effect   = "Allow"
        Action   = "sns:GetTopicAttributes"
        Resource = local.topic_arn
      },
    ],
    local.has_key ? [{
      Sid      = "TheKeysState"
      Effect   = "Allow"
      Action   = "kms:DescribeKey"
      Resource = local.key_arn
    }] : [],
  )

  notifying = concat(
    [
      {
        Sid      = "TheAccountsThatFailed"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = local.topic_arn
      },
      {
        Sid      = "TheRunsThatFailed"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.dead_letters.arn
      },
      {
        Sid      = "TheLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.log_group_arn}:*"
      },
    ],
    var.publish_page ? [{
      Sid      = "ThePages"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = "${local.lake_arn}/reports/*"
    }] : [],
    var.notify_owners ? [{
      Sid      = "WhatOwnersKnow"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = "${local.lake_arn}/notices/*"
    }] : [],
    var.refresh_data_sets ? [{
      Sid      = "TheDataSets"
      Effect   = "Allow"
      Action   = "quicksight:CreateIngestion"
      Resource = "arn:${local.partition}:quicksight:${local.region}:${local.account}:dataset/credlake-${var.database_name}-*/ingestion/*"
    }] : [],
    var.event_bus == null ? [] : [{
      Sid      = "TheEvent"
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/${var.event_bus}"
    }],
    var.exceptions_file == null ? [] : [{
      Sid      = "TheExceptions"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "${local.lake_arn}/${var.exceptions_file}"
    }],
    # As in AWS's AWSLambdaVPCAccessExecutionRole: Lambda makes these calls, before the interfaces exist.
    local.has_vpc ? [{
      Sid    = "TheFunctionsNetworkInterfaces"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*"
    }] : [],
    # Lambda sends the function's ARN with the calls of the function's own code, and with no other.
    local.has_vpc ? [{
      Sid       = "NotTheFunctionItself"
      Effect    = "Deny"
      Action    = "ec2:*"
      Resource  = "*"
      Condition = { Null = { "lambda:SourceFunctionArn" = "false" } }
    }] : [],
  )
}
