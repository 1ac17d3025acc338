"""The values of discovery: the exchange that was heard, and the spec that was concluded from many of them.

A spec is in the terms of OpenAPI 3.1 (operation, path template, parameter, security scheme, schema), and every
conclusion carries its evidence: how often it was seen, first and last when, and some ids of the exchanges.
"""

from typing import Any, Literal

import msgspec

Headers = tuple[tuple[str, str], ...]
ApiType = Literal["REST", "GraphQL", "WebSocket", "SSE", "gRPC", "SOAP", "JSON-RPC", "XML-RPC"]
Protocol = Literal["http", "https", "ws", "wss", "graphql", "grpc"]
Pagination = Literal["offset", "page", "cursor", "link"]
PagingPlace = Literal["query", "body", "header"]
JsonSchema = dict[str, Any]


class Frame(msgspec.Struct, frozen=True):
    """One WebSocket or server-sent message. `at` is milliseconds since the exchange began."""

    direction: Literal["sent", "received"]
    data: bytes
    at: float = 0.0
    is_text: bool = True


class Exchange(msgspec.Struct, frozen=True):
    """A request and its response. Bodies are decoded (no content-encoding left) and may be cut at a limit.

    `url` is absolute, as sent. `status` is None where no HTTP answer came. `started_at` is seconds since the epoch.
    """

    id: str
    method: str
    url: str
    status: int | None = None
    request_headers: Headers = ()
    request_body: bytes = b""
    response_headers: Headers = ()
    response_body: bytes = b""
    request_truncated: bool = False
    response_truncated: bool = False
    started_at: float = 0.0
    duration_ms: float = 0.0
    protocol: Protocol = "https"
    frames: tuple[Frame, ...] = ()
    error: str | None = None


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a conclusion rests on. `samples` are ids of exchanges, at most a handful, chosen independently of order.

    For a property, `count` of `total` objects had it, `nulls` of them as null.
    """

    count: int = 0
    first_seen: float = 0.0
    last_seen: float = 0.0
    samples: tuple[str, ...] = ()
    confidence: float = 1.0
    total: int = 0
    nulls: int = 0


class Parameter(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    where: Literal["path", "query", "header", "cookie"]
    schema: JsonSchema
    required: bool = False
    description: str = ""
    example: Any = None
    evidence: Evidence = Evidence()
    style: str = ""
    """How a list or an object is written, and with `explode` whether its parts stand apart, where a document says so: traffic does not tell."""
    explode: bool | None = None
    has_slashes: bool = False
    """Whether the value of a path parameter may be several segments, whose slashes stay as they are."""


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """One media type of a request or a response. `example` is masked already."""

    media_type: str
    schema: JsonSchema
    example: Any = None
    evidence: Evidence = Evidence()


class Response(msgspec.Struct, frozen=True, omit_defaults=True):
    """`status` is the code as text, or `default`."""

    status: str
    description: str = ""
    contents: tuple[Content, ...] = ()
    headers: tuple[Parameter, ...] = ()
    evidence: Evidence = Evidence()


class MessageFormat(msgspec.Struct, frozen=True, omit_defaults=True):
    """One kind of WebSocket or server-sent message, or what one operation behind a JSON-RPC, XML-RPC or SOAP address takes or gives."""

    direction: Literal["sent", "received"]
    name: str
    schema: JsonSchema
    example: Any = None
    evidence: Evidence = Evidence()


class Paging(msgspec.Struct, frozen=True, omit_defaults=True):
    """`parameters` stand in the query, in fields of the body (`paging.cursor`) or in a header; `next_field` in the answer's body, of a header in its head."""

    kind: Pagination
    parameters: tuple[str, ...] = ()
    next_field: str = ""
    limit_max: int | None = None
    where: PagingPlace = "query"


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One method on one path template. `id` is stable and readable, unique in the spec (the `operationId`)."""

    id: str
    method: str
    template: str
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    api_type: ApiType = "REST"
    parameters: tuple[Parameter, ...] = ()
    request: tuple[Content, ...] = ()
    request_required: bool = False
    responses: tuple[Response, ...] = ()
    security: tuple[tuple[str, ...], ...] = ()
    """Alternatives, each a set of scheme names; an empty alternative means: also without."""
    scopes: dict[str, tuple[str, ...]] = {}
    """By scheme, the scopes that a document says a token needs. Traffic does not tell them."""
    pagination: Paging | None = None
    messages: tuple[MessageFormat, ...] = ()
    operation_names: tuple[str, ...] = ()
    """GraphQL operation names, SOAP actions, JSON-RPC or XML-RPC methods heard here."""
    idempotency_header: str = ""
    cors: dict[str, Any] | None = None
    deprecated: bool = False
    evidence: Evidence = Evidence()
    callbacks: "dict[str, tuple[Operation, ...]]" = {}
    """By name, the calls that a document says the server makes; the template of each is the expression of its address."""


class SecurityScheme(msgspec.Struct, frozen=True, omit_defaults=True):
    """`kind` http (bearer, basic, digest), apiKey (in header, query or cookie), oauth2 or signature."""

    name: str
    kind: Literal["http", "apiKey", "oauth2", "signature"]
    scheme: str = ""
    where: Literal["header", "query", "cookie", ""] = ""
    parameter: str = ""
    bearer_format: str = ""
    flows: dict[str, Any] | None = None
    description: str = ""
    evidence: Evidence = Evidence()


class Noise(msgspec.Struct, frozen=True, omit_defaults=True):
    """Traffic that was left out, by kind and path, so that a user can put it back."""

    kind: Literal["asset", "telemetry", "preflight", "scanner", "other-host", "document"]
    method: str
    path: str
    count: int = 0


class Spec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole API. Every tuple is in a canonical order: the same summary gives the same bytes."""

    title: str
    servers: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    schemas: dict[str, JsonSchema] = {}
    """Shared components by name; operations refer to them as `#/components/schemas/<name>`."""
    security_schemes: tuple[SecurityScheme, ...] = ()
    graphql_sdl: str = ""
    cors: dict[str, Any] | None = None
    """Empty: calls were heard and none was answered with CORS headers. None: nothing is known, as of a document from elsewhere."""
    rate_limit: dict[str, Any] | None = None
    versioning: dict[str, Any] | None = None
    noise: tuple[Noise, ...] = ()
    evidence: Evidence = Evidence()
    property_evidence: dict[str, Evidence] = {}
    """By JSON pointer into this spec's schemas: counts per property, so that "why nullable?" has an answer."""
    webhooks: dict[str, tuple[Operation, ...]] = {}
    """By name, the calls that a document says the server makes, to whom it was told to."""


class Pin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A user's own decision about a path: this template holds, or that segment stays literal. It outlives re-inference."""

    template: str
    kind: Literal["keep", "reject"] = "keep"


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One typed difference between two specs."""

    kind: Literal["NEW_ENDPOINT", "REMOVED_ENDPOINT", "SCHEMA_CHANGED", "RESPONSE_CHANGED", "AUTH_CHANGED", "METHOD_ADDED", "METHOD_REMOVED"]
    is_breaking: bool
    description: str
    method: str = ""
    template: str = ""
    pointer: str = ""
    before: Any = None
    after: Any = None
