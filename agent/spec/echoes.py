"""Which segments of its path a response repeats, and the names and ids that it tells of: by both, ids are known again in paths."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

from agent.spec.schemas import bodies
from agent.spec.secrets.finding import told_by
from agent.spec.secrets.redact import mask_object
from agent.spec.summary import FIELD_SAMPLE_MAX, FIELDS_MAX, NAMES_MAX, Route, Sample, Summary, smallest
from agent.spec.values import split_affixes


def count_echoes(summary: Summary, route: Route, value: Any, segments: list[str]) -> None:
    """Counts what one body repeats and tells."""
    route.answered += 1
    wanted: dict[str, int] = {}
    texts = [unquote(segment) for segment in segments]
    for position, text in enumerate(texts):
        wanted[text] = position
        wanted.setdefault(split_affixes(text)[1], position)
    numbers = {int(text): position for text, position in wanted.items() if len(text) < 19 and text.isdecimal() and (text[0] != "0" or text == "0")}
    hits: set[tuple[int, str]] = set()
    rests: set[tuple[int, str]] = set()
    path = "/".join(texts)
    _scan(_Wanted(summary.values, wanted, numbers, path if path.count("/") < len(texts) else "", hits, rests), (("", value),), 0)
    route.echoes = _counted(route.echoes, hits)
    if rests:
        route.rests = _counted(route.rests, rests)
    if len(summary.values) > FIELDS_MAX * 2:
        summary.values = smallest(summary.values, FIELDS_MAX)


def _counted(known: dict[str, int], places: set[tuple[int, str]]) -> dict[str, int]:
    for position, place in places:
        key = f"{position} {place}"
        known[key] = known.get(key, 0) + 1
    return smallest(known, NAMES_MAX) if len(known) > NAMES_MAX * 2 else known


class _Wanted(NamedTuple):
    """What is looked for in a body, and where what was found is kept."""

    values: dict[str, Sample]
    texts: dict[str, int]
    numbers: dict[int, int]
    path: str
    """All segments; empty where one has a slash in it."""
    hits: set[tuple[int, str]]
    rests: set[tuple[int, str]]


def _scan(wanted: _Wanted, named: Iterable[tuple[str, Any]], depth: int) -> None:
    """Values with the names they stand under. It is asked for every value of every body: hence no call for each."""
    samples, texts, numbers, path, hits, rests = wanted
    for key, value in named:
        kind = type(value)
        if kind is str:
            if not 0 < len(value) <= 64:
                continue
            name = key if len(key) < 40 else ""
            if value in texts:
                hits.add((texts[value], f"{depth} {name}"))
            elif "/" in value and path.endswith(value) and path[-len(value) - 1 : -len(value)] == "/":
                rests.add((path.count("/") - value.count("/"), f"{depth} {name}"))
            sample = samples.get(name)
            if sample is None:
                sample = samples[name] = Sample()
            if value in sample.values:
                sample.values[value] += 1
            elif " " not in value:
                bodies.admit(sample, value, name, FIELD_SAMPLE_MAX)
        elif kind is int:
            if value in numbers:
                hits.add((numbers[value], f"{depth} {key if len(key) < 40 else ''}"))
        elif depth < 5 and kind is dict:
            _scan(wanted, (mask_object(key, value) if "value" in value or "Value" in value or told_by(key) else value).items(), depth + 1)
        elif depth < 5 and kind is list:
            name = key if len(key) < 40 else ""
            _scan(wanted, [(name, item) for item in value[: bodies.ITEMS_MAX]], depth + 1)
