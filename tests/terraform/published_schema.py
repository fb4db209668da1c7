"""Derive schema.json, the AWS provider's schema of the types that deploy/terraform uses, from a published npm package.

The provider itself cannot be downloaded through a package registry; @cdktf/provider-aws (MPL-2.0, as the provider) is
generated from its schema and can. To add a type:

    npm pack @cdktf/provider-aws@21.22.1 && tar xzf cdktf-provider-aws-21.22.1.tgz
    python tests/terraform/published_schema.py package

The result has the form of `terraform providers schema -json`, so that the real provider's output can replace it.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("schema.json")
PROVIDER = "registry.terraform.io/hashicorp/aws"
RESOURCES = (
    "athena_workgroup",
    "cloudformation_stack",
    "cloudformation_stack_set",
    "cloudformation_stack_set_instance",
    "cloudwatch_event_bus",
    "cloudwatch_event_bus_policy",
    "cloudwatch_event_rule",
    "cloudwatch_event_target",
    "cloudwatch_log_group",
    "cloudwatch_metric_alarm",
    "ecs_cluster",
    "ecs_task_definition",
    "glue_catalog_database",
    "iam_policy",
    "iam_role",
    "iam_role_policy",
    "iam_role_policy_attachment",
    "kms_alias",
    "kms_key",
    "lambda_function",
    "lambda_function_event_invoke_config",
    "organizations_resource_policy",
    "s3_bucket",
    "s3_bucket_lifecycle_configuration",
    "s3_bucket_object_lock_configuration",
    "s3_bucket_ownership_controls",
    "s3_bucket_policy",
    "s3_bucket_public_access_block",
    "s3_bucket_replication_configuration",
    "s3_bucket_server_side_encryption_configuration",
    "s3_bucket_versioning",
    "s3_object",
    "scheduler_schedule",
    "security_group",
    "sfn_state_machine",
    "sns_topic",
    "sns_topic_policy",
    "sns_topic_subscription",
    "sqs_queue",
    "vpc_security_group_egress_rule",
)
DATA = ("caller_identity", "organizations_organization", "partition", "region")
_TYPES = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "any": "dynamic",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "booleanList": ["list", "bool"],
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
    "stringListMap": ["map", ["list", "string"]],
}
_GETTERS = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
    "StringMapList": ["list", ["map", "string"]],
}


class _Module:
    """The TypeScript of one resource or data source, from the source map of its JavaScript."""

    def __init__(self, folder: Path) -> None:
        encoded = (folder / "index.js").read_text("utf-8").rpartition("base64,")[2]
        self._text = json.loads(base64.b64decode(encoded))["sourcesContent"][0]
        self._classes = dict(
            re.findall(r"^export class (\w+) extends [\w.]+ \{\n(.*?)^\}", self._text, re.MULTILINE | re.DOTALL)
        )

    def block(self) -> dict[str, Any]:
        (name,) = (one for one, body in self._classes.items() if "public static readonly tfResourceType" in body)
        return self._block(name, self._written(r"synthesizeHclAttributes\(\): \{ \[name: string\]: any \} "))

    def _written(self, function: str) -> dict[str, tuple[str, str, str, str]]:
        """What can be set: the value, isBlock, type and storageClassType of each attribute of one function."""
        found = re.search(rf"{function}\{{\n(.*?)// remove undefined attributes", self._text, re.DOTALL)
        pattern = r"(\w+): \{\s*value: (.*?),\s*isBlock: (\w+),\s*type: \"(\w+)\",\s*storageClassType: \"(\w+)\","
        return {one[0]: one[1:] for one in re.findall(pattern, found[1], re.DOTALL)} if found else {}

    def _block(self, name: str, written: dict[str, tuple[str, str, str, str]]) -> dict[str, Any]:
        body = self._classes[name]
        attributes, blocks = {}, {}
        for entry in re.split(r"(?=^  // \w+ - computed: )", body, flags=re.MULTILINE)[1:]:
            key, comment = re.match(r"  // (\w+) - (.*)", entry).groups()
            flags = {flag: True for flag in ("computed", "optional", "required") if f"{flag}: true" in comment}
            if key == "alias" and name == "AwsProvider":
                continue  # Terraform's own
            if key in written and written[key][1] == "true":
                blocks[key] = self._nested_block(key, written[key], entry, is_required="required" in flags)
            else:
                kind = self._set_type(written[key]) if key in written else self._read_type(entry)
                attributes[key] = {"type": kind, **flags}
        return {"attributes": attributes, **({"block_types": blocks} if blocks else {})}

    def _nested_block(
        self, key: str, written: tuple[str, str, str, str], entry: str, *, is_required: bool
    ) -> dict[str, Any]:
        value, _, kind, _ = written
        struct = re.search(r"(\w+)ToHclTerraform\b", value.replace("cdktf.", ""))[1]
        if kind == "struct":
            return {"nesting_mode": "single", "block": self._nested(struct)}
        once = re.search(rf"OutputReference\(this, \"{key}\"\)", entry)
        return {
            "nesting_mode": kind,
            "block": self._nested(struct),
            **({"min_items": 1} if is_required else {}),
            **({"max_items": 1} if once else {}),
        }

    def _nested(self, struct: str) -> dict[str, Any]:
        name = f"{struct[0].upper()}{struct[1:]}OutputReference"
        written = self._written(rf"function {struct}ToHclTerraform\([^)]*\): any ")
        if name in self._classes:
            return self._block(name, written)
        # Of the provider's own blocks there is nothing to read, so nothing says what is required.
        return {"attributes": {key: {"type": self._set_type(one), "optional": True} for key, one in written.items()}}

    @staticmethod
    def _set_type(written: tuple[str, str, str, str]) -> Any:
        _, _, kind, storage = written
        found = _TYPES[storage]
        return ["set", found[1]] if kind == "set" else found

    def _read_type(self, entry: str) -> Any:
        if getter := re.search(r"\.(get\w+Attribute)\(", entry):
            within = _GETTERS[getter[1]]
            return ["set", within[1]] if "Fn.tolist" in entry else within
        kind = re.search(r"new (?:cdktf\.)?(\w+)\(this", entry)[1]
        if kind in _GETTERS:
            return _GETTERS[kind]
        item = self._block(re.sub(r"List$", "OutputReference", kind), {})
        members = {name: one["type"] for name, one in item["attributes"].items()}
        return ["list", ["object", members]]


def _all(folder: Path, names: tuple[str, ...], prefix: str) -> dict[str, Any]:
    return {
        f"aws_{name}": {"version": 0, "block": _Module(folder / "lib" / f"{prefix}{name.replace('_', '-')}").block()}
        for name in names
    }


def main(folder: Path) -> None:
    """Write schema.json from the unpacked package."""
    provider = _Module(folder / "lib" / "provider").block()
    found = {
        "license": "Derived from @cdktf/provider-aws, Mozilla Public License 2.0 (https://mozilla.org/MPL/2.0/)",
        "format_version": "1.0",
        "provider_schemas": {
            PROVIDER: {
                "provider": {"version": 0, "block": provider},
                "resource_schemas": _all(folder, RESOURCES, ""),
                "data_source_schemas": _all(folder, DATA, "data-aws-"),
            }
        },
    }
    SCHEMA.write_text(json.dumps(found, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
