"""Compares what a server calls: the callbacks of an operation, and webhooks. There a client is asked: what it gets is the request, what it gives is the answer.

By the same rule as elsewhere, requests may narrow then, and answers may be more. A call that no longer comes breaks whoever waits for it; a new one does not.
"""

from agent.spec.comparing.content_diff import Found, compare_contents, found_from
from agent.spec.comparing.schema_diff import Sides, compare_schemas
from agent.spec.comparing.serialized import compare_forms
from agent.spec.fields import escaped
from agent.spec.model import Operation, Parameter, Response

Calls = dict[str, tuple[Operation, ...]]


def compare_calls(sides: Sides, old: Calls, new: Calls, word: str, pointer: str) -> list[Found]:
    """The differences, by name, address and method; `word` is what such a call is named."""
    before, after = _keyed(old), _keyed(new)
    found: list[Found] = []
    for key in sorted(before.keys() | after.keys()):
        name, address, method = key
        where, at = f"the {word} `{name}`", "/".join((pointer, escaped(name), *([escaped(address)] if address else []), method.lower()))
        if key not in after:
            found.append(Found("RESPONSE_CHANGED", True, f"{where} ({method}{f' {address}' if address else ''}) is gone.", at, name))
        elif key not in before:
            found.append(Found("RESPONSE_CHANGED", False, f"{where} ({method}{f' {address}' if address else ''}) is new.", at, None, name))
        else:
            found += _compare(sides, before[key], after[key], where, at)
    return found


def _keyed(named: Calls) -> dict[tuple[str, str, str], Operation]:
    """Of a webhook, which has no address, by name alone."""
    return {(name, "" if one.template == name else one.template, one.method): one for name, several in named.items() for one in several}


def _compare(sides: Sides, old: Operation, new: Operation, where: str, pointer: str) -> list[Found]:
    body = f"the request of {where}"
    found = _parameters(sides, old, new, where, pointer)
    found += compare_contents(sides, old.request, new.request, "RESPONSE_CHANGED", body, f"{pointer}/requestBody", is_response=True)
    if old.request_required and new.request and not new.request_required:
        found.append(Found("RESPONSE_CHANGED", True, f"{body} no longer always has a body.", f"{pointer}/requestBody/required", True, False))
    return found + _answers(sides, old, new, where, pointer)


def _parameters(sides: Sides, old: Operation, new: Operation, where: str, pointer: str) -> list[Found]:
    before, after = _listed(old), _listed(new)
    found: list[Found] = []
    for key in sorted(before.keys() & after.keys()):
        was, now = before[key], after[key]
        label, at = f"{key[0]} parameter `{key[1]}` of {where}", f"{pointer}/parameters/{key[0]}/{escaped(key[1])}"
        found += [
            found_from(one, "RESPONSE_CHANGED", f"in the {label}, ") for one in compare_schemas(was.schema, now.schema, sides, f"{at}/schema", is_response=True)
        ]
        found += compare_forms(sides, was, now, "RESPONSE_CHANGED", label, at)
        if was.required and not now.required:
            found.append(Found("RESPONSE_CHANGED", True, f"the {label} is no longer always there.", f"{at}/required", True, False))
    for key in sorted(before.keys() ^ after.keys()):
        is_gone = key in before
        text = f"the {key[0]} parameter `{key[1]}` of {where} is {'gone' if is_gone else 'new'}."
        found.append(Found("RESPONSE_CHANGED", is_gone, text, f"{pointer}/parameters/{key[0]}/{escaped(key[1])}"))
    return found


def _listed(operation: Operation) -> dict[tuple[str, str], Parameter]:
    return {(one.where, one.name.lower() if one.where == "header" else one.name): one for one in operation.parameters}


def _answers(sides: Sides, old: Operation, new: Operation, where: str, pointer: str) -> list[Found]:
    """What a client may say to it: one that is no longer taken breaks."""
    before, after = ({one.status: one for one in operation.responses} for operation in (old, new))
    found: list[Found] = []
    for status in sorted(before.keys() | after.keys()):
        at, answer = f"{pointer}/responses/{status}", f"the {status} answer to {where}"
        now = after.get(status) or after.get(f"{status[:1]}XX") or after.get("default")
        if now is None:
            found.append(Found("SCHEMA_CHANGED", True, f"{answer} is no longer taken.", at, status))
        elif status not in before:
            found.append(Found("SCHEMA_CHANGED", False, f"{answer} is also taken.", at, None, status))
        else:
            found += _answer(sides, before[status], now, answer, at)
    return found


def _answer(sides: Sides, old: Response, new: Response, where: str, pointer: str) -> list[Found]:
    if not old.contents and new.contents:
        return [Found("SCHEMA_CHANGED", True, f"{where} has a body now.", f"{pointer}/content")]
    if not new.contents:
        return []
    return compare_contents(sides, old.contents, new.contents, "SCHEMA_CHANGED", where, pointer, is_response=False)
