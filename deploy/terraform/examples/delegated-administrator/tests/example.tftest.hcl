# `terraform test`, with mocks: no AWS account, no credentials.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_organizations_organization" {
    defaults = { id = "o-aa111bb222" }
  }
}

mock_provider "aws" {
  alias = "management"
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
}

run "apply" {
  variables {
    region                  = "eu-central-1"
    organizational_unit_ids = ["r-abcd"]
    management_role_arn     = "arn:aws:iam::000000000001:role/deployment"
    external_id             = "example"
    package                 = "dist/credlake-1.0.0-abcdef.zip"
    alert_email             = "security@example.com"
  }

  assert {
    condition     = module.members.stack_set_id != null && module.management.stack_set_id == null
    error_message = "The StackSet is operated by the delegated administrator, not by the management account."
  }
  assert {
    condition     = output.credlake.lake_uri == "s3://credlake-111122223333-eu-central-1"
    error_message = "The lake is in the delegated administrator's account."
  }
}
