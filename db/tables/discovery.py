"""What was concluded from captures: operations, documents and their versions, replayable sequences, changes."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, json, moment, not_empty, one_of, optional, owned_by, primary_key, text, texts, updated
from db.tables.endpoints import Endpoint


class DiscoverySummary(Table, tablename="discovery_summaries"):
    """The state of discovery: what was merged so far, and the last capture in it, so that nothing is read twice.

    `decisions` are people's and models': pinned templates and words, which outlive concluding anew.
    """

    id = primary_key()
    endpoint_id = owned_by(Endpoint)
    summary = Bytea()
    last_call_id = UuidColumn(null=True, default=None)
    last_call_at = moment()
    call_count = Integer(default=0)
    revision = Integer(default=0)
    decisions = json("{}")
    created_at = created()
    updated_at = updated()

    discovery_summaries_endpoint_id_unique = Unique([endpoint_id])
    discovery_summaries_call_count_check = Check("call_count >= 0")


class DiscoveredEndpoint(Table, tablename="discovered_endpoints"):
    id = primary_key()
    endpoint_id = owned_by(Endpoint)
    pattern = Text()
    protocol = Text(default="https")
    methods = texts()
    description = text()
    request_schema = json()
    response_schemas = json("{}")
    request_headers = json()
    response_headers = json()
    cors_config = json()
    examples = json()
    auth_required = Boolean(default=False)
    auth_type = text()
    pagination_type = text()
    api_type = Text(default="REST")
    graphql_schema = text()
    websocket_messages = json()
    created_at = created()
    updated_at = updated()

    discovered_endpoints_endpoint_id_pattern_protocol_unique = Unique([endpoint_id, pattern, protocol])
    discovered_endpoints_pattern_check = not_empty("pattern")
    discovered_endpoints_protocol_check = one_of("protocol", "http", "https", "ws", "wss", "graphql", "grpc")
    discovered_endpoints_api_type_check = one_of("api_type", "REST", "GraphQL", "WebSocket", "SSE", "gRPC", "SOAP", "JSON-RPC", "XML-RPC")


class EndpointDocumentation(Table, tablename="endpoint_documentation"):
    """One version of the documents; without `discovered_endpoint_id`, of the whole API. `open_api_spec` is JSON text: JSONB forgets the order of keys."""

    id = primary_key()
    endpoint_id = owned_by(Endpoint)
    discovered_endpoint_id = optional(DiscoveredEndpoint, index=True)
    open_api_spec = text()
    graphql_schema = text()
    markdown = text()
    typescript_types = text()
    version = Text(default="1.0.0")
    content_hash = text()
    generated_at = Timestamptz(default=TimestamptzNow())
    created_at = created()

    endpoint_documentation_version_check = not_empty("version")


class ActionSequence(Table, tablename="action_sequences"):
    """`auth_tokens` are encrypted."""

    id = primary_key()
    endpoint_id = owned_by(Endpoint)
    sequence = json("[]")
    auth_tokens = Bytea(null=True, default=None)
    baseline_snapshots = json()
    created_at = created()
    updated_at = updated()

    action_sequences_endpoint_id_unique = Unique([endpoint_id])


class ApiChange(Table, tablename="api_changes"):
    id = primary_key()
    endpoint_id = owned_by(Endpoint)
    discovered_endpoint_id = optional(DiscoveredEndpoint, index=True)
    change_type = Text()
    change_description = Text()
    severity = Text(default="non_breaking")
    before_snapshot = json()
    after_snapshot = json()
    diff = json()
    detected_at = Timestamptz(default=TimestamptzNow())
    notified_at = moment()
    created_at = created()
    updated_at = updated()

    api_changes_change_type_check = one_of(
        "change_type", "NEW_ENDPOINT", "REMOVED_ENDPOINT", "SCHEMA_CHANGED", "RESPONSE_CHANGED", "AUTH_CHANGED", "METHOD_ADDED", "METHOD_REMOVED"
    )
    api_changes_severity_check = one_of("severity", "breaking", "non_breaking")
    api_changes_change_description_check = not_empty("change_description")
