"""Tells by what name a value is to be judged where that is not its own key: pairs of a name and a value, what stands under a credential, variables of GraphQL."""

import json
from typing import Any, cast

from agent.spec.names import words_of
from agent.spec.secrets.finding import compiled, is_secret_name, told_by
from agent.spec.secrets.marks import mark
from agent.spec.secrets.patterns import REPEATED

_NAMING = frozenset(
    ("name", "key", "field", "header", "k", "id", "label", "property", "param", "parameter", "variable", "attribute", "setting", "env", "type", "title")
)
VALUES = frozenset(("value", "Value", "values", "val", "v", "stringValue", "string_value", "defaultValue", "default_value", "#text"))
"""Under which one thing of a pair says what the other is. What is called `content` or `data` is more than a value."""
_STANDS_FOR = r"(?<![$\w])([A-Za-z_]\w*)\s*:\s*\$([A-Za-z_]\w*)"


def pair_name(value: dict[Any, Any]) -> str:
    """What `{"name": "password", "value": …}` says its value is; empty where it says nothing secret."""
    return next((item for key, item in value.items() if type(item) is str and _bare(key) in _NAMING and len(item) <= 60 and is_secret_name(item)), "")


def inherited(key: str, parent: str, item: Any) -> str:
    """What stands under `credentials: {…}` or `token: {"value": …}` is judged by its own name, then by its parent's."""
    if told_by(key) or not (verdict := told_by(parent)):
        return key
    if verdict == "secret" and (isinstance(item, dict) or ((words := words_of(key)) and words[-1] in REPEATED)):
        return parent
    return "key" if isinstance(item, str) else key


def hide_variables(body: Any) -> Any:
    """A GraphQL request, or several, in which the variables that stand for a secret argument, as in `login(password: $p)`, are hidden whatever they are called."""
    if isinstance(body, list):
        return [hide_variables(one) for one in cast(list[Any], body)]
    if not isinstance(body, dict):
        return body
    request = cast(dict[str, Any], body)
    query, variables = request.get("query"), request.get("variables")
    if not isinstance(query, str) or "$" not in query:
        return request
    if isinstance(variables, str) and variables[:1] == "{":
        return {**request, "variables": _hidden_in_text(query, variables)}
    if not isinstance(variables, dict):
        return request
    standing = {match[2] for match in compiled(_STANDS_FOR).finditer(query) if is_secret_name(match[1])}
    hidden = {name: mark(value) for name, value in cast(dict[str, Any], variables).items() if name in standing and isinstance(value, str)}
    return {**request, "variables": {**variables, **hidden}} if hidden else request


def _hidden_in_text(query: str, variables: str) -> str:
    """As they stand in an address."""
    try:
        before = json.loads(variables)
    except (ValueError, RecursionError):
        return variables
    after = hide_variables({"query": query, "variables": before})["variables"]
    return variables if after == before else json.dumps(after, ensure_ascii=False, separators=(",", ":"))


def _bare(key: Any) -> str:
    return key.lower().strip("@#_").replace("_", "") if isinstance(key, str) else ""
