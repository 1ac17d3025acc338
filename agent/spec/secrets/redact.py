"""Hides secrets: by header, by the name of a field, and by the shape of a value. Ids, hashes and dates stay.

A hidden value becomes a mark (`marks`). Hiding twice changes nothing. What is a secret is told in `finding`, what stands for one in `places`,
and free text is looked through in `texts`. Not hidden: personal data that is no credential, such as an e-mail address.
"""

import json
import re
from typing import Any, cast
from urllib.parse import parse_qsl, quote, unquote_plus

import msgspec

from agent.spec.model import Exchange, Frame, Headers
from agent.spec.names import words_of
from agent.spec.secrets.finding import LONG, SHORTEST, compiled, is_drawn_whole, is_secret, looks_random, names_an_id, told_by
from agent.spec.secrets.marks import MARK, mark
from agent.spec.secrets.patterns import ANNOUNCING, PUBLIC_HEADERS
from agent.spec.secrets.places import VALUES, hide_variables, inherited, pair_name
from agent.spec.secrets.texts import mask_drawn, mask_found, mask_said, mask_written
from agent.spec.values import STAND_INS

_TIMES = 4
"""What is hidden may part a word that stood next to it, and show another secret: a text that had one is looked at again."""


def mask_text(text: str) -> str:
    """Free text, with everything that has the shape of a secret and every `name=value` of a secret name hidden."""
    for _ in range(_TIMES):
        masked = mask_drawn(mask_written(mask_found(_mask_parts(text) if "form-data" in text else text)))
        if masked == text:
            break
        text = masked
    return text


def mask_json(value: Any) -> Any:
    """The same value with secrets hidden. Types stay: a text stays a text, a number under a secret name becomes 0."""
    return _mask_value(value, "")


def mask_named(name: str, value: Any) -> Any:
    """A value that stands under a name: a parameter, a property, a header."""
    return _mask_value(value, name)


def mask_object(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """An object whose values are about to be looked at one by one, each under its own key: without those that are secret for what stands above or beside them."""
    if name and told_by(name) == "secret":
        return cast(dict[str, Any], _mask_value(value, name))
    if VALUES.isdisjoint(value) or not (pair := pair_name(value)):
        return value
    return {key: _mask_value(item, pair) if key in VALUES else item for key, item in value.items()}


def mask_name(name: str) -> str:
    """A key of a map, which may be a secret itself. Short names are left alone: they are words."""
    return mask_drawn(mask_found(name)) if len(name) >= 16 else name


def mask_headers(headers: Headers) -> Headers:
    """Headers with credentials hidden. The scheme of `Authorization`, cookie names and cookie attributes stay."""
    return tuple((name, mask_header(name, value)) for name, value in headers)


def mask_header(name: str, value: str) -> str:
    """One header's value with its credential hidden."""
    lowered = name.lower()
    if lowered in ("authorization", "proxy-authorization"):
        return _mask_authorization(value)
    if lowered == "cookie":
        return "; ".join(_mask_pair(pair) for pair in re.split(r";\s*", value))
    if lowered == "set-cookie":
        return ";".join([_mask_pair(part) if index == 0 else part for index, part in enumerate(value.split(";"))])
    if lowered in PUBLIC_HEADERS:
        return mask_found(value)
    if told_by(lowered) == "secret":
        return mark(value) if value else value
    if lowered in ("location", "referer", "content-location", ":path"):
        return mask_url(value)
    masked = mask_url(value) if "://" in value else value
    return masked if "://" in masked else _mask_string(masked, lowered)


def mask_url(url: str) -> str:
    """A URL with its password, its secret query and fragment values, and path segments that are tokens hidden."""
    head, mark, query = url.partition("?")
    query, fragment_mark, fragment = query.partition("#")
    if not mark:
        head, fragment_mark, fragment = url.partition("#")
    return _mask_path(mask_found(head)) + mark + _mask_query(query) + fragment_mark + (_mask_query(fragment) if "=" in fragment else fragment)


def mask_body(body: bytes, media_type: str) -> bytes:
    """A body by its media type; what is not text stays as it is, but for the fields of a form."""
    if media_type.startswith("multipart/"):
        return _mask_parts(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if not body or media_type.startswith(("image/", "audio/", "video/", "font/")) or b"\0" in body[:1024]:
        return body
    text = body.decode("utf-8", "surrogateescape")
    if "urlencoded" in media_type:
        return _mask_query(text).encode("utf-8", "surrogateescape")
    masked = _mask_json_text(text) if text.lstrip()[:1] in ("{", "[", '"') else None
    return (mask_text(text) if masked is None else masked).encode("utf-8", "surrogateescape")


def mask_exchange(exchange: Exchange) -> Exchange:
    """The whole exchange as anyone but its owner may see it."""
    return msgspec.structs.replace(
        exchange,
        url=mask_url(exchange.url),
        request_headers=mask_headers(exchange.request_headers),
        response_headers=mask_headers(exchange.response_headers),
        request_body=mask_body(exchange.request_body, _media_type(exchange.request_headers)),
        response_body=mask_body(exchange.response_body, _media_type(exchange.response_headers)),
        frames=tuple(msgspec.structs.replace(frame, data=_mask_frame(frame)) for frame in exchange.frames),
    )


_NOBODYS = frozenset(STAND_INS.values())
"""What stands for a value of a format is no secret: an example stays one of its schema."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s?#]*[?#][^\s]*$|/[^\s?#]*\?[^\s]*=[^\s]*$")
_ASSIGNS = re.compile(r"""[\w"']\s{0,9}=\s{0,9}[\w"'\\]|["']\s{0,9}:|:\s{0,9}\\?["']|(?i:key|token|password|passwd|passcode|secret|cookie|pin|otp)s?:\s""")
"""Code, settings and JSON within a text."""
_FIELD = r"""(?i)[;\s]name="?([^";\r\n]+)"""
_A_FILE = r"(?i)[;\s]filename\*?="


def _mask_value(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return _mask_string(value, name)
    if isinstance(value, dict):
        value = hide_variables(value) if "variables" in value else value
        pair = "" if VALUES.isdisjoint(value) else pair_name(value)
        return {key: _mask_value(item, pair if pair and key in VALUES else inherited(str(key), name, item)) for key, item in _named(value)}
    if isinstance(value, (list, tuple)):
        return [_mask_row(item) if _is_row(item) else _mask_value(item, name) for item in cast(list[Any], value)]
    if name and isinstance(value, (int, float)) and not isinstance(value, bool) and is_secret(name, str(value)):
        return 0
    return value


def _is_row(item: Any) -> bool:
    """Whether an item of a list is a pair, as in `[["X-Api-Key", "…"]]`."""
    return isinstance(item, list) and len(pair := cast(list[Any], item)) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)


def _mask_row(pair: list[str]) -> list[str]:
    return [_mask_string(pair[0], ""), _mask_string(pair[1], pair[0] if len(pair[0]) <= 60 else "")]


def _named(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """Keys can be secrets too, where an object is a map."""
    return [(mask_name(key) if isinstance(key, str) else key, item) for key, item in value.items()]


def _mask_string(value: str, name: str) -> str:
    if value and value not in _NOBODYS and ((name and is_secret(name, value)) or is_drawn_whole(value, name)):
        return mark(value)
    if len(value) < 8:
        return value
    if name.lower().endswith("id") and value.isdigit() and told_by(name) == "":
        return value
    if ":" in value or "=" in value:
        if _URL.match(value):
            return mask_url(value)
        if _ASSIGNS.search(value):
            return mask_text(value)
    found = mask_said(mask_found(value))
    return found if len(found) < LONG or names_an_id(name) else mask_drawn(found)


def _mask_authorization(value: str) -> str:
    scheme, space, credential = value.partition(" ")
    if not space:
        return mark(value)
    hides_all = scheme.lower() in ("basic", "digest") or "," in credential
    return f"{scheme} {MARK if hides_all else mark(credential)}"


def _mask_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return name + equals + mark(value) if value else pair


def _mask_path(path: str) -> str:
    """What follows a segment such as `reset-password` and looks drawn at random."""
    parts = path.split("/")
    for place in range(1, len(parts)):
        if len(parts[place]) >= SHORTEST and looks_random(parts[place]) and ANNOUNCING.intersection(words_of(parts[place - 1])):
            parts[place] = mark(parts[place])
    return "/".join(parts)


def _mask_query(query: str) -> str:
    query = _mask_variables(query) if "variables=" in query and "query=" in query else query
    return "&".join(_mask_query_pair(pair) for pair in query.split("&")) if query else query


def _mask_variables(query: str) -> str:
    """Those of GraphQL in an address."""
    said = dict(parse_qsl(query))
    hidden = hide_variables(said)
    if hidden == said:
        return query
    return "&".join(f"variables={quote(hidden['variables'])}" if pair.startswith("variables=") else pair for pair in query.split("&"))


def _mask_query_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return mask_found(pair)
    decoded = unquote_plus(value)
    masked = _mask_string(decoded, unquote_plus(name))
    return pair if masked == decoded else f"{name}={masked}"


def _mask_parts(text: str) -> str:
    """The fields of a form in parts, each by its name."""
    return "\n--".join(_mask_part(part) for part in text.split("\n--"))


def _mask_part(part: str) -> str:
    head, blank, value = part.partition("\r\n\r\n" if "\r\n\r\n" in part else "\n\n")
    name = compiled(_FIELD).search(head)
    if not blank or name is None or compiled(_A_FILE).search(head):
        return part
    plain = value.removesuffix("\r")
    return head + blank + _mask_string(plain, name[1]) + value[len(plain) :]


def _mask_json_text(text: str) -> str | None:
    try:
        value = json.loads(text)
        masked = mask_json(value)
    except (ValueError, RecursionError):
        return None
    return text if masked == value else json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _mask_frame(frame: Frame) -> bytes:
    return mask_body(frame.data, "application/json") if frame.is_text else frame.data


def _media_type(headers: Headers) -> str:
    return next((value.lower() for name, value in headers if name.lower() == "content-type"), "")
