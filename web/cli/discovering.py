"""What `wiretalk discover` does: captures in, a document out. No server, no database, no network.

Documents go to stdout or to a file; progress and what was left out go to stderr. Exit 2 on input that cannot be read, with one line.
Only what is needed is imported: that is a third of the time that a small capture takes.
"""

import os
import sys
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from itertools import chain
from typing import NamedTuple

from agent.documents.parallel import summarise
from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.writers import formats
from agent.spec.writers.formats import Format
from web.cli.captured import captures, exchanges, say, seldom_swept, stop

ENDINGS = {
    "openapi": ".yaml",
    "json": ".json",
    "markdown": ".md",
    "typescript": ".ts",
    "graphql": ".graphql",
    "postman": ".postman_collection.json",
    "http": ".http",
    "summary": ".txt",
}
"""What can be written, and how its file is called with `--each`."""
_FORMATS: dict[str, Format] = {
    "openapi": "openapi-yaml",
    "json": "openapi",
    "markdown": "markdown",
    "typescript": "typescript",
    "graphql": "graphql",
    "postman": "postman",
    "http": "http",
}
PROCESSES = 2
_BY_ENDING = {".md": "markdown", ".ts": "typescript", ".graphql": "graphql", ".graphqls": "graphql", ".http": "http"}
_OPTIONS = {"-o": "output", "--output": "output", "--format": "kind"}
_PROGRESS_EVERY = 5000


class Asked(NamedTuple):
    """What the command line says. Without a format, the ending of the output tells it."""

    files: tuple[str, ...]
    output: str | None = None
    kind: str | None = None
    processes: int | None = None
    evidence: bool = True
    each: bool = False


def asked_plainly(arguments: list[str]) -> Asked | None:
    """Files, at most with an output, a format and `--each`, each option as a word of its own. None where there is anything else, right or wrong."""
    files: list[str] = []
    options: dict[str, str] = {}
    each = False
    words = iter(arguments)
    for word in words:
        if word in _OPTIONS:
            options[_OPTIONS[word]] = value = next(words, "-")
            if value.startswith("-"):
                return None
        elif word == "--each":
            each = True
        elif word.startswith("-"):
            return None
        else:
            files.append(word)
    kind = options.get("kind")
    return Asked(tuple(files), options.get("output"), kind, each=each) if files and kind in (None, *ENDINGS) else None


def run_alone(asked: Asked) -> None:
    """`run` as all that a process does: an interrupted one and one whose reader has gone end in silence.

    It ends at once: to take apart all that was made takes a twentieth of the time.
    """
    try:
        with seldom_swept():
            run(asked)
            sys.stderr.flush()
            os._exit(0)
    except KeyboardInterrupt:
        say("Aborted!")
        raise SystemExit(1) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def run(asked: Asked) -> None:
    """Describes the API in the files, or that in each. Raises SystemExit, with the reason on stderr, where that cannot be done."""
    files = captures(asked.files)
    if asked.each:
        kind = asked.kind or "openapi"
        describe = partial(_describe_one, kind, asked.evidence)
        return import_module("web.cli.each").run_each(files, asked.output, ENDINGS[kind], asked.processes, describe)
    name = asked.output or "-"
    kind = asked.kind or _BY_ENDING.get(os.path.splitext(name)[1].lower(), "openapi")
    if kind == "openapi" and name.lower().endswith(".json"):
        kind = "json"
    say(_describe(files, name, kind, asked.evidence, min(asked.processes or PROCESSES, os.cpu_count() or 1)))


def _describe_one(kind: str, evidence: bool, capture: str, document: str, processes: int) -> None:
    told = _describe((capture,), document, kind, evidence, processes)
    say(f"`{capture}` → `{document}`: {told}")


def _describe(files: tuple[str, ...], name: str, kind: str, evidence: bool, processes: int) -> str:
    """Writes the document of all files together; a sentence about it."""
    spec, count = _spec(files, processes)
    document = _written(spec, kind, evidence=evidence) or stop(f"No GraphQL was heard in {_named(files)}.")
    _put(document.encode("utf-8", "replace"), name)
    left_out = sum(noise.count for noise in spec.noise)
    beside = f"; {left_out:,} left out (see `x-left-out`)" if left_out else ""
    return f"{count:,} calls read, {len(spec.operations):,} operation{'s' * (len(spec.operations) != 1)} found{beside}."


def _put(document: bytes, name: str) -> None:
    if name == "-":
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    try:
        with open(name, "wb") as stream:
            stream.write(document)
    except OSError as error:
        stop(f"`{name}` cannot be written: {error.strerror}.")


def _spec(files: tuple[str, ...], processes: int) -> tuple[Spec, int]:
    """The spec of all files together, and how many calls it rests on; the run ends with one line where a file is unreadable."""
    count = 0

    def counted() -> Iterator[Exchange]:
        nonlocal count
        for exchange in chain.from_iterable(exchanges(name) for name in files):
            count += 1
            if count % _PROGRESS_EVERY == 0:
                say(f"{count:,} calls read …")
            yield exchange

    try:
        summary = summarise(counted(), processes)
    except ChildProcessError as error:
        stop(f"{error} With `--processes 1` it works without them, in less memory.")
    if not count:
        stop(f"There is no call in {_named(files)}.")
    return conclude(summary), count


def _named(files: tuple[str, ...]) -> str:
    return f"any of the {len(files):,} files" if len(files) > 1 else f"`{''.join(files)}`"


def _written(spec: Spec, kind: str, *, evidence: bool) -> str:
    return _summary(spec) if kind == "summary" else formats.document(spec, _FORMATS[kind], evidence=evidence)


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
