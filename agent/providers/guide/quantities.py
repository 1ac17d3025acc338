"""Extractors of plain values: statuses, methods, paths, durations, times, numbers, tags, key=value pairs, files. No names of things."""

import json
import re
from collections.abc import Callable

from agent.providers.guide import words
from agent.providers.guide.carving import NUMBER, Found, Said, cut, number_in, span, table


def status(said: Said) -> Found | None:
    if several := re.search(r"\b[1-5](?:\d\d|xx)s?(?:(?:,| or| and|, or|, and) [1-5](?:\d\d|xx)s?)+\b", said.rest, re.IGNORECASE):
        return Found((",".join(re.findall(r"\d\d\d|\dxx", several[0].lower())),), cut(said.rest, several))
    found = table(words.STATUSES)(said)
    return None if found is None else Found(found.values, re.sub(r"\b(with )?(status|code)( codes?)?\b", " ", found.rest))


def method(said: Said) -> Found | None:
    plain = re.search(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)s?\b", said.rest) or re.search(
        r"\b(get|post|put|patch|delete|head|options)s? (?:calls?|requests?)\b|\b(posts|puts|patches)\b", said.rest, re.IGNORECASE
    )
    if plain is None:
        operation = span("operation")(said)
        return Found((operation.values[0].split()[0],), said.rest) if operation else None
    word = plain[1] or plain[2].rstrip("s").removesuffix("e") if plain.lastindex else plain[0]
    return Found((word.upper(),), said.rest[: plain.start()] + " call " + said.rest[plain.end() :])


def path(said: Said) -> Found | None:
    found = span("path")(said) or span("operation")(said)
    return None if found is None else Found((found.values[0].split()[-1],), found.rest)


def operation(said: Said) -> Found | None:
    """A method and a path, also with words between them: "post … to /users"."""
    if found := span("operation")(said):
        return found
    verb, place = re.match(r"(?:an? )?(get|post|put|patch|delete)\b", said.rest, re.IGNORECASE), span("path")(said)
    return Found((f"{verb[1].upper()} {place.values[0]}",), cut(place.rest, verb)) if verb and place else None


def duration(said: Said) -> Found | None:
    found = re.search(
        rf"(?:\b(?:slower (?:than|from|as)|longer than|more than|over|above|at least|exceeding|beyond|past)|>=?|≥)\s*(?P<n>{NUMBER})\s*(?P<u>ms|milliseconds?|s|secs?|seconds?|minutes?|mins?)\b",
        said.rest,
        re.IGNORECASE,
    )
    if found is None or (value := number_in(found["n"])) is None:
        return None
    factor = 1 if found["u"].lower().startswith("ms") or found["u"].lower().startswith("milli") else 60_000 if found["u"].lower().startswith("min") else 1000
    return Found((int(value * factor),), cut(said.rest, found))


def since(said: Said) -> Found | None:
    for pattern in (
        rf"\b(?:since|after|from|starting)(?: last| this)? (?P<day>{words.DAYS}|yesterday|today|{_CLOCK_WORDS}|last night|\d{{4}}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|\d\d?(?::\d\d)?(?:am|pm)?(?=\s|$)(?!\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?|months?)\b))",
        rf"\bbetween (?P<day>{words.DAYS}|yesterday|\d{{4}}-\d\d-\d\d|{_CLOCK_WORDS}|{_CLOCK})(?= and)",
        rf"\b(?:in|over|from|within|during|for|since)?\s*(?:the |these )?(?:last|past|previous)\s+(?:(?P<n>{NUMBER})\s*)?(?P<u>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|(?<=\d)[smhdw])\b",
        rf"\b(?:since |in |from )?(?P<n>{NUMBER})\s*(?P<u>minutes?|hours?|days?|weeks?|[mhdw])(?: ago)\b",
        rf"\b(?:since|for) (?:the )?(?P<n>{NUMBER})\s*(?P<u>minutes?|hours?|days?|weeks?|months?)\b",
        r"\bsince (?P<n>\d+)(?P<u>[smhdw])\b",
        r"\b(?P<day>the day before yesterday)\b",
        rf"\b(?P<day>(?:since )?(?:this )?(?:morning|afternoon|evening)|tonight|last night|last weekend|(?:since |after )(?:{_CLOCK_WORDS}))\b",
        r"\b(?:(?:over|during|on|at) (?:the )?)?(?:(?:last|previous|past|this) )?(?P<day>weekend)\b",
        r"\bthis (?P<u>week|month|hour)\b",
        rf"\b(?:on )?(?P<day>yesterday|today|{words.DAYS})\b(?!\s+and (?:{words.DAYS}|yesterday|today|now)\b)",
    ):
        if (found := re.search(pattern, said.rest, re.IGNORECASE)) and not re.search(r"(before|until|till|by|up to)\s+$", said.rest[: found.start()]):
            return Found((_time(found),), re.sub(r"(?<!\w)['’]s\b", "", cut(said.rest, found)))
    return None


def until(said: Said) -> Found | None:
    found = re.search(
        rf"\b(?:until|before|till|up to|and)\s+(?:last )?(?P<day>{words.DAYS}|yesterday|today|\d{{4}}-\d\d-\d\d|{_CLOCK_WORDS}|{_CLOCK})\b",
        said.rest,
        re.IGNORECASE,
    )
    return None if found is None else Found((_time(found),), cut(said.rest, found))


def _time(found: re.Match[str]) -> str:
    parts = found.groupdict()
    if day := parts.get("day"):
        clock = re.fullmatch(r"(\d\d?)(?::(\d\d))?(am|pm)?", day.lower())
        if clock:
            return f"{int(clock[1]) % 12 + 12 if clock[3] == 'pm' else int(clock[1]):02}:{clock[2] or '00'}"
        return words.MOMENTS.get(re.sub(r"^(?:(?:since|after|this|last|the) )+", "", day.lower()), day if day[0].isdigit() else day.lower())
    count, unit = int(number_in((parts.get("n") or "1").strip()) or 1), words.UNITS[parts["u"].lower().rstrip("s") or "s"]
    return f"{count * 7}d" if unit == "w" else f"{count * 30}d" if unit == "mo" else f"{count}{unit}"


def number(said: Said) -> Found | None:
    found = re.search(
        rf"(?<![\w.⟦/-])(?!an?\b(?! (?:dozen|hundred|thousand))|couple|one\b(?! (?:hundred|thousand|more|call|request|credit)))(?P<n>{NUMBER})(?![\w⟧%-])(?! ?(?:seconds?|minutes?|hours?|ms|days?|s)\b)",
        said.rest,
        re.IGNORECASE,
    )
    value = number_in(found["n"]) if found else None
    return None if found is None or value is None or "." in found["n"] else Found((int(value),), cut(said.rest, found))


def limit(said: Said) -> Found | None:
    if re.search(
        r"(?:^|\b(?:the|my|their|its|his|her|our|very) )(single )?(last|latest|newest|most recent|previous)( [\w-]+)? (call|request|exchange|error|failure)\b(?!s)",
        said.clause.text,
        re.IGNORECASE,
    ):
        return Found((1,), said.rest)
    return number(said)


def timeout(said: Said) -> Found | None:
    found = re.search(
        rf"(?<!\w)(?P<n>{NUMBER})\s*(?P<u>s|secs?|seconds?|minutes?|mins?|m)\b",
        said.rest,
        re.IGNORECASE,
    )
    value = number_in(found["n"]) if found else None
    return None if found is None or value is None else Found((int(value * (60 if found["u"].lower().startswith("m") else 1)),), cut(said.rest, found))


def per(unit: str) -> Callable[[Said], Found | None]:
    short = rf"{unit}|{unit[0]}(?:rs?)?\b"

    def extract(said: Said) -> Found | None:
        found = re.search(
            rf"(?<!\w)(?P<n>{NUMBER})\s*(?:requests?|req|calls?|messages?|times)?\s*(?:per|an?|each|every|/)\s*(?:{short})\b", said.rest, re.IGNORECASE
        )
        value = number_in(found["n"]) if found else None
        return None if found is None or value is None else Found((int(value),), cut(said.rest, found))

    return extract


def tags(said: Said) -> Found | None:
    found = re.search(
        rf"\b(?:tag|label)\s+(?P<who>(?:(?:the|my) )?(?!it\b|this\b|that\b|as\b|with\b)[\w.⟦⟧-]+(?: [\w.⟦⟧-]+){{0,2}})\s+(?:as|with)\s+(?P<value>{_LIST})",
        said.rest,
        re.IGNORECASE,
    )
    found = found or re.search(
        r"\b(?:tagged|tags?|label(?:led|s)?)(?:\s*:)?\s+(?:(?:(?:it|this|that)(?: one)?|as|with|to)\s+)*(?P<value>" + _LIST + ")",
        said.rest,
        re.IGNORECASE,
    )
    if found is None:
        return None
    values = [said.clause.plain(tag) for tag in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", found["value"])]
    return Found((values,), f"{found.groupdict().get('who') or ''} {cut(said.rest, found)}".strip())


def emails(said: Said) -> Found | None:
    """All e-mail addresses, as one list."""
    found = re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", said.rest)
    rest = said.rest
    for address in found:
        rest = rest.replace(address, " ")
    return Found((found,), re.sub(r"\bwith\s+(?:and\s+)*$", " ", rest)) if found else None


def one_tag(said: Said) -> Found | None:
    found = tags(said)
    return None if found is None else Found((found.values[0][0],), found.rest)


def pairs(said: Said) -> Found | None:
    found = span("pair", many=True)(said)
    return (
        None
        if found is None
        else Found(({key: value for key, _, value in (pair.partition("=") for pair in found.values)},), re.sub(r"\bwith\b", " ", found.rest))
    )


def arguments(said: Said) -> Found | None:
    """A tool's arguments: JSON, else key=value pairs."""
    return span("json", change=json.loads)(said) or pairs(said)


def attached(said: Said) -> Found | None:
    return Found((said.files[0],), said.rest) if said.files else None


_CLOCK = r"\d\d?(?:(?::\d\d)(?:am|pm)?|am|pm)"
_CLOCK_WORDS = "noon|midnight|lunch(?:time)?|breakfast|midday"
_LIST = r"[\w⟦⟧-]+(?:(?:\s*,\s*|\s+and\s+|,\s*and\s+)[\w⟦⟧-]+)*"
