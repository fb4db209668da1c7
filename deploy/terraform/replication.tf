# A replica of the reports and the publication records in another account: the bucket of deploy/replica.yaml.

resource "aws_iam_role" "replication" {
  count = local.has_replica ? 1 : 0

  name                 = var.replication_role_name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = "S3 replicates the reports and records of credlake to another account."
  tags                 = local.tags

  # AWS documents no source condition for replication. A role can only be passed within its account.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  lifecycle {
    precondition {
      condition     = !var.existing_bucket && var.replica_key_arn != null
      error_message = "A replica needs replica_key_arn, and a bucket that this module creates as its source."
    }
  }
}

resource "aws_iam_role_policy" "replication" {
  count = local.has_replica ? 1 : 0

  name = "replicate"
  role = aws_iam_role.replication[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "TheSource"
          Effect   = "Allow"
          Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
          Resource = local.bucket_arn
        },
        {
          Sid    = "ItsVersions"
          Effect = "Allow"
          Action = [
            "s3:GetObjectLegalHold",
            "s3:GetObjectRetention",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionTagging",
          ]
          Resource = ["${local.bucket_arn}/catalog/*", "${local.bucket_arn}/raw/*"]
        },
        {
          Sid      = "TheReplica"
          Effect   = "Allow"
          Action   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
          Resource = "arn:${local.partition}:s3:::${var.replica_bucket_name}/*"
        },
        {
          Sid      = "ItsKey"
          Effect   = "Allow"
          Action   = ["kms:Encrypt", "kms:GenerateDataKey"]
          Resource = var.replica_key_arn
        },
      ],
      local.has_key ? [{
        Sid      = "TheSourcesKey"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = local.key_arn
      }] : [],
    )
  })
}

# What cannot be collected or built again. The tables of `snapshots/` are rebuilt from it.
resource "aws_s3_bucket_replication_configuration" "lake" {
  count = local.has_replica ? 1 : 0

  # S3 replicates only from a bucket with versions.
  bucket = aws_s3_bucket_versioning.lake[0].bucket
  role   = aws_iam_role.replication[0].arn

  dynamic "rule" {
    for_each = { raw = 1, catalog = 2 }
    content {
      id       = rule.key
      priority = rule.value
      status   = "Enabled"
      filter {
        prefix = "${rule.key}/"
      }
      delete_marker_replication {
        status = "Disabled"
      }
      source_selection_criteria {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }
      destination {
        account = split(":", var.replica_key_arn)[4]
        bucket  = "arn:${local.partition}:s3:::${var.replica_bucket_name}"
        access_control_translation {
          owner = "Destination"
        }
        encryption_configuration {
          replica_kms_key_id = var.replica_key_arn
        }
      }
    }
  }
}
