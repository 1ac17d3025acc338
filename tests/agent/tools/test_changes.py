"""What changed between the versions of the documents, by the menu and in the guide's words."""

import asyncpg

from agent.documents import docs
from agent.tools import invoke
from agent.tools.registry import Context
from tests.agent.heard import an_endpoint, hear


async def test_what_changed_is_listed(database: asyncpg.Pool) -> None:
    """No version before the first, nothing while there is one; then each change with its version, a breaking one marked; nothing of before `since`, nothing of another API."""
    actor, endpoint = await an_endpoint()
    answer = await invoke.invoke(Context(actor), "change_list", {})
    assert answer.text.startswith("There is no version of the documents yet") and answer.data.versions == 0
    await hear(actor, endpoint, "/orders", {"id": 1, "total": 3})
    await docs.generate(actor, endpoint.id)
    assert (await invoke.invoke(Context(actor), "change_list", {})).text.startswith("Nothing changed")
    await hear(actor, endpoint, "/customers", [{"id": 1}])
    version = (await docs.generate(actor, endpoint.id)).version
    answer = await invoke.invoke(Context(actor), "change_list", {"endpoint": endpoint.slug, "since": "1h"})
    [found] = answer.data.items
    assert (found.kind, found.operation, found.version, found.is_breaking) == ("NEW_ENDPOINT", "GET /customers", version, False)
    assert f"- {endpoint.slug} {version}, " in answer.text
    assert not (await invoke.invoke(Context(actor), "change_list", {"since": "2099-01-01"})).data.items
