"""Which routes are one operation: templates from the roles of their segments, their parameters' names, and what a user has pinned."""

import re
from collections import defaultdict
from collections.abc import Container
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

from agent.spec import path_syntax
from agent.spec.model import Pin
from agent.spec.names import free, parameter_name
from agent.spec.noise import is_unserved
from agent.spec.paths.roles import find_roles
from agent.spec.paths.tree import Affix
from agent.spec.summary import Route, Summary
from agent.spec.values import kind_of

MODERN = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD")


def group_routes(routes: list[Route], summary: Summary, pins: tuple[Pin, ...]) -> dict[tuple[str, str], list[Route]]:
    """Routes by template and method; those that were only refused join the template that their path fits."""
    served = [route for route in routes if not is_unserved(route) or any(pin.kind == "keep" and matches(pin.template, route.path) for pin in pins)]
    is_served = set(map(id, served))
    found_roles = find_roles(served, summary.values)
    roles = {path: _rejected(path, flags, pins) for path, flags in found_roles.flags.items()}
    forms = {path for path in found_roles.forms if not any(_is_rejected_form(pin, path) for pin in pins)}
    namer = _Namer(served, found_roles.affixes, found_roles.endings, forms)
    templates = {path: namer.template(path, flags, pins) for path, flags in sorted(roles.items())}
    found: dict[tuple[str, str], list[Route]] = defaultdict(list)
    for route in served:
        found[templates[route.path], route.method].append(route)
    unserved = [route for route in routes if id(route) not in is_served]
    plainest_first = sorted({template for template, _ in found}, key=lambda template: (template.count("{"), template))
    for route in unserved:
        template = next((template for template in plainest_first if matches(template, route.path)), None)
        if template is not None and (template, route.method) in found:
            found[template, route.method].append(route)
    return dict(sorted(found.items(), key=lambda item: (item[0][0], _order(item[0][1]))))


def matches(template: str, path: str) -> bool:
    """Whether a path has the form of a template. Most have another beginning or depth, and no expression is made for these."""
    is_near = template.count("/") == path.count("/") and path.startswith(template.partition("{")[0])
    return is_near and _form(template).fullmatch(path) is not None


class Stem(NamedTuple):
    """The value of a segment, empty where it was folded, and its kind."""

    text: str
    kind: str


def stem_of(segment: str, part: str, number: int = 0) -> Stem:
    """A value of a segment, by the part of the template that it fits."""
    text = unquote(segment)
    fitted = _part(part).fullmatch(text)
    stem = fitted.group(number + 1) if fitted else text
    return Stem("", stem.partition("<")[2].partition(">")[0]) if "<" in stem else Stem(stem, kind_of(stem))


def _order(method: str) -> int:
    return MODERN.index(method) if method in MODERN else len(MODERN)


@lru_cache(maxsize=4096)
def _form(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^{}/]*\\\}", "[^/]+", re.escape(template)))


@lru_cache(maxsize=4096)
def _part(part: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^{}/]*\\\}", "(.+)", re.escape(part)), re.DOTALL)


def _rejected(path: str, flags: tuple[bool, ...], pins: tuple[Pin, ...]) -> tuple[bool, ...]:
    """The roles of a path, where what the user said is no parameter stays literal. Ids that were folded when they were heard cannot be told apart again."""
    segments = [part for part in path.split("/") if part]
    for pin in pins:
        if pin.kind == "reject" and matches(pin.template, path):
            parts = [part for part in pin.template.split("/") if part]
            flags = tuple(flag and ("{" not in part or "<" in segment) for flag, part, segment in zip(flags, parts, segments, strict=True))
    return flags


def _is_rejected_form(pin: Pin, path: str) -> bool:
    """Whether the user said that the suffix of a path is no choice: `/route.{format}` is no template."""
    return pin.kind == "reject" and re.search(r"\.\{[^{}/]*\}$", pin.template) is not None and matches(pin.template, path)


def _literal(segment: str, taken: list[str], told: str) -> str:
    """A segment as it is written in a template, with names in its holes: their own, or what bodies call the whole."""
    names = path_syntax.hole_names(segment)
    parts = [quote(unquote(part), safe="~!$&'()*+,;=:@-._") for part in segment.split(path_syntax.HOLE)]
    written = parts[0]
    for name, part in zip(names, parts[1:], strict=True):
        named = parameter_name(path_syntax.resource_of(segment), "word", taken, name or told) if not name or name in taken else name
        taken.append(named)
        written += f"{{{named}}}{part}"
    return written


class _Namer:
    """Names the parameters of templates: one name for one position below one prefix."""

    def __init__(self, routes: list[Route], affixes: dict[str, tuple[Affix, ...]], endings: dict[str, str], forms: Container[str]) -> None:
        self._affixes, self._endings, self._forms = affixes, endings, forms
        self._names: dict[tuple[str, ...], str] = {}
        self._echoes: dict[str, dict[str, int]] = defaultdict(dict)
        for route in routes:
            for key, times in route.echoes.items():
                position, _, name = key.split(" ", 2)
                counts = self._echoes[f"{route.path} {position}"]
                counts[name] = counts.get(name, 0) + times

    def template(self, path: str, flags: tuple[bool, ...], pins: tuple[Pin, ...]) -> str:
        """The template of a path, as the user pinned it or by the roles of its segments."""
        for pin in sorted(pins, key=lambda pin: pin.template.count("{")):
            if pin.kind == "keep" and matches(pin.template, path):
                return pin.template
        parts: list[str] = []
        prefix: tuple[str, ...] = ()
        taken: list[str] = []
        ending = self._endings.get(path, "")
        for position, segment in enumerate(part for part in path.removesuffix(ending).split("/") if part):
            if not flags[position]:
                told = self._names.setdefault((*prefix, segment), self._echoed(path, position)) if segment == path_syntax.HOLE else ""
                parts.append(_literal(segment, taken, told))
                prefix += (segment,)
                continue
            affix = self._affixes[path][position]
            kind = stem_of(segment, affix.before + "{}" + affix.after).kind
            prefix += (affix.around("{}"),)
            name = self._names.get(prefix)
            if name is None or name in taken:
                literal = next((part for part in reversed(parts) if not part.startswith("{")), "")
                is_direct = bool(parts) and not parts[-1].startswith("{")
                echoed = self._echoed(path, position)
                counted = affix.before.strip("-_")
                name = free(counted, taken, "_") if counted.isalpha() else parameter_name(literal if is_direct else "", kind, taken, echoed)
                self._names[prefix] = name
            names = [name, parameter_name("", kind, [*taken, name], name)] if affix.joint else [name]
            taken += names
            parts.append(affix.around(*(f"{{{name}}}" for name in names)))
        if path in self._forms:
            ending = ".{extension}" if "format" in taken else ".{format}"
        return "/" + "/".join(parts) + ending

    def _echoed(self, path: str, position: int) -> str:
        counts = self._echoes.get(f"{path} {position}", {})
        return max(sorted(counts), key=lambda name: counts[name], default="")
