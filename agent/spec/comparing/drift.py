"""Drift: what traffic has that a document lacks, what a document has that traffic lacks, and where the two contradict each other.

A contradiction breaks: a client that was made from the document meets what it was not told of, or a server gets what it refuses. What traffic has
beyond the document breaks nobody, and what was not heard proves nothing.
"""

import re
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from agent.spec import fields, path_syntax
from agent.spec.comparing import diff
from agent.spec.decisions import parameter_key
from agent.spec.fields import Field
from agent.spec.model import Evidence, JsonSchema, Operation, Spec

Call = tuple[str, str]
Kind = Literal["undocumented", "unheard", "contradiction"]
_USUAL_HEADERS = re.compile(
    r"accept.*|user-agent|content-.*|sec-.*|if-.*|origin|referer|cookie|host|connection|x-request(?:ed)?-.*|traceparent|tracestate|dnt|cache-control|pragma"
)


class Finding(msgspec.Struct, frozen=True):
    """One difference. `place` is a field or a parameter of the operation, `operation` its id in what was heard, where it was."""

    kind: Kind
    is_breaking: bool
    method: str
    template: str
    text: str
    place: str = ""
    operation: str = ""


class Drift(msgspec.Struct, frozen=True):
    """The findings, contradictions first, and how many operations either side has."""

    findings: list[Finding]
    documented: int
    heard: int
    both: int

    @property
    def breaking(self) -> int:
        return sum(finding.is_breaking for finding in self.findings)

    def of(self, kind: Kind) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind == kind]


def compare(document: Spec, heard: Spec, own: Spec | None = None) -> Drift:
    """The drift of traffic from a document. `compare(a, a)` has no findings.

    `own` is what was heard with nothing pooled: where `heard` has components, it says which of their fields an operation's own calls showed.
    """
    seen = _by_call(heard, _base(heard))
    told, matches = _matched(document, seen)
    shown = _by_call(own, _base(own)) if own else {}
    pairs = [
        _Pair(document, own, told[matches[key]], seen[key], shown[key])
        if own and key in shown
        else _Pair(document, heard, told[matches[key]], seen[key], seen[key])
        for key in sorted(matches)
    ]
    findings = [finding for pair in pairs for finding in pair.findings()]
    findings += [_whole("undocumented", seen[key], "was heard, and is not documented.") for key in sorted(seen.keys() - matches.keys())]
    findings += [_whole("unheard", told[key], "is documented, and was not heard.") for key in sorted(told.keys() - {*matches.values()})]
    order = ("contradiction", "undocumented", "unheard")
    return Drift(sorted(findings, key=lambda found: order.index(found.kind)), len(told), len(seen), len({*matches.values()}))


class _Pair(NamedTuple):
    """One operation as it is documented and as it was heard; `own` is the same with the bodies of its own calls, in the spec `heard`."""

    document: Spec
    heard: Spec
    told: Operation
    seen: Operation
    own: Operation

    def findings(self) -> list[Finding]:
        return [*self._parameters(), *self._answers(), *self._bodies(), *self._security()]

    def _found(self, kind: Kind, text: str, place: str = "", *, is_breaking: bool = False) -> Finding:
        return Finding(kind, is_breaking, self.seen.method, self.told.template, text, place, self.seen.id)

    def _parameters(self) -> list[Finding]:
        told = {parameter_key(one).lower() for one in self.told.parameters}
        listed = [one for one in self.seen.parameters if one.where == "query" or (one.where == "header" and not _USUAL_HEADERS.fullmatch(one.name.lower()))]
        return [
            self._found("undocumented", f"The {one.where} parameter `{one.name}` is sent, and not documented.", parameter_key(one))
            for one in listed
            if parameter_key(one).lower() not in told
        ]

    def _answers(self) -> list[Finding]:
        told, seen = {one.status.upper() for one in self.told.responses}, {one.status for one in self.seen.responses}
        new = [status for status in sorted(seen) if status not in told and f"{status[:1]}XX" not in told and "DEFAULT" not in told]
        silent = [status for status in sorted(told) if status.isdigit() and status not in seen]
        found = [self._found("undocumented", f"Status {status} is answered, and not documented.") for status in new]
        return found + [self._found("unheard", f"Status {status} is documented, and was not answered.") for status in silent]

    def _bodies(self) -> list[Finding]:
        told, seen = (_fields_of(spec, operation) for spec, operation in ((self.document, self.told), (self.heard, self.own)))
        heard_sides, told_sides = {place.partition(" ")[0] for place in seen}, {place.partition(" ")[0] for place in told}
        found = self._wholes()
        for place, field in seen.items():
            if place in told:
                found += self._field(told[place], field)
            elif place.partition(" ")[0] in told_sides:
                found.append(self._found("undocumented", f"{_said(field.field)} is there, and not documented.", place))
        return found + [
            self._found("unheard", f"{_said(field.field)} is documented, and was not there.")
            for place, field in told.items()
            if place not in seen and place.partition(" ")[0] in heard_sides
        ]

    def _wholes(self) -> list[Finding]:
        """Bodies that are of another type altogether."""
        listed: dict[str, list[set[str]]] = {}
        for body in fields.bodies(self.told):
            listed.setdefault(body.side, []).append(_kinds(self.document, body.content.schema))
        told = {side: set[str]().union(*kinds) if all(kinds) else set[str]() for side, kinds in listed.items()}
        pairs = [(body.side, told.get(body.side, set()), _kinds(self.heard, body.content.schema)) for body in fields.bodies(self.own)]
        return [
            self._found("contradiction", f"{_body(side)} is also {_or(kinds - allowed)}, and documented as {_or(allowed)}.", is_breaking=True)
            for side, allowed, kinds in pairs
            if allowed and kinds - allowed
        ]

    def _security(self) -> list[Finding]:
        """Whoever was let in must have come by one of the ways that are documented; a token of OAuth is sent as a bearer's."""
        told, seen = diff.alternatives(self.document, self.told), diff.alternatives(self.heard, self.own)
        ways = [_as_sent(way) for way in told]
        if all(any(way <= _as_sent(heard) for way in ways) for heard in seen):
            return []
        text = f"Authentication is documented as {diff.worded(told)}, and heard as {diff.worded(seen)}."
        return [self._found("contradiction", text, is_breaking=frozenset() not in seen)]

    def _field(self, told: "_Place", place: "_Place") -> list[Finding]:
        known, seen, allowed = place.known, place.field, told.kinds
        kinds = place.kinds if known.nulls or not known.count else place.kinds - {"null"}
        if allowed and (others := kinds - allowed - ({"integer"} if "number" in allowed else set())):
            counted = f" ({known.nulls:,} of {known.count:,} times)" if others == {"null"} and known.nulls else ""
            text = f"{_said(seen)} is also {_or(others)}{counted}, and documented as {_or(allowed)}."
            return [self._found("contradiction", text, seen.place, is_breaking=True)]
        if told.field.is_required and not seen.is_required and known.total > known.count:
            text = f"{_said(seen)} is documented as always there, and lacked in {known.total - known.count:,} of {known.total:,}."
            return [self._found("contradiction", text, seen.place, is_breaking=True)]
        values = [value for value in place.values if told.values and value not in told.values]
        if values:
            text = f"{_said(seen)} has the value{'s' * (len(values) > 1)} {', '.join(f'`{value}`' for value in values[:5])}, which the document does not list."
            return [self._found("contradiction", text, seen.place, is_breaking=True)]
        return []


def _base(spec: Spec) -> str:
    return urlsplit(spec.servers[0]).path.rstrip("/") if spec.servers else ""


def _by_call(spec: Spec, base: str) -> dict[Call, Operation]:
    """By what a client calls: names of parameters and a last slash do not count."""
    return {(path_syntax.unnamed(base + operation.template), operation.method): operation for operation in spec.operations}


def _matched(document: Spec, seen: dict[Call, Operation]) -> tuple[dict[Call, Operation], dict[Call, Call]]:
    """The document's operations, and which of them each call that was heard is: of its servers, that counts under whose path most was heard."""
    bases = list(dict.fromkeys([_base(document), *(urlsplit(server).path.rstrip("/") for server in document.servers), ""]))
    found = [(told := _by_call(document, base), _matches(told, seen)) for base in bases]
    return max(found, key=lambda one: len(one[1]))


def _matches(told: dict[Call, Operation], seen: dict[Call, Operation]) -> dict[Call, Call]:
    """Where nothing is documented to the letter, what was heard may be the value of a parameter that is."""
    wide: dict[tuple[str, int], list[Call]] = {}
    for path, method in sorted(told):
        if "{}" in path:
            wide.setdefault((method, path.count("/")), []).append((path, method))
    matches = {key: key for key in seen if key in told}
    for path, method in seen.keys() - matches.keys():
        fitting = [call for call in wide.get((method, path.count("/")), []) if _fits(call[0], path)]
        if fitting:
            matches[path, method] = min(fitting, key=lambda call: (call[0].count("{}"), call[0]))
    return matches


def _fits(template: str, path: str) -> bool:
    return all(told == heard or told == "{}" for told, heard in zip(template.split("/"), path.split("/"), strict=True))


class _Place(NamedTuple):
    """What is said of one place: by one schema, or by several where it is in more than one variant. `kinds` and `values` are empty where any will do."""

    field: Field
    kinds: set[str]
    values: list[Any]
    known: Evidence


def _fields_of(spec: Spec, operation: Operation) -> dict[str, _Place]:
    """By place; those of a range such as `2XX` are of no status that can be compared."""
    found: dict[str, list[Field]] = {}
    objects: dict[tuple[str, ...], dict[str, int]] = {}
    for field in fields.of_operation(spec, operation):
        found.setdefault(field.place, []).append(field)
        known = fields.evidence_of(spec, field) or Evidence()
        objects.setdefault(_above(field), {})[field.pointer.rpartition("/")[0]] = known.total
    return {place: _place(spec, several, sum(objects[_above(several[0])].values())) for place, several in found.items()}


def _above(field: Field) -> tuple[str, ...]:
    """The object that has the field."""
    return (field.place.partition(" ")[0], *field.path[:-1])


def _place(spec: Spec, several: list[Field], objects: int) -> _Place:
    known = [evidence for field in several if (evidence := fields.evidence_of(spec, field))]
    kinds, values = [_kinds(spec, field.schema) for field in several], [_values(field.schema) for field in several]
    return _Place(
        several[0],
        set().union(*kinds) if all(kinds) else set(),
        [value for some in values for value in some] if all(values) else [],
        Evidence(count=sum(one.count for one in known), total=objects, nulls=sum(one.nulls for one in known)),
    )


def _as_sent(way: frozenset[str]) -> frozenset[str]:
    return frozenset("bearer" if name == "oauth2" else name for name in way)


def _values(schema: JsonSchema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum") or ())


def _kinds(spec: Spec, schema: JsonSchema, depth: int = 0) -> set[str]:
    """The types that a schema allows; empty for any."""
    schema = fields.resolved(spec, schema)
    parts = [part for key in ("anyOf", "oneOf") for part in schema.get(key) or () if isinstance(part, dict)]
    if parts and depth < 10:
        found = [_kinds(spec, part, depth + 1) for part in parts]
        return set().union(*found) if all(found) else set()
    kinds = schema.get("type")
    if kinds is None:
        return {"object"} if "properties" in schema else set()
    return set(kinds) if isinstance(kinds, list) else {str(kinds)}


def _whole(kind: Kind, operation: Operation, text: str) -> Finding:
    return Finding(kind, False, operation.method, operation.template, f"The operation {text}", operation=operation.id if kind == "undocumented" else "")


def _said(field: Field) -> str:
    side, _, place = field.place.partition(" ")
    return f"`{place}` of {_body(side)[:1].lower()}{_body(side)[1:]}"


def _body(side: str) -> str:
    return "The request" if side == "request" else "A message" if side.startswith("message") else f"The {side} answer"


def _or(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))
