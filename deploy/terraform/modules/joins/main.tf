# An account that joins the organization is collected on the same day. In the collector's account and Region, with the
# function; modules/joins-management is its part in the management account.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account       = data.aws_caller_identity.current.account_id
  partition     = data.aws_partition.current.partition
  region        = data.aws_region.current.region
  tags          = merge(var.tags, { application = "credlake" })
  function_arn  = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.function_name}"
  this_accounts = { StringEquals = { "aws:SourceAccount" = local.account } }
}

# A bus of its own, so that nobody gets permission to put events on the account's default bus.
resource "aws_cloudwatch_event_bus" "joins" {
  name        = "credlake-joins"
  description = "Accounts that joined the organization, from its management account."
  tags        = local.tags
}

resource "aws_cloudwatch_event_bus_policy" "joins" {
  event_bus_name = aws_cloudwatch_event_bus.joins.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "the-management-account"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${var.management_account_id}:root" }
      Action    = "events:PutEvents"
      Resource  = aws_cloudwatch_event_bus.joins.arn
    }]
  })
}

resource "aws_cloudwatch_event_rule" "joined" {
  name           = "credlake-joined"
  event_bus_name = aws_cloudwatch_event_bus.joins.name
  description    = "An account joined the organization."
  tags           = local.tags
  event_pattern = jsonencode({
    account = [var.management_account_id]
    source  = ["aws.organizations"]
    detail  = { eventName = ["AccountJoinedOrganization"] }
  })
}

resource "aws_cloudwatch_event_target" "joined" {
  rule           = aws_cloudwatch_event_rule.joined.name
  event_bus_name = aws_cloudwatch_event_bus.joins.name
  target_id      = "wait"
  arn            = aws_sfn_state_machine.wait.arn
  role_arn       = aws_iam_role.rule.arn
}

resource "aws_iam_role" "rule" {
  name_prefix          = "credlake-joined-"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = "EventBridge starts the wait for an account that joined."
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = local.this_accounts
    }]
  })
}

resource "aws_iam_role_policy" "rule" {
  name = "start-the-wait"
  role = aws_iam_role.rule.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "states:StartExecution"
      Resource = aws_sfn_state_machine.wait.arn
    }]
  })
}

resource "aws_sfn_state_machine" "wait" {
  name     = "credlake-joins"
  type     = "STANDARD"
  role_arn = aws_iam_role.wait.arn
  tags     = local.tags

  # The event is not passed on: what the snapshot of the day does not cover is collected, whatever joined. Started
  # asynchronously, the function is retried as after its schedule.
  definition = jsonencode({
    Comment = "Wait until an account that joined has the member role, then collect it."
    StartAt = "Wait"
    States = {
      Wait = { Type = "Wait", Seconds = var.wait_seconds, Next = "Collect" }
      Collect = {
        Type     = "Task"
        Resource = "arn:${local.partition}:states:::lambda:invoke"
        Parameters = {
          FunctionName   = local.function_arn
          InvocationType = "Event"
          Payload        = { joined = true }
        }
        Retry = [{ ErrorEquals = ["States.ALL"], IntervalSeconds = 60, MaxAttempts = 5, BackoffRate = 2 }]
        End   = true
      }
    }
  })
}

resource "aws_iam_role" "wait" {
  name_prefix          = "credlake-wait-"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = "The wait for an account that joined starts the credlake function."
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = local.this_accounts
    }]
  })
}

resource "aws_iam_role_policy" "wait" {
  name = "start-the-function"
  role = aws_iam_role.wait.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = local.function_arn
    }]
  })
}
