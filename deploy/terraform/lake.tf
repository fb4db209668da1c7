# The key, the bucket, the database and the workgroup.

resource "aws_kms_key" "lake" {
  count = local.makes_key ? 1 : 0

  description             = "The credlake lake, its logs and its messages."
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "ThisAccountsPoliciesRule"
          Effect    = "Allow"
          Principal = local.account_itself
          Action    = "kms:*"
          Resource  = "*"
        },
        {
          Sid       = "TheLogs"
          Effect    = "Allow"
          Principal = { Service = "logs.${local.region}.${data.aws_partition.current.dns_suffix}" }
          Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
          Resource  = "*"
          Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = local.log_group_arn } }
        },
        {
          Sid       = "TheAlarmsToTheTopic"
          Effect    = "Allow"
          Principal = { Service = "cloudwatch.amazonaws.com" }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
          Resource  = "*"
          Condition = local.this_accounts
        },
      ],
      # SNS and KMS support no source condition if EventBridge is the sender.
      local.has_function ? [] : [{
        Sid       = "TheTasksEventsToTheTopic"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
      }],
    )
  })

  # Without the key nothing in the bucket can be read.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "lake" {
  count = local.makes_key ? 1 : 0

  name          = "alias/credlake-${var.database_name}"
  target_key_id = aws_kms_key.lake[0].key_id
}

resource "aws_s3_bucket" "lake" {
  count = var.existing_bucket ? 0 : 1

  bucket              = var.bucket_name
  object_lock_enabled = local.has_lock
  tags                = local.tags

  lifecycle {
    prevent_destroy = true
    precondition {
      condition     = var.lake_prefix == ""
      error_message = "A new bucket holds the lake alone, so lake_prefix must be empty unless existing_bucket is true."
    }
  }
}

resource "aws_s3_bucket_versioning" "lake" {
  count = var.existing_bucket ? 0 : 1

  bucket = aws_s3_bucket.lake[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_ownership_controls" "lake" {
  count = var.existing_bucket ? 0 : 1

  bucket = aws_s3_bucket.lake[0].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "lake" {
  count = var.existing_bucket ? 0 : 1

  bucket                  = aws_s3_bucket.lake[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  count = var.existing_bucket ? 0 : 1

  bucket = aws_s3_bucket.lake[0].id
  rule {
    bucket_key_enabled = local.has_key
    apply_server_side_encryption_by_default {
      sse_algorithm     = local.has_key ? "aws:kms" : "AES256"
      kms_master_key_id = local.key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  count = var.existing_bucket ? 0 : 1

  # S3 accepts rules about noncurrent versions only for a bucket with versions.
  bucket = aws_s3_bucket_versioning.lake[0].bucket

  # The collector tags these when a better run replaced them. Queries that were reading them have ended by then.
  rule {
    id     = "superseded"
    status = "Enabled"
    filter {
      tag {
        key   = "credlake"
        value = "superseded"
      }
    }
    expiration {
      days = 7
    }
    noncurrent_version_expiration {
      noncurrent_days = 7
    }
  }

  # Expired objects leave delete markers, which have no tags.
  rule {
    id     = "markers"
    status = "Enabled"
    filter {
      prefix = "snapshots/"
    }
    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "raw"
    status = "Enabled"
    filter {
      prefix = "raw/"
    }
    expiration {
      days = var.raw_retention_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "athena-results"
    status = "Enabled"
    filter {
      prefix = "athena-results/"
    }
    expiration {
      days = 7
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "lake" {
  count = var.existing_bucket ? 0 : 1

  # S3 refuses two changes of one bucket's settings at the same time.
  bucket = aws_s3_bucket_public_access_block.lake[0].bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "OnlyOverTlsOfToday"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
      # For everybody, not for the collector's role alone. A copy into these folders needs the condition as well.
      {
        Sid       = "NeverOverwrite"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = ["${local.bucket_arn}/raw/*", "${local.bucket_arn}/snapshots/*"]
        Condition = {
          Null = { "s3:if-none-match" = "true" }
          Bool = { "s3:ObjectCreationOperation" = "true" }
        }
      },
    ]
  })
}

# It has no tables here: `collect` owns them and updates their partitions.
resource "aws_glue_catalog_database" "lake" {
  count = var.existing_database ? 0 : 1

  catalog_id  = local.account
  name        = var.database_name
  description = "IAM credential reports of an AWS organization (credlake). `collect` owns its tables."
  tags        = local.tags
}

resource "aws_athena_workgroup" "lake" {
  count = var.existing_work_group ? 0 : 1

  name        = var.work_group_name
  description = "Queries of the credlake views."
  # This deletes the query history, not data.
  force_destroy = true
  tags          = local.tags

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.scan_limit_bytes
    engine_version {
      selected_engine_version = "Athena engine version 3"
    }
    result_configuration {
      output_location = "${local.lake_uri}/athena-results/"
      encryption_configuration {
        encryption_option = local.has_key ? "SSE_KMS" : "SSE_S3"
        kms_key_arn       = local.key_arn
      }
    }
  }
}
