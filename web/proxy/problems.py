"""The proxy's own failures: problem documents that `X-Wiretalk-Error` tells apart from the upstream's answers.

They say nothing about a user, so the script of any page may read them: a browser would only tell it of CORS otherwise. For that the question
that a browser asks before (the preflight) is granted where the request itself is certain to be refused.
"""

import msgspec
from litestar.types import Send

from agent.errors import Problem
from web.proxy import headers as crossing
from web.proxy.asked import Asked

_FORWARDS_NOTHING = frozenset({"endpoint_stopped", "endpoint_not_found"})


async def answer(send: Send, problem: Problem) -> None:
    """Send the document."""
    body = msgspec.json.encode(problem.document())
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-wiretalk-error", problem.code.encode()),
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"x-wiretalk-error, retry-after"),
        *((b"retry-after", str(seconds).encode()) for seconds in [problem.extra.get("retry_after")] if seconds),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def grant(send: Send, asked: Asked, problem: Problem) -> bool:
    """Let a browser send what it asks for, so that its page reads the refusal. False, and nothing sent, where it is no preflight or something might be forwarded."""
    method = crossing.value_of(asked.headers, b"access-control-request-method")
    if asked.method != "OPTIONS" or method is None or problem.code not in _FORWARDS_NOTHING:
        return False
    headers = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", method),
        (b"access-control-allow-headers", crossing.value_of(asked.headers, b"access-control-request-headers") or b"*"),
        (b"cache-control", b"no-store"),
        (b"x-wiretalk-error", problem.code.encode()),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return True
