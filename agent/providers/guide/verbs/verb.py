"""What a verb is: a row of the tables beside this file, which `agent.providers.guide.verbs` puts together and explains."""

from typing import Any, Literal

import msgspec

Effect = Literal["read", "write", "destructive"]


class Verb(msgspec.Struct, frozen=True):
    """`slots` are filled in their order, each taking its words away from the next. `many` is the argument that may name several.

    `needs` lists what must be known; `fixed` is added; `view` tells the answer what was asked; `then` names the verb's second step.
    """

    tool: str
    patterns: tuple[str, ...]
    slots: dict[str, str] = {}
    needs: tuple[str, ...] = ()
    effect: Effect = "read"
    fixed: dict[str, Any] = {}
    view: str = ""
    many: str = ""
    then: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    unless: str = ""
    example: str = ""
    does: str = ""
