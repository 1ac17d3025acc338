"""One operation as its page shows it: every parameter and field with its type, its words, its counts and the way to the calls behind them."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from agent.spec import fields
from agent.spec.decisions import Words, parameter_key
from agent.spec.fields import COMPONENTS, Body, Field
from agent.spec.model import Change, Evidence, Operation, Parameter, Response, Spec
from agent.spec.secrets.redact import mask_json, mask_named
from agent.spec.writers import samples
from agent.spec.writers.openapi import phrase

_MOST_ROWS, _DEPTH, _LONGEST_EXAMPLE, _MOST_CHANGES = 120, 4, 6_000, 12
_NO_REQUEST = ("WebSocket", "gRPC", "SSE")
_METHODS = ("GET", "HEAD", "OPTIONS", "QUERY", "POST", "PUT", "PATCH", "DELETE")


class Row(msgspec.Struct, frozen=True):
    """A parameter or a field. `why` leads to the calls. `form` is the name of the one of several forms of a body that begins here, `again` says that its
    place stood on the page before."""

    name: str
    place: str
    kind: str
    description: str
    required: bool
    count: int
    total: int
    nulls: int
    why: str
    example: str = ""
    depth: int = 0
    own: bool = False
    form: str = ""
    again: bool = False


class Section(msgspec.Struct, frozen=True):
    """A body. `status` is empty for the request."""

    status: str
    meaning: str
    media_type: str
    calls: int
    rows: list[Row]
    left: int
    example: str
    language: str
    of: str = ""


class Sample(msgspec.Struct, frozen=True):
    """Code that makes the call."""

    label: str
    language: str
    text: str


class Reference(msgspec.Struct, frozen=True):
    """Everything on the page of one operation."""

    operation: Operation
    calls: int
    first_seen: datetime | None
    last_seen: datetime | None
    parameters: list[Row]
    request: list[Section]
    answers: list[Section]
    messages: list[Section]
    samples: list[Sample]
    security: str
    why: str
    edits: Words
    before: str = ""
    after: str = ""
    can_call: bool = False
    changes: tuple[tuple[str, Change], ...] = ()


def of(spec: Spec, operation: Operation, slug: str, edits: Words, changes: tuple[tuple[str, Change], ...] = ()) -> Reference:
    """The page's content; links lead to the evidence below `/apis/{slug}`. `changes`: by version, newest first; those of other operations are passed over."""
    known = fields.bodies(operation)
    ids = [one.id for one in spec.operations]
    at = ids.index(operation.id)
    make = _Sections(spec, operation, slug, edits)
    return Reference(
        operation,
        operation.evidence.count,
        _time(operation.evidence.first_seen),
        _time(operation.evidence.last_seen),
        [make.parameter(parameter) for parameter in operation.parameters],
        [make.section(body) for body in known if body.side == "request"],
        [section for response in operation.responses for section in make.answer(response, [body for body in known if body.side == response.status])],
        [make.section(body) for body in known if body.side.startswith("message ")],
        _samples(spec, operation),
        " or ".join(" + ".join(names) for names in operation.security if names),
        _why(slug, operation, ""),
        edits,
        ids[at - 1] if at else "",
        ids[at + 1] if at + 1 < len(ids) else "",
        operation.api_type not in _NO_REQUEST and operation.method in _METHODS,
        tuple((version, one) for version, one in changes if one.template == operation.template and one.method in ("", operation.method))[:_MOST_CHANGES],
    )


class _Sections:
    """Carries what every row needs."""

    def __init__(self, spec: Spec, operation: Operation, slug: str, edits: Words) -> None:
        self._spec, self._operation, self._slug, self._edits = spec, operation, slug, edits
        self._shown: set[str] = set()

    def parameter(self, parameter: Parameter) -> Row:
        key, seen = parameter_key(parameter), parameter.evidence
        total = self._operation.evidence.count if parameter.where == "path" else seen.total
        example = mask_named(parameter.name, parameter.example)
        shown = "" if example is None else example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
        return Row(
            parameter.name, key, fields.in_words(parameter.schema), parameter.description, parameter.required, seen.count, total, 0,
            _why(self._slug, self._operation, key), shown, own=key in self._edits.parameters,
        )  # fmt: skip

    def answer(self, response: Response, bodies: list[Body]) -> list[Section]:
        if bodies:
            return [self.section(body) for body in bodies]
        return [Section(response.status, response.description or phrase(response.status), "", response.evidence.count, [], 0, "", "")]

    def section(self, body: Body) -> Section:
        content = body.content
        found = [field for field in fields.of_schema(self._spec, content.schema, body.root) if field.depth < _DEPTH]
        forms = _forms(found)
        rows = [self._row(body, field, forms.get(at, "")) for at, field in enumerate(found[:_MOST_ROWS])]
        response = next((one for one in self._operation.responses if one.status == body.side), None)
        example = "" if content.example is None else _text(mask_json(content.example))
        status = "" if body.side == "request" else body.side.removeprefix("message ")
        meaning = (response.description or phrase(response.status)) if response else ""
        language = "text" if isinstance(content.example, str) else "json"
        count = response.evidence.count if response else content.evidence.count
        return Section(
            status,
            meaning,
            content.media_type,
            count,
            rows,
            max(0, len(found) - _MOST_ROWS),
            example,
            language,
            "" if found else fields.in_words(content.schema),
        )

    def _row(self, body: Body, field: Field, form: str) -> Row:
        seen = fields.evidence_of(self._spec, field) or Evidence()
        place = f"{body.side} {field.place}"
        words, again = str(field.schema.get("description") or ""), place in self._shown
        self._shown.add(place)
        return Row(
            field.place, place, fields.in_words(field.schema), words, field.is_required, seen.count, seen.total, seen.nulls,
            _why(self._slug, self._operation, place), depth=field.depth, own=place in self._edits.fields, form=form, again=again,
        )  # fmt: skip


def _forms(found: list[Field]) -> dict[int, str]:
    """Where each of several forms begins, at a place that was there before, with the name of its schema or its number; nothing where there is one."""
    starts, seen = [0], set[str]()
    for at, field in enumerate(found):
        if field.place in seen:
            starts.append(at)
            seen.clear()
        seen.add(field.place)
    return (
        {at: found[at].root.rpartition(COMPONENTS)[2] if COMPONENTS in found[at].root else str(n) for n, at in enumerate(starts, 1)} if len(starts) > 1 else {}
    )


def _samples(spec: Spec, operation: Operation) -> list[Sample]:
    if operation.api_type in ("WebSocket", "gRPC"):
        return [Sample("JavaScript", "js", samples.websocket(spec, operation))] if operation.api_type == "WebSocket" else []
    call = samples.call_of(spec, operation)
    writers = (("curl", "sh", samples.curl), ("Python", "python", samples.python), ("JavaScript", "js", samples.javascript))
    return [Sample(label, language, write(call)) for label, language, write in writers]


def _why(slug: str, operation: Operation, place: str) -> str:
    return f"/apis/{quote(slug)}/evidence?{urlencode({'operation': operation.id, 'place': place})}"


def _time(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= _LONGEST_EXAMPLE else text[:_LONGEST_EXAMPLE] + "\n…"
