# Applied from the management account: the StackSet, the role in the management account itself and the permission to list
# the accounts are made there, the collector in a security account.

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

variable "collector_account_id" {
  description = "The security account."
  type        = string
}

variable "collector_deployment_role" {
  description = "The role that Terraform assumes in the security account, such as OrganizationAccountAccessRole."
  type        = string
  default     = "OrganizationAccountAccessRole"
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
  alias               = "collector"
  region              = var.region
  allowed_account_ids = [var.collector_account_id]
  assume_role {
    role_arn = "arn:${data.aws_partition.current.partition}:iam::${var.collector_account_id}:role/${var.collector_deployment_role}"
  }
}

data "aws_partition" "current" {}

data "aws_organizations_organization" "current" {}

module "organization" {
  source = "../../modules/organization"

  collector_account_id = var.collector_account_id
  organization_id      = data.aws_organizations_organization.current.id
  external_id          = var.external_id
  stack_set = {
    organizational_unit_ids = data.aws_organizations_organization.current.roots[*].id
    home_region             = var.region
  }
  role_in_this_account        = true
  collector_may_list_accounts = true
}

# Whoever can write to this bucket decides what the collector runs after the next apply.
resource "aws_s3_bucket" "code" {
  provider = aws.collector

  bucket = "credlake-code-${var.collector_account_id}-${var.region}"
}

resource "aws_s3_bucket_versioning" "code" {
  provider = aws.collector

  bucket = aws_s3_bucket.code.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_object" "package" {
  provider = aws.collector

  bucket = aws_s3_bucket_versioning.code.bucket
  key    = basename(var.package)
  source = var.package
}

module "credlake" {
  source    = "../.."
  providers = { aws = aws.collector }

  organization_id = data.aws_organizations_organization.current.id
  external_id     = module.organization.external_id
  bucket_name     = "credlake-${var.collector_account_id}-${var.region}"
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
