"""Operations called for real: what arrives equals what curl sends, credentials stay in the server, a hostile document stays harmless."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import yaml

from agent import egress, endpoints, operations
from agent.accounts import users
from agent.actor import Actor
from agent.documents import docs
from agent.errors import Problem
from agent.spec.calling import Arguments
from tests.live import wiretalk

UNLISTED = {"user-agent", "accept-encoding", "connection", "accept"}
"""Headers in which any two clients differ."""


class Wire:
    """An upstream that keeps the raw bytes of each request and answers with a small JSON object."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.url = ""
        self.open: set[asyncio.Task[Any] | None] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(asyncio.current_task())
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            body = await reader.readexactly(length)
            self.requests.append(head + body)
            answer = json.dumps({"n": len(self.requests), "password": "hunter2-secret"}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer))
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        self.open.discard(asyncio.current_task())


@contextlib.asynccontextmanager
async def _wire() -> AsyncIterator[Wire]:
    wire = Wire()
    server = await asyncio.start_server(wire.handle, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        await egress.close()
        server.close()
        if wire.open:
            await asyncio.wait([task for task in wire.open if task], timeout=60)


def _seen(raw: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [(line.partition(":")[0].lower(), line.partition(":")[2].strip()) for line in lines]
    return first, sorted(pair for pair in pairs if pair[0] not in UNLISTED), body


JSON = ["-H", "content-type: application/json"]
CALLS: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("GET /products", {}, "/products", []),
    ("GET /products", {"query": {"limit": 3}}, "/products?limit=3", []),
    ("GET /products", {"query": {"limit": 3, "offset": 10, "tag": "new"}}, "/products?limit=3&offset=10&tag=new", []),
    ("GET /products", {"query": {"tag": "a b&c=d/é+"}}, "/products?tag=a%20b%26c%3Dd%2F%C3%A9%2B", []),
    ("GET /products", {"query": {"tag": ["x", "y"]}}, "/products?tag=x&tag=y", []),
    ("GET /products", {"query": {"tag": ""}}, "/products?tag=", []),
    ("GET /products", {"query": {"flag": True, "none": None, "price": 1.5}}, "/products?flag=true&price=1.5", []),
    ("GET /products/{id}", {"path": {"id": "prod_1001"}}, "/products/prod_1001", []),
    ("GET /products/{id}", {"path": {"id": "a/b c?d#e%f"}}, "/products/a%2Fb%20c%3Fd%23e%25f", []),
    ("GET /products/prod_1002", {}, "/products/prod_1002", []),
    ("GET /customers/me", {"headers": {"X-Trace-Id": "abc-123"}}, "/customers/me", ["-H", "X-Trace-Id: abc-123"]),
    ("GET /customers/me", {"cookies": {"session": "s1", "theme": "dark"}}, "/customers/me", ["-H", "cookie: session=s1; theme=dark"]),
    ("GET /orders", {"headers": {"If-None-Match": '"v1"'}, "query": {"limit": 1}}, "/orders?limit=1", ["-H", 'If-None-Match: "v1"']),
    ("POST /orders", {"body": {"product_id": "prod_1001", "quantity": 2}}, "/orders", [*JSON, "--data-binary", '{"product_id":"prod_1001","quantity":2}']),
    (
        "POST /orders",
        {"body": {"note": 'é\n"x"', "n": [1, None]}, "headers": {"Idempotency-Key": "k1"}},
        "/orders",
        [*JSON, "-H", "Idempotency-Key: k1", "--data-binary", '{"note":"é\\n\\"x\\"","n":[1,null]}'],
    ),
    ("GET /orders/{id}", {"path": {"id": "5f0c"}}, "/orders/5f0c", []),
    ("DELETE /orders/{id}", {"path": {"id": "5f0c"}}, "/orders/5f0c", ["-X", "DELETE"]),
    ("PUT /orders/{id}", {"path": {"id": "1"}, "body": []}, "/orders/1", ["-X", "PUT", *JSON, "--data-binary", "[]"]),
    ("PATCH /orders/{id}", {"path": {"id": "1"}, "body": {"q": False}}, "/orders/1", ["-X", "PATCH", *JSON, "--data-binary", '{"q":false}']),
    (
        "POST /graphql",
        {"body": {"query": "{ products { id } }"}, "query": {"v": 2}, "headers": {"X-A": "1"}, "cookies": {"c": "2"}},
        "/graphql?v=2",
        [*JSON, "-H", "X-A: 1", "-H", "cookie: c=2", "--data-binary", '{"query":"{ products { id } }"}'],
    ),
]


@pytest.fixture
async def ada(database: asyncpg.Pool) -> Actor:
    profile = await users.sign_up("ada@example.com", "correct horse")
    return users.actor_of(profile.id, "USER", profile.email, "api")


async def test_twenty_calls_equal_what_curl_sends(ada: Actor) -> None:
    """Request line, headers and body byte for byte, apart from the headers in which any two clients differ."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl on this machine to compare with")
    assert len(CALLS) == 20
    async with _wire() as wire:
        made = await endpoints.create(ada, f"{wire.url}/shop/v1", name="Shop")
        for operation, arguments, target, options in CALLS:
            body = arguments.get("body", msgspec.UNSET)
            given = Arguments(arguments.get("path", {}), arguments.get("query", {}), arguments.get("headers", {}), arguments.get("cookies", {}), body)
            called = await operations.call(ada, operation, given, made.slug)
            assert called.status == 200
            process = await asyncio.create_subprocess_exec(curl, "-s", "-o", "/dev/null", *options, f"{wire.url}/shop/v1{target}")
            assert await process.wait() == 0
            ours, theirs = wire.requests[-2:]
            assert _seen(ours) == _seen(theirs), operation


async def test_a_call_is_a_capture_and_its_credentials_stay_in_the_server(ada: Actor, database: asyncpg.Pool) -> None:
    """Stored headers are sent and kept sealed; neither they nor secrets in the answer are in what the caller reads."""
    async with _wire() as wire:
        made = await endpoints.create(ada, wire.url, name="Shop")
        assert await operations.set_credentials(ada, made.id, [("X-Api-Key", "canary-0123456789")]) == ["X-Api-Key"]
        called = await operations.call(ada, "GET /me", Arguments(), "shop")
        assert await database.fetchval("SELECT api_calls FROM usage WHERE user_id = $1", ada.user_id) == 1
        assert b"X-Api-Key: canary-0123456789" in wire.requests[0]
        assert "canary" not in msgspec.json.encode(called).decode()
        assert "hunter2-secret" not in (called.body or "")
        assert called.credentials == ["stored `X-Api-Key`"]
        row = await database.fetchrow("SELECT * FROM api_calls WHERE id = $1", called.call)
        assert row is not None
        assert row["source"] == "agent"
        assert row["response_status"] == 200
        assert b"canary" not in bytes(row["request_headers"])
        with pytest.raises(Problem, match="cannot be sent"):
            await operations.set_credentials(ada, made.id, [("X", "a\r\nb: c")])


def _document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "Given", "version": "1"}, "paths": paths, **more}


async def test_an_uploaded_document_is_callable_before_anything_was_captured(ada: Actor) -> None:
    """Search, describe, call; its servers are not believed, and what it does not name is refused."""
    document = _document(
        {
            "/pets/{petId}": {
                "get": {
                    "operationId": "showPet",
                    "summary": "Info for a specific pet",
                    "parameters": [{"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}},
                }
            }
        },
        servers=[{"url": "http://169.254.169.254/latest"}],
        components={"schemas": {"Pet": {"type": "object", "properties": {"id": {"type": "integer"}, "kin": {"$ref": "#/components/schemas/Pet"}}}}},
    )
    async with _wire() as wire:
        made = await endpoints.create(ada, wire.url, name="Pets")
        told = await docs.give(ada, made.id, yaml.safe_dump(document).encode())
        assert told.version == "0.0.0"
        found = await operations.search(ada, "info about a pet")
        assert [one.operation for one in found] == ["GET /pets/{petId}"]
        described = await operations.describe(ada, "showPet")
        assert described["parameters"][0]["name"] == "petId"
        assert described["responses"]["200"]["properties"]["id"] == {"type": "integer"}
        assert (await operations.call(ada, "showPet", Arguments({"petId": "7"}))).status == 200
        assert wire.requests[0].startswith(b"GET /pets/7 HTTP/1.1\r\n")
        with pytest.raises(Problem, match="no query parameter `limit`"):
            await operations.call(ada, "showPet", Arguments({"petId": "7"}, {"limit": 1}))
        with pytest.raises(Problem, match="no operation"):
            await operations.call(ada, "somethingElse", Arguments(), "pets")


async def test_of_operations_with_the_words_asked_for_the_one_about_least_is_first(ada: Actor) -> None:
    """What has more in it fits too, however often it was called."""
    one, inner = (
        {"post": {"summary": summary, "responses": {"201": {"description": "ok"}}}} for summary in ("Create a work pool", "Create a queue for a work pool")
    )
    made = await endpoints.create(ada, "http://127.0.0.1:8099", name="Flows")
    await docs.give(ada, made.id, yaml.safe_dump(_document({"/work_pools/{name}/queues": inner, "/work_pools/": one})).encode())
    found = await operations.search(ada, "how do I create a work pool")
    assert [item.operation for item in found] == ["POST /work_pools/", "POST /work_pools/{name}/queues"]


def _endless_yaml() -> bytes:
    lines = ["openapi: 3.1.0", "info: {title: t, version: '1'}", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join([*lines, "paths: {/x: {get: {responses: {}}}}"]).encode()


def _many() -> bytes:
    return msgspec.json.encode(_document({f"/p{n}": {"get": {"responses": {}}} for n in range(10_000)}))


def _deep() -> bytes:
    return b'{"openapi":"3.1.0","paths":' + b'{"x":' * 5000 + b"1" + b"}" * 5000 + b"}"


HOSTILE: list[tuple[str, bytes]] = [
    ("10,000 operations", _many()),
    ("endless aliases", _endless_yaml()),
    ("nested 5,000 deep", _deep()),
    ("no document", b"%PDF-1.7"),
    ("a list", b"[1, 2]"),
    ("Swagger 1", b'{"swagger": "1.2", "paths": {}}'),
    ("YAML that makes objects", b"!!python/object/apply:os.system ['true']"),
    ("empty", b""),
    ("paths of the wrong kind", b'{"openapi": "3.1.0", "paths": [1]}'),
]


@pytest.mark.parametrize(("what", "data"), HOSTILE, ids=[name for name, _ in HOSTILE])
async def test_a_hostile_document_is_an_error_and_nothing_else(ada: Actor, database: asyncpg.Pool, what: str, data: bytes) -> None:
    """One sentence, within seconds, and nothing is stored."""
    made = await endpoints.create(ada, "http://127.0.0.1:8099", name="Target")
    with pytest.raises(Problem) as caught:
        await asyncio.wait_for(docs.give(ada, made.id, data), 60)
    assert caught.value.code == "unreadable_document"
    assert await database.fetchval("SELECT count(*) FROM endpoint_documentation") == 0


async def test_what_a_hostile_document_says_changes_no_request(ada: Actor) -> None:
    """Recursion, other servers, line breaks in headers and `..` in paths: refused by name, and nothing reaches another place."""
    two = {"type": "object", "properties": {name: {"$ref": "#/x/b"} for name in "ab"}}
    document = _document(
        {
            "/../../etc/passwd": {"get": {"operationId": "up", "responses": {}}},
            "/%2e%2e/x": {"get": {"operationId": "encodedUp", "responses": {}}},
            "/h": {
                "servers": [{"url": "http://evil.example"}],
                "get": {
                    "operationId": "crlf",
                    "parameters": [{"name": "X-A\r\nHost", "in": "header", "schema": {}}, {"name": "X-B", "in": "header", "schema": {}}],
                    "responses": {},
                },
            },
            "//evil.example/x": {"get": {"operationId": "doubleSlash", "responses": {}}},
            "/loop": {
                "post": {
                    "operationId": "loop",
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/L"}}}},
                    "responses": {},
                }
            },
            "/boom": {"post": {"operationId": "boom", "requestBody": {"content": {"application/json": {"schema": two}}}, "responses": {}}},
        },
        servers=[{"url": "http://evil.example"}],
        components={
            "schemas": {"L": {"allOf": [{"$ref": "#/components/schemas/L"}, {"$ref": "#/components/schemas/M"}]}, "M": {"$ref": "#/components/schemas/L"}}
        },
        x={"b": {"type": "object", "properties": {name: {"$ref": "#/x/b"} for name in "ab"}}},
    )
    async with _wire() as wire:
        made = await endpoints.create(ada, wire.url, name="Target")
        await asyncio.wait_for(docs.give(ada, made.id, msgspec.json.encode(document)), 60)
        for bad, given in (
            ("up", Arguments()),
            ("encodedUp", Arguments()),
            ("crlf", Arguments(headers={"X-A\r\nHost": "evil.example"})),
            ("crlf", Arguments(headers={"X-B": "1\r\nHost: evil.example"})),
        ):
            with pytest.raises(Problem) as caught:
                await operations.call(ada, bad, given, made.slug)
            assert caught.value.code == "unfit_arguments"
        assert wire.requests == []
        for good in ("doubleSlash", "crlf"):
            assert (await operations.call(ada, good, Arguments(), made.slug)).status == 200
        for good in ("loop", "boom"):
            assert (await asyncio.wait_for(operations.call(ada, good, Arguments(body={}), made.slug), 60)).status == 200
        assert [line.split(b" ")[1] for line in wire.requests] == [b"//evil.example/x", b"/h", b"/loop", b"/boom"]
        assert await asyncio.wait_for(operations.typed(ada, made), 60)
        described = await asyncio.wait_for(operations.describe(ada, "boom", made.slug), 60)
        assert len(msgspec.json.encode(described)) <= 4_000


async def test_the_demo_shop_is_callable_with_what_was_heard(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one successful call through the proxy its credentials serve the agent's calls, and the model never sees them."""
    async with wiretalk(monkeypatch) as api:
        shop = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        signed = {"authorization": "Bearer demo-token"}
        async with httpx.AsyncClient(base_url=shop["proxy_url"], trust_env=False) as client:
            for path in ("/products", "/products/prod_1001", "/products/prod_1002", "/products/prod_1003"):
                assert (await client.get(path)).status_code == 200
            for _ in range(3):
                assert (await client.get("/customers/me", headers=signed)).status_code == 200
                assert (await client.get("/customers/me")).status_code == 401
        for _ in range(1200):
            if (await api.get(f"/api/v1/endpoints/{shop['id']}")).json()["calls"] >= 10:
                break
            await asyncio.sleep(0.05)
        found = (await api.post("/api/v1/tools/operation_search", json={"query": "customer", "endpoint": "demo-shop"})).json()
        assert found["data"]["items"][0]["operation"] == "GET /customers/me"
        called = (await api.post("/api/v1/tools/operation_call", json={"operation": "GET /customers/me", "endpoint": "demo-shop"})).json()
        assert called["data"]["status"] == 200, called
        assert "Ada Lovelace" in called["text"]
        assert "demo-token" not in json.dumps(called)
        read = (await api.get(f"/api/v1/calls/{called['data']['call']}")).json()
        assert read["summary"]["source"] == "agent"


async def test_nobody_is_asked_about_a_call_that_cannot_be_made(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said at once, with what would fit; with it, the call is asked about."""
    async with wiretalk(monkeypatch) as api:
        shop = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        order = {"product_id": "prod_1001", "quantity": 2}
        async with httpx.AsyncClient(base_url=shop["proxy_url"], trust_env=False, headers={"authorization": "Bearer demo-token"}) as client:
            for _ in range(3):
                assert (await client.post("/orders", json=order)).status_code == 201
        while (await api.get(f"/api/v1/endpoints/{shop['id']}")).json()["calls"] < 3:
            pass
        await api.post(f"/api/v1/endpoints/{shop['id']}/documentation")

        async def said(message: str) -> dict[str, Any]:
            return (await api.post("/api/v1/chat", json={"message": message, "provider": "builtin"})).json()

        refused = await said("call POST /orders on demo-shop")
        assert (refused["status"], refused["approvals"]) == ("completed", [])
        assert "A body is needed (application/json). Give one such as `{" in refused["text"] and "prod_1001" in refused["text"]
        asked = await said(f"call POST /orders on demo-shop with {json.dumps(order)}")
        assert asked["status"] == "waiting_approval" and asked["approvals"][0]["arguments"]["body"] == order
