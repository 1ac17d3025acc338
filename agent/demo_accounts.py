"""The demo accounts: demo1 to demo3, each with a sample endpoint, a few captured calls and a document. Safe to make twice.

Their password is public, so they are made only where nobody else can sign in, or where the operator insists.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from agent import endpoints, recorder
from agent.accounts import users
from agent.actor import Actor
from agent.config import settings
from agent.documents import docs
from agent.errors import Problem
from agent.recorder import Heard, body_of

NAMES = ("demo1", "demo2", "demo3")
PASSWORD = "demo123"  # noqa: S105  # the published password of the demo accounts
DESTINATION = "https://jsonplaceholder.typicode.com"


async def seed(*, even_if_public: bool = False) -> list[str]:
    """Make or complete the demo accounts; what was done, a line each. Raises forbidden on a public address."""
    if not settings().is_loopback_only and not even_if_public:
        raise Problem(
            "forbidden", "The demo accounts have a public password and this server can be reached by others.", remedy="Add --even-if-public to insist."
        )
    lines: list[str] = []
    for name in NAMES:
        user_id = await users.ensure_demo(f"{name}@example.com", name, PASSWORD)
        actor = users.actor_of(user_id, "DEMO", f"{name}@example.com", "cli")
        lines.append(await _furnish(actor, name))
    return lines


async def _furnish(actor: Actor, name: str) -> str:
    title = f"Sample API Test - {name}"
    known = await endpoints.list_(actor, query=title)
    if known.items:
        return f"{name}: has `{title}` already"
    endpoint_id = await endpoints.insert_known(actor, DESTINATION, title)
    await recorder.store([recorder.row_of(heard) for heard in _calls(endpoint_id, actor.user_id)])
    made = await docs.generate(actor, endpoint_id)
    return f"{name}: {made.calls} calls, {len(made.operations)} operations documented"


def _calls(endpoint_id: UUID, user_id: UUID) -> list[Heard]:
    """A morning with a to-do API: lists, details, one new post, one miss."""
    began = datetime.now(UTC) - timedelta(hours=2)
    heard: list[Heard] = []

    def add(method: str, path: str, status: int, answer: object, sent: object | None = None) -> None:
        request = msgspec.json.encode(sent) if sent is not None else b""
        heard.append(
            Heard(
                endpoint_id=endpoint_id,
                user_id=user_id,
                method=method,
                url=f"{DESTINATION}{path}",
                request_headers=[("accept", "application/json"), ("authorization", "Bearer demo-4f1c9a72e0b85d36"), ("content-type", "application/json")],
                request=body_of(request, settings().body_limit),
                status=status,
                response_headers=[("content-type", "application/json; charset=utf-8")],
                response=body_of(msgspec.json.encode(answer), settings().body_limit),
                started_at=began + timedelta(seconds=20 * len(heard)),
                duration_ms=45.0 + 3 * len(heard),
            )
        )

    for n in range(1, 9):
        add("GET", f"/posts/{n}", 200, _post(n))
        add(
            "GET",
            f"/posts/{n}/comments",
            200,
            [{"postId": n, "id": 5 * n + k, "name": f"Comment {k}", "email": f"reader{k}@example.com", "body": "Well said."} for k in (1, 2)],
        )
    for page in (1, 2, 3):
        add("GET", f"/posts?_page={page}&_limit=3", 200, [_post(3 * page + k) for k in range(3)])
    for n in (1, 2, 3):
        add(
            "GET",
            f"/users/{n}",
            200,
            {"id": n, "name": f"User {n}", "username": f"user{n}", "email": f"user{n}@example.com", "website": None if n == 2 else "example.org"},
        )
    add("POST", "/posts", 201, {**_post(101), "id": 101}, {"userId": 1, "title": "A new post", "body": "Written by the demo."})
    add("GET", "/posts/99999", 404, {})
    return heard


def _post(n: int) -> dict[str, object]:
    return {"userId": 1 + n % 3, "id": n, "title": f"Sample Post {n}", "body": "A few words about nothing in particular."}
