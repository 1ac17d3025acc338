"""The APIs that users care about, each reached through `/proxy/{id}`, and what its capture and forwarding do."""

from piccolo.columns import BigInt, Boolean, Bytea, Integer, Real, Text
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, json, made_via, moment, not_empty, one_of, optional, owned_by, primary_key, text, texts, updated
from db.tables.identity import User


class Endpoint(Table, tablename="endpoints"):
    """A null limit means the server's setting. `inject_headers` is an encrypted JSON list of [name, value].

    `parameters` and `headers` are the defaults of calls made from a chat, without secrets. `rate_limit` is per minute,
    `path_filter` is {include: […], exclude: […]}, and the counters are kept because counting captures is slow.
    """

    id = primary_key()
    user_id = owned_by(User)
    name = Text()
    description = text()
    slug = text()
    destination_url = Text()
    parameters = json("{}")
    headers = json("{}")
    methods = texts()
    environment = text()
    tags = texts()
    status = Text(default="ACTIVE")
    credits_used = Integer(default=0)
    is_public = Boolean(default=False)
    is_demo = Boolean(default=False)
    monitoring_enabled = Boolean(default=False)
    monitoring_frequency = text()
    last_replay_at = moment()
    next_replay_at = moment()
    last_used_at = moment()
    processed_at = moment()
    body_limit = BigInt(null=True, default=None)
    timeout_s = Real(null=True, default=None)
    inject_headers = Bytea(null=True, default=None)
    rate_limit = Integer(null=True, default=None)
    allowed_methods = texts()
    sampling = Real(default=1.0)
    path_filter = json("{}")
    secrets_policy = json("{}")
    rewrite_location = Boolean(default=False)
    mock_when_down = Boolean(default=False)
    call_count = BigInt(default=0)
    error_count = BigInt(default=0)
    created_via = Text(default="web")
    created_at = created()
    updated_at = updated()

    endpoints_slug_unique = Unique([slug])
    endpoints_slug_check = Check("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'")
    endpoints_name_check = not_empty("name")
    endpoints_destination_url_check = Check("destination_url ~* '^(https?|wss?)://[^/]'")
    endpoints_status_check = one_of("status", "ACTIVE", "REVIEW", "PROCESSING", "MONITORING", "COMPLETE", "INACTIVE", "ARCHIVED")
    endpoints_monitoring_frequency_check = one_of("monitoring_frequency", "daily", "weekly", "monthly")
    endpoints_monitoring_enabled_check = Check("NOT monitoring_enabled OR monitoring_frequency IS NOT NULL")
    endpoints_credits_used_check = Check("credits_used >= 0")
    endpoints_body_limit_check = Check("body_limit >= 0")
    endpoints_timeout_s_check = Check("timeout_s > 0")
    endpoints_rate_limit_check = Check("rate_limit > 0")
    endpoints_sampling_check = Check("sampling BETWEEN 0 AND 1")
    endpoints_created_via_check = made_via()


class SavedFilter(Table, tablename="saved_filters"):
    """A search over captures that its owner gave a name; `query` is in the language of the filter box."""

    id = primary_key()
    user_id = owned_by(User)
    endpoint_id = optional(Endpoint, index=True)
    name = Text()
    query = Text()
    created_at = created()
    updated_at = updated()

    saved_filters_user_id_name_unique = Unique([user_id, name])
    saved_filters_name_check = not_empty("name")
