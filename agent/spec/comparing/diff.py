"""Compares two specs and says what changed for a client: contracts count, not spelling, so `$ref` and inline, key order and examples make no difference.

A change breaks where something that a client may send is no longer accepted, or something it may get was not possible before. By that one rule
requests may widen and responses may narrow. Additions to a response's properties do not break: a client ignores what it does not know. One property that
is gone breaks, even where it was optional: somebody reads it. A status, a header or a remark that was never promised does not.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from agent.spec import path_syntax
from agent.spec.comparing import sdl_diff
from agent.spec.comparing.callback_diff import compare_calls
from agent.spec.comparing.content_diff import Found, compare_contents, found_from
from agent.spec.comparing.schema_diff import Sides, compare_schemas
from agent.spec.comparing.serialized import compare_forms
from agent.spec.fields import escaped
from agent.spec.model import Change, MessageFormat, Operation, Parameter, Response, Spec

Key = tuple[str, str]


def compare(old: Spec, new: Spec, *, is_heard: bool = False) -> tuple[Change, ...]:
    """The changes from `old` to `new`, by path, then method. `compare(a, a)` is empty.

    `is_heard`: both were concluded from calls, `new` from those of `old` and more. What is gone or narrower was learned then, not changed, and is left out.
    """
    before, after = _operations(old), _operations(new)
    paths_before, paths_after = {path for path, _ in before}, {path for path, _ in after}
    changes: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        if key not in after and is_heard:
            continue
        if key not in after:
            kind = "METHOD_REMOVED" if key[0] in paths_after else "REMOVED_ENDPOINT"
            changes.append(_gone(before[key], kind))
        elif key not in before:
            kind = "METHOD_ADDED" if key[0] in paths_before else "NEW_ENDPOINT"
            operation = after[key]
            changes.append(Change(kind, False, f"`{operation.method} {operation.template}` is new.", operation.method, operation.template))
        else:
            changes += _Pair(old, new, before[key], after[key]).changes(is_heard=is_heard)
    return (*changes, *_webhooks(old, new), *_graphql(old, new, is_heard=is_heard), *_flows(old, new))


def has_breaking(changes: tuple[Change, ...]) -> bool:
    return any(change.is_breaking for change in changes)


def alternatives(spec: Spec, operation: Operation) -> set[frozenset[str]]:
    """What each alternative asks for, said without the schemes' names; one empty alternative where nothing is needed."""
    schemes = {scheme.name: scheme for scheme in spec.security_schemes}
    found = {
        frozenset(_asked(schemes[name].kind, schemes[name].scheme, schemes[name].where, schemes[name].parameter) if name in schemes else name for name in names)
        for names in operation.security
    }
    return found or {frozenset()}


def worded(alternatives: set[frozenset[str]]) -> str:
    return " or ".join(" with ".join(sorted(names)) or "not needed" for names in sorted(alternatives, key=sorted))


def _gone(operation: Operation, kind: str) -> Change:
    return Change(
        "METHOD_REMOVED" if kind == "METHOD_REMOVED" else "REMOVED_ENDPOINT",
        True,
        f"`{operation.method} {operation.template}` is gone.",
        operation.method,
        operation.template,
    )


def _operations(spec: Spec) -> dict[Key, Operation]:
    """By what a client calls: the server's base path counts, names of parameters and a last slash do not."""
    base = urlsplit(spec.servers[0]).path.rstrip("/") if spec.servers else ""
    return {(path_syntax.unnamed(base + operation.template), operation.method.upper()): operation for operation in spec.operations}


class _Pair:
    """One operation as it was and as it is."""

    def __init__(self, old_spec: Spec, new_spec: Spec, old: Operation, new: Operation) -> None:
        self._sides = Sides(old_spec.schemas, new_spec.schemas)
        self._specs, self.old, self.new = (old_spec, new_spec), old, new

    def changes(self, *, is_heard: bool) -> list[Change]:
        found = self._remarks() + self._parameters() + self._request() + self._responses() + self._messages() + self._auth()
        found += compare_calls(self._sides, self.old.callbacks, self.new.callbacks, "callback", "/callbacks")
        address = f"`{self.new.method} {self.new.template}`"
        return [
            Change(item.kind, item.is_breaking, f"{address}: {item.text}", self.new.method, self.new.template, item.pointer, item.before, item.after)  # type: ignore[arg-type]
            for item in found
            if not (is_heard and item.is_learned)
        ]

    def _remarks(self) -> list[Found]:
        if self.old.deprecated == self.new.deprecated:
            return []
        words = f"it is {'now' if self.new.deprecated else 'no longer'} deprecated."
        return [Found("SCHEMA_CHANGED", False, words, "/deprecated", self.old.deprecated, self.new.deprecated)]

    def _parameters(self) -> list[Found]:
        old, new = _parameter_keys(self.old), _parameter_keys(self.new)
        found: list[Found] = []
        for key in sorted(old.keys() | new.keys()):
            label, pointer = f"{key[0]} parameter `{key[1]}`", f"/parameters/{key[0]}/{escaped(key[1])}"
            if key not in new:
                found.append(Found("SCHEMA_CHANGED", True, f"the {label} is gone.", pointer, old[key].schema, is_learned=True))
            elif key not in old:
                must = new[key].required
                found.append(Found("SCHEMA_CHANGED", must, f"the {label} is new{' and required' if must else ''}.", pointer, None, new[key].schema))
            else:
                found += self._parameter(old[key], new[key], label, pointer)
                found += compare_forms(self._sides, old[key], new[key], "SCHEMA_CHANGED", label, pointer)
        return found

    def _parameter(self, old: Parameter, new: Parameter, label: str, pointer: str) -> list[Found]:
        found = [
            found_from(item, "SCHEMA_CHANGED", f"in the {label}, ")
            for item in compare_schemas(old.schema, new.schema, self._sides, pointer + "/schema", is_response=False, is_text=True)
        ]
        if old.where != "path" and old.required != new.required:
            found.append(
                Found(
                    "SCHEMA_CHANGED",
                    new.required,
                    f"the {label} is {'now' if new.required else 'no longer'} required.",
                    pointer + "/required",
                    old.required,
                    new.required,
                    is_learned=new.required,
                )
            )
        return found

    def _request(self) -> list[Found]:
        if not self.old.request and self.new.request:
            must = self.new.request_required
            return [
                Found(
                    "SCHEMA_CHANGED",
                    must,
                    f"a request body is {'now required' if must else 'accepted now'}.",
                    "/requestBody",
                    None,
                    [content.media_type for content in self.new.request],
                )
            ]
        if self.old.request and not self.new.request:
            return [
                Found(
                    "SCHEMA_CHANGED", True, "the request body is gone.", "/requestBody", [content.media_type for content in self.old.request], is_learned=True
                )
            ]
        found = compare_contents(self._sides, self.old.request, self.new.request, "SCHEMA_CHANGED", "the request", "/requestBody", is_response=False)
        if self.old.request_required != self.new.request_required:
            must = self.new.request_required
            found.append(
                Found("SCHEMA_CHANGED", must, f"the request body is {'now' if must else 'no longer'} required.", "/requestBody/required", not must, must, must)
            )
        return found

    def _responses(self) -> list[Found]:
        old, new = {response.status: response for response in self.old.responses}, {response.status: response for response in self.new.responses}
        found: list[Found] = []
        for status in sorted(old):
            now = new.get(status) or next((new[wider] for wider in (f"{status[:1]}XX", "default") if wider in new and wider not in old), None)
            if now is None:
                found.append(Found("RESPONSE_CHANGED", status[:1] == "2", f"status {status} is gone.", f"/responses/{status}", status, is_learned=True))
            else:
                found += self._response(old[status], now, f"/responses/{status}")
        found += [Found("RESPONSE_CHANGED", False, f"status {status} is new.", f"/responses/{status}", None, status) for status in sorted(new.keys() - old)]
        return sorted(found, key=lambda item: item.pointer.split("/")[2])

    def _response(self, old: Response, new: Response, pointer: str) -> list[Found]:
        where = f"the {old.status} response"
        return self._headers(old, new, where, pointer) + compare_contents(
            self._sides, old.contents, new.contents, "RESPONSE_CHANGED", where, pointer, is_response=True
        )

    def _headers(self, old: Response, new: Response, where: str, pointer: str) -> list[Found]:
        before, after = ({header.name.lower(): header for header in side.headers} for side in (old, new))
        found: list[Found] = []
        for key in sorted(before.keys() | after.keys()):
            was, now = before.get(key), after.get(key)
            name = now.name if now else was.name if was else key
            at = f"{pointer}/headers/{escaped(name)}"
            if now is None:
                found.append(Found("RESPONSE_CHANGED", bool(was and was.required), f"{where} no longer has the header `{name}`.", at, name, is_learned=True))
            elif was is None:
                found.append(Found("RESPONSE_CHANGED", False, f"{where} has the header `{name}` now.", at, None, name))
            else:
                if was.required and not now.required:
                    found.append(Found("RESPONSE_CHANGED", True, f"{where} no longer always has the header `{name}`.", at + "/required", True, False))
                differences = compare_schemas(was.schema, now.schema, self._sides, at + "/schema", is_response=True)
                found += [found_from(item, "RESPONSE_CHANGED", f"in the header `{name}` of {where}, ") for item in differences]
        return found

    def _messages(self) -> list[Found]:
        """What a socket or a stream carries: what comes is read as a response is, what goes as a request."""
        old, new = _message_keys(self.old), _message_keys(self.new)
        found: list[Found] = []
        for key in sorted(old.keys() | new.keys()):
            is_response = key[0] == "received"
            kind, where = "RESPONSE_CHANGED" if is_response else "SCHEMA_CHANGED", f"the {key[0]} message" + (f" `{key[1]}`" if key[1] else "")
            pointer = f"/messages/{key[0]}/{escaped(key[1])}"
            if key not in new:
                found.append(Found(kind, True, f"{where} is gone.", pointer, key[1], is_learned=True))
            elif key not in old:
                found.append(Found(kind, False, f"{where} is new.", pointer, None, key[1]))
            else:
                differences = compare_schemas(old[key].schema, new[key].schema, self._sides, pointer + "/schema", is_response=is_response)
                found += [found_from(item, kind, f"in {where}, ") for item in differences]
        return found

    def _auth(self) -> list[Found]:
        old, new = alternatives(self._specs[0], self.old), alternatives(self._specs[1], self.new)
        if old == new:
            return self._scopes()
        is_breaking = any(not any(now <= was for now in new) for was in old)
        return [Found("AUTH_CHANGED", is_breaking, f"authentication was {worded(old)} and is {worded(new)}.", "/security", _listed(old), _listed(new))]

    def _scopes(self) -> list[Found]:
        """A token that was good for the operation must stay so."""
        before, after = ({scope for scopes in side.scopes.values() for scope in scopes} for side in (self.old, self.new))
        found = [Found("AUTH_CHANGED", True, f"it needs the scope `{scope}` now.", "/security", None, scope) for scope in sorted(after - before)]
        return found + [Found("AUTH_CHANGED", False, f"it no longer needs the scope `{scope}`.", "/security", scope) for scope in sorted(before - after)]


def _webhooks(old: Spec, new: Spec) -> list[Change]:
    found = compare_calls(Sides(old.schemas, new.schemas), old.webhooks, new.webhooks, "webhook", "/webhooks")
    return [Change(one.kind, one.is_breaking, _begun(one.text), pointer=one.pointer, before=one.before, after=one.after) for one in found]  # type: ignore[arg-type]


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _graphql(old: Spec, new: Spec, *, is_heard: bool) -> list[Change]:
    """What changed in the GraphQL schema. A field of a root is an endpoint of its own."""
    found: list[Change] = []
    for item in sdl_diff.compare(old.graphql_sdl, new.graphql_sdl):
        if is_heard and (item.is_input or item.root == "gone") and item.is_breaking:
            continue
        kind = "REMOVED_ENDPOINT" if item.root == "gone" else "NEW_ENDPOINT" if item.root else "SCHEMA_CHANGED" if item.is_input else "RESPONSE_CHANGED"
        found.append(Change(kind, item.is_breaking, f"GraphQL: {item.text}", pointer=f"/x-graphql-sdl/{item.place}"))
    return found


def _flows(old: Spec, new: Spec) -> list[Change]:
    """What changed in how a token is got: one that a client asks for as before must still be given."""
    before, after = ({scheme.name: scheme.flows for scheme in side.security_schemes if scheme.kind == "oauth2" and scheme.flows} for side in (old, new))
    if len(before) == len(after) == 1:
        after = dict(zip(before, after.values(), strict=True))
    changes: list[Change] = []
    for name in sorted(before.keys() & after.keys()):
        for flow in sorted(before[name].keys() | after[name].keys()):
            pointer = f"/components/securitySchemes/{escaped(name)}/flows/{escaped(flow)}"
            changes += [
                Change("AUTH_CHANGED", item.is_breaking, f"OAuth: {item.text}", pointer=pointer + item.pointer, before=item.before, after=item.after)
                for item in _flow(flow, before[name].get(flow), after[name].get(flow))
            ]
    return changes


def _flow(name: str, old: Any, new: Any) -> list[Found]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [Found("AUTH_CHANGED", not isinstance(new, dict), f"the flow `{name}` is {'new' if isinstance(new, dict) else 'gone'}.", "", old, new)]
    found = [
        Found("AUTH_CHANGED", True, f"the `{key}` of `{name}` was `{old[key]}` and is `{new.get(key) or 'nothing'}`.", f"/{key}", old[key], new.get(key))
        for key in ("authorizationUrl", "tokenUrl", "refreshUrl")
        if old.get(key) and old[key] != new.get(key)
    ]
    before, after = ({str(scope) for scope in side.get("scopes") or ()} for side in (old, new))
    found += [Found("AUTH_CHANGED", True, f"the scope `{scope}` of `{name}` is gone.", f"/scopes/{escaped(scope)}", scope) for scope in sorted(before - after)]
    new_scopes = sorted(after - before)
    return found + [Found("AUTH_CHANGED", False, f"the scope `{scope}` of `{name}` is new.", f"/scopes/{escaped(scope)}", None, scope) for scope in new_scopes]


def _parameter_keys(operation: Operation) -> dict[Key, Parameter]:
    """Path parameters by their position, since their names are no part of the contract."""
    order = {name: str(number) for number, name in enumerate(re.findall(r"\{([^{}/]+)\}", operation.template), 1)}
    named = {(p.where, order.get(p.name, p.name) if p.where == "path" else p.name.lower() if p.where == "header" else p.name): p for p in operation.parameters}
    missing = {("path", number): Parameter(name, "path", {"type": "string"}, required=True) for name, number in order.items()}
    return missing | {key: parameter for key, parameter in named.items() if key[0] != "path" or parameter.name in order}


def _message_keys(operation: Operation) -> dict[Key, MessageFormat]:
    return {(message.direction, message.name): message for message in operation.messages}


def _asked(kind: str, scheme: str, where: str, parameter: str) -> str:
    if kind == "apiKey":
        return f"{where} `{parameter.lower() if where == 'header' else parameter}`"
    return (scheme or "bearer").lower() if kind == "http" else kind


def _listed(alternatives: set[frozenset[str]]) -> list[list[str]]:
    return [sorted(names) for names in sorted(alternatives, key=sorted)]
