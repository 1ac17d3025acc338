"""Model providers, the keys to them, and the MCP servers whose tools a chat may use or that a user publishes."""

from piccolo.columns import BigInt, Boolean, Bytea, Integer, OnDelete, Text, Timestamptz
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, json, moment, not_empty, one_of, optional, owned_by, primary_key, text, texts, updated
from db.tables.endpoints import Endpoint
from db.tables.identity import User


class AiProvider(Table, tablename="ai_providers"):
    """Without `user_id` it is offered to all. `models` is a JSON list; `auth_header` names a header other than the usual one."""

    id = primary_key()
    user_id = optional(User, on_delete=OnDelete.cascade)
    name = Text()
    wire_format = Text()
    base_urls = texts()
    default_model = text()
    models = json("[]")
    requires_auth = Boolean(default=True)
    auth_header = text()
    is_enabled = Boolean(default=True)
    created_at = created()
    updated_at = updated()

    ai_providers_user_id_name_unique = Unique([user_id, name], nulls_distinct=False)
    ai_providers_name_check = not_empty("name")
    ai_providers_wire_format_check = one_of("wire_format", "anthropic", "openai", "openai-compatible", "builtin")


class ProviderKey(Table, tablename="provider_keys"):
    """A shared key may be used by others within `usage_limits` {requests_per_hour, requests_per_day}, and is never shown to them.

    With ids of users in `shared_with` it is lent to these only, else to everybody.
    """

    id = primary_key()
    user_id = owned_by(User)
    ai_provider_id = owned_by(AiProvider, index=True)
    name = Text()
    encrypted_key = Bytea()
    last4 = Text()
    is_shared = Boolean(default=False)
    shared_with = texts()
    usage_limits = json("{}")
    last_used_at = moment()
    created_at = created()
    updated_at = updated()

    provider_keys_user_id_ai_provider_id_name_unique = Unique([user_id, ai_provider_id, name])
    provider_keys_name_check = not_empty("name")
    provider_keys_encrypted_key_check = Check("length(encrypted_key) > 0")
    provider_keys_last4_check = Check("length(last4) <= 4")


class ProviderKeyUse(Table, tablename="provider_key_uses"):
    """What a user spent of a key in one hour. `cost_micros` is in millionths of a US dollar."""

    id = primary_key()
    provider_key_id = owned_by(ProviderKey)
    user_id = owned_by(User, index=True)
    hour = Timestamptz()
    requests = Integer(default=0)
    tokens = BigInt(default=0)
    cost_micros = BigInt(default=0)
    created_at = created()
    updated_at = updated()

    provider_key_uses_provider_key_id_user_id_hour_unique = Unique([provider_key_id, user_id, hour])
    provider_key_uses_hour_check = Check("date_trunc('hour', hour, 'UTC') = hour")
    provider_key_uses_requests_check = Check("requests >= 0")
    provider_key_uses_tokens_check = Check("tokens >= 0")


class McpServer(Table, tablename="mcp_servers"):
    """`client`: we connect to it. `server`: the user publishes it here, for one captured API where `endpoint_id` is set.

    The secret in `connection_config.auth.value` is encrypted.
    """

    id = primary_key()
    user_id = owned_by(User)
    endpoint_id = optional(Endpoint, index=True, on_delete=OnDelete.cascade)
    name = Text()
    type = Text(default="client")
    connection_config = json("{}")
    status = Text(default="disconnected")
    last_error = text()
    metadata = json("{}")
    created_at = created()
    updated_at = updated()

    mcp_servers_user_id_name_unique = Unique([user_id, name])
    mcp_servers_name_check = not_empty("name")
    mcp_servers_type_check = one_of("type", "server", "client")
    mcp_servers_status_check = one_of("status", "connected", "disconnected", "error")
