# Applied from a security account that is a delegated administrator of CloudFormation StackSets, and so may list the
# organization: the StackSet and the collector are made there. Only the role in the management account itself, which
# StackSets leave out, needs that account; leave out module "management" if its credential report is not wanted.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "region" {
  description = "Where the lake is, and the stacks of the member role: a Region that your organization allows everywhere."
  type        = string
}

variable "organizational_unit_ids" {
  description = "Where the role is deployed: ou-..., or the root, r-..., for the whole organization."
  type        = set(string)
}

variable "management_role_arn" {
  description = "The role that Terraform assumes in the management account."
  type        = string
}

variable "external_id" {
  description = "Choose one once."
  type        = string
}

variable "package" {
  description = "The zip of `make package`: dist/credlake-VERSION-ARCH-DIGEST.zip."
  type        = string
}

variable "alert_email" {
  description = "The address that receives alarms."
  type        = string
}

provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "management"
  region = var.region
  assume_role {
    role_arn = var.management_role_arn
  }
}

data "aws_caller_identity" "current" {}

data "aws_organizations_organization" "current" {}

module "members" {
  source = "../../modules/organization"

  collector_account_id = data.aws_caller_identity.current.account_id
  organization_id      = data.aws_organizations_organization.current.id
  external_id          = var.external_id
  stack_set = {
    organizational_unit_ids = var.organizational_unit_ids
    home_region             = var.region
    call_as                 = "DELEGATED_ADMIN"
  }
}

module "management" {
  source    = "../../modules/organization"
  providers = { aws = aws.management }

  collector_account_id = data.aws_caller_identity.current.account_id
  organization_id      = data.aws_organizations_organization.current.id
  external_id          = var.external_id
  role_in_this_account = true
}

# Whoever can write to this bucket decides what the collector runs after the next apply.
resource "aws_s3_bucket" "code" {
  bucket = "credlake-code-${data.aws_caller_identity.current.account_id}-${var.region}"
}

resource "aws_s3_bucket_versioning" "code" {
  bucket = aws_s3_bucket.code.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_object" "package" {
  bucket = aws_s3_bucket_versioning.code.bucket
  key    = basename(var.package)
  source = var.package
}

module "credlake" {
  source = "../.."

  organization_id = data.aws_organizations_organization.current.id
  external_id     = module.members.external_id
  bucket_name     = "credlake-${data.aws_caller_identity.current.account_id}-${var.region}"
  code_bucket     = aws_s3_object.package.bucket
  code_key        = aws_s3_object.package.key
  alert_email     = var.alert_email
  # ENABLED when every check of the doctor is OK.
  schedule_state = "DISABLED"
}

output "credlake" {
  description = "The lake, its function, its topic and its roles."
  value       = module.credlake
}
