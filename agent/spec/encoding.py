"""Values as they travel in a request: in a path, a query, a header, a cookie, a form. Nothing in them can change the host, the path's shape or the headers."""

import hashlib
import re
from collections.abc import Container
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

_UNRESERVED = "-._~"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_COOKIE_SAFE = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_LITERAL = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")
_LITERAL_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$'()*+,;=:@/?&-]|%[0-9A-Fa-f]{2})*")
_FRAMING = frozenset("host content-length transfer-encoding connection keep-alive upgrade te trailer expect proxy-connection".split())  # noqa: SIM905
OURS = _FRAMING | {"authorization", "proxy-authorization", "cookie"}
"""Headers that are not given with a call: they frame it, or stand for its credentials."""
_MOST_VALUE = 8_000


class Unfit(ValueError):
    """Why no request can be built: one sentence, and the argument that is to blame."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def path(template: str, values: dict[str, Any], slashed: Container[str] = ()) -> str:
    """The template with its values, below the base URL of the API; those in `slashed` keep their slashes. Raises Unfit."""
    if not template.startswith("/") or _CONTROL.search(template):
        raise Unfit(f"The path `{template[:80]}` of this operation cannot be called.")
    pieces = re.split(r"\{([^{}/]+)\}", template)
    filled = "".join(_literal(piece, template) if index % 2 == 0 else _segment(piece, values[piece], piece in slashed) for index, piece in enumerate(pieces))
    if any(re.fullmatch(r"(?:\.|%2e){1,2}", part, re.IGNORECASE) for part in filled.split("/")):
        raise Unfit(f"The path `{template[:80]}` leads out of the API.")
    return filled


def fixed_query(query: str, values: dict[str, Any]) -> str:
    """What a template has behind a question mark, as `/rest?method=photos.search` of APIs that are told apart so."""
    pieces = re.split(r"\{([^{}/]+)\}", query)
    if not all(_LITERAL_QUERY.fullmatch(piece) for piece in pieces[::2]):
        raise Unfit(f"The query `{query[:80]}` in the path of this operation cannot be sent.")
    return "".join(piece if index % 2 == 0 else quote(_short(as_text(values[piece]), piece), safe=_UNRESERVED) for index, piece in enumerate(pieces))


def query(values: dict[str, Any]) -> str:
    """Lists are repeated, objects are spread: what OpenAPI calls `form` and `explode`, its default."""
    pairs: list[str] = []
    for name, value in values.items():
        for key, item in value.items() if isinstance(value, dict) else [(name, each) for each in value] if isinstance(value, list) else [(name, value)]:
            pairs.append(f"{quote(str(key), safe=_UNRESERVED + '[]$')}={quote(_short(as_text(item), name), safe=_UNRESERVED)}")
    return "&".join(pairs)


def header(name: str, value: Any) -> tuple[str, str]:
    """A header and its value. Raises Unfit."""
    if name.lower() in OURS:
        raise Unfit(f"The header `{name}` is not given with a call; credentials are kept with the endpoint.", name)
    text = ",".join(as_text(item) for item in value) if isinstance(value, list) else as_text(value)
    if not _TOKEN.fullmatch(name) or _CONTROL.search(text) or not _is_latin(text):
        raise Unfit(f"`{name[:60]}` cannot be sent as a header: it has characters that headers must not have.", name)
    return name, _short(text.strip(), name)


def is_header(name: str, value: str) -> bool:
    """Whether the two can be sent as a header without changing what is around them."""
    return bool(_TOKEN.fullmatch(name)) and not _CONTROL.search(value) and _is_latin(value) and name.lower() not in _FRAMING


def cookie(name: str, value: Any) -> str:
    """`name=value`. Raises Unfit."""
    if not _TOKEN.fullmatch(name):
        raise Unfit(f"`{name[:60]}` is no name for a cookie.", name)
    return f"{name}={quote(_short(as_text(value), name), safe=_COOKIE_SAFE)}"


def form(fields: dict[str, Any]) -> bytes:
    """A URL-encoded form; lists are repeated."""
    return urlencode(
        [(name, as_text(item)) for name, value in fields.items() for item in (value if isinstance(value, list) else [value])], quote_via=quote
    ).encode()


def multipart(fields: dict[str, Any]) -> tuple[str, bytes]:
    """Text fields only. The boundary comes from the content, so that the same call gives the same bytes."""
    boundary = hashlib.sha256(msgspec.json.encode(fields)).hexdigest()[:32]
    parts = []
    for name, value in fields.items():
        if _CONTROL.search(name) or '"' in name:
            raise Unfit(f"`{name[:60]}` is no name for a field.", "body")
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{as_text(value)}\r\n')
    return f"multipart/form-data; boundary={boundary}", ("".join(parts) + f"--{boundary}--\r\n").encode()


def as_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _literal(text: str, template: str) -> str:
    parts = [part if _LITERAL.fullmatch(part) else quote(part, safe="!$&'()*+,;=:@" + _UNRESERVED) for part in text.split("/")]
    if any(mark in text for mark in "?#\\"):
        raise Unfit(f"The path `{template[:80]}` of this operation cannot be called.")
    return "/".join(parts)


def _segment(name: str, value: Any, has_slashes: bool) -> str:
    text = ",".join(as_text(item) for item in value) if isinstance(value, list) else as_text(value)
    if not text or any(part in (".", "..") for part in re.split(r"[/\\]", text)):
        raise Unfit(f"`{text[:40]}` cannot be the path parameter `{name}`.", name)
    return quote(_short(text, name), safe=_UNRESERVED + "/" * has_slashes)


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _short(text: str, name: str) -> str:
    if len(text) > _MOST_VALUE:
        raise Unfit(f"`{name}` has more than {_MOST_VALUE} characters.", name)
    return text
