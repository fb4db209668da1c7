# The names are those of the parameters of deploy/joins.yaml.

variable "management_account_id" {
  description = "The management account, which forwards the event."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[0-9]{12}$", var.management_account_id))
    error_message = "management_account_id must be 12 digits."
  }
}

variable "function_name" {
  description = "Output of the root module, with the function."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name must be a function's name."
  }
}

variable "wait_seconds" {
  description = <<-EOT
    How long the run waits after the event. By then the account must have the member role, which the StackSet deploys
    after the account has joined.
  EOT
  type        = number
  default     = 3600
  nullable    = false
  validation {
    condition     = var.wait_seconds >= 60 && var.wait_seconds <= 86400
    error_message = "wait_seconds must be from 60 to 86400."
  }
}

variable "permissions_boundary_arn" {
  description = "The permissions boundary of the two roles of this module."
  type        = string
  default     = null
  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", coalesce(var.permissions_boundary_arn, "arn:aws:iam::aws:policy/none")))
    error_message = "permissions_boundary_arn must be the ARN of a managed policy."
  }
}

variable "role_path" {
  description = "The path of the two roles of this module."
  type        = string
  default     = "/"
  nullable    = false
  validation {
    condition     = can(regex("^/([!-~]{1,510}/)?$", var.role_path))
    error_message = "role_path must begin and end with /"
  }
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
