# The names are those of the parameters of deploy/joins-management.yaml.

variable "bus_arn" {
  description = "Output of modules/joins."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]{1,256}$", var.bus_arn))
    error_message = "bus_arn must be the ARN of an event bus."
  }
}

variable "permissions_boundary_arn" {
  description = "The permissions boundary of the role of this module."
  type        = string
  default     = null
  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", coalesce(var.permissions_boundary_arn, "arn:aws:iam::aws:policy/none")))
    error_message = "permissions_boundary_arn must be the ARN of a managed policy."
  }
}

variable "role_path" {
  description = "The path of the role of this module."
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
