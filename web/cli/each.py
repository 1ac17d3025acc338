"""`wiretalk discover --each`: a document for each of many captures, side by side, from one start.

A process for each capture is forked from the one that has imported everything: nothing passes from one capture to another, memory is given
back, and one that the system ends takes no other along. What is done with a capture is told by the caller.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence

from web.cli.captured import say, stop, unpacked

Describe = Callable[[str, str, int], None]
"""Describes a capture in a document with so many processes, or raises SystemExit."""


def run_each(captures: Sequence[str], folder: str | None, ending: str, processes: int | None, describe: Describe) -> None:
    """Writes the documents into the folder. Raises SystemExit in the end where one could not be written; the others are."""
    if not folder or folder == "-":
        stop("`--each` writes several documents: name their folder with `-o FOLDER`.")
    if "-" in captures:
        stop("`--each` names documents after files, and stdin has no name.")
    at_once = processes or os.cpu_count() or 1
    names = document_names(captures)
    waiting = [(capture, os.path.join(folder, names[capture] + ending)) for capture in sorted(names, key=_size)]
    _make_folders({os.path.dirname(document) for _, document in waiting})
    inner = max(1, at_once // len(names))
    running: dict[int, str] = {}
    failed = 0
    try:
        while waiting or running:
            while waiting and len(running) < at_once:  # the largest first, so that none is left over when the others are done
                capture, document = waiting.pop()
                running[_forked(describe, capture, document, inner)] = capture
            process, status = os.wait()
            failed += status != 0
            capture = running.pop(process)
            if os.WIFSIGNALED(status):
                say(f"wiretalk: `{capture}` was not described: the system ended its process.")
    finally:
        for process in running:
            os.kill(process, signal.SIGTERM)
    if failed:
        stop(f"Captures that could not be described: {failed:,} of {len(names):,}.")


def document_names(captures: Sequence[str]) -> dict[str, str]:
    """What each document is called, without its ending: as its capture is, with folder and ending only where two would be called the same."""
    apart = {os.path.realpath(capture): capture for capture in reversed(captures)}
    common = os.path.commonpath([os.path.dirname(path) for path in apart])
    names = {path: os.path.splitext(unpacked(os.path.basename(path)))[0] for path in apart}
    while doubled := {name for name, times in Counter(name.lower() for name in names.values()).items() if times > 1}:
        longer = {path: os.path.relpath(path, common) for path, name in names.items() if name.lower() in doubled}
        if longer.items() <= names.items():  # `A.har` and `a.har`, where these are two
            break
        names |= longer
    return {apart[path]: name for path, name in names.items()}


def _forked(describe: Describe, capture: str, document: str, processes: int) -> int:
    """The number of the process that describes the capture, and ends."""
    if process := os.fork():
        return process
    code: object = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        describe(capture, document, processes)
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _make_folders(folders: set[str]) -> None:
    for folder in sorted(folders):
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            stop(f"The folder `{folder}` cannot be made: {error.strerror}.")


def _size(capture: str) -> int:
    try:
        return os.path.getsize(capture)
    except OSError:
        return 0  # whoever opens it says why it cannot be
