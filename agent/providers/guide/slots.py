"""How an argument is found in a clause: one small extractor for each kind of slot, each carving its words out of the text.

An extractor takes `Said` (the rest of the masked text, its clause, what is remembered, attached files) and gives a
`Found` or None. It never looks at captured text.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from agent.providers.guide import words
from agent.providers.guide.memory import Memory, Thing, named
from agent.providers.guide.reading import Clause, is_noise, meanings


class Said(msgspec.Struct, frozen=True):
    rest: str
    clause: Clause
    memory: Memory
    files: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """`values` has more than one where several were named."""

    values: tuple[Any, ...]
    rest: str


def find(kind: str, said: Said) -> Found | None:
    """The slot's value in what is said; None when there is none."""
    return EXTRACTORS[kind](said)


def present(slot: str, said: Said) -> bool:
    """Whether a pattern's `$slot` is there."""
    if slot == "bare_name" and not residue(said) and not _span("host", "url")(said) and named(said.memory, "endpoint", said.rest) is None:
        return False
    if slot in _CUES:
        return bool(re.search(_CUES[slot], said.rest, re.IGNORECASE))
    if slot in _NEEDS_MEMORY:
        return _NEEDS_MEMORY[slot](said)
    return find(_SLOTS.get(slot, slot), said) is not None


def residue(said: Said) -> tuple[str, ...]:
    """What no word list explains, as runs of neighbouring words, in their own spelling."""
    return tuple(run for run, _, _ in _runs(said))


def normal_url(text: str) -> str:
    """A URL with its scheme; loopback and bare addresses get http."""
    if "://" in text:
        return text
    return f"http://{text}" if re.match(r"localhost|\d+\.\d+\.\d+\.\d+", text) else f"https://{text}"


def _span(*kinds: str, many: bool = False, change: Callable[[str], Any] = str) -> Callable[[Said], Found | None]:
    def extract(said: Said) -> Found | None:
        tokens = [t for t in re.findall(r"⟦\d+⟧", said.rest) if (span := said.clause.span(t)) and span.kind in kinds]
        if not tokens:
            return None
        taken, rest = tokens if many else tokens[:1], said.rest
        for token in taken:
            rest = rest.replace(token, " ")
        return Found(tuple(change(said.clause.plain(token)) for token in taken), rest)

    return extract


def _table(rows: tuple[tuple[str, Any], ...]) -> Callable[[Said], Found | None]:
    def extract(said: Said) -> Found | None:
        for pattern, value in rows:
            if found := re.search(pattern, said.rest, re.IGNORECASE):
                return Found((found.expand(value).lower() if isinstance(value, str) and "\\" in value else value,), _cut(said.rest, found))
        return None

    return extract


def _regex(*patterns: str) -> Callable[[Said], Found | None]:
    def extract(said: Said) -> Found | None:
        for pattern in patterns:
            if (found := re.search(pattern, said.rest, re.IGNORECASE)) and (value := said.clause.plain(found["value"]).strip(" ,.:;\"'")):
                return Found((value,), (found.groupdict().get("keep") or "").join(_around(said.rest, found)))
        return None

    return extract


def _status(said: Said) -> Found | None:
    found = _table(words.STATUSES)(said)
    return None if found is None else Found(found.values, re.sub(r"\b(with )?(status|code)( codes?)?\b", " ", found.rest))


def _method(said: Said) -> Found | None:
    plain = re.search(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b", said.rest) or re.search(
        r"\b(get|post|put|patch|delete|head|options)s? (?:calls?|requests?)\b|\b(posts|puts|patches)\b", said.rest, re.IGNORECASE
    )
    if plain is None:
        operation = _span("operation")(said)
        return Found((operation.values[0].split()[0],), said.rest) if operation else None
    word = plain[1] or plain[2].rstrip("s").removesuffix("e") if plain.lastindex else plain[0]
    return Found((word.upper(),), said.rest[: plain.start()] + " call " + said.rest[plain.end() :])


def _path(said: Said) -> Found | None:
    found = _span("path")(said) or _span("operation")(said)
    return None if found is None else Found((found.values[0].split()[-1],), found.rest)


def _duration(said: Said) -> Found | None:
    found = re.search(rf"\b(?:slower than|longer than|more than|over|above|at least|exceeding|>)\s*(?P<n>{_NUMBER})\s*(?P<u>ms|milliseconds?|s|secs?|seconds?|minutes?|mins?)\b", said.rest, re.IGNORECASE)
    if found is None or (value := _value(found["n"])) is None:
        return None
    factor = 1 if found["u"].lower().startswith("ms") or found["u"].lower().startswith("milli") else 60_000 if found["u"].lower().startswith("min") else 1000
    return Found((int(value * factor),), _cut(said.rest, found))


def _since(said: Said) -> Found | None:
    for pattern in (
        rf"\b(?:since|after|from|starting)(?: last| this)? (?P<day>{words.DAYS}|yesterday|today|noon|midnight|\d{{4}}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|\d\d?(?::\d\d)?(?:am|pm)?(?=\s|$))",
        rf"\bbetween (?P<day>{words.DAYS}|yesterday|\d{{4}}-\d\d-\d\d)(?= and)",
        rf"\b(?:in|over|from|within|during|for|since)?\s*(?:the |these )?(?:last|past|previous)\s+(?P<n>{_NUMBER}\s+)?(?P<u>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?)\b",
        rf"\b(?:since |in |from )?(?P<n>{_NUMBER})\s*(?P<u>minutes?|hours?|days?|weeks?|[mhdw])(?: ago)\b",
        r"\bsince (?P<n>\d+)(?P<u>[smhdw])\b",
        r"\bthis (?P<u>week|month|hour)\b",
        rf"\b(?:on )?(?P<day>yesterday|today|{words.DAYS})\b(?!\s+and)",
    ):
        if (found := re.search(pattern, said.rest, re.IGNORECASE)) and not re.search(r"(before|until|till|by|up to)\s+$", said.rest[: found.start()]):
            return Found((_time(found),), _cut(said.rest, found))
    return None


def _time(found: re.Match[str]) -> str:
    parts = found.groupdict()
    if day := parts.get("day"):
        clock = re.fullmatch(r"(\d\d?)(?::(\d\d))?(am|pm)?", day.lower())
        if clock:
            return f"{int(clock[1]) % 12 + 12 if clock[3] == 'pm' else int(clock[1]):02}:{clock[2] or '00'}"
        return {"noon": "12:00", "midnight": "00:00"}.get(day.lower(), day if day[0].isdigit() else day.lower())
    count, unit = int(_value((parts.get("n") or "1").strip()) or 1), words.UNITS[parts["u"].lower().rstrip("s") or "s"]
    return f"{count * 7}d" if unit == "w" else f"{count * 30}d" if unit == "mo" else f"{count}{unit}"


def _number(said: Said) -> Found | None:
    found = re.search(rf"(?<![\w.⟦/-])(?!an?\b|couple|dozen|one\b(?! (?:hundred|thousand|more|call|request|credit)))(?P<n>{_NUMBER})(?![\w⟧%-])(?! ?(?:seconds?|minutes?|hours?|ms|days?|s)\b)", said.rest, re.IGNORECASE)
    value = _value(found["n"]) if found else None
    return None if found is None or value is None or "." in found["n"] else Found((int(value),), _cut(said.rest, found))


def _limit(said: Said) -> Found | None:
    if re.search(r"\b(the|my|very) (single )?(last|latest|newest|most recent|previous)( [\w-]+)? (call|request|exchange|error|failure)\b(?!s)", said.rest, re.IGNORECASE):
        return Found((1,), said.rest)
    return _number(said)


def _timeout(said: Said) -> Found | None:
    found = re.search(rf"\b(?:for |at most |up to |max(?:imum)? |no longer than |within |until )+\s*(?P<n>{_NUMBER})\s*(?P<u>s|secs?|seconds?|minutes?|mins?)\b", said.rest, re.IGNORECASE)
    value = _value(found["n"]) if found else None
    return None if found is None or value is None else Found((int(value * (60 if found["u"].lower().startswith("m") else 1)),), _cut(said.rest, found))


def _per(unit: str) -> Callable[[Said], Found | None]:
    def extract(said: Said) -> Found | None:
        found = re.search(rf"(?P<n>{_NUMBER})\s*(?:requests?|calls?|messages?)?\s*(?:per|an?|each|every|/)\s*{unit}\b", said.rest, re.IGNORECASE)
        value = _value(found["n"]) if found else None
        return None if found is None or value is None else Found((int(value),), _cut(said.rest, found))

    return extract


def _tags(said: Said) -> Found | None:
    found = re.search(r"\b(?:tagged|tags?|label(?:led|s)?)\s+(?:(?:it|this|that|as|with|to)\s+)*(?P<value>[\w⟦⟧-]+(?:(?:\s*,\s*|\s+and\s+|,\s*and\s+)[\w⟦⟧-]+)*)", said.rest, re.IGNORECASE)
    if found is None:
        return None
    values = [said.clause.plain(tag) for tag in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", found["value"])]
    return Found((values,), _cut(said.rest, found))


def _one_tag(said: Said) -> Found | None:
    found = _tags(said)
    return None if found is None else Found((found.values[0][0],), found.rest)


def _pairs(said: Said) -> Found | None:
    found = _span("pair", many=True)(said)
    return None if found is None else Found(({key: value for key, _, value in (pair.partition("=") for pair in found.values)},), re.sub(r"\bwith\b", " ", found.rest))


def _file(said: Said) -> Found | None:
    return Found((said.files[0],), said.rest) if said.files else None


def _things(kind: Any, *, pronoun: bool = True, default: bool = True, near: bool = False, topic: bool = False) -> Callable[[Said], Found | None]:
    """A thing by ordinal, by a known name, by description in the last list, by an unexplained word, by "it", or the one in focus."""

    def extract(said: Said) -> Found | None:
        listing = said.memory.listing.get(kind, ())
        everywhere = re.search(r"\b(all (of )?(my |the )?|across |every |any (of my )?)(apis|endpoints|api|endpoint)\b", said.rest, re.IGNORECASE)
        if (picked := _ordinal(said, listing)) or (picked := named(said.memory, kind, said.clause.plain(said.rest))):
            return Found((picked.ref,), said.rest)
        if kind == "endpoint" and (found := _said_endpoint(said, near, topic)):
            return found
        if kind in {"key", "server"} and (found := _owned(said, kind)):
            return found
        if everywhere or not default or (not pronoun and not _it(said)):
            return None
        focus = said.memory.focus.get(kind)
        return Found((focus,), said.rest) if focus else None

    return extract


def _delete_endpoint(said: Said) -> Found | None:
    """What is to be deleted must be named, or be "it" right after an endpoint was spoken of."""
    return _things("endpoint", default=said.memory.last in {"endpoint", None} and _it(said))(said)


def _call(said: Said) -> Found | None:
    if found := _span("id")(said):
        return found
    listing = said.memory.listing.get("call", ())
    if picked := _ordinal(said, listing):
        return Found((picked.ref,), said.rest)
    status = _status(said)
    if status and listing and re.search(r"\b(one|that|the)\b", said.rest, re.IGNORECASE) and not re.search(r"\b(last|latest) (call|error|failure)", said.rest):
        matching = [thing for thing in listing if _has_status(thing, status.values[0])]
        if matching:
            return Found((matching[0].ref,), said.rest)
    if re.search(r"\b(last|latest|newest|recent)\b", said.rest) and not re.search(r"\bone\b|success", said.rest):
        return None
    focus = said.memory.focus.get("call")
    if said.memory.last in {"call", "operation"} and focus:
        return Found((focus,), said.rest)
    failing = [thing for thing in listing if "explain" in said.clause.concepts and _has_status(thing, "error")]
    return Found(((failing or listing)[0].ref,), said.rest) if listing and said.memory.last == "call" and (_it(said) or re.search(r"\bone\b|^explain$|^why$", said.rest)) else None


def _has_status(thing: Thing, wanted: str) -> bool:
    status = str(thing.about.get("status") or thing.about.get("response_status") or "")
    return bool(status) and (status[0] in "45" if wanted == "error" else status.startswith(wanted.rstrip("x")))


def _ordinal(said: Said, listing: tuple[Thing, ...]) -> Thing | None:
    found = re.search(rf"\b(?P<o>{'|'.join(words.ORDINALS)})\s+(?:one|api|endpoint|key|prompt|server|app)\b", said.rest, re.IGNORECASE) or re.search(
        r"\b(?P<o>first|second|third|fourth|fifth)\s+(?:call|request)\b|\b(?:number|no\.?|#)\s*(?P<n>\w+)\b", said.rest, re.IGNORECASE
    )
    if found is None or not listing:
        return None
    parts = found.groupdict()
    index = words.ORDINALS[parts["o"].lower()] if parts["o"] else int(_value(parts["n"]) or 0) - 1
    return listing[index] if -1 <= index < len(listing) else None


def _owned(said: Said, kind: str) -> Found | None:
    """The word people use for a key or server that was not listed yet: its provider or name."""
    if kind == "key" and (provider := _table(words.PROVIDERS)(said)):
        known = [thing for thing in said.memory.things if thing.kind == "key" and thing.about.get("provider") == provider.values[0]]
        return Found((known[-1].ref if known else provider.values[0],), provider.rest)
    before = re.search(rf"\b(?:the|my|our)\s+(?P<value>[\w-]+)\s+(?:mcp )?{kind}\b", said.rest, re.IGNORECASE)
    if before and before["value"].lower() not in {*words.ORDINALS, "api", "provider", "mcp", "other"}:
        return Found((before["value"],), said.rest)
    runs = residue(said)
    return Found((runs[0],), said.rest) if runs else None


def _said_endpoint(said: Said, near: bool, topic: bool = False) -> Found | None:
    hosts = _span("host", "url", change=lambda url: re.sub(r"^\w+://([^/]+).*$", r"\1", url.split("/")[0] if "://" not in url else url))(said)
    if hosts:
        return hosts
    runs = [(run, start, end) for run, start, end in _runs(said) if (not near or _is_near(said.rest, start, end)) and not (topic and re.search(r"\b(for|to|by|and|example of|sample of|calls?|requests?)\s+$", said.rest[:start]))]
    if near:
        runs = runs[-1:]
    best = [run for run, start, end in runs if _is_near(said.rest, start, end)] or [run for run, _, _ in runs]
    return Found(tuple(best), _without(said.rest, best)) if best else None


def _is_near(text: str, start: int, end: int) -> bool:
    """Whether the word is where a name of an API stands: before "api", after "endpoint" or a preposition."""
    before, after = text[:start].lower(), text[end:].lower()
    return bool(
        re.match(r"['’]?s?\s+(api|endpoint|one|service)\b", after)
        or re.search(r"\b(api|apis|endpoint|calls?|requests?|docs|and|into|of|for|on|in|from|with|to|by|did|does|has|is|why|explain)\s+(the |my |our )?(api |endpoint )?(called |named )?$", before)
        or not (before + after).strip()
    )


def _runs(said: Said) -> list[tuple[str, int, int]]:
    runs: list[list[int]] = []
    for found in re.finditer(r"⟦\d+⟧|[\w'’./-]+", said.rest):
        span = said.clause.span(found[0])
        unknown = span.kind == "quote" if span else not is_noise(re.sub(r"['’]s$", "", found[0])) and not re.fullmatch(rf"\d+\w*|{words.DAYS}|{words.ENVIRONMENTS}|{_NUMBER}|every|daily|weekly|monthly", found[0], re.IGNORECASE)
        if unknown and runs and not said.rest[runs[-1][1] : found.start()].strip(" "):
            runs[-1][1] = found.end()
        elif unknown:
            runs.append([found.start(), found.end()])
    return [(re.sub(r"['’]s$", "", said.clause.plain(said.rest[start:end])).strip(" ./"), start, end) for start, end in runs]


def _topic(said: Said) -> Found | None:
    """What an operation is about: the words that are left, but for its API's."""
    text = re.sub(r"^.*?\b(example of|how (?:do|can|to|could|should|would) (?:i|we|you|one)?|operations?|routes?|sample of)\s*", "", said.rest, flags=re.IGNORECASE)
    kept = [word for word in re.findall(r"[\w-]+", said.clause.plain(text)) if word.lower() not in words.NOISE and word.lower() not in {"api", "example", "examples", "operation", "operations", "search", "find"}]
    return Found((" ".join(kept),), "") if kept and any(not meanings(word) for word in kept) else None


def _query_name(said: Said) -> Found | None:
    if not re.search(r"\b(find|search|look|called|named|like|for)\b", said.rest, re.IGNORECASE):
        return None
    runs = residue(said)
    return Found((runs[-1],), said.rest) if runs else None


def _label(said: Said) -> Found | None:
    """The name of a prompt or an app: after "called", in quotes, or the word that is left."""
    if found := _NAME(said):
        return found
    runs = _runs(said)
    return Found((runs[0][0],), said.rest[: runs[0][1]] + " " + said.rest[runs[0][2] :]) if runs else None


def _rest_text(said: Said) -> Found | None:
    return _regex(r"(?:\btext|\bsaying|:)\s+(?P<value>\S.*)$")(said) or _span("quote", "code")(said)


def _it(said: Said) -> bool:
    return bool(re.search(r"\b(it|its|this|that|these|there|one)\b", said.rest, re.IGNORECASE))


def _value(text: str) -> float | None:
    """A number in figures or words."""
    lowered = text.lower().strip().replace(",", "")
    if figure := re.fullmatch(r"(\d+(?:\.\d+)?)(k?)", lowered):
        return float(figure[1]) * (1000 if figure[2] else 1)
    total = 0
    for word in re.split(r"[\s-]+", lowered):
        if word in words.SCALES:
            total = max(total, 1) * words.SCALES[word]
        elif word in words.NUMBERS:
            total += words.NUMBERS[word]
        elif word not in {"and", "of"}:
            return None
    return float(total)


def _cut(text: str, found: re.Match[str]) -> str:
    return " ".join(" ".join(_around(text, found)).split())


def _around(text: str, found: re.Match[str]) -> tuple[str, str]:
    return f"{text[: found.start()]} ", f" {text[found.end() :]}"


def _without(text: str, taken: list[str]) -> str:
    for word in taken:
        text = text.replace(word, " ")
    return text


_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?k?|(?:{'|'.join(words.NUMBERS)}|hundred|thousand)(?:[\s-]+(?:and )?(?:{'|'.join(words.NUMBERS)}|hundred|thousand)\b)*)"
_TAIL = r"(?=\s+(?:for|with|in|tagged|pointing|at|on|saying|from|and|by|please|to|as|using)\b|\s*[,:]|\s*⟦|\s*$)"
_NAME = _regex(rf"\b(?:called|named|titled|(?:call|name|title|label) (?:it|this|that)|with (?:the )?name)\s+(?P<value>⟦\d+⟧|[^⟦\s,:][^⟦,:]*?){_TAIL}", rf"(?P<keep>⟦\d+⟧) as (?!an?\b)(?P<value>⟦\d+⟧|[\w-]+){_TAIL}")
EXTRACTORS: dict[str, Callable[[Said], Found | None]] = {
    "url": _span("url", "host", change=normal_url),
    "urls": _span("url", "host", many=True, change=normal_url),
    "id": _span("id"),
    "quote": _span("quote"),
    "code": _span("code"),
    "secret": _span("secret"),
    "json": _span("json", change=json.loads),
    "operation": _span("operation"),
    "path": _path,
    "pairs": _pairs,
    "file": _file,
    "name": _NAME,
    "new_name": _regex(r"(?P<keep>\b(?:rename|name|title)\b.*?)\b(?:to|as|into)\s+(?P<value>⟦\d+⟧|[^⟦]+)$", r"\b(?:call|name) (?:it|this|that)\s+(?P<value>⟦\d+⟧|[^⟦]+)$"),
    "description": _regex(r"\b(?:description|described?|describe it|describe)\b(?: (?:it|this|that|to|as|is|of (?:it|this|that)))*:?\s+(?P<value>⟦\d+⟧|[^⟦]+)$"),
    "environment": _regex(rf"\b(?:in |to |into )?(?:the |my )?(?P<value>{words.ENVIRONMENTS})\s+(?:environment|env)\b", rf"(?P<keep>\b(?:environment|env)\b.*?)\b(?:to|as|is)\s+(?P<value>{words.ENVIRONMENTS})\b", rf"\b(?:environment|env) (?P<value>{words.ENVIRONMENTS})\b"),
    "that": _regex(r"\b(?:that|which|to) (?P<value>.+)$"),
    "tags": _tags,
    "tags_one": _one_tag,
    "public": _table(words.PUBLIC),
    "shared": _table(words.SHARED),
    "endpoint_status": _table(words.ENDPOINT_STATUSES),
    "endpoint_state": _table(words.ENDPOINT_STATUSES),
    "frequency": _table(words.FREQUENCIES),
    "format": _table(words.FORMATS),
    "provider": _table(words.PROVIDERS),
    "payer": _table(words.PAYERS),
    "period": _table(words.PERIODS),
    "status": _status,
    "method": _method,
    "duration": _duration,
    "since": _since,
    "until": _regex(rf"\b(?:until|before|till|up to|and)\s+(?:last )?(?P<value>{words.DAYS}|yesterday|today|\d{{4}}-\d\d-\d\d)\b"),
    "number": _number,
    "limit": _limit,
    "timeout": _timeout,
    "per_hour": _per("hour"),
    "per_day": _per("day"),
    "endpoint": _things("endpoint"),
    "endpoint?": _things("endpoint", near=True),
    "endpoint!": _delete_endpoint,
    "endpoint_near": _things("endpoint", near=True, topic=True),
    "call": _call,
    "call?": _call,
    "key": _things("key"),
    "server": _things("server"),
    "query_name": _query_name,
    "topic": _topic,
    "label": _label,
    "rest_text": _rest_text,
}  # fmt: skip
_SLOTS = {"time": "since", "freq": "frequency"}
_CUES: dict[str, str] = {
    "it": r"\b(it|its|it's|this|that|one)\b",
    "one": rf"\b(?:one|(?:number|#) ?\w+|(?:{'|'.join(words.ORDINALS)}) (?:one|key|api|endpoint)|(?:first|second|third|fourth|fifth) (?:call|request))\b",
    "endpoint_one": r"\b(call|calls|requests?) of\b",
    "say": r"^what (?:does|did|do) .*\b(?:say|contain)s?\b",
    "what_wrong": r"^what(?:'s| is| was)? (?:went-wrong|wrong)\b",
    "naming": r"^(?:call|name) (?:it|this|that) \S",
    "can_do": r"^what can (?:i|we|one|you) do with\b",
    "bare_name": r"^[\w-]+ (?:my )?(?!the\b|an?\b|this\b|that\b)[\w.⟦⟧-]+(?:(?:,| and|, and) [\w.⟦⟧-]+)*(?: please| now)?$",
    "most_calls": r"\bmost (?:calls|traffic|requests)\b",
    "set": r"^(?:set|change|edit|update|move|put|give|add|adjust|switch)\b",
    "mark": r"^(?:mark|set|put|flag)\b",
    "how": r"\bhow\b",
    "download": r"^(?:download|export|give|get|have|show|as)\b|\bas\b",
    "left": r"\b(left|remaining|remain|out of|available)\b",
    "more": r"\b(more|some|additional|extra)\b",
    "needs_token": r"\b(need|needs|require|requires|want|wants)\b.*\b(token|key|login|password|auth\w*|credentials)\b",
    "have_endpoints": r"\bwhat (?:endpoints|operations|routes) (?:does|do|has|are)\b",
    "which_operation": r"\bwhich (?:operation|operations|route|endpoint) (?:\w+s|\w+) (?:an?|the|my)\b",
    "single": r"\b(?:an?|one|single|the) (?!last|latest|newest|most|next|previous)(?:\w+ )?(?:call|request|capture|exchange)\b(?! (?:of|from|to|on))",
    "state_word": r"\b(status|state|active|paused|archived)\b",
}
_NEEDS_MEMORY: dict[str, Callable[[Said], bool]] = {
    "name": lambda said: bool(residue(said)) or bool(_span("host", "url")(said)) or named(said.memory, "endpoint", said.rest) is not None,
    "listed": lambda said: said.memory.last == "call",
    "of_call": lambda said: said.memory.last == "call" and bool(said.memory.focus.get("call")) and bool(re.search(r"\b(its|it|this|that|the|again|there)\b", said.rest)),
}
