"""Reading on in a long result: in the run's own branch, whichever the reader has turned to."""

import asyncpg
import pytest

from agent import runlog
from agent.accounts import users
from agent.conversation import branches, chats
from agent.errors import Problem
from agent.messages import ToolCall, ToolResult
from agent.tools.registry import Context
from agent.tools.results import result_read


async def test_a_run_reads_its_own_branch(database: asyncpg.Pool) -> None:
    """Two answers to one message have a result under the same handle: each run is given its own, and without a run there is none."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "web")
    first = await chats.post(actor, "one", provider="builtin", model="guide")
    claimed = await runlog.claim(first.run_id)
    assert claimed
    await chats.save_answer(first.answer_id, [ToolCall("c1", "credit_check", {}), ToolResult("c1", "credit_check", "of the first", None)])
    await runlog.Writer(first.run_id, claimed.owner, claimed.seq).end("completed", {})
    second = await chats.post(actor, "one!", chat_id=first.chat_session_id, provider="builtin", model="guide", instead_of=first.message_id)
    await chats.save_answer(second.answer_id, [ToolCall("c1", "credit_check", {}), ToolResult("c1", "credit_check", "of the second", None)])
    await branches.choose(actor, first.chat_session_id, first.message_id)
    for run, said in ((first, "of the first"), (second, "of the second")):
        assert (await result_read(Context(actor, run.run_id, run.chat_session_id), "1:c1", 0)).text == said
    with pytest.raises(Problem, match="no such result"):
        await result_read(Context(actor), "1:c1", 0)
