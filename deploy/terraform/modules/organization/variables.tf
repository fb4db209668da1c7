# The names are those of the parameters of deploy/member-role.yaml.

variable "collector_account_id" {
  description = "The account in which the collector runs."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[0-9]{12}$", var.collector_account_id))
    error_message = "collector_account_id must be 12 digits."
  }
}

variable "organization_id" {
  description = "The organization that the collector must be a member of."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id must be an organization's id, o-..."
  }
}

variable "external_id" {
  description = "The external id that the collector must send. Not a secret; the same in every account."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@:/-]+$", var.external_id)) && length(var.external_id) >= 2 && length(var.external_id) <= 1224
    error_message = "external_id must be 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -"
  }
}

variable "collector_role_name" {
  description = "The collector's role in that account (collector_role_name of the root module)."
  type        = string
  default     = "credlake-collector"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.collector_role_name))
    error_message = "collector_role_name must be a role's name, without a path."
  }
}

variable "collector_role_path" {
  description = "The path of that role (role_path of the root module)."
  type        = string
  default     = "/"
  nullable    = false
  validation {
    condition     = can(regex("^/([!-~]{1,510}/)?$", var.collector_role_path))
    error_message = "collector_role_path must begin and end with /"
  }
}

variable "role_name" {
  description = "The name of the role in every account (member_role_name of the root module)."
  type        = string
  default     = "credlake-reader"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be a role's name, without a path."
  }
}

variable "role_path" {
  description = "The path of that role (member_role_path of the root module)."
  type        = string
  default     = "/"
  nullable    = false
  validation {
    condition     = can(regex("^/([!-~]{1,510}/)?$", var.role_path))
    error_message = "role_path must begin and end with /"
  }
}

variable "permissions_boundary_name" {
  description = <<-EOT
    The managed policy of each account that is the role's permissions boundary, its path before it: security/boundary.
    Not its ARN, which contains the account: a StackSet has one value for all accounts. It must allow the four calls of
    deploy/member-role.yaml.
  EOT
  type        = string
  default     = null
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@/-]{1,512}$", coalesce(var.permissions_boundary_name, "none")))
    error_message = "permissions_boundary_name must be a policy's name, not its ARN."
  }
}

# ---------------------------------------------------------------- where
variable "stack_set" {
  description = <<-EOT
    Deploy the role to every account of these organizational units, and to those that join later: ou-..., or the root,
    r-..., for the whole organization. The stacks are in home_region of each account, which your organization must allow
    there. call_as is DELEGATED_ADMIN where the provider's account is a delegated administrator of StackSets, and SELF in
    the management account. Null: no StackSet.
  EOT
  type = object({
    organizational_unit_ids      = set(string)
    home_region                  = string
    call_as                      = optional(string, "SELF")
    failure_tolerance_percentage = optional(number, 20)
    max_concurrent_percentage    = optional(number, 20)
  })
  default = null
  validation {
    condition     = contains(["SELF", "DELEGATED_ADMIN"], try(var.stack_set.call_as, "SELF"))
    error_message = "stack_set.call_as must be SELF or DELEGATED_ADMIN."
  }
  validation {
    condition     = var.stack_set == null ? true : length(var.stack_set.organizational_unit_ids) > 0
    error_message = "stack_set.organizational_unit_ids must name an organizational unit or the root."
  }
}

variable "role_in_this_account" {
  description = <<-EOT
    Deploy the role to the provider's own account as a plain stack: to the management account, which service-managed
    StackSets leave out.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "collector_may_list_accounts" {
  description = <<-EOT
    Set the organization's resource policy, so that the collector's account may list accounts and organizational units.
    Only in the management account. It replaces an existing resource policy; add the statement of
    deploy/organization-policy.json to that one instead. Not needed where the collector's account is the management
    account or a delegated administrator of any AWS service.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "stack_name" {
  description = "The name of the StackSet and of the plain stack."
  type        = string
  default     = "credlake-reader"
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that can have them, the roles included."
  type        = map(string)
  default     = {}
  nullable    = false
}
