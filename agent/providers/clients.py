"""The official SDKs' clients, each for one connection, on the shared guarded HTTP client.

The SDKs read keys, organisations, projects and whole headers from the environment. Those are the operator's, and the
address may be a user's: so a request leaves with the headers named here and no others.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import httpx2
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from agent import egress
from agent.egress.capped import shared_capped_client
from agent.errors import Problem
from agent.providers.base import Connection

Body = Mapping[str, object]

_HARMLESS = frozenset({"accept", "accept-encoding", "anthropic-version", "connection", "content-length", "content-type", "host"})
_AUTH_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?::? +([!-~]+))?")
_NOT_FOR_KEYS = _HARMLESS | {"cookie", "transfer-encoding", "upgrade", "te", "trailer", "proxy-authorization"}
_USER_AGENT = "wiretalk"
_MOST_BYTES = 32 * 1024 * 1024  # of an answer, which a server of a user's own choice could make endless, or pack small
_NO_KEY = "none"  # An SDK that is given no key looks for the operator's.


async def post(connection: Connection, path: str, body: Body) -> httpx2.Response:
    """Send a request whose answer streams; the caller closes it. Raises the SDK's errors and the Problems of `egress`."""
    return await _client(connection).post(path, cast_to=httpx2.Response, body=body, stream=_streamed())


async def get(connection: Connection, path: str) -> httpx2.Response:
    """Fetch a whole answer. Raises as `post`."""
    return await _client(connection).get(path, cast_to=httpx2.Response)


def host_of(connection: Connection) -> str:
    """The server's name, for sentences."""
    return urlsplit(connection.base_url).hostname or "the provider"


def _streamed() -> bool:
    """Typed as either, because the SDKs declare a stream object for `True` alone and return the plain response."""
    return True


def _client(connection: Connection) -> AsyncAnthropic | AsyncOpenAI:
    egress.parse(connection.base_url, "provider")  # as it was written: the SDKs' parser repairs what ours refuses
    return _Anthropic(connection) if connection.wire == "anthropic" else _OpenAI(connection)


class _Anthropic(AsyncAnthropic):
    def __init__(self, connection: Connection) -> None:
        http = shared_capped_client("provider", _MOST_BYTES)
        base_url, query = _base_of(connection)
        super().__init__(
            api_key=connection.api_key or _NO_KEY, base_url=base_url.removesuffix("/v1"), default_query=query, http_client=http, timeout=http.timeout,
            max_retries=0, open_telemetry=False,
        )  # fmt: skip
        self._wiretalk_auth = _auth(connection)

    async def _prepare_request(self, request: httpx2.Request) -> None:
        _only_ours(request, self._wiretalk_auth)


class _OpenAI(AsyncOpenAI):
    def __init__(self, connection: Connection) -> None:
        http = shared_capped_client("provider", _MOST_BYTES)
        base_url, query = _base_of(connection)
        super().__init__(
            api_key=connection.api_key or _NO_KEY, base_url=base_url, default_query=query, http_client=http, timeout=http.timeout, max_retries=0
        )  # fmt: skip
        self._wiretalk_auth = _auth(connection)

    async def _prepare_request(self, request: httpx2.Request) -> None:
        _only_ours(request, self._wiretalk_auth)


def _base_of(connection: Connection) -> tuple[str, dict[str, object]]:
    """What paths are put after, and the query that goes with each of them, such as `api-version`."""
    base_url, _, query = connection.base_url.partition("?")
    return base_url.rstrip("/"), dict[str, object](parse_qsl(query, keep_blank_values=True))


def _only_ours(request: httpx2.Request, auth: Mapping[str, str]) -> None:
    for name in [name for name in request.headers if name.lower() not in _HARMLESS]:
        del request.headers[name]
    request.headers["user-agent"] = _USER_AGENT
    request.headers.update(auth)


def _auth(connection: Connection) -> dict[str, str]:
    """`auth_header` is a name (`X-Api-Key`), or a name and a scheme (`Authorization: Token`)."""
    key = connection.api_key
    if not key:
        return {}
    if not key.isascii() or not key.isprintable():
        raise Problem("provider_auth", "The key has characters in it that no key has.")
    if not connection.auth_header:
        bearer = {"Authorization": f"Bearer {key}"}
        # Servers that imitate Anthropic's API mostly know the older of its two headers only.
        is_imitation = connection.wire == "anthropic" and not host_of(connection).endswith("anthropic.com")
        return {**bearer, "X-Api-Key": key} if is_imitation else bearer
    found = _AUTH_HEADER.fullmatch(connection.auth_header.strip())
    if found is None or found[1].lower() in _NOT_FOR_KEYS:
        raise Problem("provider_auth", f"A key cannot be sent in the header `{connection.auth_header}`.", remedy="Use `Authorization` or `X-Api-Key`.")
    scheme = found[2] or ("Bearer" if found[1].lower() == "authorization" else "")
    return {found[1]: f"{scheme} {key}".strip()}
