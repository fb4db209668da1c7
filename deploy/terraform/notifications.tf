# The topic and the alarms.

# CloudWatch alarms cannot publish to a topic encrypted with the AWS managed key: the module's key, or none.
resource "aws_sns_topic" "notices" {
  count = local.makes_topic ? 1 : 0

  name_prefix       = "credlake-"
  kms_master_key_id = local.key_arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "notices" {
  count = local.makes_topic ? 1 : 0

  arn = aws_sns_topic.notices[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "ThisAccountsAlarms"
          Effect    = "Allow"
          Principal = { Service = "cloudwatch.amazonaws.com" }
          Action    = "sns:Publish"
          Resource  = aws_sns_topic.notices[0].arn
          Condition = local.this_accounts
        },
        {
          Sid       = "OnlyOverTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sns:Publish"
          Resource  = aws_sns_topic.notices[0].arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ],
      # For the rule in container.tf; see the key's policy.
      local.has_function ? [] : [{
        Sid       = "TheTasksEvents"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.notices[0].arn
      }],
    )
  })
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alert_email == null ? 0 : 1

  topic_arn = local.topic_arn
  protocol  = "email"
  endpoint  = var.alert_email
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  count = local.has_function ? 1 : 0

  alarm_name          = "${local.name}-failed"
  alarm_description   = "An attempt of a credlake run failed; the log shows the reason. A failed run is attempted twice."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.collector[0].function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  alarm_name        = "${local.name}-undelivered"
  alarm_description = "A credlake run was not started, or failed on every attempt. See the dead-letter queue."
  namespace         = "AWS/SQS"
  # Not the messages in the queue: that alarm would last until somebody removes them, and be silent about the next.
  metric_name         = "NumberOfMessagesSent"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "missed" {
  count = local.is_scheduled ? 1 : 0

  alarm_name          = "${local.name}-missed"
  alarm_description   = "No credlake snapshot was published for ${var.missed_after_hours} hours."
  namespace           = "credlake"
  metric_name         = "SnapshotsPublished"
  dimensions          = { lake = var.database_name }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.missed_after_hours
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = local.tags
}

# CloudWatch looks back a week at most, so this goes by the age that the function measures.
resource "aws_cloudwatch_metric_alarm" "age" {
  count = local.watches_age ? 1 : 0

  alarm_name          = "${local.name}-age"
  alarm_description   = "The newest credlake snapshot is older than ${var.missed_after_days} days, or its age is unknown."
  namespace           = "credlake"
  metric_name         = "SnapshotAgeDays"
  dimensions          = { lake = var.database_name }
  statistic           = "Maximum"
  period              = 86400
  evaluation_periods  = 1
  threshold           = var.missed_after_days
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "coverage" {
  alarm_name          = "${local.name}-coverage"
  alarm_description   = "A credlake run covered too few accounts. The view collection_coverage lists the others."
  namespace           = "credlake"
  metric_name         = "Coverage"
  dimensions          = { lake = var.database_name }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 1
  threshold           = var.alarm_below_coverage
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "ignore"
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = local.tags
}
