# The function, its schedule, and what a run that fails leaves: the log and the dead-letter queue.

resource "aws_cloudwatch_log_group" "runs" {
  count = var.existing_log_group ? 0 : 1

  name              = var.log_group_name
  retention_in_days = 400
  kms_key_id        = local.key_arn
  tags              = local.tags
}

resource "aws_sqs_queue" "dead_letters" {
  name_prefix               = "credlake-"
  message_retention_seconds = 1209600
  kms_master_key_id         = local.key_arn
  sqs_managed_sse_enabled   = local.has_key ? null : true
  tags                      = local.tags
}

resource "aws_lambda_function" "collector" {
  count = local.has_function ? 1 : 0

  function_name = local.name
  description   = "Collects the credential report of every account on a schedule."
  runtime       = "python3.12"
  architectures = [var.architecture]
  handler       = "collector.scheduled.handler.handle"
  s3_bucket     = var.code_bucket
  s3_key        = var.code_key
  role          = aws_iam_role.collector.arn
  # Lambda's maximum. A run stops one minute earlier and publishes what it has.
  timeout = 900
  # 1,769 MB give one vCPU.
  memory_size = 2048
  tags        = local.tags

  ephemeral_storage {
    size = 2048
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  dynamic "vpc_config" {
    for_each = local.has_vpc ? [1] : []
    content {
      subnet_ids         = var.function_subnets
      security_group_ids = var.function_security_groups
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = var.existing_log_group ? var.log_group_name : aws_cloudwatch_log_group.runs[0].name
  }

  environment {
    variables = local.function_settings
  }

  # Lambda checks, when it creates a function, that its role may send to the queue and use the VPC.
  depends_on = [aws_iam_role_policy.collector]

  lifecycle {
    precondition {
      condition     = var.code_bucket != null && var.code_key != null
      error_message = "The function needs code_bucket and code_key: the zip of `make package`. Or set container."
    }
  }
}

locals {
  # The settings of `credlake collect`, for the function and for the container.
  settings = {
    CREDLAKE_LAKE            = local.lake_uri
    CREDLAKE_ROLE_NAME       = var.member_role_name
    CREDLAKE_ROLE_PATH       = var.member_role_path
    CREDLAKE_EXTERNAL_ID     = var.external_id
    CREDLAKE_ORGANIZATION_ID = var.organization_id
    CREDLAKE_MIN_COVERAGE    = tostring(var.min_coverage)
    CREDLAKE_RAW_LOCK        = var.raw_lock == null ? "" : var.raw_lock
    CREDLAKE_DATABASE        = var.database_name
    CREDLAKE_WORKGROUP       = var.work_group_name
    # What follows a published run.
    CREDLAKE_PUBLISH_PAGE        = tostring(var.publish_page)
    CREDLAKE_NOTIFY_TOPIC        = var.notify_owners ? local.topic_arn : ""
    CREDLAKE_QUICKSIGHT_DATA_SET = var.refresh_data_sets ? join(",", local.quicksight_data_sets) : ""
    CREDLAKE_EVENT_BUS           = var.event_bus == null ? "" : var.event_bus
    CREDLAKE_EXCEPTIONS          = var.exceptions_file == null ? "" : "${local.lake_uri}/${var.exceptions_file}"
    NOTICE_TOPIC_ARN             = local.topic_arn
  }
  # The data sets of deploy/quicksight.yaml.
  quicksight_data_sets = [for name in [
    "rules",
    "collectioncoverage",
    "consoleuserswithoutmfa",
    "credentials",
    "findings",
    "organizationtrend",
    "rootposture",
  ] : "credlake-${var.database_name}-${name}"]
  function_settings = merge(local.settings, { CREDLAKE_KMS_KEY = local.has_key ? local.key_arn : "" })
}

resource "aws_lambda_function_event_invoke_config" "collector" {
  count = local.has_function ? 1 : 0

  function_name = aws_lambda_function.collector[0].function_name
  qualifier     = "$LATEST"
  # A failed run is retried once. An event that fails twice is kept in the dead-letter queue.
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 21600
}

resource "aws_iam_role" "scheduler" {
  name_prefix          = "credlake-scheduler-"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = "The schedule starts the credlake ${local.has_function ? "function" : "task"}."
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = local.this_accounts
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = local.has_function ? "start-the-function" : "start-the-task"
  role = aws_iam_role.scheduler.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.has_function ? [{
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = aws_lambda_function.collector[0].arn
      }] : [],
      local.starting_the_task,
      [{
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.dead_letters.arn
      }],
      local.has_key ? [{
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = local.key_arn
      }] : [],
    )
  })
}

resource "aws_scheduler_schedule" "collection" {
  name                         = local.name
  description                  = "Starts the credlake collector."
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_timezone
  state                        = var.schedule_state

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = local.has_function ? aws_lambda_function.collector[0].arn : aws_ecs_cluster.runs[0].arn
    role_arn = aws_iam_role.scheduler.arn
    input    = local.has_function ? "{}" : null

    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }

    dynamic "ecs_parameters" {
      for_each = local.has_function ? [] : [1]
      content {
        task_definition_arn = aws_ecs_task_definition.run[0].arn
        launch_type         = "FARGATE"
        network_configuration {
          assign_public_ip = var.container.assign_public_ip
          subnets          = var.container.subnets
          security_groups  = [aws_security_group.task[0].id]
        }
      }
    }
  }

  # A role without its permissions would lose the first event.
  depends_on = [aws_iam_role_policy.scheduler]
}

resource "aws_scheduler_schedule" "age" {
  count = local.watches_age ? 1 : 0

  name                = "${local.name}-age"
  description         = "Measures the age of the newest credlake snapshot."
  schedule_expression = "rate(12 hours)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.collector[0].arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ command = "age" })
  }

  depends_on = [aws_iam_role_policy.scheduler]
}
