"""That lists have changed, told to the MCP clients of every worker: the database's bell carries it, each worker passes it on."""

import asyncio
import contextlib

from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ServerEvent

from agent.events import Hub

_TOPIC = "mcp:lists"
"""Rung where a document was made."""


class Bus(InMemorySubscriptionBus):
    """What is published here is heard here; what happens in the platform is heard by the bell."""

    async def follow(self, hub: Hub) -> None:
        """Pass rings on until the hub closes."""
        with hub.waiting([_TOPIC]) as bell:
            while not hub.is_closing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), 5)
                    bell.clear()
                    if not hub.is_closing:
                        await self.publish(_CHANGED)


_CHANGED: ServerEvent = ResourcesListChanged()
