"""`wiretalk diff` and `wiretalk drift`: two APIs in, what is different between them out. Exit 1 where it breaks clients, 2 on input that cannot be read."""

import click
import msgspec

from agent.spec.comparing import diff as spec_diff
from agent.spec.comparing import drift as spec_drift
from agent.spec.infer import conclude
from agent.spec.model import Change, Spec
from agent.spec.observe import observe_all
from agent.spec.readers import inputs, openapi_read
from agent.spec.readers.reading import Unreadable
from agent.spec.writers import markdown, openapi
from web.cli.captured import opened, plain, stop


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--format", "kind", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.option("--json", "kind", flag_value="json", help="The same as `--format json`.")
def diff(old: str, new: str, kind: str) -> None:
    """Say what changed between two APIs, and whether it breaks clients.

    OLD and NEW are OpenAPI documents (Swagger 2.0 to OpenAPI 3.2) or capture files. Exit 0 where nothing breaks, 1 where a breaking change is found, 2 where a file cannot be read.
    """
    changes = spec_diff.compare(_described(old), _described(new))
    click.echo(_WRITERS[kind](changes))
    if spec_diff.has_breaking(changes):
        raise SystemExit(1)


@click.command()
@click.argument("document")
@click.argument("capture")
@click.option("--json", "is_json", is_flag=True, help="Write the findings as JSON.")
def drift(document: str, capture: str, is_json: bool) -> None:
    """Check captured traffic against an OpenAPI document: where they contradict each other, and what either has that the other lacks.

    DOCUMENT is an OpenAPI document (Swagger 2.0 to OpenAPI 3.2), CAPTURE any capture file. Exit 0 where nothing contradicts, 1 where something does, 2 where a file cannot be read.
    """
    found = spec_drift.compare(_described(document), _described(capture, is_pooled=False))
    click.echo(openapi.to_json(msgspec.to_builtins(found)).decode().rstrip() if is_json else _drifted(found))
    if found.breaking:
        raise SystemExit(1)


def _described(name: str, *, is_pooled: bool = True) -> Spec:
    """A document or a capture, told apart by content."""
    with opened(name) as stream:
        try:
            found = inputs.identify(stream)
            if found.kind == "openapi":
                return openapi_read.read(openapi_read.parse(found.stream.read()))
            return conclude(observe_all(inputs.read(found.stream)), is_pooled=is_pooled)
        except Unreadable as error:
            stop(f"`{name}` cannot be read: {error}")


def _text(changes: tuple[Change, ...]) -> str:
    lines = [f"{'BREAKING' if change.is_breaking else 'ok      '}  {change.kind:<16}  {plain(change.description)}" for change in changes]
    breaking = sum(change.is_breaking for change in changes)
    return "\n".join([*lines, f"{len(changes)} change{'s' * (len(changes) > 1)}, {breaking} breaking." if changes else "No changes."])


def _drifted(found: spec_drift.Drift) -> str:
    heads = {"contradiction": "BREAKING", "undocumented": "not documented", "unheard": "not heard"}
    lines = [
        f"{heads[one.kind] if one.is_breaking or one.kind != 'contradiction' else 'differs':<14}  {plain(f'{one.method} {one.template}: {one.text}')}"
        for one in found.findings
    ]
    counts = f"{found.documented} operations are documented, {found.heard} were heard, {found.both} are both; {found.breaking} findings break."
    return "\n".join([*lines, counts])


def _markdown(changes: tuple[Change, ...]) -> str:
    if not changes:
        return "No changes."
    parts: list[str] = []
    for title, is_breaking in (("Breaking", True), ("Not breaking", False)):
        chosen = [change for change in changes if change.is_breaking == is_breaking]
        parts += [f"## {title}", "\n".join(f"- {change.kind}: {_spans(change.description)}" for change in chosen)] if chosen else []
    return "\n\n".join(parts)


def _spans(description: str) -> str:
    """Names stand between back ticks; what is outside, or between them, may not become markup."""
    pieces = plain(description).split("`")
    return "".join(markdown.code(piece) if index % 2 else _escaped(piece) for index, piece in enumerate(pieces))


def _escaped(piece: str) -> str:
    """With the spaces at its ends, which `escape` takes away."""
    inner = markdown.escape(piece)
    return (" " if piece[:1] == " " else "") + inner + (" " if inner and piece[-1:] == " " else "")


def _json(changes: tuple[Change, ...]) -> str:
    document = {"changes": msgspec.to_builtins(changes), "breaking": spec_diff.has_breaking(changes)}
    return openapi.to_json(document).decode().rstrip()


_WRITERS = {"text": _text, "json": _json, "markdown": _markdown}
