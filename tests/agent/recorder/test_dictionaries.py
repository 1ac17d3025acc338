"""Small bodies cost less once an endpoint is known, and stay readable."""

import json
import random
from uuid import UUID

import asyncpg

from agent.recorder import Heard, body_of, dictionaries, expand, meet, row_of
from db.ids import uuid7


def _heard(owner: UUID, number: int) -> Heard:
    rng = random.Random(number)
    body = json.dumps(
        {"id": f"ord_{rng.getrandbits(40):x}", "status": rng.choice(["open", "paid"]), "items": [{"sku": rng.randrange(9999), "title": "A thing"}] * 4}
    )
    headers = [
        ("content-type", "application/json"),
        ("server", "nginx/1.25"),
        ("x-request-id", f"{rng.getrandbits(64):x}"),
        ("cache-control", "no-store, private"),
    ]
    return Heard(owner, owner, "GET", f"http://x.example/{number}", status=200, response_headers=headers, response=body_of(body.encode(), 10_000))


async def test_an_endpoint_is_learnt_once_and_read_for_ever(database: asyncpg.Pool) -> None:
    """Rows after the lesson are smaller; another process finds the dictionary; rows of before stay readable."""
    owner = uuid7()
    await database.execute("INSERT INTO users (id, email, username) VALUES ($1, 'a@example.com', 'anna')", owner)
    await database.execute("INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $1, 'api', 'api', 'http://x.example')", owner)
    await dictionaries.prepare([owner])
    before = row_of(_heard(owner, 1))
    ready: list[UUID] = []
    for number in range(1000):
        ready += dictionaries.sample([_heard(owner, number)])
        if ready:
            break
    assert ready == [owner]
    await dictionaries.learn(owner, dictionaries.train(owner))
    after = row_of(_heard(owner, 1))
    assert after.response_body and before.response_body
    assert len(after.response_body) < len(before.response_body) * 0.8
    assert len(after.response_headers) < len(before.response_headers) * 0.9
    dictionaries._by_number.clear()
    dictionaries._of_endpoint.clear()
    await meet([owner])
    assert expand(after.response_body) == expand(before.response_body) == _heard(owner, 1).response.data
    assert dictionaries.sample([_heard(owner, 1)]) == []


async def test_what_teaches_nothing_is_left_alone(database: asyncpg.Pool) -> None:
    """A dictionary that cannot be made is not tried again and again."""
    owner = uuid7()
    dictionaries._of_endpoint[owner] = None
    await dictionaries.learn(owner, dictionaries.train(owner))
    assert dictionaries.sample([_heard(owner, 1)]) == []
    assert expand(dictionaries.compress(b"plain", owner)) == b"plain"
