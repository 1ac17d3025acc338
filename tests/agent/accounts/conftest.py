"""A user to test with, and where their requests come from."""

import asyncpg
import pytest

from agent.accounts import users
from agent.accounts.audit import Origin
from agent.actor import Actor

PASSWORD = "correct horse"
ORIGIN = Origin("203.0.113.5", "test")


@pytest.fixture
async def ada(database: asyncpg.Pool) -> Actor:
    """Signed up with a password."""
    profile = await users.sign_up("ada@example.com", PASSWORD)
    return users.actor_of(profile.id, "USER", profile.email, "web")


@pytest.fixture
async def admin(database: asyncpg.Pool) -> Actor:
    """An administrator."""
    profile = await users.sign_up("root@example.com", PASSWORD, role="ADMIN")
    return users.actor_of(profile.id, "ADMIN", profile.email, "web")
