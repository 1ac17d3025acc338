"""What an API's owner decides about its documentation: which path templates hold, what that was left out belongs to it, and words of their own.

Each decision is kept beside what was discovered, and the documents are written anew under it at once, where there are any.
"""

import re
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from agent import endpoints
from agent.actor import Actor
from agent.documents import discovery, docs
from agent.errors import Problem
from agent.spec import calling, decisions, fields
from agent.spec.decisions import Decisions, Words
from agent.spec.model import Noise, Operation, Pin, Spec
from agent.spec.path_syntax import unnamed

Verdict = Literal["keep", "reject"]
Text = Literal["summary", "description"]
_LONGEST = 500
_MOST_PINS = 500
_SUMMARY, _TEXT = 200, 4_000
_NOT_TO_BE_PUT_BACK = {
    "preflight": "Preflights are no operations: what they say is under CORS.",
    "other-host": "It went to another host: capture that API by an endpoint of its own.",
}


class Template(msgspec.Struct, frozen=True):
    """One path template with what it rests on. `confidence` is 1 where the owner said so, or where nothing had to be guessed."""

    template: str
    methods: list[str]
    calls: int
    confidence: float
    values: dict[str, list[str]]
    samples: list[str]
    pin: Verdict | None = None


class LeftOut(msgspec.Struct, frozen=True):
    """Traffic that is no part of the documents. `template` is what puts it back, where it can be; `why_not` says why it cannot."""

    kind: str
    method: str
    path: str
    calls: int
    template: str | None
    why_not: str = ""


class Curation(msgspec.Struct, frozen=True):
    """The templates that were found, the owner's pins, what was left out, and the owner's words by operation."""

    templates: list[Template]
    pins: list[Pin]
    left_out: list[LeftOut]
    edits: dict[str, Words]


class Found(NamedTuple):
    """An operation and the spec that it is of."""

    spec: Spec
    operation: Operation


async def overview(actor: Actor, endpoint_id: UUID) -> Curation:
    """As the newest documents have it. Raises endpoint_not_found."""
    spec = await docs.spec_of(actor, endpoint_id)
    return _curation(spec, await discovery.decisions(endpoint_id))


async def pin(actor: Actor, endpoint_id: UUID, template: str, verdict: Verdict = "keep") -> Curation:
    """`keep`: paths of this form are one operation, with these names. `reject`: they are not. Raises endpoint_not_found, invalid_arguments."""
    await endpoints.get(actor, endpoint_id)
    wanted = Pin(_checked(template), verdict)
    if len((await discovery.decisions(endpoint_id)).pins) >= _MOST_PINS:
        raise Problem("invalid_arguments", f"An API has at most {_MOST_PINS} pinned templates.", remedy="Take some back first.", field="template")
    decided = await _decided(actor, endpoint_id, lambda before: decisions.pinned(before, wanted))
    if verdict == "reject" and any(unnamed(one.template) == unnamed(wanted.template) for one in decided.templates if "{" in one.template):
        await _decided(actor, endpoint_id, lambda before: decisions.unpinned(before, wanted.template), freed=(wanted,))
        raise Problem(
            "invalid_arguments",
            f"`{wanted.template}` cannot be split: its values are evident ids, such as numbers, and are not kept one by one.",
            remedy="Keep it under other names instead.",
            field="template",
        )
    return decided


async def unpin(actor: Actor, endpoint_id: UUID, template: str) -> Curation:
    """Let the evidence decide again. Raises endpoint_not_found, not_found."""
    await endpoints.get(actor, endpoint_id)
    if all(pin.template != template for pin in (await discovery.decisions(endpoint_id)).pins):
        raise Problem("not_found", f"`{template[:200]}` is not pinned.")
    return await _decided(actor, endpoint_id, lambda before: decisions.unpinned(before, template), freed=(Pin(template),))


async def put_back(actor: Actor, endpoint_id: UUID, path: str) -> Curation:
    """Take something that was left out into the documents. Raises endpoint_not_found, not_found, invalid_arguments where that cannot be."""
    found = [left for left in (await overview(actor, endpoint_id)).left_out if left.path == path]
    if not found:
        raise Problem("not_found", f"`{path[:200]}` is not among what was left out.")
    chosen = next((left for left in found if left.template), found[0])
    if chosen.template is None:
        raise Problem("invalid_arguments", chosen.why_not, remedy="", field="path")
    return await pin(actor, endpoint_id, chosen.template)


async def edit(actor: Actor, endpoint_id: UUID, operation: str, change: Words, *, taken_back: tuple[Text, ...] = ()) -> Curation:
    """Words of the owner's own in place of the generated ones; those `taken_back`, and empty texts of parameters and fields, show the generated ones again.

    Raises endpoint_not_found, not_documented, operation_not_found, invalid_arguments.
    """
    spec, found = await found_operation(actor, endpoint_id, operation)
    _check_words(spec, found, change)
    key, shared = decisions.key_of(found), _elsewhere(spec, found, change)

    def decided(before: Decisions) -> Decisions:
        for name in taken_back:
            before = decisions.taken_back(before, key, name)
        return decisions.edited(_forgetting(before, shared), key, change)

    return await _decided(actor, endpoint_id, decided)


async def found_operation(actor: Actor, endpoint_id: UUID, reference: str) -> Found:
    """An operation of the newest documents, by its id or `METHOD /template`. Raises endpoint_not_found, not_documented, operation_not_found."""
    spec = await docs.spec_of(actor, endpoint_id)
    if spec is None:
        raise Problem("not_documented", "The API is not documented yet.")
    word = reference.strip()
    for operation in calling.named(spec, word) or [one for one in spec.operations if decisions.key_of(one) == word]:
        return Found(spec, operation)
    raise Problem("operation_not_found", f"There is no operation `{word[:200]}`.")


async def _decided(actor: Actor, endpoint_id: UUID, change: discovery.Change, *, freed: tuple[Pin, ...] = ()) -> Curation:
    await discovery.decide(endpoint_id, change)
    if await docs.latest(actor, endpoint_id) is not None:
        try:
            await docs.generate(actor, endpoint_id, describe=False, freed=freed)
        except Problem as problem:
            if problem.code != "nothing_captured":  # described by a document alone: the decision waits for calls
                raise
    return await overview(actor, endpoint_id)


def _curation(spec: Spec | None, decided: Decisions) -> Curation:
    verdicts: dict[str, Verdict] = {pin.template: pin.kind for pin in decided.pins}
    groups: dict[str, list[Operation]] = {}
    for operation in spec.operations if spec else ():
        groups.setdefault(operation.template, []).append(operation)
    return Curation(
        [_template(template, group, verdicts.get(template)) for template, group in groups.items()],
        list(decided.pins),
        [_left_out(noise) for noise in spec.noise] if spec else [],
        decided.edits,
    )


def _template(template: str, group: list[Operation], verdict: Verdict | None) -> Template:
    path = {parameter.name: parameter for operation in group for parameter in operation.parameters if parameter.where == "path"}
    return Template(
        template,
        [operation.method for operation in group],
        sum(operation.evidence.count for operation in group),
        1.0 if verdict == "keep" else min((parameter.evidence.confidence for parameter in path.values()), default=1.0),
        {name: [str(parameter.example)] for name, parameter in path.items() if parameter.example is not None},
        list(dict.fromkeys(sample for operation in group for sample in operation.evidence.samples))[:8],
        verdict,
    )


def _left_out(noise: Noise) -> LeftOut:
    why_not = _NOT_TO_BE_PUT_BACK.get(noise.kind, "")
    return LeftOut(noise.kind, noise.method, noise.path, noise.count, None if why_not else _as_template(noise.path), why_not)


def _as_template(path: str) -> str:
    """`/files/<int>` as `/files/{id}`: ids were folded when they were heard."""
    first, *rest = re.split(r"<[^<>/]*>", path)
    return first + "".join(("{id}" if number == 1 else f"{{id_{number}}}") + part for number, part in enumerate(rest, 1))


def _checked(template: str) -> str:
    text = template.strip()
    names = re.findall(r"{([^{}/]*)}", text)
    rest = re.sub(r"{[A-Za-z_][A-Za-z0-9_-]*}", "", text)
    if not text.startswith("/") or len(text) > _LONGEST or any(c in rest for c in "{}?#") or any(c.isspace() or not c.isprintable() for c in text):
        raise Problem(
            "invalid_arguments",
            f"`{text[:80]}` is no path template.",
            remedy="Write it such as `/users/{user_id}/posts`: a path, with names in braces.",
            field="template",
        )
    if len(set(names)) != len(names):
        raise Problem("invalid_arguments", "Two parameters of the template have the same name.", remedy="Give each a name of its own.", field="template")
    return text if text == "/" else text.rstrip("/")


def _check_words(spec: Spec, operation: Operation, change: Words) -> None:
    names = {decisions.parameter_key(parameter) for parameter in operation.parameters}
    places = {field.place for field in fields.of_operation(spec, operation)}
    for kind, given, known in (("parameter", change.parameters, names), ("field", change.fields, places)):
        if unknown := sorted(given.keys() - known):
            some = ", ".join(f"`{name}`" for name in sorted(known)[:8])
            raise Problem(
                "invalid_arguments", f"`{operation.id}` has no {kind} `{unknown[0][:100]}`.", remedy=f"It has {some}." if some else "", field=f"{kind}s"
            )
    if len(change.summary) > _SUMMARY or "\n" in change.summary:
        raise Problem("invalid_arguments", f"A summary is one line of at most {_SUMMARY} characters.", field="summary")
    if any(len(text) > _TEXT for text in (change.description, *change.parameters.values(), *change.fields.values())):
        raise Problem("invalid_arguments", f"A description has at most {_TEXT:,} characters.", field="description")


def _elsewhere(spec: Spec, operation: Operation, change: Words) -> dict[str, set[str]]:
    """By operation, the places at which the same shared fields stand: the newest words hold for all of them."""
    mine = {field.pointer for field in fields.of_operation(spec, operation) if field.place in change.fields and field.root.startswith(fields.COMPONENTS)}
    if not mine:
        return {}
    return {decisions.key_of(other): {field.place for field in fields.of_operation(spec, other) if field.pointer in mine} for other in spec.operations}


def _forgetting(before: Decisions, shared: dict[str, set[str]]) -> Decisions:
    edits = {
        key: msgspec.structs.replace(words, fields={place: text for place, text in words.fields.items() if place not in shared.get(key, ())})
        for key, words in before.edits.items()
    }
    return msgspec.structs.replace(before, edits={key: words for key, words in edits.items() if words != Words()})
