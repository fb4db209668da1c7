"""What the module made, in CloudFormation's words: the counterpart of each template's resource, with its properties.

A resource of CloudFormation is often several of Terraform. What only one of the two has to name, such as an alarm, has
no counterpart.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.terraform.applied_state import State, Values


def properties(state: State, name: str, kind: str) -> Values:
    """One resource, as CloudFormation's type has it."""
    values = state.values[state.addresses[name][0]]
    found = _KINDS[kind](values, state)
    tags = [{"Key": key, "Value": value} for key, value in (values.get("tags") or {}).items()]
    return without_nothing({**found, "Tags": tags})


def without_nothing(value: Any) -> Any:
    """A value without nulls and what is empty, at every depth; an empty string is a value."""
    if isinstance(value, dict):
        found = {key: without_nothing(one) for key, one in value.items()}
        return {key: one for key, one in found.items() if one is not None and one not in ([], {})}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


def _one(blocks: list[Values] | None) -> Values:
    """The only block, or an empty one."""
    return blocks[0] if blocks else {}


def _renamed(values: Mapping[str, Any], **names: str) -> Values:
    """Some attributes under other names: `CloudFormation="terraform"`."""
    return {name: values.get(attribute) for name, attribute in names.items()}


def _role(values: Values, state: State) -> Values:
    policies = state.parts("aws_iam_role_policy", role=values["name"])
    attached = state.parts("aws_iam_role_policy_attachment", role=values["name"])
    return {
        **_renamed(values, Path="path", PermissionsBoundary="permissions_boundary", Description="description"),
        # A generated name has a prefix of ours; where the name is given, the mock makes up a prefix.
        "RoleName": None if values["name_prefix"].startswith("credlake-") else values["name"],
        "AssumeRolePolicyDocument": json.loads(values["assume_role_policy"]),
        "Policies": [{"PolicyName": one["name"], "PolicyDocument": json.loads(one["policy"])} for one in policies],
        "ManagedPolicyArns": [one["policy_arn"] for one in attached],
    }


def _policy(values: Values, _: State) -> Values:
    return {
        **_renamed(values, ManagedPolicyName="name", Path="path", Description="description"),
        "PolicyDocument": json.loads(values["policy"]),
    }


def _key(values: Values, _: State) -> Values:
    return {
        **_renamed(
            values,
            Description="description",
            EnableKeyRotation="enable_key_rotation",
            PendingWindowInDays="deletion_window_in_days",
        ),
        "KeyPolicy": json.loads(values["policy"]),
    }


def _rule(values: Values) -> Values:
    filtered, expiring = _one(values["filter"]), _one(values.get("expiration"))
    return {
        **_renamed(values, Id="id", Status="status"),
        # With a tag, the prefix is one that the mock made up.
        "Prefix": None if filtered.get("tag") else filtered["prefix"],
        "TagFilters": [_renamed(one, Key="key", Value="value") for one in filtered.get("tag") or []],
        "ExpirationInDays": expiring.get("days") or None,
        "ExpiredObjectDeleteMarker": expiring.get("expired_object_delete_marker") or None,
        "NoncurrentVersionExpiration": _renamed(
            _one(values.get("noncurrent_version_expiration")), NoncurrentDays="noncurrent_days"
        ),
        "AbortIncompleteMultipartUpload": _renamed(
            _one(values.get("abort_incomplete_multipart_upload")), DaysAfterInitiation="days_after_initiation"
        ),
    }


def _bucket(values: Values, state: State) -> Values:
    (versioning,) = state.parts("aws_s3_bucket_versioning", bucket=values["id"])
    (ownership,) = state.parts("aws_s3_bucket_ownership_controls", bucket=values["id"])
    (public,) = state.parts("aws_s3_bucket_public_access_block", bucket=values["id"])
    (encryption,) = state.parts("aws_s3_bucket_server_side_encryption_configuration", bucket=values["id"])
    (lifecycle,) = state.parts("aws_s3_bucket_lifecycle_configuration", bucket=values["id"])
    return {
        "BucketName": values["bucket"],
        "ObjectLockEnabled": values["object_lock_enabled"] or None,
        "VersioningConfiguration": {"Status": _one(versioning["versioning_configuration"])["status"]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": _one(ownership["rule"])["object_ownership"]}]},
        "PublicAccessBlockConfiguration": _renamed(
            public,
            BlockPublicAcls="block_public_acls",
            BlockPublicPolicy="block_public_policy",
            IgnorePublicAcls="ignore_public_acls",
            RestrictPublicBuckets="restrict_public_buckets",
        ),
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": one["bucket_key_enabled"],
                    "ServerSideEncryptionByDefault": _renamed(
                        _one(one["apply_server_side_encryption_by_default"]),
                        SSEAlgorithm="sse_algorithm",
                        KMSMasterKeyID="kms_master_key_id",
                    ),
                }
                for one in encryption["rule"]
            ]
        },
        "LifecycleConfiguration": {"Rules": [_rule(one) for one in lifecycle["rule"]]},
        "ObjectLockConfiguration": next(
            (
                {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": _retention(one)}}
                for one in state.parts("aws_s3_bucket_object_lock_configuration", bucket=values["id"])
            ),
            None,
        ),
        "ReplicationConfiguration": next(
            (
                {"Role": one["role"], "Rules": [_replication(rule) for rule in one["rule"]]}
                for one in state.parts("aws_s3_bucket_replication_configuration", bucket=values["id"])
            ),
            None,
        ),
    }


def _retention(lock: Values) -> Values:
    return _renamed(_one(_one(lock["rule"])["default_retention"]), Mode="mode", Days="days")


def _replication(rule: Values) -> Values:
    destination, criteria = _one(rule["destination"]), _one(rule["source_selection_criteria"])
    return {
        **_renamed(rule, Id="id", Status="status", Priority="priority"),
        "Filter": {"Prefix": _one(rule["filter"])["prefix"]},
        "DeleteMarkerReplication": {"Status": _one(rule["delete_marker_replication"])["status"]},
        "SourceSelectionCriteria": {
            "SseKmsEncryptedObjects": {"Status": _one(criteria["sse_kms_encrypted_objects"])["status"]}
        },
        "Destination": {
            **_renamed(destination, Account="account", Bucket="bucket"),
            "AccessControlTranslation": {"Owner": _one(destination["access_control_translation"])["owner"]},
            "EncryptionConfiguration": {
                "ReplicaKmsKeyID": _one(destination["encryption_configuration"])["replica_kms_key_id"]
            },
        },
    }


def _work_group(values: Values, _: State) -> Values:
    configuration = _one(values["configuration"])
    result = _one(configuration["result_configuration"])
    return {
        **_renamed(values, Name="name", Description="description", RecursiveDeleteOption="force_destroy"),
        "WorkGroupConfiguration": {
            **_renamed(
                configuration,
                EnforceWorkGroupConfiguration="enforce_workgroup_configuration",
                PublishCloudWatchMetricsEnabled="publish_cloudwatch_metrics_enabled",
                BytesScannedCutoffPerQuery="bytes_scanned_cutoff_per_query",
            ),
            "EngineVersion": _renamed(
                _one(configuration["engine_version"]), SelectedEngineVersion="selected_engine_version"
            ),
            "ResultConfiguration": {
                "OutputLocation": result["output_location"],
                "EncryptionConfiguration": _renamed(
                    _one(result["encryption_configuration"]),
                    EncryptionOption="encryption_option",
                    KmsKey="kms_key_arn",
                ),
            },
        },
    }


def _function(values: Values, _: State) -> Values:
    network, logging = _one(values["vpc_config"]), _one(values["logging_config"])
    return {
        **_renamed(
            values,
            Description="description",
            Runtime="runtime",
            Architectures="architectures",
            Handler="handler",
            Role="role",
            Timeout="timeout",
            MemorySize="memory_size",
            Layers="layers",
        ),
        "Code": _renamed(values, S3Bucket="s3_bucket", S3Key="s3_key"),
        "EphemeralStorage": {"Size": _one(values["ephemeral_storage"]).get("size")},
        "DeadLetterConfig": {"TargetArn": _one(values["dead_letter_config"])["target_arn"]},
        "VpcConfig": _renamed(network, SubnetIds="subnet_ids", SecurityGroupIds="security_group_ids"),
        "LoggingConfig": {"LogGroup": logging["log_group"]},
        "Environment": {"Variables": _one(values["environment"])["variables"]},
    }


def _schedule(values: Values, _: State) -> Values:
    target = _one(values["target"])
    task = _one(target["ecs_parameters"])
    network = _one(task.get("network_configuration"))
    assigns = {None: None, True: "ENABLED", False: "DISABLED"}[network.get("assign_public_ip")]
    return {
        **_renamed(
            values,
            Description="description",
            ScheduleExpression="schedule_expression",
            ScheduleExpressionTimezone="schedule_expression_timezone",
            State="state",
        ),
        "FlexibleTimeWindow": {"Mode": _one(values["flexible_time_window"])["mode"]},
        "Target": {
            **_renamed(target, Arn="arn", RoleArn="role_arn"),
            "Input": target["input"] and json.dumps(json.loads(target["input"])),
            "RetryPolicy": _renamed(
                _one(target["retry_policy"]),
                MaximumRetryAttempts="maximum_retry_attempts",
                MaximumEventAgeInSeconds="maximum_event_age_in_seconds",
            ),
            "DeadLetterConfig": _renamed(_one(target["dead_letter_config"]), Arn="arn"),
            "EcsParameters": {
                **_renamed(task, TaskDefinitionArn="task_definition_arn", LaunchType="launch_type"),
                "NetworkConfiguration": {
                    "AwsvpcConfiguration": {
                        "AssignPublicIp": assigns,
                        **_renamed(network, Subnets="subnets", SecurityGroups="security_groups"),
                    }
                },
            },
        },
    }


def _alarm(values: Values, _: State) -> Values:
    return {
        **_renamed(
            values,
            AlarmDescription="alarm_description",
            Namespace="namespace",
            MetricName="metric_name",
            Statistic="statistic",
            Period="period",
            EvaluationPeriods="evaluation_periods",
            Threshold="threshold",
            ComparisonOperator="comparison_operator",
            TreatMissingData="treat_missing_data",
            AlarmActions="alarm_actions",
            OKActions="ok_actions",
        ),
        "Dimensions": [{"Name": name, "Value": value} for name, value in values["dimensions"].items()],
    }


def _group(values: Values, state: State) -> Values:
    rules = state.parts("aws_vpc_security_group_egress_rule", security_group_id=values["id"])
    return {
        **_renamed(values, GroupDescription="description", VpcId="vpc_id"),
        "SecurityGroupEgress": [
            _renamed(
                one,
                IpProtocol="ip_protocol",
                FromPort="from_port",
                ToPort="to_port",
                CidrIp="cidr_ipv4",
                Description="description",
            )
            for one in rules
        ],
    }


def _capitalized(value: Any) -> Any:
    """ECS's own names in CloudFormation's writing."""
    if isinstance(value, dict):
        return {
            # The options of a log driver are keys of a map.
            key if key.startswith("awslogs-") else f"{key[0].upper()}{key[1:]}": _capitalized(one)
            for key, one in value.items()
        }
    return [_capitalized(one) for one in value] if isinstance(value, list) else value


def _task(values: Values, _: State) -> Values:
    platform = _one(values["runtime_platform"])
    return {
        **_renamed(
            values,
            RequiresCompatibilities="requires_compatibilities",
            NetworkMode="network_mode",
            Cpu="cpu",
            Memory="memory",
            ExecutionRoleArn="execution_role_arn",
            TaskRoleArn="task_role_arn",
        ),
        "RuntimePlatform": _renamed(
            platform, CpuArchitecture="cpu_architecture", OperatingSystemFamily="operating_system_family"
        ),
        "Volumes": [{"Name": one["name"]} for one in values["volume"]],
        "ContainerDefinitions": _capitalized(json.loads(values["container_definitions"])),
    }


def _event_rule(values: Values, state: State) -> Values:
    return {
        "Description": values["description"],
        "EventBusName": values["event_bus_name"] if values["event_bus_name"] != "default" else None,
        "EventPattern": json.loads(values["event_pattern"]),
        "Targets": [
            _renamed(one, Id="target_id", Arn="arn", RoleArn="role_arn")
            for one in state.parts("aws_cloudwatch_event_target", rule=values["name"])
        ],
    }


def _bus_policy(values: Values, _: State) -> Values:
    (statement,) = json.loads(values["policy"])["Statement"]
    return {"EventBusName": values["event_bus_name"], "StatementId": statement.pop("Sid"), "Statement": statement}


_KINDS: dict[str, Callable[[Values, State], Values]] = {
    "AWS::Athena::WorkGroup": _work_group,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::EC2::SecurityGroup": _group,
    "AWS::ECS::Cluster": lambda values, _: {
        "ClusterSettings": [_renamed(one, Name="name", Value="value") for one in values["setting"]]
    },
    "AWS::ECS::TaskDefinition": _task,
    "AWS::Events::EventBus": lambda values, _: _renamed(values, Name="name", Description="description"),
    "AWS::Events::EventBusPolicy": _bus_policy,
    "AWS::Events::Rule": _event_rule,
    "AWS::Glue::Database": lambda values, _: {
        "CatalogId": values["catalog_id"],
        "DatabaseInput": _renamed(values, Name="name", Description="description"),
    },
    "AWS::IAM::ManagedPolicy": _policy,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Alias": lambda values, _: _renamed(values, AliasName="name", TargetKeyId="target_key_id"),
    "AWS::KMS::Key": _key,
    "AWS::Lambda::EventInvokeConfig": lambda values, _: _renamed(
        values,
        FunctionName="function_name",
        Qualifier="qualifier",
        MaximumRetryAttempts="maximum_retry_attempts",
        MaximumEventAgeInSeconds="maximum_event_age_in_seconds",
    ),
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": lambda values, _: _renamed(
        values, LogGroupName="name", RetentionInDays="retention_in_days", KmsKeyId="kms_key_id"
    ),
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": lambda values, _: {
        "Bucket": values["bucket"],
        "PolicyDocument": json.loads(values["policy"]),
    },
    "AWS::SNS::Subscription": lambda values, _: _renamed(
        values, TopicArn="topic_arn", Protocol="protocol", Endpoint="endpoint"
    ),
    "AWS::SNS::Topic": lambda values, _: _renamed(values, KmsMasterKeyId="kms_master_key_id"),
    "AWS::SNS::TopicPolicy": lambda values, _: {
        "Topics": [values["arn"]],
        "PolicyDocument": json.loads(values["policy"]),
    },
    "AWS::SQS::Queue": lambda values, _: {
        **_renamed(values, MessageRetentionPeriod="message_retention_seconds", KmsMasterKeyId="kms_master_key_id"),
        "SqsManagedSseEnabled": values["sqs_managed_sse_enabled"] or None,
    },
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::StepFunctions::StateMachine": lambda values, _: {
        **_renamed(values, StateMachineType="type", RoleArn="role_arn"),
        "DefinitionString": json.dumps(json.loads(values["definition"]), sort_keys=True),
    },
}
