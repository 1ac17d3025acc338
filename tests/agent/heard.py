"""Captures made by hand for tests of what is concluded from them."""

from uuid import UUID

import msgspec

from agent import endpoints
from agent.accounts import users
from agent.actor import Actor
from agent.endpoints import Endpoint
from agent.recorder import Heard, body_of, row_of, store
from db.ids import uuid7

BASE = "http://127.0.0.1:9999"


async def an_endpoint(email: str = "ada@example.com") -> tuple[Actor, Endpoint]:
    """One of a new user's."""
    profile = await users.sign_up(email, "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "api")
    return actor, await endpoints.create(actor, BASE, name="things")


async def hear(
    actor: Actor, endpoint: Endpoint, path: str, body: object, *, method: str = "GET", status: int = 200, media_type: str = "application/json"
) -> UUID:
    """A stored call; its id."""
    call_id = uuid7()
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    heard = Heard(
        endpoint.id, actor.user_id, method, f"{BASE}{path}", status=status, response_headers=[("Content-Type", media_type)], response=body_of(data, 10_000)
    )
    await store([row_of(heard, call_id)])
    return call_id
