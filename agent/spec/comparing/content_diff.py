"""Compares what a body is offered as, and its schemas, in terms of what is found: a difference before it has the address of its operation."""

from typing import NamedTuple

from agent.spec.comparing.schema_diff import Difference, Sides, compare_schemas
from agent.spec.fields import escaped
from agent.spec.model import Content


class Found(NamedTuple):
    """One difference within an operation, before it has its address."""

    kind: str
    is_breaking: bool
    text: str
    pointer: str
    before: object = None
    after: object = None
    is_learned: bool = False


def found_from(difference: Difference, kind: str, lead: str) -> Found:
    return Found(kind, difference.is_breaking, lead + difference.text, difference.pointer, difference.before, difference.after, difference.is_learned)


def compare_contents(
    sides: Sides, old: tuple[Content, ...], new: tuple[Content, ...], kind: str, where: str, pointer: str, *, is_response: bool
) -> list[Found]:
    """By media type: one that is gone breaks, one more does not."""
    before, after = {_media(content): content for content in old}, {_media(content): content for content in new}
    found: list[Found] = []
    for media_type in sorted(before.keys() | after.keys()):
        at = f"{pointer}/content/{escaped(media_type)}"
        if media_type not in after:
            found.append(Found(kind, True, f"{where} is no longer offered as `{media_type}`.", at, media_type, is_learned=True))
        elif media_type not in before:
            found.append(Found(kind, False, f"{where} is also offered as `{media_type}`.", at, None, media_type))
        else:
            schemas, is_text = (before[media_type].schema, after[media_type].schema), "form" in media_type
            differences = compare_schemas(*schemas, sides, at + "/schema", is_response=is_response, is_text=is_text)
            found += [found_from(item, kind, f"in {where}, ") for item in differences]
    return found


def _media(content: Content) -> str:
    return content.media_type.partition(";")[0].strip().lower()
