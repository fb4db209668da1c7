# The scheduled run as an ECS Fargate task instead of the function: deploy/container.yaml.

resource "aws_ecs_cluster" "runs" {
  count = local.has_function ? 0 : 1

  name = local.name
  tags = local.tags
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_security_group" "task" {
  count = local.has_function ? 0 : 1

  name_prefix = "credlake-"
  description = "credlake calls AWS, and is called by nobody."
  vpc_id      = var.container.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "task" {
  count = local.has_function ? 0 : 1

  security_group_id = aws_security_group.task[0].id
  description       = "HTTPS to the endpoints of AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = local.tags
}

resource "aws_iam_role" "execution" {
  count = local.has_function ? 0 : 1

  name_prefix          = "credlake-execution-"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  description          = "ECS pulls the credlake image and creates its log stream."
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = local.this_accounts
    }]
  })
}

resource "aws_iam_role_policy_attachment" "execution" {
  count = local.has_function ? 0 : 1

  role       = aws_iam_role.execution[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_ecs_task_definition" "run" {
  count = local.has_function ? 0 : 1

  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "1024"
  memory                   = "2048"
  execution_role_arn       = aws_iam_role.execution[0].arn
  task_role_arn            = aws_iam_role.collector.arn
  tags                     = local.tags

  runtime_platform {
    cpu_architecture        = local.task_architecture
    operating_system_family = "LINUX"
  }

  # The only writable path: scratch files on the task's encrypted disk. It belongs to the user of the image.
  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([{
    name                   = "credlake"
    image                  = var.container.image
    essential              = true
    readonlyRootFilesystem = true
    user                   = "65534:65534"
    mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
    environment            = [for name, value in local.task_settings : { name = name, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = var.log_group_name
        "awslogs-region"        = local.region
        "awslogs-stream-prefix" = "task"
      }
    }
  }])
}

locals {
  task_architecture = { arm64 = "ARM64", x86_64 = "X86_64" }[var.architecture]
  task_settings = merge(
    local.settings,
    { AWS_DEFAULT_REGION = local.region, CREDLAKE_DEADLINE = tostring(try(var.container.deadline_seconds, 3600)) },
    { for name, value in { CREDLAKE_KMS_KEY = local.key_arn } : name => value if local.has_key },
  )

  starting_the_task = concat(
    local.has_function ? [] : [{
      Effect    = "Allow"
      Action    = "ecs:RunTask"
      Resource  = aws_ecs_task_definition.run[0].arn
      Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.runs[0].arn } }
    }],
    local.has_function ? [] : [{
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = [aws_iam_role.collector.arn, aws_iam_role.execution[0].arn]
      Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
    }],
  )
}

# Exit codes 0 and 1 are published runs. A task that never started, or lost its machine, has no exit code, so every
# other stop code is a failure. The container's name is matched because AWS may add an agent's container to the task.
resource "aws_cloudwatch_event_rule" "failed" {
  count = local.has_function ? 0 : 1

  name        = "${local.name}-failed"
  description = "A credlake run failed."
  tags        = local.tags
  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Task State Change"]
    detail = {
      clusterArn = [aws_ecs_cluster.runs[0].arn]
      lastStatus = ["STOPPED"]
      "$or" = [
        { containers = { name = ["credlake"], exitCode = [{ anything-but = [0, 1] }] } },
        { stopCode = [{ anything-but = "EssentialContainerExited" }] },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  count = local.has_function ? 0 : 1

  rule      = aws_cloudwatch_event_rule.failed[0].name
  target_id = "topic"
  arn       = local.topic_arn
}
