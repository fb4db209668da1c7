# The names are those of the parameters of deploy/replica.yaml.

variable "bucket_name" {
  description = "The name of the replica (replica_bucket_name of the root module)."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be a bucket's name."
  }
}

variable "replication_role_arn" {
  description = <<-EOT
    The role of the root module that replicates: credlake-replication in the collector's account, under its role_path. It
    need not exist yet.
  EOT
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", var.replication_role_arn))
    error_message = "replication_role_arn must be the ARN of a role."
  }
}

variable "retention_days" {
  description = "How long the reports are kept here. The records are kept."
  type        = number
  default     = 2557
  nullable    = false
  validation {
    condition     = var.retention_days >= 30
    error_message = "retention_days must be at least 30."
  }
}

variable "lock" {
  description = <<-EOT
    Object Lock for everything here, MODE:DAYS, such as COMPLIANCE:365: until then nobody can delete it (with GOVERNANCE,
    only who may bypass it). Null: only what the lake locks (raw_lock) is locked here too.
  EOT
  type        = string
  default     = null
  validation {
    condition     = can(regex("^(GOVERNANCE|COMPLIANCE):[1-9][0-9]{0,4}$", coalesce(var.lock, "GOVERNANCE:1")))
    error_message = "lock must be GOVERNANCE:DAYS or COMPLIANCE:DAYS."
  }
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
