"""What all paths of an API begin with before they say what they are about: `/files.xro/1.0` names no resource, and no two operations are told apart by it."""

from collections.abc import Iterable

from agent.spec.names import is_action, is_version, words_of
from agent.spec.phrasing import CURRENT

_FEW = 3
"""So many resources show that what stands before them is none itself."""


def base_of(templates: Iterable[str]) -> str:
    """The words that stand before all resources, as a path; empty where there are few resources, or where a word is what something is done to."""
    split = [[part for part in template.split("/") if part] for template in templates]
    shared: list[str] = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1 or "{" in parts[0] or parts[0].lower() in CURRENT:
            break
        shared.append(parts[0])
    while shared and any(len(parts) <= len(shared) or "{" in parts[len(shared)] for parts in split):
        shared.pop()
    if len({parts[len(shared)] for parts in split if len(parts) > len(shared)}) < _FEW:
        return ""
    if any(len(parts) == len(shared) + 1 and is_action(words_of(parts[-1]), "POST") for parts in split):
        words = [at for at, part in enumerate(shared) if not is_version(part)]
        shared = shared[: words[-1]] if words else []
    return "".join(f"/{part}" for part in shared)
