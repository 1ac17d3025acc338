"""What Postman collections and Insomnia exports have in common: variables, bodies, ways to sign in, and requests that become exchanges.

Variables are replaced where the file itself says what they are; a `{{variable}}` that is left in a path stays visible, one in the host makes the request unusable.
Scripts are never run, and no file is read.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from urllib.parse import quote_plus

import yaml

from agent.spec.model import Exchange, Headers
from agent.spec.objects import Object, as_object, as_objects
from agent.spec.readers import yaml_read
from agent.spec.readers.reading import Reading, Skips, Unreadable, opened, whole, with_id

Variables = dict[str, str]
Pairs = list[tuple[str, str]]
MAX_FILE = 64 << 20
MAX_DEPTH = 40
MOST_FILLED = 1_000
"""Variables in one text: each may stand for many more."""


def reading(data: bytes | BinaryIO, what: str, exchanges: Callable[[Object], Iterator[Exchange]]) -> Reading:
    """The requests of a file. Raises Unreadable where it is no such file."""
    return Reading(lambda skips: _read(_load(data, what), skips, exchanges))


def exchange(method: Any, url: str, headers: Headers, auth: Any, query: Pairs, body: tuple[bytes, str, bool], variables: Variables) -> Exchange:
    """One request. `body`: its bytes, its media type, and whether there is more of it in some file."""
    signed, asked = authorization(auth, variables)
    pairs = "&".join(f"{quote_plus(filled(name, variables), safe='{}')}={quote_plus(filled(value, variables), safe='{}')}" for name, value in query + asked)
    url = filled(url, variables).strip()
    url = url if "://" in url[:20] or not _A_HOST.match(url) else "http://" + url
    url, mark, fragment = url.partition("#")
    url += (("&" if "?" in url else "?") + pairs if pairs else "") + mark + fragment
    content, media_type, is_cut = body
    is_typed = not media_type or any(name.lower() == "content-type" for name, _ in headers)
    return Exchange(
        id="",
        method=str(method or "GET").upper(),
        url=url,
        request_headers=(*headers, *signed, *(() if is_typed else (("Content-Type", media_type),))),
        request_body=content,
        request_truncated=is_cut,
        protocol=_PROTOCOLS.get(url.partition(":")[0].lower(), "https"),
    )


def authorization(auth: Any, variables: Variables) -> tuple[Headers, Pairs]:
    """The header or the parameter that a way to sign in stands for; its value is masked everywhere later."""
    block = as_object(auth)
    kind = str(block.get("type") or "").lower()
    settings = block.get(str(block.get("type")))
    values = as_object(settings) or dict(pairs(settings, "key"))
    if kind == "apikey":
        name, value = filled(str(values.get("key") or "X-API-Key"), variables), filled(str(values.get("value") or "key"), variables)
        return ((), [(name, value)]) if "query" in str(values.get("in") or values.get("addTo") or "") else (((name, value),), [])
    token = filled(str(values.get("token") or values.get("accessToken") or "token"), variables)
    schemes = {"bearer": f"Bearer {token}", "oauth2": f"Bearer {token}", "jwt": f"Bearer {token}", "basic": "Basic dXNlcjpwYXNzd29yZA=="} | _SCHEMES
    return ((("Authorization", schemes[kind]),), []) if kind in schemes else ((), [])


def urlencoded(found: Pairs, variables: Variables) -> bytes:
    return "&".join(f"{quote_plus(name)}={quote_plus(filled(value, variables))}" for name, value in found).encode("utf-8", "replace")


def multipart(items: list[Object], key: str, variables: Variables) -> tuple[bytes, str, bool]:
    """The fields of a form in parts. What its files hold is not known."""
    parts: list[str] = []
    for item in items:
        is_file = item.get("type") == "file"
        source = item.get("src") or item.get("fileName") or ""
        file = str(source[0] if isinstance(source, list) and source else source).replace("\\", "/").rpartition("/")[2]
        kind = f"\r\nContent-Type: {item['contentType']}" if item.get("contentType") else ""
        head = f'form-data; name="{item.get(key)}"' + (f'; filename="{file or "file"}"' if is_file else "") + kind
        parts.append(f"--boundary\r\nContent-Disposition: {head}\r\n\r\n{'' if is_file else filled(str(item.get('value') or ''), variables)}\r\n")
    return "".join([*parts, "--boundary--\r\n"]).encode("utf-8", "replace"), "multipart/form-data; boundary=boundary", False


def headers(raw: Any, key: str, variables: Variables) -> Headers:
    return tuple((name, filled(value, variables)) for name, value in pairs(raw, key))


def pairs(raw: Any, key: str) -> Pairs:
    """Names and values of a list that are switched on; older files have lines of `Name: value`."""
    if isinstance(raw, str):
        lines = (line.partition(":") for line in raw.splitlines() if not line.startswith("//"))
        return [(name.strip(), value.strip()) for name, colon, value in lines if colon and name.strip()]
    return [(str(item[key]), str(item.get("value") if item.get("value") is not None else "")) for item in as_objects(raw) if is_on(item) and item.get(key)]


def is_on(item: Object) -> bool:
    return not item.get("disabled") and item.get("enabled") is not False


def filled(text: str, variables: Variables) -> str:
    """With what the file says its variables are; those that make something up get an example."""
    for _ in range(3):  # a variable may stand for another
        text = _VARIABLE.sub(lambda match: variables.get(match[1], _MADE_UP.get(match[1], match[0]))[:2_000], text, count=MOST_FILLED) if "{{" in text else text
    return text


def flat(data: Any, prefix: str = "", depth: int = 0) -> Variables:
    """An environment's variables; `a: {b: c}` is known as `a.b`."""
    found: Variables = {}
    for key, value in as_object(data).items():
        found |= flat(value, f"{prefix}{key}.", depth + 1) if isinstance(value, dict) and depth < MAX_DEPTH else {f"{prefix}{key}": str(value)}
    return found


def _load(data: bytes | BinaryIO, what: str) -> Object:
    content = whole(opened(data), MAX_FILE)
    try:
        value = json.loads(content) if content.lstrip()[:1] == b"{" else yaml_read.load(content)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unreadable(f"This {what} is neither JSON nor YAML.") from None
    if not isinstance(value, dict):
        raise Unreadable(f"This is no {what}.")
    return value


def _read(document: Object, skips: Skips, exchanges: Callable[[Object], Iterator[Exchange]]) -> Iterator[Exchange]:
    found = 0
    for made in exchanges(document):
        host = made.url.split("/")[2] if "://" in made.url else "{{"
        if "{{" in host or "{%" in host:
            skips.add(f"`{made.method} {made.url[:200]}` was left out: its host is not known.")
            continue
        found += 1
        yield with_id(made)
    if not found and not skips.count:
        raise Unreadable("There is no request in this collection.")


_A_HOST = re.compile(r"(?:[\w-]+\.)+\w+(?:[:/?#]|$)|localhost(?:[:/?#]|$)|[\w-]+:\d+(?:[/?#]|$)")
_VARIABLE = re.compile(r"\{\{\s*(?:_\.|_\[['\"])?(\$?[\w.-]+)(?:['\"]\])?\s*\}\}")
_PROTOCOLS: dict[str, Any] = {"http": "http", "ws": "ws", "wss": "wss"}
_SCHEMES = {
    "digest": "Digest username=user",
    "awsv4": "AWS4-HMAC-SHA256 Credential=key",
    "iam": "AWS4-HMAC-SHA256 Credential=key",
    "oauth1": "OAuth oauth_token=token",
    "hawk": "Hawk id=key",
    "ntlm": "NTLM token",
    "edgegrid": "EG1-HMAC-SHA256 client_token=token",
}
_MADE_UP = {
    "$guid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "$randomUUID": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "$timestamp": "1738324800",
    "$isoTimestamp": "2025-01-31T12:00:00Z",
    "$randomInt": "42",
    "$randomEmail": "ada@example.com",
    "$randomBoolean": "true",
}
