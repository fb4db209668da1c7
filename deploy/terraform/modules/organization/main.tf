# The role that the collector assumes in every account, and the permission to list the accounts. Called with the provider
# of the management account, or of a delegated administrator of StackSets.

data "aws_partition" "current" {}

locals {
  template = file("${path.module}/../../../member-role.yaml")
  tags     = merge(var.tags, { application = "credlake" })
  parameters = {
    CollectorAccountId      = var.collector_account_id
    CollectorRoleName       = var.collector_role_name
    CollectorRolePath       = var.collector_role_path
    OrganizationId          = var.organization_id
    ExternalId              = var.external_id
    RoleName                = var.role_name
    RolePath                = var.role_path
    PermissionsBoundaryName = var.permissions_boundary_name == null ? "" : var.permissions_boundary_name
  }
}

resource "aws_cloudformation_stack_set" "reader" {
  count = var.stack_set == null ? 0 : 1

  name             = var.stack_name
  description      = "The role that the credlake collector assumes in every account."
  template_body    = local.template
  parameters       = local.parameters
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  permission_model = "SERVICE_MANAGED"
  call_as          = var.stack_set.call_as
  tags             = local.tags

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  operation_preferences {
    failure_tolerance_percentage = var.stack_set.failure_tolerance_percentage
    max_concurrent_percentage    = var.stack_set.max_concurrent_percentage
  }

  # AWS sets it for a service-managed StackSet, where it cannot be given.
  lifecycle {
    ignore_changes = [administration_role_arn]
  }
}

# Roles are global, so one Region is enough.
resource "aws_cloudformation_stack_set_instance" "reader" {
  count = var.stack_set == null ? 0 : 1

  stack_set_name            = aws_cloudformation_stack_set.reader[0].name
  stack_set_instance_region = var.stack_set.home_region
  call_as                   = var.stack_set.call_as

  deployment_targets {
    organizational_unit_ids = var.stack_set.organizational_unit_ids
  }

  operation_preferences {
    failure_tolerance_percentage = var.stack_set.failure_tolerance_percentage
    max_concurrent_percentage    = var.stack_set.max_concurrent_percentage
  }
}

resource "aws_cloudformation_stack" "reader" {
  count = var.role_in_this_account ? 1 : 0

  name          = var.stack_name
  template_body = local.template
  parameters    = local.parameters
  capabilities  = ["CAPABILITY_NAMED_IAM"]
  tags          = local.tags
}

resource "aws_organizations_resource_policy" "listing" {
  count = var.collector_may_list_accounts ? 1 : 0

  content = replace(
    replace(file("${path.module}/../../../organization-policy.json"), "COLLECTOR", var.collector_account_id),
    "PARTITION", data.aws_partition.current.partition,
  )
  tags = local.tags
}
