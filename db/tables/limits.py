"""What keeps callers in bounds across processes: failed logins, rates, and answers to repeated writes."""

from piccolo.columns import Bytea, Integer, Text, Timestamptz
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.columns import created, json, not_empty, owned_by, primary_key, text, updated
from db.tables.identity import User


class LoginThrottle(Table, tablename="login_throttle"):
    """Failures of one key (a hashed e-mail, an address) since `window_start`; made by an upsert, so it needs no id."""

    key = Text(primary_key=True)
    window_start = Timestamptz()
    failures = Integer(default=0)
    created_at = created()
    updated_at = updated()

    login_throttle_key_check = not_empty("key")
    login_throttle_failures_check = Check("failures >= 0")


class RateCounter(Table, tablename="rate_counters"):
    """Requests of one key in one window. The key in the database is (key, window_start): upsert and select, never `save()`."""

    key = Text(primary_key=True)
    window_start = Timestamptz()
    count = Integer(default=0)  # pyright: ignore[reportAssignmentType]  # Table.count() is not used here
    created_at = created()

    rate_counters_key_check = not_empty("key")
    rate_counters_count_check = Check("count >= 0")


class IdempotencyKey(Table, tablename="idempotency_keys"):
    """The answer to a write, for whoever sends the same write again. A null status: the first is still being answered."""

    id = primary_key()
    user_id = owned_by(User)
    key = Text()
    method = Text()
    path = Text()
    request_hash = text()
    response_status = Integer(null=True, default=None)
    response_headers = json("{}")
    response_body = Bytea(null=True, default=None)
    created_at = created()
    updated_at = updated()

    idempotency_keys_user_id_key_unique = Unique([user_id, key])
    idempotency_keys_key_check = Check("length(key) BETWEEN 1 AND 255")
    idempotency_keys_response_status_check = Check("response_status BETWEEN 100 AND 599")
