output "role_name" {
  description = "The role in every account (member_role_name of the root module)."
  value       = var.role_name
}

output "role_path" {
  description = "Its path (member_role_path of the root module)."
  value       = var.role_path
}

output "external_id" {
  description = "The external id (external_id of the root module)."
  value       = var.external_id
}

output "stack_set_id" {
  description = "The StackSet. Null: there is none."
  value       = one(aws_cloudformation_stack_set.reader[*].stack_set_id)
}
