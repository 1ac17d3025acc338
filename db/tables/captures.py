"""The biggest table: every call that was heard. Partitioned by month of `timestamp`; see `db.partitions`."""

from piccolo.columns import BigInt, Boolean, Bytea, Integer, Real, Text
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, json, not_empty, one_of, owned_by, primary_key, text
from db.tables.endpoints import Endpoint
from db.tables.identity import User


class CaptureDictionary(Table, tablename="capture_dictionaries"):
    """What the compressor learnt from an endpoint's first calls. A zstd frame names its dictionary by `number`; it is never changed."""

    id = primary_key()
    endpoint_id = owned_by(Endpoint, index=True)
    number = BigInt()
    data = Bytea()
    created_at = created()

    capture_dictionaries_number_unique = Unique([number])


class ApiCall(Table, tablename="api_calls"):
    """One capture. Written by COPY; the key in the database is (id, timestamp), as partitioning demands.

    `url` and `query_params` have the secrets of the query masked. `*_headers` are the encrypted, zstd-compressed JSON list
    of [name, value]; `messages` the same for WebSocket frames. `*_body` holds the first bytes as they travelled,
    in the content encoding that `*_encoding` names, compressed for storage as `compression` says, and encrypted where `sealed`;
    `*_length` and `*_sha256` are those of the whole body on the wire. `duration` is in milliseconds.
    """

    id = primary_key()
    endpoint_id = owned_by(Endpoint)
    user_id = owned_by(User)
    source = Text(default="proxy")
    method = Text()
    url = Text()
    host = Text()
    path = Text()
    protocol = Text(default="https")
    endpoint_pattern = text()
    query_params = json()
    request_headers = Bytea(null=True, default=None)
    request_body = Bytea(null=True, default=None)
    request_media_type = text()
    request_length = BigInt(default=0)
    request_sha256 = Bytea(null=True, default=None)
    request_truncated = Boolean(default=False)
    request_encoding = text()
    response_status = Integer(null=True, default=None)
    response_headers = Bytea(null=True, default=None)
    response_body = Bytea(null=True, default=None)
    response_media_type = text()
    response_length = BigInt(default=0)
    response_sha256 = Bytea(null=True, default=None)
    response_truncated = Boolean(default=False)
    response_encoding = text()
    messages = Bytea(null=True, default=None)
    compression = Text(default="zstd")
    sealed = Boolean(default=False)
    cors_headers = json()
    error = json()
    truncated = Boolean(default=False)
    timestamp = created()
    duration = Real(null=True, default=None)
    timings = json()
    created_at = created()

    api_calls_source_check = one_of("source", "proxy", "import", "agent", "replay")
    api_calls_protocol_check = one_of("protocol", "http", "https", "ws", "wss", "graphql", "grpc")
    api_calls_method_check = not_empty("method")
    api_calls_url_check = not_empty("url")
    api_calls_response_status_check = Check("response_status BETWEEN 100 AND 599")
    api_calls_request_length_check = Check("request_length >= 0")
    api_calls_response_length_check = Check("response_length >= 0")
    api_calls_compression_check = one_of("compression", "none", "zstd")
    api_calls_duration_check = Check("duration >= 0")
