"""Conversations: sessions, the tree of messages, files, saved prompts, and what each user used per day."""

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Date, Integer, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.applications import Application
from db.tables.columns import created, json, made_via, not_empty, one_of, optional, owned_by, primary_key, text, updated
from db.tables.endpoints import Endpoint
from db.tables.identity import User
from db.tables.providers import McpServer


class ChatSession(Table, tablename="chat_sessions"):
    """`provider` is a name or an id of `ai_providers`; null means the user's default. `queue` holds the messages that wait for the answer before.

    `leaf_id` is the message at which the branch that is shown ends; null, or gone: the newest one.
    """

    id = primary_key()
    user_id = owned_by(User)
    title = text()
    status = Text(default="active")
    provider = text()
    model = text()
    application_id = optional(Application, index=True)
    share_slug = text()
    queue = json("[]")
    leaf_id = UUID(null=True, default=None)
    created_via = Text(default="web")
    last_message_at = Timestamptz(default=TimestamptzNow())
    created_at = created()
    updated_at = updated()

    chat_sessions_share_slug_unique = Unique([share_slug])
    chat_sessions_status_check = one_of("status", "active", "archived")
    chat_sessions_created_via_check = made_via()
    chat_sessions_queue_check = Check("jsonb_typeof(queue) = 'array'")


class ChatSessionEndpoint(Table, tablename="chat_session_endpoints"):
    """The endpoints that a session has made. `first_call` is an `agent.arrivals.Arrival`, once there was one."""

    id = primary_key()
    chat_session_id = owned_by(ChatSession)
    endpoint_id = owned_by(Endpoint, index=True)
    first_call = json()
    created_at = created()

    chat_session_endpoints_chat_session_id_endpoint_id_unique = Unique([chat_session_id, endpoint_id])


class ChatSessionMcpServer(Table, tablename="chat_session_mcp_servers"):
    """The MCP servers whose tools a session may use."""

    id = primary_key()
    chat_session_id = owned_by(ChatSession)
    mcp_server_id = owned_by(McpServer, index=True)
    created_at = created()

    chat_session_mcp_servers_chat_session_id_mcp_server_id_unique = Unique([chat_session_id, mcp_server_id])


class ChatMessage(Table, tablename="chat_messages"):
    """`content` is the ordered list of blocks of `agent.messages`. `user_id` is null for the assistant and the system."""

    id = primary_key()
    chat_session_id = owned_by(ChatSession)
    parent_id = optional("self", index=True)
    user_id = optional(User, index=True)
    role = Text()
    content = json("[]")
    provider = text()
    model = text()
    metadata = json("{}")
    timestamp = Timestamptz(default=TimestamptzNow())
    created_at = created()
    updated_at = updated()

    chat_messages_role_check = one_of("role", "user", "assistant", "system", "tool")
    chat_messages_content_check = Check("jsonb_typeof(content) = 'array'")
    chat_messages_parent_id_check = Check("parent_id <> id")


class Attachment(Table, tablename="attachments"):
    """A file, uploaded first and tied to its message when that is sent."""

    id = primary_key()
    user_id = owned_by(User)
    chat_message_id = optional(ChatMessage, index=True, on_delete=OnDelete.cascade)
    file_name = Text()
    media_type = Text(default="application/octet-stream")
    size = BigInt(default=0)
    sha256 = Bytea()
    data = Bytea()
    created_at = created()

    attachments_file_name_check = not_empty("file_name")
    attachments_size_check = Check("size >= 0")
    attachments_sha256_check = Check("length(sha256) = 32")


class Prompt(Table, tablename="prompts"):
    """Reusable by `/name`; `text` holds `{{variables}}`."""

    id = primary_key()
    user_id = owned_by(User)
    name = Text()
    text = Text()
    is_shared = Boolean(default=False)
    created_via = Text(default="web")
    created_at = created()
    updated_at = updated()

    prompts_user_id_name_unique = Unique([user_id, name])
    prompts_name_check = not_empty("name")
    prompts_created_via_check = made_via()


class PromptVersion(Table, tablename="prompt_versions"):
    """What a prompt said, from its first text on; the newest is the one in `prompts`."""

    id = primary_key()
    prompt_id = owned_by(Prompt)
    version = Integer(default=1)
    text = Text()
    created_at = created()

    prompt_versions_prompt_id_version_unique = Unique([prompt_id, version])
    prompt_versions_version_check = Check("version >= 1")


class Usage(Table, tablename="usage"):
    """One user's day in UTC. Plans are enforced against it; a month is a sum. `cost_micros` is in millionths of a US dollar."""

    id = primary_key()
    user_id = owned_by(User)
    date = Date()
    message_count = Integer(default=0)
    token_count = BigInt(default=0)
    file_uploads = Integer(default=0)
    api_calls = BigInt(default=0)
    cost_micros = BigInt(default=0)
    created_at = created()
    updated_at = updated()

    usage_user_id_date_unique = Unique([user_id, date])
    usage_counts_check = Check("message_count >= 0 AND token_count >= 0 AND file_uploads >= 0 AND api_calls >= 0")
