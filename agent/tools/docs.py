"""Tools about documents: write them from what was captured, read them, and decide which path templates hold and what belongs to the API."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from msgspec import Meta

from agent import endpoints
from agent.documents import curation, docs, evidence, field_lists
from agent.documents.curation import Curation
from agent.documents.docs import Format
from agent.documents.evidence import Why
from agent.documents.field_lists import Line, Lines, Trait
from agent.errors import Problem
from agent.tools.endpoints import EndpointRef
from agent.tools.registry import Answer, Context, tool

_MOST = 30_000
_MOST_LINES = 60
Decision = Literal["keep", "split", "release", "put_back"]
_DECIDED: dict[Decision, str] = {
    "keep": "`{}` holds: paths of this form are one operation, with these names.",
    "split": "`{}` is split: its paths are operations of their own.",
    "release": "`{}` is no longer pinned: the evidence decides again.",
    "put_back": "`{}` was left out and is put back.",
}
_VERDICTS = {"keep": "kept by the user", "reject": "split by the user"}


@tool(effect="write", scope="write", recomputes=True, hears="captured")
async def docs_generate(context: Context, endpoint: EndpointRef) -> Answer:
    """Work out the API from all captured calls and write OpenAPI 3.1, Markdown, TypeScript and, where it fits, GraphQL documents."""
    found = await endpoints.find(context.actor, endpoint)
    made = await docs.generate(context.actor, found.id)
    lines = [f"- `{operation.method} {operation.template}` {operation.summary} ({_calls(operation.calls)})" for operation in made.operations[:50]]
    more = f"\n… and {len(made.operations) - 50} more." if len(made.operations) > 50 else ""
    links = "\n".join(f"- {name}: {url}" for name, url in made.links.items())
    text = (
        f"`{found.name}` is documented (version {made.version}): {len(made.operations)} operation{'s' * (len(made.operations) != 1)} "
        f"from {_calls(made.calls)}.\n" + "\n".join(lines) + more + f"\n\n{links}"
    )
    return Answer(text, made, "captured")


@tool(effect="read", scope="read", hears="captured")
async def docs_get(
    context: Context,
    endpoint: EndpointRef,
    format: Annotated[Format, Meta(description="Default: markdown.")] = "markdown",
    operation: Annotated[str, Meta(description="Only this operation: its id, or method and path template.")] | None = None,
) -> Answer:
    """Read an endpoint's documentation in one format, whole or for one operation."""
    found = await endpoints.find(context.actor, endpoint)
    document = await docs.get(context.actor, found.id, format, operation=operation)
    text = document.text if len(document.text) <= _MOST else f"{document.text[:_MOST]}\n… the rest is at {document.url}"
    return Answer(text, {"endpoint": found.slug, "format": format, "version": document.version, "url": document.url, "text": text}, "captured")


@tool(effect="read", scope="read", hears="captured")
async def docs_review(context: Context, endpoint: EndpointRef) -> Answer:
    """List the path templates that were found with their confidence, the user's pins, and the traffic that was left out of the documents as noise."""
    found = await endpoints.find(context.actor, endpoint)
    seen = await curation.overview(context.actor, found.id)
    return Answer(_reviewed(found.name, seen), seen, "captured")


@tool(effect="write", scope="write", hears="captured")
async def docs_decide(
    context: Context,
    endpoint: EndpointRef,
    decision: Annotated[
        Decision,
        Meta(
            description="keep: pin this template; other names in braces rename its parameters. split: its paths are operations of their own. "
            "release: take a pin back. put_back: a path that was left out belongs to the API."
        ),
    ],
    path: Annotated[str, Meta(description="The path template, such as /users/{user_id}, or the path that was left out.", min_length=1, max_length=500)],
) -> Answer:
    """Pin, rename or split a path template of an API, or put back what was left out of its documents. It stays, and holds for all calls captured so far."""
    found = await endpoints.find(context.actor, endpoint)
    match decision:
        case "keep":
            seen = await curation.pin(context.actor, found.id, path)
        case "split":
            seen = await curation.pin(context.actor, found.id, path, "reject")
        case "release":
            seen = await curation.unpin(context.actor, found.id, path)
        case "put_back":
            seen = await curation.put_back(context.actor, found.id, path)
    return Answer(f"{_DECIDED[decision].format(path)}\n\n{_reviewed(found.name, seen)}", seen, "captured")


@tool(effect="read", scope="read", hears="captured")
async def docs_why(
    context: Context,
    field: Annotated[
        str, Meta(description="A field or parameter: its name (`owner`) or its place (`200 items[].price`, `query limit`, `path order_id`).", min_length=1)
    ]
    | None = None,
    operation: Annotated[str, Meta(description="Its operation: id, or method and path template. Default: the one heard most that has it.")] | None = None,
    endpoint: EndpointRef | None = None,
    all_that_are: Annotated[
        Trait, Meta(description="In place of a field: list all that are so. With one: the place of it that is so, rather than the one heard most.")
    ]
    | None = None,
) -> Answer:
    """Say why the documentation has a field or parameter as it has it (nullable, optional, required, a parameter, these values): the counts, and the calls behind them."""
    if all_that_are and not field:
        lines = await field_lists.listed(context.actor, all_that_are, operation, endpoint)
        return Answer(_all_lines(lines, all_that_are), lines, "captured")
    if not field:
        if endpoint:
            await endpoints.find(context.actor, endpoint)
        raise Problem("invalid_arguments", "Which field?", remedy="Give its `field`, or `all_that_are`.", field="field")
    found = await evidence.why(context.actor, field, operation, endpoint, all_that_are)
    return Answer(_because(found), found, "captured")


def _all_lines(found: Lines, trait: Trait) -> str:
    """One line each, with what it rests on."""
    if not found.items:
        return f"No field is documented as {trait}."
    lines = [f"- {_field_line(line, trait)}" for line in found.items[:_MOST_LINES]]
    heading = f"{found.found} field{'s' * (found.found != 1)} {'is' if found.found == 1 else 'are'} documented as {trait}:"
    more = [f"… and {found.found - len(lines)} more."] if found.found > len(lines) else []
    return "\n".join([heading, "", *lines, *([""] if more else []), *more])


def _field_line(line: Line, trait: Trait) -> str:
    where, _, name = line.place.partition(" ")
    nulls = f", null in {line.nulls:,} of {line.count:,}" if line.nulls else ", null in no call yet"
    counted = nulls if trait == "nullable" else f", there in {line.count:,} of {line.total:,}"
    others = f", and in {line.others} more operation{'s' * (line.others != 1)}" if line.others else ""
    return f"`{name}` ({_side(where)}) of `{line.operation}`: {line.kind}{counted if line.total else ''}{others}"


def _because(found: Why) -> str:
    """The counts of all calls, then what the newest ones show, each with the call that does."""
    known, all_calls = found.evidence, found.evidence.documented
    where, _, name = found.place.partition(" ")
    values = list(dict.fromkeys(one.value for one in known.is_in if one.value and one.value[0] not in "{["))
    shown = ", ".join(f"`{value}`" for value in values[:8])
    lines = [f"`{name}` ({_side(where)}) of `{found.operation}` is documented as {'always there' if found.is_required else 'optional'}: {found.kind}."]
    if where == "path":
        lines.append(
            f"It is a parameter because {known.distinct} different values stood at its place in the path, {all_calls.confidence:.0%} sure: {shown}. *Split* the template if they are different things."
        )
    elif all_calls.total:
        nulls = f", and null in {all_calls.nulls:,} of them" if all_calls.nulls else ", and never null"
        is_expected = (not all_calls.nulls and "null" in found.kind) or (not found.is_required and all_calls.count >= all_calls.total)
        lines.append(
            f"It was there in {all_calls.count:,} of {all_calls.total:,}{nulls}."
            + (" That it may be otherwise is expected, not heard: such fields vary in this API, and the calls are few." if is_expected else "")
            + (f" Its newest values: {shown}." if shown else "")
        )
    for title, calls in (("Null", known.is_null_in), ("Missing", known.is_missing_in), ("There", known.is_in)):
        if calls:
            lines.append(f"- {title} in {', '.join(f'[{one.method} {one.path}](/calls/{one.id})' for one in calls[:3])}")
    lines.append(f"\n[All of the evidence](/apis/{found.endpoint}/evidence?{urlencode({'operation': known.operation, 'place': found.place})})")
    if found.elsewhere:
        lines.append(f"\nThe same name stands elsewhere too: {', '.join(f'`{one}`' for one in found.elsewhere)}.")
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])


def _side(where: str) -> str:
    return {"request": "in the request", "message": "in a message"}.get(where, f"in the {where}" if where.isalpha() else f"in the {where} answer")


def _calls(number: int) -> str:
    return f"{number:,} call{'s' * (number != 1)}"


def _reviewed(name: str, seen: Curation) -> str:
    """What `docs_review` says: the least certain templates first."""
    if not (seen.templates or seen.pins or seen.left_out):
        return f"`{name}` is not documented yet: `docs_generate` does it."
    doubtful = sorted(seen.templates, key=lambda one: (one.confidence, one.template))
    lines = [
        f"- `{one.template}` ({', '.join(one.methods)}; {_calls(one.calls)}; {one.confidence:.0%} sure{_verdict(one.pin)})" for one in doubtful[:_MOST_LINES]
    ]
    pins = [f"- `{pin.template}`: {_VERDICTS[pin.kind]}" for pin in seen.pins if pin.template not in {one.template for one in seen.templates}]
    out = [f"- {one.kind}: `{one.method} {one.path}` ({_calls(one.calls)}){'' if one.template else f'. {one.why_not}'}" for one in seen.left_out[:_MOST_LINES]]
    parts = [f"Path templates of `{name}`:", *lines, *_more(len(doubtful))]
    parts += ["", "Other pins:", *pins] if pins else []
    return "\n".join([*parts, "", "Left out:", *out, *_more(len(seen.left_out))] if out else [*parts, "", "Nothing was left out."])


def _verdict(pin: str | None) -> str:
    return f", {_VERDICTS[pin]}" if pin else ""


def _more(count: int) -> list[str]:
    return [f"… and {count - _MOST_LINES} more."] if count > _MOST_LINES else []
