"""What the tables' definitions cannot say: the id function, partitions, triggers, composite and partial indexes, keys of two columns.

Run by the migrations; a change here is a new migration with its own statements.
"""

from db import engine

_NEW_ID = """
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 180000 THEN
    CREATE OR REPLACE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT uuidv7()';
  ELSE
    CREATE OR REPLACE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $id$
      SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(bits, 14))::uuid
      FROM (SELECT replace(gen_random_uuid()::text, '-', '') AS bits) AS source
    $id$;
  END IF;
END $$;
"""

_PARTITIONED_CALLS = """
ALTER TABLE api_calls RENAME TO api_calls_plain;
CREATE TABLE api_calls (LIKE api_calls_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (timestamp);
DROP TABLE api_calls_plain;
ALTER TABLE api_calls ADD PRIMARY KEY (id, timestamp);
ALTER TABLE api_calls ADD CONSTRAINT api_calls_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES endpoints (id) ON DELETE CASCADE;
ALTER TABLE api_calls ADD CONSTRAINT api_calls_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE api_calls ALTER COLUMN request_headers SET STORAGE EXTERNAL, ALTER COLUMN request_body SET STORAGE EXTERNAL,
  ALTER COLUMN response_headers SET STORAGE EXTERNAL, ALTER COLUMN response_body SET STORAGE EXTERNAL,
  ALTER COLUMN messages SET STORAGE EXTERNAL;  -- compressed or encrypted already
CREATE TABLE api_calls_default PARTITION OF api_calls DEFAULT;
"""

_KEYS = """
ALTER TABLE run_events DROP CONSTRAINT run_events_pkey;
ALTER TABLE run_events ADD PRIMARY KEY (run_id, seq);
ALTER TABLE rate_counters DROP CONSTRAINT rate_counters_pkey;
ALTER TABLE rate_counters ADD PRIMARY KEY (key, window_start);
CREATE UNIQUE INDEX users_email_lower_key ON users (lower(email));
CREATE UNIQUE INDEX users_username_lower_key ON users (lower(username));
CREATE UNIQUE INDEX subscriptions_user_id_live_key ON subscriptions (user_id) WHERE status <> 'canceled';
CREATE UNIQUE INDEX runs_chat_session_id_active_key ON runs (chat_session_id) WHERE status IN ('queued', 'running', 'waiting_approval');
"""

_INDEXES = """
CREATE INDEX login_sessions_user_id_idx ON login_sessions (user_id, last_seen_at DESC);
CREATE INDEX login_sessions_expires_at_idx ON login_sessions (expires_at);
CREATE INDEX api_tokens_user_id_idx ON api_tokens (user_id, id DESC);
CREATE INDEX audit_logs_user_id_idx ON audit_logs (user_id, created_at DESC);
CREATE INDEX audit_logs_action_idx ON audit_logs (action, created_at DESC);
CREATE INDEX audit_logs_resource_idx ON audit_logs (resource_type, resource_id);
CREATE INDEX audit_logs_created_at_idx ON audit_logs (created_at);
CREATE INDEX users_plan_idx ON users (plan);
CREATE INDEX users_role_idx ON users (role);
CREATE INDEX endpoints_user_id_idx ON endpoints (user_id, id DESC);
CREATE INDEX endpoints_status_idx ON endpoints (status);
CREATE INDEX endpoints_public_idx ON endpoints (slug) WHERE is_public;
CREATE INDEX endpoints_next_replay_at_idx ON endpoints (next_replay_at) WHERE monitoring_enabled;
CREATE INDEX api_calls_endpoint_time_idx ON api_calls (endpoint_id, timestamp DESC, id DESC);
CREATE INDEX api_calls_endpoint_id_idx ON api_calls (endpoint_id, id);
CREATE INDEX api_calls_user_time_idx ON api_calls (user_id, timestamp DESC, id DESC);
CREATE INDEX api_calls_errors_idx ON api_calls (endpoint_id, timestamp DESC, id DESC) WHERE response_status >= 400 OR error IS NOT NULL;
CREATE INDEX api_calls_pattern_idx ON api_calls (endpoint_id, endpoint_pattern, method);
CREATE INDEX discovered_endpoints_api_type_idx ON discovered_endpoints (api_type);
CREATE INDEX endpoint_documentation_newest_idx ON endpoint_documentation (endpoint_id, id DESC);
CREATE INDEX api_changes_endpoint_id_idx ON api_changes (endpoint_id, detected_at DESC);
CREATE INDEX api_changes_change_type_idx ON api_changes (change_type, detected_at DESC);
CREATE INDEX credit_transactions_user_id_idx ON credit_transactions (user_id, id DESC);
CREATE INDEX credit_transactions_type_idx ON credit_transactions (type);
CREATE INDEX credit_holds_held_idx ON credit_holds (user_id) WHERE status = 'held';
CREATE INDEX payments_user_id_idx ON payments (user_id, id DESC);
CREATE INDEX payments_status_idx ON payments (status);
CREATE INDEX chat_sessions_user_id_idx ON chat_sessions (user_id, status, id DESC);
CREATE INDEX chat_messages_chat_session_id_idx ON chat_messages (chat_session_id, id);
CREATE INDEX runs_user_id_idx ON runs (user_id, id DESC);
CREATE INDEX runs_chat_session_id_idx ON runs (chat_session_id, id DESC);
CREATE INDEX runs_beat_at_idx ON runs (beat_at) WHERE status IN ('queued', 'running');
CREATE INDEX approvals_pending_idx ON approvals (user_id, id) WHERE status = 'pending';
CREATE INDEX prompts_shared_idx ON prompts (name) WHERE is_shared;
CREATE INDEX applications_user_id_idx ON applications (user_id, id DESC);
CREATE INDEX mcp_servers_user_id_idx ON mcp_servers (user_id, id DESC);
CREATE INDEX provider_keys_shared_idx ON provider_keys (ai_provider_id) WHERE is_shared;
CREATE INDEX subscriptions_user_id_idx ON subscriptions (user_id, id DESC);
CREATE INDEX application_bookmarks_user_id_idx ON application_bookmarks (user_id, id DESC);
CREATE INDEX attachments_user_id_idx ON attachments (user_id, id DESC);
CREATE INDEX approvals_user_id_idx ON approvals (user_id, id DESC);
CREATE INDEX approvals_expires_at_idx ON approvals (expires_at) WHERE status = 'pending';
CREATE INDEX credit_holds_user_id_idx ON credit_holds (user_id, id DESC);
CREATE INDEX credit_holds_expires_at_idx ON credit_holds (expires_at) WHERE status = 'held';
CREATE INDEX endpoints_tags_idx ON endpoints USING gin (tags);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
CREATE INDEX login_throttle_window_start_idx ON login_throttle (window_start);
CREATE INDEX provider_key_uses_hour_idx ON provider_key_uses (hour);
CREATE INDEX run_events_created_at_idx ON run_events (created_at);
CREATE INDEX webhook_events_unprocessed_idx ON webhook_events (created_at) WHERE processed_at IS NULL;
CREATE INDEX rate_counters_window_start_idx ON rate_counters (window_start);
"""

_TOUCH = """
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'updated_at' LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION touch_updated_at()', t || '_touch', t);
  END LOOP;
END $$;
"""

_LEDGER = """
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW) - '{endpoint_id,payment_id}'::text[] = to_jsonb(OLD) - '{endpoint_id,payment_id}'::text[]
       AND (NEW.endpoint_id IS NOT DISTINCT FROM OLD.endpoint_id OR NEW.endpoint_id IS NULL AND NOT EXISTS (SELECT FROM endpoints WHERE id = OLD.endpoint_id))
       AND (NEW.payment_id IS NOT DISTINCT FROM OLD.payment_id OR NEW.payment_id IS NULL AND NOT EXISTS (SELECT FROM payments WHERE id = OLD.payment_id)) THEN
      RETURN NEW;  -- only a reference whose target is gone was forgotten
    END IF;
  ELSIF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM users WHERE id = OLD.user_id) THEN
    RETURN OLD;  -- the user is being deleted
  END IF;
  RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER credit_transactions_append_only BEFORE UPDATE OR DELETE ON credit_transactions FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER credit_transactions_no_truncate BEFORE TRUNCATE ON credit_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE VIEW credit_mismatches AS  -- empty, or an account's cached balance is not what its ledger sums up to
  SELECT users.id AS user_id, users.credits, coalesce(sum(amount), 0)::bigint AS ledger
  FROM users LEFT JOIN credit_transactions ON credit_transactions.user_id = users.id
  GROUP BY users.id HAVING users.credits <> coalesce(sum(amount), 0);
"""


async def define_new_id() -> None:
    """`new_id()`: a UUID of version 7 where PostgreSQL can make one (from 18), else a random one; the application makes its own."""
    await _execute(_NEW_ID)


async def complete_the_schema() -> None:
    """Everything else, once the tables are there."""
    for statements in (_PARTITIONED_CALLS, _KEYS, _INDEXES, _TOUCH, _LEDGER):
        await _execute(statements)


async def count_without_waiting() -> None:
    """Rate counters may be forgotten in a crash, so counting a request need not wait for the log."""
    await _execute("ALTER TABLE rate_counters SET UNLOGGED")


async def find_waiting_messages() -> None:
    """The few chats in which a message waits, without reading the others."""
    await _execute("CREATE INDEX chat_sessions_queue_idx ON chat_sessions (id) WHERE queue <> '[]'")


async def allow_xml_rpc() -> None:
    """Operations of one more kind of API."""
    kinds = "'REST', 'GraphQL', 'WebSocket', 'SSE', 'gRPC', 'SOAP', 'JSON-RPC', 'XML-RPC'"
    name = "discovered_endpoints_api_type_check"
    await _execute(f"ALTER TABLE discovered_endpoints DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK (api_type IN ({kinds}))")


async def _execute(statements: str) -> None:
    """Several statements at once, in the migration's own transaction."""
    async with engine.connection() as connection:
        await connection.execute(statements)
