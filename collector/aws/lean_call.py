"""The calls that a run makes for each account, without botocore's client layer: a third less CPU time a call.

botocore still decides everything that configuration decides: the endpoint, the credentials, proxies, CA bundle and
timeouts, the model by which requests are serialised and answers parsed, the exceptions. What is skipped is what it does
anew for each request with the same result: rules of endpoints, events, copies of headers, the derivation of the signing
key, and on a connection that is open, the layers of HTTP (`lean_http`). `lean_calls = false` makes every call through
the client again.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import create_request_object
from botocore.credentials import ReadOnlyCredentials
from botocore.endpoint import convert_to_response_dict
from botocore.exceptions import NoCredentialsError

from collector.aws.answers import clean_answer, name_foreign_error
from collector.aws.call_time import seconds_left
from collector.aws.lean_http import LeanRequest, LeanSession

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from botocore.parsers import ResponseParser

    from collector.aws.pace import Pace

# Those made for every account. Each is one request of the query protocol, with small texts as parameters.
_OPERATIONS = frozenset(
    {
        "AssumeRole",
        "GenerateCredentialReport",
        "GetAccountPasswordPolicy",
        "GetAccountSummary",
        "GetCredentialReport",
    }
)
_ALGORITHM = "AWS4-HMAC-SHA256"
# Stand for what differs from one request to the next. No header and no URL contains a control character.
_A_DATE, _A_TOKEN = "\x01", "\x02"
# As many sessions as accounts are under way at once.
_KEYS = 2048


@dataclass(frozen=True, slots=True)
class Template:
    """The requests of one operation, but for their date, their token, their body and so their signature."""

    model: OperationModel
    shape: Any  # the shape of its answer
    url: str
    host: str  # of the URL, as requests name it
    target: str  # its path, likewise
    headers: Mapping[str, str]
    body: bytes  # where no parameters are given
    region: str  # that requests are signed for
    signing_name: str  # the service's name in signatures
    canonical: str  # botocore's canonical request for a session, without its last line, the hash of the body
    canonical_without_token: str  # the same for the key of a user

    def signed_headers(self, body: bytes, credentials: ReadOnlyCredentials, now: datetime) -> dict[str, str]:
        """The headers of a request with that body, its signature included: Signature Version 4, as by botocore."""
        timestamp = now.strftime("%Y%m%dT%H%M%SZ")
        headers = {**self.headers, "X-Amz-Date": timestamp, "Content-Length": str(len(body))}
        canonical = self.canonical_without_token
        if token := credentials.token:
            headers["X-Amz-Security-Token"] = token
            canonical = self.canonical.replace(_A_TOKEN, " ".join(token.split()))
        names = canonical.rpartition("\n")[2]
        canonical = f"{canonical.replace(_A_DATE, timestamp)}\n{sha256(body).hexdigest()}"
        scope = f"{timestamp[:8]}/{self.region}/{self.signing_name}/aws4_request"
        to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = _signing_key(credentials.secret_key, scope)
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return headers


@lru_cache(maxsize=_KEYS)
def _signing_key(secret: str, scope: str) -> bytes:
    """The key of a session for a day, a Region and a service: the same for each of its requests."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def make_lean(client: BaseClient, pace: Pace) -> None:
    """Let a client whose calls are limited make those of `_OPERATIONS` without its own layers, all others as before.

    `pace` is that of the client's other calls (`keep_pace`).
    """
    whole: Any = client
    # The session that `limit_calls` has put there.
    limited = whole._endpoint.http_session  # noqa: SLF001 -- neither this nor the next is public
    limited.session = LeanSession(limited.session)
    # Every method of a client makes its call through this one.
    whole._make_api_call = _LeanCalls(whole, pace)  # noqa: SLF001


class _LeanCalls:
    """The calls of one client; it is called in place of the client's own method."""

    def __init__(self, client: Any, pace: Pace) -> None:  # noqa: ANN401 -- most of what is used of it is not public
        self._client = client
        self._pace = pace
        self._through_client = client._make_api_call  # noqa: SLF001
        self._templates: dict[str, Template | None] = {}
        model = client.meta.service_model
        factory = client._endpoint._response_parser_factory  # noqa: SLF001
        self._parser: ResponseParser = factory.create_parser(model.resolved_protocol)

    def __call__(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if operation not in self._templates:
            self._templates[operation] = self._template(operation, params)
        template = self._templates[operation]
        if template is None:
            through_client: dict[str, Any] = self._through_client(operation, params)
            return through_client
        body = self._body(template, params) if params else template.body
        self._pace.wait(seconds_left())
        headers = template.signed_headers(body, self._credentials(), datetime.now(UTC))
        began = self._pace.clock()
        request = LeanRequest(template.url, template.host, template.target, headers, body)
        response = self._client._endpoint.http_session.send(request)  # noqa: SLF001
        answer = convert_to_response_dict(response, template.model)
        foreign: dict[str, object] = {}
        name_foreign_error(template.model, answer, foreign)
        parsed: dict[str, Any] = self._parser.parse(answer, template.shape)
        parsed.update(foreign)
        self._pace.answered_with(parsed, self._pace.clock() - began)
        clean_answer(parsed, template.model)
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._client.exceptions.from_code(parsed.get("Error", {}).get("Code"))(parsed, operation)
        return parsed

    def _credentials(self) -> ReadOnlyCredentials:
        """The client's, renewed by botocore where they must be."""
        credentials = self._client._request_signer._credentials  # noqa: SLF001
        if credentials is None:
            raise NoCredentialsError
        frozen: ReadOnlyCredentials = credentials.get_frozen_credentials()
        return frozen

    def _body(self, template: Template, params: Mapping[str, Any]) -> bytes:
        """The parameters as botocore checks and serialises them."""
        return _encoded(self._client._serializer.serialize_to_request(params, template.model)["body"])  # noqa: SLF001

    def _template(self, operation: str, params: dict[str, Any]) -> Template | None:
        """What all requests of an operation have in common, made by the client; None where the client must call."""
        client = self._client
        if operation not in _OPERATIONS or client.meta.config.auth_scheme_preference:
            return None
        model = client.meta.service_model.operation_model(operation)
        context = {
            "client_region": client.meta.region_name,
            "client_config": client.meta.config,
            "has_streaming_input": False,
            "auth_type": model.resolved_auth_type,
        }
        try:
            url, headers, _ = client._resolve_endpoint_ruleset(model, params, context)  # noqa: SLF001
            request = client._convert_to_request_dict(params, model, url, context=context, headers=headers)  # noqa: SLF001
            signer = client._request_signer  # noqa: SLF001
            signature_version = signer._choose_signer(operation, "standard", context)  # noqa: SLF001
        except (AttributeError, TypeError):
            # Another version of botocore, in which these parts look different: slower, and right.
            return None
        if (signature_version, request["method"]) != ("v4", "POST") or request["query_string"]:
            return None
        signing = context.get("signing", {})
        region, name = signing.get("region", signer.region_name), signing.get("signing_name", signer.signing_name)
        return template_of(create_request_object(request), model, region, name)


def template_of(request: Any, model: OperationModel, region: str, signing_name: str) -> Template:  # noqa: ANN401 -- the stubs know it half
    """The template that an `AWSRequest` gives: its canonical form is botocore's own."""
    headers = dict(request.headers.items())
    signer = SigV4Auth(ReadOnlyCredentials("", "", None), signing_name, region)
    parts = urlsplit(request.url)

    def canonical() -> str:
        whole: str = signer.canonical_request(request)
        return whole.rpartition("\n")[0]

    request.headers["X-Amz-Date"] = _A_DATE
    without_token = canonical()
    request.headers["X-Amz-Security-Token"] = _A_TOKEN
    return Template(
        model=model,
        shape=model.output_shape,
        url=request.url,
        host=signer.headers_to_sign(request)["host"],
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers=headers,
        body=_encoded(request.data),
        region=region,
        signing_name=signing_name,
        canonical_without_token=without_token,
        canonical=canonical(),
    )


def _encoded(body: Mapping[str, str]) -> bytes:
    """The body of a request of the query protocol, as botocore encodes it."""
    return urlencode(body, doseq=True).encode()
