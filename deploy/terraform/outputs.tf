output "lake_uri" {
  description = "The URI of the lake (--lake)."
  value       = local.lake_uri
}

output "bucket_arn" {
  description = "The lake's bucket."
  value       = local.bucket_arn
}

output "key_arn" {
  description = "The KMS key of the lake (--kms-key). Null: it has none."
  value       = local.key_arn
}

output "database_name" {
  description = "The Glue database."
  value       = var.database_name
}

output "work_group_name" {
  description = "The Athena workgroup."
  value       = var.work_group_name
}

output "function_name" {
  description = "The function; invoke it with {\"command\":\"doctor\"} before you enable the schedule. Null: a container."
  value       = one(aws_lambda_function.collector[*].function_name)
}

output "collector_role_name" {
  description = "The collector's role (collector_role_name of modules/organization)."
  value       = aws_iam_role.collector.name
}

output "collector_role_arn" {
  description = "The collector's role."
  value       = aws_iam_role.collector.arn
}

output "analyst_role_arn" {
  description = "Assume it to query the views."
  value       = aws_iam_role.reader["analyst"].arn
}

output "auditor_role_arn" {
  description = "Assume it to read the evidence and to run `credlake verify`."
  value       = aws_iam_role.reader["auditor"].arn
}

output "analyst_policy_arn" {
  description = "The analyst's permissions."
  value       = aws_iam_policy.analyst.arn
}

output "topic_arn" {
  description = "The topic for alarms and for accounts that failed."
  value       = local.topic_arn
}

output "log_group_name" {
  description = "The log group of the runs."
  value       = var.log_group_name
}

output "dead_letter_queue_url" {
  description = "The queue with the events of runs that were not started or failed on every attempt."
  value       = aws_sqs_queue.dead_letters.url
}

output "dead_letter_queue_arn" {
  description = "The ARN of that queue."
  value       = aws_sqs_queue.dead_letters.arn
}

output "cluster_name" {
  description = "The cluster; run the task once by hand before you enable the schedule. Null: a function."
  value       = one(aws_ecs_cluster.runs[*].name)
}

output "task_definition_arn" {
  description = "The task. Null: a function."
  value       = one(aws_ecs_task_definition.run[*].arn)
}

output "security_group_id" {
  description = "The security group of the task; VPC endpoints must allow inbound traffic from it. Null: a function."
  value       = one(aws_security_group.task[*].id)
}

output "network_configuration" {
  description = "The network configuration of the schedule, for `aws ecs run-task --network-configuration`. Null: a function."
  value = local.has_function ? null : format(
    "awsvpcConfiguration={subnets=[%s],securityGroups=[%s],assignPublicIp=%s}",
    join(",", var.container.subnets), aws_security_group.task[0].id, var.container.assign_public_ip ? "ENABLED" : "DISABLED",
  )
}

output "dashboard_arn" {
  description = "QuickSight's dashboard. Null: QuickSight is not set up."
  value       = one(aws_cloudformation_stack.quicksight[*].outputs["DashboardArn"])
}

output "rules_location" {
  description = "Upload QuickSight's rules here as CSV files (docs/bi.md). Null: QuickSight is not set up."
  value       = one(aws_cloudformation_stack.quicksight[*].outputs["RulesLocation"])
}
