# `terraform test`, with mocks: no AWS account, no credentials.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000001" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_organizations_organization" {
    defaults = { id = "o-aa111bb222", roots = [{ arn = "", id = "r-abcd", name = "Root", policy_types = [] }] }
  }
}

mock_provider "aws" {
  alias = "collector"
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

run "apply" {
  variables {
    region               = "eu-central-1"
    collector_account_id = "111122223333"
    external_id          = "example"
    package              = "dist/credlake-1.0.0-abcdef.zip"
    alert_email          = "security@example.com"
  }

  assert {
    condition     = aws_s3_object.package.key == "credlake-1.0.0-abcdef.zip" && output.credlake.function_name == "credlake-credlake"
    error_message = "The zip is uploaded under its own name, and the function runs it."
  }
  assert {
    condition     = output.credlake.lake_uri == "s3://credlake-111122223333-eu-central-1"
    error_message = "The lake is in the collector's account."
  }
  assert {
    condition     = module.organization.stack_set_id != null
    error_message = "The role is deployed through a StackSet."
  }
}
