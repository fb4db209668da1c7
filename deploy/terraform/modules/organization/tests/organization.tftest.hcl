# `terraform test`, with mocks: no AWS account, no credentials.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws-us-gov" }
  }
}

variables {
  collector_account_id = "111122223333"
  organization_id      = "o-aa111bb222"
  external_id          = "example"
}

run "nothing_unless_it_is_wanted" {
  assert {
    condition = (
      length(aws_cloudformation_stack_set.reader) == 0 && length(aws_cloudformation_stack_set_instance.reader) == 0 &&
      length(aws_cloudformation_stack.reader) == 0 && length(aws_organizations_resource_policy.listing) == 0
    )
    error_message = "The module must create only what its variables name."
  }
}

run "stack_set_of_the_management_account" {
  variables {
    stack_set = {
      organizational_unit_ids = ["r-abcd"]
      home_region             = "eu-central-1"
    }
    role_in_this_account        = true
    collector_may_list_accounts = true
  }

  assert {
    condition = (
      aws_cloudformation_stack_set.reader[0].permission_model == "SERVICE_MANAGED" &&
      aws_cloudformation_stack_set.reader[0].call_as == "SELF" &&
      aws_cloudformation_stack_set.reader[0].auto_deployment[0].enabled &&
      !aws_cloudformation_stack_set.reader[0].auto_deployment[0].retain_stacks_on_account_removal
    )
    error_message = "Accounts that join get the role, accounts that leave lose it."
  }
  assert {
    condition = (
      aws_cloudformation_stack_set_instance.reader[0].stack_set_instance_region == "eu-central-1" &&
      aws_cloudformation_stack_set_instance.reader[0].call_as == "SELF" &&
      aws_cloudformation_stack_set_instance.reader[0].deployment_targets[0].organizational_unit_ids == toset(["r-abcd"])
    )
    error_message = "The role is deployed to the whole organization, in one Region of each account."
  }
  assert {
    condition     = aws_cloudformation_stack.reader[0].parameters == aws_cloudformation_stack_set.reader[0].parameters
    error_message = "The management account has the same role as the members."
  }
  assert {
    condition = (
      jsondecode(aws_organizations_resource_policy.listing[0].content).Statement[0].Principal.AWS ==
      "arn:aws-us-gov:iam::111122223333:root"
    )
    error_message = "The collector's account, in the organization's partition, may list the accounts."
  }
}

run "stack_set_of_a_delegated_administrator" {
  variables {
    stack_set = {
      organizational_unit_ids = ["ou-abcd-11111111", "ou-abcd-22222222"]
      home_region             = "eu-central-1"
      call_as                 = "DELEGATED_ADMIN"
    }
    role_path                 = "/security/"
    collector_role_path       = "/security/"
    permissions_boundary_name = "security/boundary"
  }

  assert {
    condition = (
      aws_cloudformation_stack_set.reader[0].call_as == "DELEGATED_ADMIN" &&
      aws_cloudformation_stack_set_instance.reader[0].call_as == "DELEGATED_ADMIN"
    )
    error_message = "StackSet and instances are operated as the delegated administrator."
  }
  assert {
    condition = (
      aws_cloudformation_stack_set.reader[0].parameters["RolePath"] == "/security/" &&
      aws_cloudformation_stack_set.reader[0].parameters["CollectorRolePath"] == "/security/" &&
      aws_cloudformation_stack_set.reader[0].parameters["PermissionsBoundaryName"] == "security/boundary"
    )
    error_message = "Path and boundary reach the role."
  }
  assert {
    condition     = length(aws_cloudformation_stack.reader) == 0
    error_message = "A delegated administrator cannot deploy to the management account."
  }
}

run "stack_set_without_a_target" {
  command = plan
  variables {
    stack_set = { organizational_unit_ids = [], home_region = "eu-central-1" }
  }
  expect_failures = [var.stack_set]
}
