# A bucket in another account, such as the log archive, to which the lake's bucket replicates the reports as AWS returned
# them and the publication records.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  tags       = merge(var.tags, { application = "credlake" })
  bucket_arn = "arn:${local.partition}:s3:::${var.bucket_name}"

  # The whole account with a condition, so that the role need not exist yet.
  collector          = { AWS = "arn:${local.partition}:iam::${split(":", var.replication_role_arn)[4]}:root" }
  by_the_replication = { ArnEquals = { "aws:PrincipalArn" = var.replication_role_arn } }
}

resource "aws_kms_key" "replica" {
  description             = "The replica of the credlake lake."
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ThisAccountsPoliciesRule"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      # It can encrypt and not decrypt: anyone who takes over the collector's account cannot read the replica.
      {
        Sid       = "TheReplication"
        Effect    = "Allow"
        Principal = local.collector
        Action    = ["kms:Encrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = local.by_the_replication
      },
    ]
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket" "replica" {
  bucket = var.bucket_name
  # S3 replicates from a bucket with Object Lock only to one that has it too, and it cannot be enabled as easily later.
  object_lock_enabled = true
  tags                = local.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "replica" {
  bucket = aws_s3_bucket.replica.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "replica" {
  count = var.lock == null ? 0 : 1

  bucket = aws_s3_bucket_versioning.replica.bucket
  rule {
    default_retention {
      mode = split(":", var.lock)[0]
      days = split(":", var.lock)[1]
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "replica" {
  bucket = aws_s3_bucket.replica.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "replica" {
  bucket                  = aws_s3_bucket.replica.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "replica" {
  bucket = aws_s3_bucket.replica.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.replica.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "replica" {
  bucket = aws_s3_bucket_versioning.replica.bucket
  rule {
    id     = "raw"
    status = "Enabled"
    filter {
      prefix = "raw/"
    }
    expiration {
      days = var.retention_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_policy" "replica" {
  # S3 refuses two changes of one bucket's settings at the same time.
  bucket = aws_s3_bucket_public_access_block.replica.bucket
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
      # Not s3:ReplicateDelete: nothing that is deleted in the lake is deleted here.
      {
        Sid       = "TheReplication"
        Effect    = "Allow"
        Principal = local.collector
        Action    = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
        Resource  = "${local.bucket_arn}/*"
        Condition = local.by_the_replication
      },
      {
        Sid       = "WhetherItHasVersions"
        Effect    = "Allow"
        Principal = local.collector
        Action    = ["s3:GetBucketVersioning", "s3:ListBucket"]
        Resource  = local.bucket_arn
        Condition = local.by_the_replication
      },
    ]
  })
}
