"""That lists have changed, told to the MCP clients of every worker: the database's bell carries it, each worker passes it on."""

import asyncio
import contextlib

from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ServerEvent

from agent import events
from agent.events import Hub

_KIND, _ID = "mcp", "lists"


class Bus(InMemorySubscriptionBus):
    """What is published here is heard here; what happens in the platform is heard by the bell."""

    async def follow(self, hub: Hub) -> None:
        """Pass rings on until the hub closes."""
        with hub.waiting([f"{_KIND}:{_ID}"]) as bell:
            while not hub.is_closing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), 5)
                    bell.clear()
                    if not hub.is_closing:
                        await self.publish(_CHANGED)


async def tell() -> None:
    """Ring: the resources that a client may list are others now."""
    await events.ring(_KIND, _ID)


_CHANGED: ServerEvent = ResourcesListChanged()
