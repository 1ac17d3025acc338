"""`wiretalk discover` and `wiretalk diff`: captures in, a document or a comparison out. No server, no database, no network.

Documents go to stdout or to `-o`; progress and what was left out go to stderr. Exit 2 on input that cannot be read, with one line.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NoReturn

import click
import msgspec

from agent.spec import diff as spec_diff
from agent.spec import inputs, markdown, openapi, openapi_read, postman, sdl, typescript
from agent.spec.infer import conclude
from agent.spec.model import Change, Exchange, Spec
from agent.spec.observe import observe_all
from agent.spec.reading import Reading, Unreadable

FORMATS = ("openapi", "markdown", "typescript", "graphql", "postman", "summary")
BY_ENDING = {".md": "markdown", ".ts": "typescript", ".graphql": "graphql", ".graphqls": "graphql"}
PROGRESS_EVERY = 5000


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", metavar="OUT", help="Write to this file instead of stdout. Its ending chooses YAML or JSON.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="What to write; by default OpenAPI, or what OUT's ending says.")
def discover(files: tuple[str, ...], output: str | None, kind: str | None) -> None:
    """Describe the API in captured traffic.

    FILE is HAR 1.2 (gzipped or not), a mitmproxy flow file or saved captures; - reads stdin. Several files are taken together.
    """
    spec = _spec(files)
    text = _written(spec, kind or BY_ENDING.get(Path(output or "").suffix.lower(), "openapi"), is_json=(output or "").lower().endswith(".json"))
    if output is None or output == "-":
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_bytes(text)
    except OSError as error:
        _stop(f"`{output}` cannot be written: {error.strerror}.")


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--format", "kind", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
def diff(old: str, new: str, kind: str) -> None:
    """Say what changed between two APIs, and whether it breaks clients.

    OLD and NEW are OpenAPI 3 documents or capture files. Exit 1 where a breaking change is found.
    """
    changes = spec_diff.compare(_described(old), _described(new))
    click.echo(_DIFF_WRITERS[kind](changes))
    if spec_diff.has_breaking(changes):
        raise SystemExit(1)


def _spec(files: tuple[str, ...]) -> Spec:
    """The spec of all files together; the run ends with one line where one is unreadable."""
    count = 0

    def counted() -> Iterator[Exchange]:
        nonlocal count
        for exchange in chain.from_iterable(_exchanges(name) for name in files):
            count += 1
            if count % PROGRESS_EVERY == 0:
                _say(f"{count:,} calls read …")
            yield exchange

    summary = observe_all(counted())
    if not count:
        _stop(f"None of the {len(files)} files has a call in it." if len(files) > 1 else f"`{''.join(files)}` has no call in it.")
    spec = conclude(summary)
    _report(spec, count)
    return spec


def _exchanges(name: str) -> Iterator[Exchange]:
    with _opened(name) as stream:
        try:
            reading = inputs.read(stream)
            yield from reading
        except Unreadable as error:
            _stop(f"`{name}` cannot be read: {error}")
        except OSError as error:
            _stop(f"`{name}` cannot be read: {error.strerror or error}.")
    _say_skipped(name, reading)


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        _stop(f"`{name}` cannot be opened: {error.strerror}.")


def _described(name: str) -> Spec:
    """A document or a capture, told apart by content."""
    with _opened(name) as stream:
        try:
            found = inputs.identify(stream)
            if found.kind == "openapi":
                return openapi_read.read(openapi_read.parse(found.stream.read()))
            return conclude(observe_all(inputs.read(found.stream)))
        except Unreadable as error:
            _stop(f"`{name}` cannot be read: {error}")


def _written(spec: Spec, kind: str, *, is_json: bool) -> bytes:
    match kind:
        case "markdown":
            return markdown.document(spec).encode("utf-8", "replace")
        case "typescript":
            return typescript.document(spec, client=True).encode("utf-8", "replace")
        case "postman":
            return openapi.to_json(postman.document(spec))
        case "graphql":
            return (sdl.document(spec) or _stop("No GraphQL was heard in this capture.")).encode("utf-8", "replace")
        case "summary":
            return _summary(spec).encode("utf-8", "replace")
        case _:
            document = openapi.document(spec)
            return openapi.to_json(document) if is_json else openapi.to_yaml(document).encode()


def _summary(spec: Spec) -> str:
    """A table for a terminal."""
    rows = [
        (operation.method, operation.template, f"{operation.evidence.count:,}", ",".join(response.status for response in operation.responses))
        for operation in spec.operations
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = [f"{spec.title}  {' '.join(spec.servers)}", ""]
    lines += [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}×  {row[3]}" for row in rows]
    kinds: dict[str, int] = {}
    for noise in spec.noise:
        kinds[noise.kind] = kinds.get(noise.kind, 0) + noise.count
    left_out = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return "\n".join(lines + (["", f"Left out: {left_out}."] if left_out else [])) + "\n"


def _report(spec: Spec, count: int) -> None:
    left_out = sum(noise.count for noise in spec.noise)
    beside = f"; {left_out:,} left out (see `x-left-out`)" if left_out else ""
    _say(f"{count:,} calls read, {len(spec.operations):,} operations found{beside}.")


def _say_skipped(name: str, reading: Reading) -> None:
    for reason in reading.skipped[:5]:
        _say(f"`{name}`: {reason}")
    if reading.skipped_count > 5:
        _say(f"`{name}`: {reading.skipped_count - 5:,} more were left out.")


def _text(changes: tuple[Change, ...]) -> str:
    lines = [f"{'BREAKING' if change.is_breaking else 'ok      '}  {change.kind:<16}  {_plain(change.description)}" for change in changes]
    breaking = sum(change.is_breaking for change in changes)
    return "\n".join([*lines, f"{len(changes)} changes, {breaking} breaking." if changes else "No changes."])


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
    pieces = _plain(description).split("`")
    return "".join(markdown.code(piece) if index % 2 else _escaped(piece) for index, piece in enumerate(pieces))


def _escaped(piece: str) -> str:
    """With the spaces at its ends, which `escape` takes away."""
    inner = markdown.escape(piece)
    return (" " if piece[:1] == " " else "") + inner + (" " if inner and piece[-1:] == " " else "")


def _plain(text: str) -> str:
    """Captured names must not steer a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _json(changes: tuple[Change, ...]) -> str:
    document = {"changes": msgspec.to_builtins(changes), "breaking": spec_diff.has_breaking(changes)}
    return openapi.to_json(document).decode().rstrip()


_DIFF_WRITERS = {"text": _text, "json": _json, "markdown": _markdown}


def _say(text: str) -> None:
    click.echo(_plain(text), err=True)


def _stop(sentence: str) -> NoReturn:
    click.echo(f"wiretalk: {_plain(sentence)}", err=True)
    raise SystemExit(2)
