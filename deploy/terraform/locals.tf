data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  tags      = merge(var.tags, { application = "credlake" })

  # Where CloudFormation generates a name, Terraform needs one; function and schedules take at most 64 characters.
  name = substr("credlake-${var.database_name}", 0, 48)

  has_function = var.container == null
  has_vpc      = local.has_function && length(var.function_subnets) > 0
  makes_key    = var.customer_managed_key && var.existing_key == null
  has_key      = local.makes_key || var.existing_key != null
  makes_topic  = var.existing_topic == null
  has_lock     = var.raw_lock != null
  has_replica  = var.replica_bucket_name != null
  # The alarms for missed runs would fire as long as the schedule is off.
  is_scheduled = var.schedule_state == "ENABLED" && var.missed_after_hours > 0
  watches_age  = local.has_function && var.schedule_state == "ENABLED" && var.missed_after_days > 0

  key_arn        = local.makes_key ? aws_kms_key.lake[0].arn : try(var.existing_key.arn, null)
  topic_arn      = local.makes_topic ? aws_sns_topic.notices[0].arn : var.existing_topic.arn
  bucket_arn     = "arn:${local.partition}:s3:::${var.bucket_name}"
  lake_arn       = "${local.bucket_arn}${var.lake_prefix}"
  lake_uri       = "s3://${var.bucket_name}${var.lake_prefix}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${var.log_group_name}"
  glue_arn       = "arn:${local.partition}:glue:${local.region}:${local.account}"
  athena_arn     = "arn:${local.partition}:athena:${local.region}:${local.account}"
  work_group_arn = "${local.athena_arn}:workgroup/${var.work_group_name}"
  this_accounts  = { StringEquals = { "aws:SourceAccount" = local.account } }
  account_itself = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
}
