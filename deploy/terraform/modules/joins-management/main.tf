# Forwards the event that an account joined the organization to the collector's account (modules/joins). In the management
# account, with a provider in the Region of Organizations, where its events are: us-east-1, us-gov-west-1 or
# cn-northwest-1.

data "aws_caller_identity" "current" {}

locals {
  tags = merge(var.tags, { application = "credlake" })
}

# CloudTrail delivers the event, so the account needs a trail. Its kind (API call or service event) is left open.
resource "aws_cloudwatch_event_rule" "joined" {
  name        = "credlake-joined"
  description = "An account joined the organization."
  tags        = local.tags
  event_pattern = jsonencode({
    source = ["aws.organizations"]
    detail = { eventName = ["AccountJoinedOrganization"] }
  })
}

resource "aws_cloudwatch_event_target" "joined" {
  rule      = aws_cloudwatch_event_rule.joined.name
  target_id = "collector"
  arn       = var.bus_arn
  role_arn  = aws_iam_role.forward.arn
}

resource "aws_iam_role" "forward" {
  name_prefix          = "credlake-joined-"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = "EventBridge forwards the event to the credlake collector's account."
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "forward" {
  name = "forward-the-event"
  role = aws_iam_role.forward.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = var.bus_arn
    }]
  })
}
