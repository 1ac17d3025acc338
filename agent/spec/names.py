"""Readable, stable names: parameters from the segment before, operation ids from method and template, components from where they stand."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete", "HEAD": "head", "OPTIONS": "options"}


def words_of(text: str) -> list[str]:
    """The words of `camelCase`, `snake_case` or `kebab-case`, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def singular(word: str) -> str:
    """The singular of an English plural, where the rule is safe."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "news")) and len(word) > 2:
        return word[:-1]
    return word


def parameter_name(before: str, kind: str, taken: Iterable[str], echoed: str = "") -> str:
    """`pet_id` after `/pets`, from the style of the segment before, unique in its template."""
    words = words_of(before) if before and not before.startswith("{") else []
    base = "_".join([*words[:-1], singular(words[-1])]) if words else ""
    suffix = echoed.lower() if echoed and re.fullmatch(r"[A-Za-z_]{1,20}", echoed) and echoed.lower() not in ("self", "href", "url") else "id"
    if kind in ("date", "email", "ip", "version", "locale"):
        suffix = kind
    name = suffix if not base else base if base == suffix else f"{base}_{suffix}"
    if base and suffix.startswith(base):
        name = suffix
    used, number = set(taken), 2
    unique = name
    while unique in used:
        unique, number = f"{name}_{number}", number + 1
    return unique


def pascal(text: str) -> str:
    """`line items` as `LineItems`."""
    return "".join(word[:1].upper() + word[1:] for word in words_of(text))


def operation_id(method: str, template: str, is_list: bool) -> str:
    """`listPets`, `getPetById`: camelCase from the template, whatever comes before the first resource left out by the caller."""
    verb = "list" if method == "GET" and is_list else _VERBS.get(method, method.lower())
    parts: list[str] = []
    segments = [segment for segment in template.split("/") if segment]
    for index, segment in enumerate(segments):
        if segment.startswith("{"):
            continue
        words = words_of(re.sub(r"\{[^}]*\}", "", segment))
        is_followed = index + 1 < len(segments) and segments[index + 1].startswith("{")
        if words and (is_followed or (method == "POST" and index == len(segments) - 1)):
            words[-1] = singular(words[-1])
        parts += words
    tail = [segment for segment in segments if segment.startswith("{")]
    name = verb + "".join(word[:1].upper() + word[1:] for word in parts)
    if tail and segments[-1].startswith("{"):
        return name
    return name or verb + "Root"
