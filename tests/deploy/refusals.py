"""Every other action: the operations of botocore's models, called with whatever they require, must be refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import botocore.session
from botocore.exceptions import ClientError

# Whose operations are tried: those that the collector uses, those that an intruder would.
SERVICES = (
    "athena",
    "dynamodb",
    "glue",
    "iam",
    "kms",
    "lambda",
    "logs",
    "organizations",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
# Operations whose permission has another name.
_PERMISSIONS = {
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:UploadPartCopy": "s3:PutObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:ListParts": "s3:ListMultipartUploadParts",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:GetObjectAttributes": "s3:GetObject",
    "s3:SelectObjectContent": "s3:GetObject",
    "kms:GenerateDataKeyWithoutPlaintext": "kms:GenerateDataKeyWithoutPlaintext",
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    # The stand-in does not know these, and takes them for listing the bucket, reading or writing an object.
    "s3:CreateSession": "s3:ListBucket",
    "s3:GetBucketAbac": "s3:ListBucket",
    "s3:GetBucketMetadataConfiguration": "s3:ListBucket",
    "s3:GetBucketMetadataTableConfiguration": "s3:ListBucket",
    "s3:GetObjectTorrent": "s3:GetObject",
    "s3:RenameObject": "s3:PutObject",
}
_REFUSED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403", "Forbidden")


@dataclass(frozen=True)
class Answer:
    """What an operation answered; None: it was carried out."""

    code: str | None
    message: str

    @property
    def is_refused(self):
        return self.code in _REFUSED


@cache
def _session():
    return botocore.session.Session()


def not_refused(aws, caller, nobody, allowed, aimed):
    """What of everything that is not allowed was not refused to the caller, and how much was refused.

    The stand-in does not evaluate every operation: what it does not refuse to somebody without any permission either
    says nothing of the caller, and is in neither.
    """
    clients = {service: aws.client(service, caller) for service in SERVICES}
    controls = {service: aws.client(service, nobody) for service in SERVICES}
    refused, told = 0, {}
    for service, name in other_operations(allowed):
        answer = refusal_of(clients[service], name, aimed)
        if answer.is_refused:
            refused += 1
        elif refusal_of(controls[service], name, aimed).is_refused:
            told[f"{service}:{name}"] = answer
    return told, refused


def other_operations(allowed):
    """Service and operation of everything whose permission is not among the allowed ones."""
    for service in SERVICES:
        for name in _session().get_service_model(service).operation_names:
            action = f"{service}:{name}"
            if _PERMISSIONS.get(action, action) not in allowed:
                yield service, name


def refusal_of(client, name, aimed):
    """Call the operation, aimed at these resources; what it answered."""
    model = client.meta.service_model.operation_model(name)
    try:
        client._make_api_call(name, _request(model.input_shape, aimed))
    except ClientError as error:
        return Answer(error.response["Error"]["Code"], error.response["Error"].get("Message", ""))
    except Exception as error:  # noqa: BLE001 -- told by the test
        return Answer(type(error).__name__, str(error))
    return Answer(None, "carried out")


def _request(shape, aimed):
    if shape is None:
        return {}
    return {name: _member(name, shape.members[name], aimed) for name in shape.required_members}


def _member(name, shape, aimed):
    return aimed[name] if name in aimed and shape.type_name == "string" else _value(shape, aimed)


def _value(shape, aimed):  # noqa: PLR0911 -- one answer a type
    match shape.type_name:
        case "structure":
            return _request(shape, aimed)
        case "list":
            return [_value(shape.member, aimed)] * max(1, shape.metadata.get("min", 1))
        case "map":
            return {_value(shape.key, aimed): _value(shape.value, aimed)}
        case "string":
            return shape.enum[0] if getattr(shape, "enum", None) else "x" * max(1, shape.metadata.get("min", 1))
        case "integer" | "long" | "float" | "double":
            return max(1, shape.metadata.get("min", 1))
        case "boolean":
            return True
        case "timestamp":
            return "2026-11-23T00:00:00Z"
        case _:
            return b"x"
