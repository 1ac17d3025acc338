"""The proxy's own failures: problem documents that `X-Wiretalk-Error` tells apart from the upstream's answers.

They say nothing about a user, so the script of any page may read them: a browser would only tell it of CORS otherwise.
"""

import msgspec
from litestar.types import Send

from agent.errors import Problem


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
