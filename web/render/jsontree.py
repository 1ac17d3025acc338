"""JSON as a foldable tree of `<details>`, bounded in depth and in members, and as indented text."""

from html import escape
from typing import Any

import msgspec
from markupsafe import Markup

MAX_TEXT = 512 * 1024
_MAX_NODES = 2_000
_MAX_DEPTH = 40
_OPEN_DEPTH = 2


def tree(text: str) -> Markup | None:
    """The tree of a JSON text, or None where it is none or too long to fold."""
    if len(text) > MAX_TEXT:
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(value, dict | list):
        return None
    left = [_MAX_NODES]
    return Markup(f'<div class="tree" tabindex="0">{_node("", value, 0, left)}</div>')  # noqa: S704  # every leaf is escaped below


def pretty(value: Any) -> str:
    """Indented JSON of any value of ours."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _node(key: str, value: Any, depth: int, left: list[int]) -> str:
    left[0] -= 1
    label = f'<span class="key">{escape(key)}</span><span class="quiet">: </span>' if key else ""
    if not isinstance(value, dict | list) or not value or depth > _MAX_DEPTH:
        return f"<div>{label}{_leaf(value)}</div>"
    members: list[tuple[str, Any]] = list(value.items()) if isinstance(value, dict) else [(str(index), item) for index, item in enumerate(value)]
    shown: list[str] = []
    for name, item in members:
        if left[0] <= 0:
            shown.append(f'<div class="quiet">… {len(members) - len(shown)} more</div>')
            break
        shown.append(_node(str(name), item, depth + 1, left))
    kind = "{" + f"{len(members)}" + "}" if isinstance(value, dict) else f"[{len(members)}]"
    is_open = " open" if depth < _OPEN_DEPTH and len(members) <= 50 else ""
    return f'<details{is_open}><summary>{label}<span class="quiet">{kind}</span></summary><div>{"".join(shown)}</div></details>'


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        return f'<span class="text">{escape(msgspec.json.encode(value).decode(errors="replace"))}</span>'
    if isinstance(value, bool) or value is None:
        return f'<span class="number">{msgspec.json.encode(value).decode()}</span>'
    if isinstance(value, int | float):
        return f'<span class="number">{value}</span>'
    return f'<span class="quiet">{"{}" if isinstance(value, dict) else "[]"}</span>'
