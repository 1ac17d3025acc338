"""What an endpoint's owner wants kept of its calls: which paths, and what becomes of secrets. Pure, but for `load`.

Secrets are told by name: the usual ones (see `agent.spec.secrets.redact`) and those the owner adds. For each place there is one policy:
`encrypt` keeps the value where only the owner's view and a replay see it, `mask` keeps its last characters, `drop` nothing.
"""

import fnmatch
import time
from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

import msgspec

from agent.recorder.heard import Body, Heard, RawHeaders
from agent.spec.secrets import marks, redact
from db import engine

Policy = Literal["encrypt", "mask", "drop"]
TARGET = ":target"
"""The name under which a whole URL is sealed beside the headers, where its query has secrets."""
_COOKIES = frozenset({"cookie", "set-cookie"})
_SECONDS = 1.0
_NAMED = (
    b"passw",
    b"secret",
    b"token",
    b"api_key",
    b"apikey",
    b"api-key",
    b"credential",
    b"authoriz",
    b"session_id",
    b"sessionid",
    b"private_key",
    b"privatekey",
    b"card_number",
    b"cardnumber",
    b"cvv",
    b"cvc",
    b'"pin"',
    b"eyj",  # how JSON web tokens begin
)


class Secrets(msgspec.Struct, frozen=True, omit_defaults=True):
    """The policy for each place. `names` are headers, cookies, parameters and body fields that are secret too."""

    headers: Policy = "encrypt"
    cookies: Policy = "encrypt"
    query: Policy = "encrypt"
    body: Policy = "encrypt"
    names: tuple[str, ...] = ()


class PathFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Patterns of paths with `*`, such as `/health*`. Without `include` every path is kept, except those in `exclude`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Rules(msgspec.Struct, frozen=True):
    secrets: Secrets = Secrets()
    paths: PathFilter = PathFilter()


class Kept(msgspec.Struct, frozen=True):
    """An exchange after its rules: what may be stored, and whether its bodies must be sealed."""

    heard: Heard
    is_sealed: bool


USUAL = Rules()
_known: dict[UUID, tuple[float, Rules]] = {}


async def load(endpoint_ids: Iterable[UUID]) -> dict[UUID, Rules]:
    """The rules of endpoints; what the owner changes is obeyed within a second."""
    now = time.monotonic()
    wanted = set(endpoint_ids)
    if missing := [id_ for id_ in wanted if id_ not in _known or _known[id_][0] < now]:
        if len(_known) > 10_000:
            _known.clear()
        async with engine.connection() as connection:
            rows = await connection.fetch("SELECT id, secrets_policy, path_filter FROM endpoints WHERE id = ANY($1)", missing)
        _known.update(dict.fromkeys(missing, (now + _SECONDS, USUAL)))
        _known.update({row["id"]: (now + _SECONDS, read(row["secrets_policy"], row["path_filter"])) for row in rows})
    return {id_: _known[id_][1] for id_ in wanted}


def read(secrets: str, paths: str) -> Rules:
    """From the columns of the endpoint. What cannot be read counts as the strictest there is for secrets."""
    try:
        return Rules(msgspec.json.decode(secrets, type=Secrets), msgspec.json.decode(paths, type=PathFilter))
    except msgspec.MsgspecError:
        return Rules(Secrets("mask", "mask", "mask", "mask"))


def is_wanted(heard: Heard, paths: PathFilter) -> bool:
    """Whether the owner wants this path kept."""
    if not paths.include and not paths.exclude:
        return True
    path = "/" + heard.url.partition("?")[0].partition("#")[0].split("://", 1)[-1].partition("/")[2]
    matches = [any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns) for patterns in (paths.include, paths.exclude)]
    return (matches[0] or not paths.include) and not matches[1]


def obey(heard: Heard, secrets: Secrets) -> Kept:
    """The exchange as it may be stored. Headers are always sealed, so `encrypt` leaves them as they are."""
    names = frozenset(name.lower() for name in secrets.names)
    request, response = (_headers(pairs, secrets, names) for pairs in (heard.request_headers, heard.response_headers))
    url = _url(heard.url, secrets.query, names)
    if secrets.query == "encrypt" and url != heard.url:
        request = [(TARGET, heard.url), *request]
    kept = msgspec.structs.replace(
        heard,
        url=url,
        request_headers=request,
        response_headers=response,
        request=_body(heard.request, heard.request_headers, secrets.body, names),
        response=_body(heard.response, heard.response_headers, secrets.body, names),
    )
    return Kept(kept, secrets.body == "encrypt" and (_has_secrets(heard.request.data, names) or _has_secrets(heard.response.data, names)))


def _headers(pairs: RawHeaders, secrets: Secrets, names: frozenset[str]) -> RawHeaders:
    kept: RawHeaders = []
    for name, value in pairs:
        policy = secrets.cookies if name.lower() in _COOKIES else secrets.headers
        masked = value if policy == "encrypt" else marks.mark(value) if name.lower() in names else redact.mask_header(name, value)
        if policy != "drop" or masked == value:
            kept.append((name, masked))
    return kept


def _url(url: str, policy: Policy, names: frozenset[str]) -> str:
    masked = redact.mask_url(url)
    head, mark, query = masked.partition("?")
    if not mark or not (names or policy == "drop"):
        return masked
    whole = url.partition("?")[2].split("&")
    parts = [_parameter(part, before, names) for part, before in zip(query.split("&"), whole, strict=False)]
    return head + mark + "&".join(part for part, before in zip(parts, whole, strict=False) if policy != "drop" or part == before)


def _parameter(masked: str, before: str, names: frozenset[str]) -> str:
    name, mark, value = before.partition("=")
    return f"{name}={marks.mark(value)}" if mark and name.lower() in names else masked


def _body(body: Body, headers: RawHeaders, policy: Policy, names: frozenset[str]) -> Body:
    """Masked as far as it can be read; a body in a content encoding is dropped where it would have to be masked."""
    if policy == "encrypt" or not body.data:
        return body
    media_type = next((value.lower() for name, value in headers if name.lower() == "content-type"), "")
    if any(name.lower() == "content-encoding" and value.lower() not in ("", "identity") for name, value in headers):
        return msgspec.structs.replace(body, data=b"", is_cut=True)
    masked = _mask_fields(redact.mask_body(body.data, media_type), names)
    if masked == body.data:
        return body
    return msgspec.structs.replace(body, data=b"" if policy == "drop" else masked, is_cut=body.is_cut or policy == "drop")


def _mask_fields(data: bytes, names: frozenset[str]) -> bytes:
    if not names:
        return data
    try:
        return msgspec.json.encode(_masked(msgspec.json.decode(data), names))
    except (msgspec.DecodeError, RecursionError):
        return data


def _masked(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: marks.MARK if str(key).lower() in names else _masked(item, names) for key, item in value.items()}
    return [_masked(item, names) for item in value] if isinstance(value, list) else value


def _has_secrets(data: bytes, names: frozenset[str]) -> bool:
    """Whether the bytes name something that is secret: a quick look, which may say yes too often."""
    lower = data.lower()
    return any(name in lower for name in _NAMED) or any(name.encode() in lower for name in names)
