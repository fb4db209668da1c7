"""The resources of an applied module, by address, and which resource of a template each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Values = dict[str, Any]

# Logical name → address, with the attributes by which others refer to it: what CloudFormation calls each of them.
ADDRESSES: dict[str, tuple[str, dict[str, str]]] = {
    "Key": ("aws_kms_key.lake[0]", {"arn": "Key.Arn", "key_id": "Key"}),
    "KeyAlias": ("aws_kms_alias.lake[0]", {}),
    "Bucket": ("aws_s3_bucket.lake[0]", {"id": "Bucket"}),
    "ReplicationRole": ("aws_iam_role.replication[0]", {"arn": "ReplicationRole.Arn"}),
    "BucketPolicy": ("aws_s3_bucket_policy.lake[0]", {}),
    "Database": ("aws_glue_catalog_database.lake[0]", {}),
    "WorkGroup": ("aws_athena_workgroup.lake[0]", {}),
    "CollectorRole": ("aws_iam_role.collector", {"arn": "CollectorRole.Arn"}),
    "AnalystPolicy": ("aws_iam_policy.analyst", {"arn": "AnalystPolicy"}),
    "AuditorPolicy": ("aws_iam_policy.auditor", {"arn": "AuditorPolicy"}),
    "AnalystRole": ('aws_iam_role.reader["analyst"]', {"arn": "AnalystRole.Arn"}),
    "AuditorRole": ('aws_iam_role.reader["auditor"]', {"arn": "AuditorRole.Arn"}),
    "LogGroup": ("aws_cloudwatch_log_group.runs[0]", {}),
    "Function": ("aws_lambda_function.collector[0]", {"arn": "Function.Arn", "function_name": "Function"}),
    "FunctionRetries": ("aws_lambda_function_event_invoke_config.collector[0]", {}),
    "SchedulerRole": ("aws_iam_role.scheduler", {"arn": "SchedulerRole.Arn"}),
    "CollectionSchedule": ("aws_scheduler_schedule.collection", {}),
    "AgeSchedule": ("aws_scheduler_schedule.age[0]", {}),
    "DeadLetterQueue": (
        "aws_sqs_queue.dead_letters",
        {"arn": "DeadLetterQueue.Arn", "name": "DeadLetterQueue.QueueName", "url": "DeadLetterQueue"},
    ),
    "Topic": ("aws_sns_topic.notices[0]", {"arn": "Topic"}),
    "TopicPolicy": ("aws_sns_topic_policy.notices[0]", {}),
    "Subscription": ("aws_sns_topic_subscription.email[0]", {}),
    "FailedAlarm": ("aws_cloudwatch_metric_alarm.failed[0]", {}),
    "UndeliveredAlarm": ("aws_cloudwatch_metric_alarm.undelivered", {}),
    "MissedAlarm": ("aws_cloudwatch_metric_alarm.missed[0]", {}),
    "AgeAlarm": ("aws_cloudwatch_metric_alarm.age[0]", {}),
    "CoverageAlarm": ("aws_cloudwatch_metric_alarm.coverage", {}),
    # container.yaml
    "Cluster": ("aws_ecs_cluster.runs[0]", {"arn": "Cluster.Arn", "name": "Cluster"}),
    "SecurityGroup": ("aws_security_group.task[0]", {"id": "SecurityGroup.GroupId"}),
    "ExecutionRole": ("aws_iam_role.execution[0]", {"arn": "ExecutionRole.Arn"}),
    "Task": ("aws_ecs_task_definition.run[0]", {"arn": "Task"}),
    "FailedRule": ("aws_cloudwatch_event_rule.failed[0]", {}),
}
# The same for the modules whose template is a stack of its own.
OF_MODULES: dict[str, dict[str, tuple[str, dict[str, str]]]] = {
    "replica": {
        "Key": ("aws_kms_key.replica", {"arn": "Key.Arn"}),
        "Bucket": ("aws_s3_bucket.replica", {"id": "Bucket"}),
        "BucketPolicy": ("aws_s3_bucket_policy.replica", {}),
    },
    "joins": {
        "Bus": ("aws_cloudwatch_event_bus.joins", {"arn": "Bus.Arn"}),
        "BusPolicy": ("aws_cloudwatch_event_bus_policy.joins", {}),
        "Rule": ("aws_cloudwatch_event_rule.joined", {}),
        "RuleRole": ("aws_iam_role.rule", {"arn": "RuleRole.Arn"}),
        "Wait": ("aws_sfn_state_machine.wait", {"arn": "Wait"}),
        "WaitRole": ("aws_iam_role.wait", {"arn": "WaitRole.Arn"}),
    },
    "joins-management": {
        "Rule": ("aws_cloudwatch_event_rule.joined", {}),
        "Role": ("aws_iam_role.forward", {"arn": "Role.Arn"}),
    },
}
# What belongs to a resource above, and is part of its properties there.
PARTS = {
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_replication_configuration",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_vpc_security_group_egress_rule",
    "aws_cloudwatch_event_target",
}


class State:
    """The resources of an applied module, by address."""

    def __init__(
        self, resources: list[dict[str, Any]], addresses: Mapping[str, tuple[str, dict[str, str]]] = ADDRESSES
    ) -> None:
        self.addresses = addresses
        self.values: dict[str, Values] = {
            one["address"]: one["values"] for one in resources if one.get("mode") == "managed"
        }

    def names(self) -> dict[str, str]:
        """What Terraform made up → what CloudFormation calls it."""
        return {
            self.values[address][attribute]: f"<{name}>"
            for address, attributes in self.addresses.values()
            if address in self.values
            for attribute, name in attributes.items()
        }

    def parts(self, kind: str, **where: Any) -> list[Values]:
        """The resources of one type whose attributes are these."""
        return [
            values
            for address, values in self.values.items()
            if address.startswith(f"{kind}.") and all(values[name] == value for name, value in where.items())
        ]
