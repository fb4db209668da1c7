# The names are those of the parameters of deploy/collector.yaml. What may exist already and is known only when it is
# created, such as a key of the same configuration, is an object: `existing_key = { arn = aws_kms_key.ours.arn }`.

# ---------------------------------------------------------------- the organization
variable "organization_id" {
  description = "The organization to collect."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id must be an organization's id, o-..."
  }
}

variable "external_id" {
  description = "The external id that the member roles require. Not a secret; the same as in modules/organization."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@:/-]+$", var.external_id)) && length(var.external_id) >= 2 && length(var.external_id) <= 1224
    error_message = "external_id must be 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -"
  }
}

variable "member_role_name" {
  description = "The role in every account (role_name of modules/organization)."
  type        = string
  default     = "credlake-reader"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.member_role_name))
    error_message = "member_role_name must be a role's name, without a path."
  }
}

variable "member_role_path" {
  description = "The path of that role (role_path of modules/organization)."
  type        = string
  default     = "/"
  nullable    = false
  validation {
    condition     = can(regex("^/([!-~]{1,510}/)?$", var.member_role_path))
    error_message = "member_role_path must begin and end with /"
  }
}

variable "collector_role_name" {
  description = "The collector's own role, which the member roles trust by this name."
  type        = string
  default     = "credlake-collector"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.collector_role_name))
    error_message = "collector_role_name must be a role's name, without a path."
  }
}

# ---------------------------------------------------------------- what your organization requires
variable "permissions_boundary_arn" {
  description = "The permissions boundary of every role of this module; it must allow what the roles do."
  type        = string
  default     = null
  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", coalesce(var.permissions_boundary_arn, "arn:aws:iam::aws:policy/none")))
    error_message = "permissions_boundary_arn must be the ARN of a managed policy."
  }
}

variable "role_path" {
  description = "The path of every role and policy of this module. The member roles trust it (collector_role_path there)."
  type        = string
  default     = "/"
  nullable    = false
  validation {
    condition     = can(regex("^/([A-Za-z0-9.,+@=_-]{1,100}/){0,5}$", var.role_path))
    error_message = "role_path must begin and end with / and have at most five parts of letters, digits and . , + @ = _ -"
  }
}

variable "tags" {
  description = "Tags of every resource that can have them, such as a cost center."
  type        = map(string)
  default     = {}
  nullable    = false
}

# ---------------------------------------------------------------- the collector
variable "code_bucket" {
  description = "The bucket that holds the zip of `make package`. Only for the function."
  type        = string
  default     = null
}

variable "code_key" {
  description = "The zip's key in that bucket. Its name contains a digest, so a new zip has a new key."
  type        = string
  default     = null
}

variable "architecture" {
  description = "The architecture of the function and of its zip (`make package ARCH=...`), or of the container's image."
  type        = string
  default     = "arm64"
  nullable    = false
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "function_subnets" {
  description = "Private subnets for the function, which then needs a NAT gateway or endpoints. Empty: no VPC."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "function_security_groups" {
  description = "The function's security groups in that VPC; they must allow HTTPS to AWS."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "container" {
  description = <<-EOT
    Run the collector as an ECS Fargate task instead of the function: the image built from deploy/Dockerfile, by digest
    or by an immutable tag; where the task runs; whether it gets a public address; how many seconds it may collect.
  EOT
  type = object({
    image            = string
    vpc_id           = string
    subnets          = list(string)
    assign_public_ip = optional(bool, false)
    deadline_seconds = optional(number, 3600)
  })
  default = null
  validation {
    condition     = var.container == null ? true : can(regex("^.+[:@].+$", var.container.image))
    error_message = "container.image must name a tag or a digest."
  }
  validation {
    condition     = var.container == null ? true : var.container.deadline_seconds >= 60
    error_message = "container.deadline_seconds must be at least 60."
  }
}

variable "schedule" {
  description = "When a run starts. AWS generates a new report at most every four hours."
  type        = string
  default     = "cron(0 5 * * ? *)"
  nullable    = false
}

variable "schedule_timezone" {
  description = "The time zone of schedule, such as Europe/Berlin. Snapshot dates stay in UTC."
  type        = string
  default     = "UTC"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+/-]{1,50}$", var.schedule_timezone))
    error_message = "schedule_timezone must be the name of a time zone."
  }
}

variable "schedule_state" {
  description = "Enable the schedule when every check of `credlake doctor` is OK."
  type        = string
  default     = "DISABLED"
  nullable    = false
  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "schedule_state must be ENABLED or DISABLED."
  }
}

variable "min_coverage" {
  description = "A run is published only if at least this share of the ACTIVE accounts was collected."
  type        = number
  default     = 0.8
  nullable    = false
  validation {
    condition     = var.min_coverage >= 0 && var.min_coverage <= 1
    error_message = "min_coverage must be from 0 to 1."
  }
}

# ---------------------------------------------------------------- the lake
variable "bucket_name" {
  description = "The lake's bucket. Bucket names are unique in the whole partition; account and Region make a good one."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be a bucket's name."
  }
}

variable "lake_prefix" {
  description = "The lake's prefix in a bucket that exists, with a slash before it: /credlake. Empty: the whole bucket."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^$|^(/[A-Za-z0-9_=-]+)+$", var.lake_prefix))
    error_message = "lake_prefix must be empty or begin with / and not end with it."
  }
}

variable "existing_bucket" {
  description = "The bucket exists: its policy, versions and lifecycle are not changed, and `credlake doctor` checks them."
  type        = bool
  default     = false
  nullable    = false
}

variable "database_name" {
  description = "The Glue database."
  type        = string
  default     = "credlake"
  nullable    = false
  validation {
    condition     = can(regex("^[a-z0-9_]{1,111}$", var.database_name))
    error_message = "database_name must be 1 to 111 of a-z 0-9 _ since the names of the policies contain it."
  }
}

variable "existing_database" {
  description = "The database exists; `credlake collect` on S3 creates one."
  type        = bool
  default     = false
  nullable    = false
}

variable "work_group_name" {
  description = "The Athena workgroup."
  type        = string
  default     = "credlake"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,128}$", var.work_group_name))
    error_message = "work_group_name must be 1 to 128 of A-Z a-z 0-9 . _ -"
  }
}

variable "existing_work_group" {
  description = "The workgroup exists. Its query results must go to athena-results/ of the lake."
  type        = bool
  default     = false
  nullable    = false
}

variable "customer_managed_key" {
  description = <<-EOT
    Encrypt the lake, its logs and its messages with a KMS key of this module (about one USD a month) instead of AWS
    owned keys.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "existing_key" {
  description = "A KMS key that exists, used instead of a new one. Its policy must allow what the new key's allows."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", try(var.existing_key.arn, "arn:aws:kms:none:000000000000:key/none")))
    error_message = "existing_key.arn must be the ARN of a key, not of an alias."
  }
}

variable "catalog_key_arn" {
  description = "The KMS key that encrypts the Glue Data Catalog of this account and Region, if one does."
  type        = string
  default     = null
  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", coalesce(var.catalog_key_arn, "arn:aws:kms:none:000000000000:key/none")))
    error_message = "catalog_key_arn must be the ARN of a key, not of an alias."
  }
}

variable "raw_retention_days" {
  description = "How long the unmodified reports are kept. After that a day can be queried, but not rebuilt or verified."
  type        = number
  default     = 1096
  nullable    = false
  validation {
    condition     = var.raw_retention_days >= 30
    error_message = "raw_retention_days must be at least 30."
  }
}

variable "replica_bucket_name" {
  description = <<-EOT
    A bucket of another account (deploy/replica.yaml) to which S3 replicates the unmodified reports and the publication
    records.
  EOT
  type        = string
  default     = null
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", coalesce(var.replica_bucket_name, "none")))
    error_message = "replica_bucket_name must be a bucket's name."
  }
}

variable "replica_key_arn" {
  description = "The KMS key of that bucket (output KeyArn of deploy/replica.yaml)."
  type        = string
  default     = null
  validation {
    condition = can(
      regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", coalesce(var.replica_key_arn, "arn:aws:kms:x:111122223333:key/x"))
    )
    error_message = "replica_key_arn must be the ARN of a key, not of an alias."
  }
}

variable "replication_role_name" {
  description = "The name of the role that replicates. The replica trusts it by its ARN."
  type        = string
  default     = "credlake-replication"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.replication_role_name))
    error_message = "replication_role_name must be a role's name, without a path."
  }
}

variable "raw_lock" {
  description = <<-EOT
    Object Lock for the unmodified reports, MODE:DAYS, such as COMPLIANCE:365: until then nobody can delete them (with
    GOVERNANCE, only who may bypass it). An existing bucket must have Object Lock enabled.
  EOT
  type        = string
  default     = null
  validation {
    condition     = can(regex("^(GOVERNANCE|COMPLIANCE):[1-9][0-9]{0,4}$", coalesce(var.raw_lock, "GOVERNANCE:1")))
    error_message = "raw_lock must be GOVERNANCE:DAYS or COMPLIANCE:DAYS."
  }
}

variable "scan_limit_bytes" {
  description = "A query that scans more bytes is cancelled."
  type        = number
  default     = 100000000000
  nullable    = false
  validation {
    condition     = var.scan_limit_bytes >= 10000000
    error_message = "scan_limit_bytes must be at least 10000000, Athena's own minimum."
  }
}

# ---------------------------------------------------------------- notifications
variable "alert_email" {
  description = "The address that receives alarms and the accounts that failed. Null: no subscription."
  type        = string
  default     = null
  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+$", coalesce(var.alert_email, "nobody@example.com")))
    error_message = "alert_email must be an e-mail address."
  }
}

variable "existing_topic" {
  description = "An SNS topic that exists, used instead of a new one. Its policy must let CloudWatch publish."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", try(var.existing_topic.arn, "arn:aws:sns:none:000000000000:none")))
    error_message = "existing_topic.arn must be the ARN of a topic."
  }
}

variable "log_group_name" {
  description = "The log group of the runs."
  type        = string
  default     = "/credlake/credlake"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9._/#-]{1,512}$", var.log_group_name))
    error_message = "log_group_name must be 1 to 512 of A-Z a-z 0-9 . _ / # -"
  }
}

variable "existing_log_group" {
  description = "The log group exists."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_below_coverage" {
  description = "Alarm if a run covers a smaller share of the ACTIVE accounts."
  type        = number
  default     = 0.95
  nullable    = false
  validation {
    condition     = var.alarm_below_coverage >= 0 && var.alarm_below_coverage <= 1
    error_message = "alarm_below_coverage must be from 0 to 1."
  }
}

variable "missed_after_hours" {
  description = <<-EOT
    Alarm if no snapshot was published for so long. More than the interval between runs; at most a week, which is
    CloudWatch's limit. 0: no such alarm.
  EOT
  type        = number
  default     = 30
  nullable    = false
  validation {
    condition     = var.missed_after_hours >= 0 && var.missed_after_hours <= 167
    error_message = "missed_after_hours must be from 0 to 167. For rarer runs, set 0 and missed_after_days."
  }
}

variable "missed_after_days" {
  description = <<-EOT
    For runs a week or more apart, with missed_after_hours = 0: alarm if the newest snapshot is older. The function
    measures that twice a day. 0: no such alarm.
  EOT
  type        = number
  default     = 0
  nullable    = false
  validation {
    condition     = var.missed_after_days >= 0
    error_message = "missed_after_days must not be negative."
  }
}

# ---------------------------------------------------------------- what follows a published run
variable "publish_page" {
  description = "Write the page of each run to reports/ of the lake, where analysts may read it."
  type        = bool
  default     = false
  nullable    = false
}

variable "notify_owners" {
  description = "Notify each owner of accounts, through the topic, of what is new or about to fail (docs/notify.md)."
  type        = bool
  default     = false
  nullable    = false
}

variable "refresh_data_sets" {
  description = "Refresh the data sets of `quicksight` after each run."
  type        = bool
  default     = false
  nullable    = false
}

variable "event_bus" {
  description = "Put the event credlake.snapshot.published on this EventBridge bus, such as default."
  type        = string
  default     = null
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,256}$", coalesce(var.event_bus, "default")))
    error_message = "event_bus must be the name of a bus of this account and Region."
  }
}

variable "exceptions_file" {
  description = "An exceptions file (docs/exceptions.md) in the lake, such as settings/exceptions.csv."
  type        = string
  default     = null
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,100}(/[A-Za-z0-9._-]{1,100}){0,5}$", coalesce(var.exceptions_file, "exceptions.csv")))
    error_message = "exceptions_file must be a key below the lake, such as settings/exceptions.csv."
  }
}

# ---------------------------------------------------------------- QuickSight
variable "quicksight" {
  description = <<-EOT
    Amazon Quick Sight (Enterprise edition) on the lake: the user or group that owns all objects and sees all rows, the
    user or group that sees the dashboard with the rows that the rules allow, and when the data sets are refreshed
    (UTC, HH:MM). Upload the rules and complete a run first (docs/bi.md).
  EOT
  type = object({
    owner_arn  = string
    reader_arn = string
    refresh_at = optional(string, "06:00")
  })
  default = null
  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", try(var.quicksight.refresh_at, "06:00")))
    error_message = "quicksight.refresh_at must be HH:MM."
  }
}
