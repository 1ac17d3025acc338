"""Hides secrets: by header, by the name of a field, and by the shape of a value. Ids, hashes and dates stay.

A hidden value becomes `••••`, followed by its last four characters where it had at least twelve. Hiding twice changes nothing.
What is a secret is told in `secret_finding`. Not hidden: personal data that is no credential, such as an e-mail address.
"""

import json
import re
from typing import Any, cast
from urllib.parse import unquote_plus

import msgspec

from agent.spec.model import Exchange, Frame, Headers
from agent.spec.names import words_of
from agent.spec.secret_finding import SHORTEST, compiled, find_secrets, is_secret_name, looks_random, told_by
from agent.spec.secret_patterns import (
    ANNOUNCING,
    PUBLIC_HEADERS,
)
from agent.spec.values import STAND_INS

MARK = "••••"


def mask_text(text: str) -> str:
    """Free text, with everything that has the shape of a secret and every `name=value` of a secret name hidden."""
    text = _mask_found(_mask_parts(text) if "form-data" in text else text)
    text = compiled(_ELEMENT).sub(_mask_element, text) if "</" in text else text
    text = compiled(_INPUT).sub(_mask_input, text) if "name=" in text and "<" in text else text
    text = compiled(_QUOTED).sub(_mask_quoted, text) if '"' in text or "'" in text else text
    return _ASSIGNED.sub(_mask_assigned, text)


def mask_json(value: Any) -> Any:
    """The same value with secrets hidden. Types stay: a text stays a text, a number under a secret name becomes 0."""
    return _mask_value(value, "")


def mask_named(name: str, value: Any) -> Any:
    """A value that stands under a name: a parameter, a property, a header."""
    return _mask_value(value, name)


def hide_variables(body: Any) -> Any:
    """A GraphQL request, or several, in which the variables that stand for a secret argument, as in `login(password: $p)`, are hidden whatever they are called."""
    if isinstance(body, list):
        return [hide_variables(one) for one in cast(list[Any], body)]
    if not isinstance(body, dict):
        return body
    request = cast(dict[str, Any], body)
    query, variables = request.get("query"), request.get("variables")
    if not isinstance(query, str) or not isinstance(variables, dict) or "$" not in query:
        return request
    standing = {match[2] for match in compiled(_STANDS_FOR).finditer(query) if is_secret_name(match[1])}
    hidden = {name: mark(value) for name, value in cast(dict[str, Any], variables).items() if name in standing and isinstance(value, str)}
    return {**request, "variables": {**variables, **hidden}} if hidden else request


def mask_name(name: str) -> str:
    """A key of a map, which may be a secret itself. Short names are left alone: they are words."""
    return _mask_found(name) if len(name) >= 16 else name


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
        return _mask_found(value)
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
    return _mask_path(_mask_found(head)) + mark + _mask_query(query) + fragment_mark + (_mask_query(fragment) if "=" in fragment else fragment)


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


def mark(secret: str) -> str:
    """What stands in a secret's place."""
    if secret.startswith(MARK) and len(secret) <= len(MARK) + 4:
        return secret
    return MARK + secret[-4:] if len(secret) >= 12 and secret[-4:].isascii() and secret[-4:].isalnum() else MARK


_NOBODYS = frozenset(STAND_INS.values())
"""What stands for a value of a format is no secret: an example stays one of its schema."""
_ASSIGNED = re.compile(r"""(?<![\w.-])([A-Za-z_][\w.-]{1,60})(["']?\s*[=:]\s*["']?|>\s*)([^\s"'&,;<>{}()\[\]]+)""")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s?#]*[?#][^\s]*$|/[^\s?#]*\?[^\s]*=[^\s]*$")
_ASSIGNS = re.compile(r"""[\w"']\s{0,9}=\s{0,9}[\w"'\\]|["']\s{0,9}:|:\s{0,9}\\?["']""")
"""Code, settings and JSON within a text."""
_FIELD = r"""(?i)[;\s]name="?([^";\r\n]+)"""
_A_FILE = r"(?i)[;\s]filename\*?="
_QUOTED = r"""(?<![\w.-])([A-Za-z_][\w.-]{1,60})(\\{0,8}["']?\s*[=:]\s*(\\{0,8}["']))((?:(?!\3)(?:\\.|[^\\\n])){1,2000}?)(?=\3)"""
_ELEMENT = r"(<(?:[\w.-]{1,60}:)?([\w.-]{1,60})(?:\s[^<>]{0,2000})?>)(<!\[CDATA\[[^\]]{1,2000}\]\]>|[^<>]{1,2000})(?=</)"
_INPUT = r"""(<(?:input|meta)\b[^<>]{0,500}?\bname=["']?([\w.\[\]-]{1,60})["']?[^<>]{0,500}?\b(?:value|content)=)(["'])([^"'<>]{1,2000})(?=\3)"""
_STANDS_FOR = r"(?<![$\w])([A-Za-z_]\w*)\s*:\s*\$([A-Za-z_]\w*)"


def _mask_value(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return _mask_string(value, name)
    if isinstance(value, dict):
        value = hide_variables(value) if "variables" in value else value
        pair = _pair_name(value) if "value" in value else ""
        return {key: _mask_value(item, pair if pair and key == "value" else _inherited(str(key), name, item)) for key, item in _named(value)}
    if isinstance(value, (list, tuple)):
        return [_mask_value(item, name) for item in value]
    if name and isinstance(value, (int, float)) and not isinstance(value, bool) and told_by(name) == "secret":
        return 0
    return value


def _pair_name(value: dict[Any, Any]) -> str:
    """What `{name: "password", value: …}` says its value is."""
    return next((name for key in ("name", "key", "field", "header") if isinstance(name := value.get(key), str) and told_by(name) == "secret"), "")


def _named(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """Keys can be secrets too, where an object is a map."""
    return [(mask_name(key) if isinstance(key, str) else key, item) for key, item in value.items()]


def _inherited(key: str, parent: str, item: Any) -> str:
    """What stands under `credentials: {…}` or `{name: "password", value: …}` is judged by its own name, then by its parent's."""
    return key if told_by(key) or not told_by(parent) or not isinstance(item, str) else "key"


def _mask_string(value: str, name: str) -> str:
    verdict = told_by(name) if name and value not in _NOBODYS else ""
    if value and (verdict == "secret" or (verdict == "doubtful" and looks_random(value))):
        return mark(value)
    if len(value) < 8:
        return value
    if verdict == "" and name.lower().endswith("id") and value.isdigit():
        return value
    if _URL.match(value):
        return mask_url(value)
    return mask_text(value) if _ASSIGNS.search(value) else _mask_found(value)


def _mask_found(text: str) -> str:
    """Until nothing is found: what is hidden may have parted a secret that stood next to it."""
    for _ in range(20):
        secrets = find_secrets(text) if len(text) >= 8 else ()
        if not secrets:
            break
        pieces: list[str] = []
        at = 0
        for secret in secrets:
            pieces += [text[at : secret.start], _mark_kind(text[secret.start : secret.end], secret.kind)]
            at = secret.end
        text = "".join([*pieces, text[at:]])
    return text


def _mark_kind(secret: str, kind: str) -> str:
    """The last four characters of a password or of a key block would tell too much."""
    return MARK if kind in ("basic-auth", "private-key", "url-password") else mark(secret)


def _mask_assigned(match: re.Match[str]) -> str:
    name, between, value = match.groups()
    verdict = told_by(name)
    is_quoted = between.strip() not in (":", ">")
    if not verdict or value.startswith(MARK) or value.lower() in ("true", "false", "null", "none") or (verdict == "doubtful" and not looks_random(value)):
        return match.group()
    if verdict == "secret" and not is_quoted and between.strip() == ":" and not looks_random(value):
        return match.group()
    return f"{name}{between}{mark(value)}"


def _mask_quoted(match: re.Match[str]) -> str:
    """A text in quotes is hidden whole, blanks and all."""
    name, between, _, value = match.groups()
    verdict = told_by(name)
    if not verdict or value.startswith(MARK) or (verdict == "doubtful" and not looks_random(value)):
        return match.group()
    return f"{name}{between}{mark(value)}"


def _mask_element(match: re.Match[str]) -> str:
    """What stands in an element of XML, whatever attributes it has."""
    start, name, value = match.groups()
    verdict = told_by(name)
    if not verdict or not value.strip() or value.startswith(MARK) or (verdict == "doubtful" and not looks_random(value)):
        return match.group()
    return start + mark(value)


def _mask_input(match: re.Match[str]) -> str:
    """What a field of a web page holds, such as its token against forgery."""
    start, name, quote, value = match.groups()
    verdict = told_by(name)
    if not verdict or value.startswith(MARK) or (verdict == "doubtful" and not looks_random(value)):
        return match.group()
    return start + quote + mark(value)


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
    return "&".join(_mask_query_pair(pair) for pair in query.split("&")) if query else query


def _mask_query_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return _mask_found(pair)
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
