"""What `wiretalk discover` does: captures in, a document out. No server, no database, no network.

Documents go to stdout or to a file; progress and what was left out go to stderr. Exit 2 on input that cannot be read, with one line.
A writer is imported when its format is asked for: a third of the time that a small capture takes is spent on imports.
"""

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from typing import Any, NamedTuple

from agent.parallel import summarise
from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from web.cli.captured import exchanges, say, seldom_swept, stop

FORMATS = ("openapi", "markdown", "typescript", "graphql", "postman", "http", "summary")
PROCESSES = 2
_BY_ENDING = {".md": "markdown", ".ts": "typescript", ".graphql": "graphql", ".graphqls": "graphql", ".http": "http"}
_OPTIONS = {"-o": "output", "--output": "output", "--format": "kind"}
_PROGRESS_EVERY = 5000


class Asked(NamedTuple):
    """What the command line says. Without a format, the ending of the output tells it."""

    files: tuple[str, ...]
    output: str | None = None
    kind: str | None = None
    processes: int = PROCESSES
    evidence: bool = True


def asked_plainly(arguments: list[str]) -> Asked | None:
    """Files, at most with an output and a format, each option as a word of its own. None where there is anything else, right or wrong."""
    files: list[str] = []
    options: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        if word in _OPTIONS:
            options[_OPTIONS[word]] = value = next(words, "-")
            if value.startswith("-"):
                return None
        elif word.startswith("-"):
            return None
        else:
            files.append(word)
    kind = options.get("kind")
    return Asked(tuple(files), options.get("output"), kind) if files and kind in (None, *FORMATS) else None


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
    """Describes the API in the files. Raises SystemExit, with the reason on stderr, where that cannot be done."""
    name = asked.output or "-"
    kind = asked.kind or _BY_ENDING.get(os.path.splitext(name)[1].lower(), "openapi")
    text = _written(_spec(asked.files, asked.processes), kind, is_json=name.lower().endswith(".json"), evidence=asked.evidence)
    if name == "-":
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    try:
        with open(name, "wb") as stream:
            stream.write(text)
    except OSError as error:
        stop(f"`{name}` cannot be written: {error.strerror}.")


def _spec(files: tuple[str, ...], processes: int) -> Spec:
    """The spec of all files together; the run ends with one line where one is unreadable."""
    count = 0

    def counted() -> Iterator[Exchange]:
        nonlocal count
        for exchange in chain.from_iterable(exchanges(name) for name in files):
            count += 1
            if count % _PROGRESS_EVERY == 0:
                say(f"{count:,} calls read …")
            yield exchange

    try:
        summary = summarise(counted(), min(processes, os.cpu_count() or 1))
    except ChildProcessError as error:
        stop(f"{error} With `--processes 1` it works without them, in less memory.")
    if not count:
        stop(f"None of the {len(files)} files has a call in it." if len(files) > 1 else f"`{''.join(files)}` has no call in it.")
    spec = conclude(summary)
    _report(spec, count)
    return spec


def _written(spec: Spec, kind: str, *, is_json: bool, evidence: bool) -> bytes:
    match kind:
        case "summary":
            text = _summary(spec)
        case "openapi" | "postman":
            document = _call(kind, "document", spec, **({"evidence": evidence} if kind == "openapi" else {}))
            if is_json or kind == "postman":
                return _call("openapi", "to_json", document)
            text = _call("openapi", "to_yaml", document)
        case "typescript":
            text = _call("typescript", "document", spec, client=True)
        case "markdown":
            text = _call("markdown", "document", spec, evidence=evidence)
        case _:
            text = _call({"graphql": "sdl", "http": "http_file"}[kind], "document", spec)
    return (text or stop("No GraphQL was heard in this capture.")).encode("utf-8", "replace")


def _call(module: str, name: str, *arguments: object, **options: object) -> Any:
    """What a function of a writer gives."""
    return getattr(import_module(f"agent.spec.{module}"), name)(*arguments, **options)


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
    say(f"{count:,} calls read, {len(spec.operations):,} operation{'s' * (len(spec.operations) != 1)} found{beside}.")
