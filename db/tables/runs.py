"""Agent turns that outlive the tab that started them: the run, its event log, and the approvals it waits for."""

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.tables.chats import ChatMessage, ChatSession
from db.tables.columns import created, json, moment, not_empty, one_of, optional, owned_by, primary_key, text, texts, updated
from db.tables.identity import User


class Run(Table, tablename="runs"):
    """`message_id` is what is answered, `answer_message_id` the answer. A session has at most one run that has not ended.

    `owner` is the worker that writes the events, `beat_at` its last sign of life, `seq` the last event written;
    `tainted` once content from outside was read; `prompt_hash` says with which instructions it ran;
    `via` and `scopes` are those of the actor who started it, so that resuming gives it no more rights.
    """

    id = primary_key()
    chat_session_id = owned_by(ChatSession)
    message_id = optional(ChatMessage, index=True)
    answer_message_id = optional(ChatMessage, index=True)
    user_id = owned_by(User)
    provider = text()
    model = text()
    status = Text(default="queued")
    usage = json("{}")
    error = json()
    seq = Integer(default=0)
    steps = Integer(default=0)
    owner = text()
    beat_at = moment()
    tainted = Boolean(default=False)
    stop_requested = Boolean(default=False)
    prompt_hash = text()
    via = Text(default="web")
    scopes = texts()
    started_at = moment()
    ended_at = moment()
    created_at = created()
    updated_at = updated()

    runs_status_check = one_of("status", "queued", "running", "waiting_approval", "completed", "stopped", "failed")
    runs_seq_check = Check("seq >= 0")
    runs_steps_check = Check("steps >= 0")


class RunEvent(Table, tablename="run_events"):
    """What a reader replays after its `Last-Event-ID`. The key in the database is (run_id, seq): insert and select, never `save()`."""

    run_id = ForeignKey(Run, null=False, on_delete=OnDelete.cascade, primary_key=True)
    seq = Integer()
    event = Text()
    data = json("{}")
    created_at = created()

    run_events_seq_check = Check("seq > 0")
    run_events_event_check = not_empty("event")


class Approval(Table, tablename="approvals"):
    """A tool call that waits for a person. Bound to its exact arguments by `arguments_hash`.

    `operation` is what the answer may be widened to, with `host` and `scope`, for the rest of the run; null where it cannot be.
    """

    id = primary_key()
    run_id = optional(Run, on_delete=OnDelete.cascade)
    chat_session_id = optional(ChatSession, index=True, on_delete=OnDelete.cascade)
    user_id = owned_by(User)
    tool_call_id = Text()
    tool = Text()
    arguments = json("{}")
    arguments_hash = Text()
    effect = Text()
    host = text()
    operation = text()
    reason = text()
    status = Text(default="pending")
    scope = Text(default="once")
    decided_at = moment()
    decided_via = text()
    decision_reason = text()
    expires_at = Timestamptz()
    created_at = created()
    updated_at = updated()

    approvals_run_id_tool_call_id_unique = Unique([run_id, tool_call_id])
    approvals_tool_check = not_empty("tool")
    approvals_arguments_hash_check = not_empty("arguments_hash")
    approvals_effect_check = one_of("effect", "read", "write", "outward", "destructive")
    approvals_status_check = one_of("status", "pending", "approved", "refused", "expired", "used")
    approvals_scope_check = one_of("scope", "once", "run")
