"""`wiretalk`: one command for the server and for what operators and scripts do.

`discover` on files takes a short way: what reads command lines in general needs as long to start as a small capture needs to be described.
Everything else, help and slips included, is told apart in `web.cli.commands`.
"""

import gc
import sys
from importlib import import_module
from types import ModuleType


def main() -> None:
    """Does what the arguments of the process ask for."""
    if sys.argv[1:2] == ["discover"]:
        discovering = _discovering()
        if asked := discovering.asked_plainly(sys.argv[2:]):
            return discovering.run_alone(asked)
    import_module("web.cli.commands").commands()


def _discovering() -> ModuleType:
    """The module, with as little beside it as can be."""
    gc.disable()  # an import makes no garbage, and looking for it takes a sixth of the time
    is_apart = "typing_extensions" not in sys.modules
    if is_apart:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # msgspec takes `typing` then, which loads ten modules less
    try:
        return import_module("web.cli.discovering")
    finally:
        if is_apart:
            del sys.modules["typing_extensions"]
        gc.freeze()
        gc.enable()
