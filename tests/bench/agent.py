"""The agent, evaluated: the same scripted tasks for the built-in guide, and for any provider that the environment names.

    WIRETALK_BENCH_PROVIDER=https://api.example.com/v1  WIRETALK_BENCH_MODEL=name  WIRETALK_BENCH_KEY=…  make bench

A task is what a person says, one message after another in one chat, and a test of what came of it. Whatever the agent asks approval
for is approved, as the person who says these things would.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, NamedTuple

import httpx

from tests.bench.agent_server import Door, serving

Answer = dict[str, Any]


class Done(NamedTuple):
    """What came of a task: its answers in order, and a client to look at what it changed."""

    answers: list[Answer]
    client: httpx.Client
    slug: str

    @property
    def text(self) -> str:
        return str(self.answers[-1]["text"])

    @property
    def tools(self) -> list[str]:
        return [call["name"] for answer in self.answers for call in answer["tool_calls"]]

    def endpoint(self) -> dict[str, Any]:
        found = self.client.get("/api/v1/endpoints?limit=200").json()["items"]
        return next((one for one in found if one["slug"] == self.slug), {})


class Task(NamedTuple):
    name: str
    said: tuple[str, ...]
    test: Callable[[Done], bool]


class Result(NamedTuple):
    task: str
    ok: bool
    steps: int
    tokens: int
    seconds: float


def _says(*patterns: str) -> Callable[[Done], bool]:
    return lambda done: all(re.search(pattern, done.text, re.IGNORECASE) for pattern in patterns)


TASKS: tuple[Task, ...] = (
    Task("capture", ("capture 127.0.0.1:8090 and call it Example",), lambda done: "/proxy/" in done.text and "endpoint_create" in done.tools),
    Task("document and tell how auth works", ("document the demo shop and tell me how auth works",), _says("bearer")),
    Task("list", ("what apis do I have?",), _says("demo")),
    Task("which failed", ("which calls to the demo shop failed?",), _says("422", "401")),
    Task("explain a failure", ("why did the last call to the demo shop fail?",), _says("404|422|401")),
    Task("slowest", ("what is the slowest call to the demo shop?",), _says(r"\d+ ?ms")),
    Task("count", ("how many calls to the demo shop are there?",), _says(r"\b16\b")),
    Task("by method", ("show the POST requests to the demo shop",), _says("POST", "/orders")),
    Task("by status", ("show the 404s of the demo shop",), _says("/products/nothing|404")),
    Task(
        "one call",
        ("show the last 3 calls to the demo shop", "open the first one"),
        lambda done: "capture_get" in done.tools and "/products/nothing" in done.text,
    ),
    Task("failing call to working curl", ("find the call to the demo shop that fails and give me a working curl",), _says("curl", "/proxy/")),
    Task("typescript", ("give me the typescript types of the demo shop",), _says("interface|export")),
    Task("openapi", ("show me the openapi spec of the demo shop",), _says("openapi")),
    Task("pagination", ("how does the demo shop paginate?",), _says("offset|limit|page")),
    Task("example", ("show me an example of creating an order in the demo shop",), _says("/orders", "POST")),
    Task("operations", ("which operations does the demo shop have?",), _says("/orders", "/products")),
    Task("rename", ("rename the demo shop to Corner shop",), lambda done: done.endpoint().get("name") == "Corner shop"),
    Task("rename back", ("rename Corner shop to Demo shop",), lambda done: done.endpoint().get("name") == "Demo shop"),
    Task("tag", ("tag the demo shop with retail and beta",), lambda done: set(done.endpoint().get("tags", ())) == {"retail", "beta"}),
    Task("pause", ("pause the demo shop",), lambda done: done.endpoint().get("status") == "REVIEW"),
    Task("resume", ("resume the demo shop",), lambda done: done.endpoint().get("status") == "ACTIVE"),
    Task("publish", ("make the docs of the demo shop public",), lambda done: done.endpoint().get("is_public") is True),
    Task("credits", ("how many credits do I have left?",), _says(r"\b\d+\b.*credits")),
    Task("usage", ("how much have I used this month?",), _says("messages|tokens")),
    Task("two at once", ("list my apis and show my credits",), lambda done: {"endpoint_list", "credit_check"} <= set(done.tools)),
    Task("pronoun", ("show the calls of the demo shop", "why did the last one fail?"), _says("404|422|401")),
    Task("do not delete", ("don't delete the demo shop",), lambda done: bool(done.endpoint()) and "endpoint_delete" not in done.tools),
    Task("how to delete", ("how would I delete the demo shop?",), lambda done: bool(done.endpoint()) and "endpoint_delete" not in done.tools),
    Task("delete", ("delete the demo shop",), lambda done: not done.endpoint()),
)


def figures() -> Iterator[tuple[str, float, str]]:
    """For each provider the share of tasks done, and the median steps, tokens and seconds of a task. The table goes to stderr."""
    for name in ("builtin", *(["bench"] if os.environ.get("WIRETALK_BENCH_PROVIDER") else [])):
        with serving() as door:
            results = evaluate(door, name)
        _table(name, results)
        yield f"agent.{name}.success", sum(result.ok for result in results) / len(results), f"of {len(results)} tasks"
        yield f"agent.{name}.steps", median(result.steps for result in results), "steps a task, median"
        yield f"agent.{name}.tokens", median(result.tokens for result in results), "tokens a task, median"
        yield f"agent.{name}.seconds", median(result.seconds for result in results), "s a task, median"


def evaluate(door: Door, provider: str) -> list[Result]:
    """Every task in order, on one captured shop."""
    with door.client() as client:
        if provider == "bench":
            _add_provider(client)
        slug = _prepare(client)
        return [_play(client, task, provider, slug) for task in TASKS]


def _add_provider(client: httpx.Client) -> None:
    env = os.environ
    secret = env.get("WIRETALK_BENCH_KEY", "")
    wish = {
        "name": "bench",
        "base_url": env["WIRETALK_BENCH_PROVIDER"],
        "default_model": env.get("WIRETALK_BENCH_MODEL", ""),
        "wire": env.get("WIRETALK_BENCH_WIRE", "openai-compatible"),
        "requires_auth": bool(secret),
    }
    client.post("/api/v1/providers", json=wish).raise_for_status()
    if secret:
        client.post("/api/v1/provider-keys", json={"provider": "bench", "key": secret}).raise_for_status()


def _prepare(client: httpx.Client) -> str:
    """The demo shop with sixteen calls, four of which fail; the last one is the 404."""
    made = client.post("/api/v1/endpoints", json={"destination_url": "demo"}).raise_for_status().json()
    signed_in = {"authorization": "Bearer demo-token"}
    with httpx.Client(base_url=made["proxy_url"], trust_env=False) as user:
        products = user.get("/products?limit=5").json()["items"]
        for product in products:
            user.get(f"/products/{product['id']}")
        for offset in (5, 10):
            user.get(f"/products?limit=5&offset={offset}")
        for product in products[:2]:
            user.post("/orders", json={"product_id": product["id"], "quantity": 2}, headers=signed_in)
        user.get("/orders", headers=signed_in)
        user.get("/customers/me", headers=signed_in)
        user.get("/customers/me")
        user.post("/orders", json={"product_id": products[0]["id"], "quantity": 0}, headers=signed_in)
        user.post("/orders", json={"quantity": 1}, headers=signed_in)
        user.get("/products/nothing")
    for _ in range(100):
        if len(client.get(f"/api/v1/endpoints/{made['id']}/calls?limit=50").json()["items"]) >= 16:
            break
        time.sleep(0.1)
    client.post(f"/api/v1/endpoints/{made['id']}/documentation").raise_for_status()
    return str(made["slug"])


def _play(client: httpx.Client, task: Task, provider: str, slug: str) -> Result:
    began, chat, answers = time.perf_counter(), None, list[Answer]()
    for said in task.said:
        answer = client.post("/api/v1/chat", json={"message": said, "provider": provider, **({"chat_session_id": chat} if chat else {})}).json()
        answer = _approved(client, answer)
        if "text" not in answer:
            return Result(task.name, False, 0, 0, time.perf_counter() - began)
        chat = answer["chat_session_id"]
        answers.append(answer)
    seconds = time.perf_counter() - began
    steps = sum(len(answer["tool_calls"]) + 1 for answer in answers)
    tokens = sum(answer["usage"].get("input", 0) + answer["usage"].get("output", 0) for answer in answers)
    return Result(task.name, task.test(Done(answers, client, slug)), steps, tokens, seconds)


def _approved(client: httpx.Client, answer: Answer) -> Answer:
    """The answer as it is once everything it asked for was approved."""
    for _ in range(10):
        if not answer.get("approvals"):
            break
        for asked in answer["approvals"]:
            client.post(f"/api/v1/runs/{answer['run_id']}/approvals/{asked['id']}", json={"decision": "approve"})
        answer = _ended(client, answer)
    return answer


def _ended(client: httpx.Client, answer: Answer) -> Answer:
    for _ in range(600):
        messages = client.get(f"/api/v1/chats/{answer['chat_session_id']}/messages").json()["items"]
        last = messages[-1]
        if (last.get("metadata") or {}).get("status"):
            blocks = last["content"]
            calls = [{"name": block["name"]} for block in blocks if block["type"] == "tool_call"]
            text = "\n\n".join(block["text"] for block in blocks if block["type"] == "text")
            return {**answer, "text": text, "tool_calls": calls, "approvals": []}
        time.sleep(0.1)
    return answer


def _table(provider: str, results: list[Result]) -> None:
    print(f"\n{provider}: {'task':32} done steps  tokens  seconds", file=sys.stderr)
    for result in results:
        print(
            f"{'':{len(provider) + 2}}{result.task:32} {'yes' if result.ok else 'NO ':4} {result.steps:5} {result.tokens:7,} {result.seconds:8.2f}",
            file=sys.stderr,
        )
