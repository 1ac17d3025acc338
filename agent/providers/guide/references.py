"""Extractors of what is named or pointed at: endpoints, calls, keys, servers, labels, topics.

A thing is found by ordinal ("the second one"), by a known name, by a word nothing else explains, by "it", or by being in focus.
"""

import re
from collections.abc import Callable

from agent.providers.guide import words
from agent.providers.guide.carving import NUMBER, Found, Said, number_in, regex, says_it, span, table
from agent.providers.guide.memory import Kind, Thing, all_named, named
from agent.providers.guide.quantities import emails, method, status
from agent.providers.guide.reading import is_noise, meanings


def residue(said: Said) -> tuple[str, ...]:
    """What no word list explains, as runs of neighbouring words, in their own spelling."""
    return tuple(run for run, _, _ in _runs(said))


_TAIL = r"(?=\s+(?:for|with|in|tagged|pointing|at|on|saying|from|and|by|please|to|as|using)\b|\s*[,:]|\s*⟦|\s*$)"
NAME = regex(
    rf"\b(?:called|named|titled|(?:call|name|title|label) (?:it|this|that|him|her)|with (?:the )?name)\s+(?P<value>⟦\d+⟧|[^⟦\s,:][^⟦,:]*?){_TAIL}",
    rf"(?:\bname\s*[:=]|(?<=, )name(?! of\b|s?\s*$)|(?<=and )name(?! of\b| it\b| them\b| this\b| that\b|s?\s*$))\s*(?P<value>⟦\d+⟧|[^⟦\s,:][^⟦,:]*?){_TAIL}",
    rf"(?P<keep>⟦\d+⟧) as (?!an?\b)(?P<value>⟦\d+⟧|[\w-]+(?: [\w-]+){{0,3}}?){_TAIL}",
)


NEW_NAME = regex(
    r"(?P<keep>\b(?:rename[sd]?|renaming|name|title)\b.*?)\b(?:to|as|into|in)\s+(?P<value>⟦\d+⟧|[^⟦]+?)(?P<more> and (?:tag|label|describe|move|set|publish|pause|make|keep|give|limit|put|allow|only|resume|mark|archive)\b[^⟦]*)?$",
    r"\b(?:call|name|rename) (?:it|this|that|him|her)(?: one)?\s+(?P<value>⟦\d+⟧|[^⟦]+?)(?P<more> and (?:tag|label|describe|move|set|publish|pause|make|keep|give|limit|put|allow|only|resume|mark|archive)\b[^⟦]*)?$",
    r"(?P<keep>\b(?:give|put|assign)\b.*?)\b(?:the |a )?(?:new )?name(?: of)?\s+(?P<value>⟦\d+⟧|[^⟦]+?)(?P<more> (?:for|on|to) (?:it|this|that|the)\b[^⟦]*)?$",
)


def things(
    kind: Kind, *, pronoun: bool = True, default: bool = True, near: bool = False, topic: bool = False, together: bool = False
) -> Callable[[Said], Found | None]:
    """A thing by ordinal, by a known name, by description in the last list, by an unexplained word, by "it", or the one in focus."""

    def extract(said: Said) -> Found | None:
        listing = said.memory.listing.get(kind, ())
        everywhere = re.search(r"\b(all (of )?(my |the )?|across |every |any (of my )?)(apis|endpoints|api|endpoint)\b", said.rest, re.IGNORECASE)
        if picked := _ordinal(said, listing):
            return Found((picked.ref,), said.rest)
        if together and listing and re.search(_ALL_OF_THEM, said.rest, re.IGNORECASE):
            return Found(tuple(thing.ref for thing in listing), said.rest)
        if known := all_named(said.memory, kind, said.clause.plain(said.rest)):
            return Found((*(thing.ref for thing in known), *(_beside(said, known) if kind == "endpoint" else ())), said.rest)
        if kind == "endpoint" and (found := _said_endpoint(said, near, topic)):
            return found
        if kind in {"key", "server"} and (found := _owned(said, kind)):
            return found
        if everywhere or not default or (not pronoun and not says_it(said)):
            return None
        focus = said.memory.focus.get(kind)
        return Found((focus,), said.rest) if focus else None

    return extract


def doomed_endpoint(said: Said) -> Found | None:
    """What is to be deleted must be named, or be "it" right after an endpoint was spoken of. A name is taken whole: "the demo shop" is not the shop."""
    whole = _WHOLE_NAME.fullmatch(said.rest)
    if whole and the_name(said) and not set(whole["name"].lower().split()) & _KIND_WORDS:
        known = named(said.memory, "endpoint", whole["name"])
        return Found((known.ref if known and whole["name"].lower() in known.names else whole["name"],), "")
    return things("endpoint", default=said.memory.last in {"endpoint", None} and says_it(said))(said)


def call(said: Said) -> Found | None:
    if found := span("id")(said):
        return found
    listing = said.memory.listing.get("call", ())
    if picked := _superlative(said, listing):
        return Found((picked.ref,), said.rest)
    if picked := _ordinal(said, listing):
        failed = [thing for thing in listing if _has_status(thing, "error")]
        # Lists are newest first: "why did the last one fail" means the newest that failed, not a success at the foot of the list.
        is_other = "explain" in said.clause.concepts and picked is listing[-1] and picked not in failed
        return Found((failed[0].ref if is_other and failed else picked.ref,), said.rest)
    if (verb := method(said)) and len(matching := [thing for thing in listing if thing.about.get("method") == verb.values[0]]) == 1:
        return Found((matching[0].ref,), verb.rest)
    wanted = status(said)
    if (
        wanted
        and listing
        and ("explain" in said.clause.concepts or re.search(r"\b(one|that|the)\b", said.rest, re.IGNORECASE))
        and not re.search(r"\b(last|latest) (call|error|failure)", said.rest)
    ):
        matching = [thing for thing in listing if _has_status(thing, wanted.values[0])]
        if matching:
            return Found((matching[0].ref,), said.rest)
    if re.search(r"\b(last|latest|newest|recent)\b", said.rest) and not re.search(r"\bone\b|success", said.rest):
        return None
    focus = said.memory.focus.get("call")
    if said.memory.last in {"call", "operation"} and focus:
        return Found((focus,), said.rest)
    failing = [thing for thing in listing if "explain" in said.clause.concepts and _has_status(thing, "error")]
    return (
        Found(((failing or listing)[0].ref,), said.rest)
        if listing and said.memory.last == "call" and (says_it(said) or re.search(r"\bone\b|^explain$|^why$", said.rest))
        else None
    )


def topic_of(said: Said) -> Found | None:
    """What an operation is about: the words that are left, but for its API's."""
    led = re.search(r"\b(?:operations?|routes?)\b.*?\b(?:for|about|on|with|concerning|regarding)\s+(?P<topic>.+)$", said.rest, re.IGNORECASE)
    text, asks = (led["topic"], 0) if led else re.subn(_ASKING, "", said.rest, flags=re.IGNORECASE)
    kept = [
        word
        for word in re.findall(r"[\w-]+", re.sub(r"['’]s\b", "", said.clause.plain(text)))
        if (word.lower() not in words.NOISE or word.lower() in words.TOPICAL)
        and word.lower()
        not in (
            {"api", "endpoint", "offer", "example", "examples", "sample", "samples"}
            if asks
            else {"api", "endpoint", "offer", "example", "examples", "operation", "operations", "search", "find"}
        )
    ]
    return Found((" ".join(kept),), "") if kept and (led or asks or any(not meanings(word) for word in kept)) else None


def sought(said: Said) -> Found | None:
    """Text that calls are to have: in quotes, or the word after "containing"."""
    if found := span("quote")(said) or _SOUGHT(said):
        return found
    addresses = emails(said)
    return Found((addresses.values[0][0],), addresses.rest) if addresses else None


def the_name(said: Said) -> bool:
    """Whether a clause is a verb and "the" or "my" with words that mean nothing else: a name as people say it. The demo has such a name."""
    found = _WHOLE_NAME.fullmatch(said.rest)
    if found is None:
        return False
    known = named(said.memory, "endpoint", found["name"])
    if known and set(found["name"].lower().split()) - _KIND_WORDS <= {word for name in known.names for word in name.split()}:
        return True
    return not any(is_noise(word) and word.lower() != "demo" for word in found["name"].split())


def query_name(said: Said) -> Found | None:
    if not re.search(r"\b(find|search|look|called|named|like|for|have|got|in the list|word|contain\w*)\b", said.rest, re.IGNORECASE):
        return None
    runs = residue(said)
    word = _SOUGHT(said)
    return word or (Found((runs[-1],), said.rest) if runs else None)


def label(said: Said) -> Found | None:
    """The name of a prompt or an app: after "called", in quotes, or the word that is left, which may be one that means a time elsewhere."""
    if found := NAME(said) or _NOUN_FIRST(said):
        return found
    runs = _runs(said)
    if not runs:
        return _TIMELY(said)
    return Found((runs[0][0],), said.rest[: runs[0][1]] + " " + said.rest[runs[0][2] :]) if runs else None


def rest_text(said: Said) -> Found | None:
    return regex(r"(?:\btext|\bsaying|:)\s+(?P<value>\S.*)$")(said) or span("quote", "code")(said)


_ALL_OF_THEM = r"\b(?:all(?: of)?(?: them| these| those| the)?(?: two| three| four| five)?|them all|both(?: of them)?|every one|each(?: one)?(?: of them)?|the (?:two|three|four|five))\s*$"
_ASKING = r"^.*?\b(is there (?:something|anything) (?:to|for)|(?:curl|snippet|one-?liner)s?(?: \w+)? (?:for|to|that|which)|is there (?:an?|any|some) \w+ (?:to|for)|(?:example|sample)s? (?:(?:requests?|calls?) )?(?:of|for|on|about|how to|to)|how (?:do|can|to|could|should|would|must|might) (?:i|we|you|one)?|operations?|routes?|(?:call|request|endpoint)s? (?:to|for|that|which|(?:lets|allows) (?:me|us|you)(?: to)?))\s*"
_WHOLE_NAME = re.compile(
    r"\w+ (?:the|my|our) (?P<name>[\w.-]+(?: [\w.-]+){0,2}?)(?: please| pls| now| for me| again| completely| for good| forever| entirely| right away)*",
    re.IGNORECASE,
)
_KIND_WORDS = frozenset({"api", "apis", "endpoint", "endpoints", "service", "proxy", "one"})
_SOUGHT = regex(
    r"\b(?:containing|contains?|mention(?:s|ing)?|including|with the (?:text|word|string))\s+(?:the )?(?:text |word |string )?(?P<value>⟦\d+⟧|[\w.@-]+(?: (?=[a-z]*\d)[\w.@-]+)?)"
)
_NOUN_FIRST = regex(
    r"\b(?:the|my|our) (?P<value>(?!saved\b|last\b|first\b|second\b|third\b|other\b|same\b|new\b|html\b)[\w-]+) (?:prompt|app)\b",
    r"\b(?:prompt|app) (?P<value>(?!please\b|now\b|again\b|that\b|which\b|called\b|named\b|with\b|to\b|as\b|for\b|from\b|and\b)[\w-]+)(?=\s+with\b|\s*$)",
)
_OF_A_KIND = re.compile(r"\b(?:list|lists|kind|type|number|page|array|id|amount|pair|set) of (?:the |all |an? )?$")  # "the list of orders" names no API
# Where the name of an API stands: before "api" or what an API has, after a preposition or a lone verb.
_DETERMINERS = re.compile(r"\b(?:the|my|our|is|are|was|does|did|has)\b", re.IGNORECASE)
_THEN_KIND = re.compile(r"['’]?s?\s+(?:apis?|endpoints?|one|service|proxy)\b")
_THEN_DOCS = re.compile(r"\s+(?:proxy|docs?|documentation|calls?|requests?|traffic|openapi|typescript|postman|graphql|spec|url|types)\b")
_THEN_ITS = re.compile(
    r"\s*(?:$|[1-5]\d\d\b|['’]s\b|(?:proxy|calls?|requests?|docs?|documentation|errors?|failures?|changes?|traffic|openapi|typescript|markdown|postman|graphql|spec|url|types|is|are|was|has|keeps|fails?|failed|failing|down|broken|slow|weekly|daily|monthly|and|to|back|status|paused|running|active|please|for|again|now|as|with|at|on)\b)"
)
_LED_BY = re.compile(
    r"\b(?:apis?|endpoint|calls?|requests?|docs|and|into|of|for|on|in|from|with|to|by|at|why|whether|explain|document|monitor|replay|pause|resume|than|about|against|use|uses|using|need|want)\s+(?:the |my |our |both )*(?:apis? |endpoint )?(?:called |named )?$|\b(?:did|does|has|is|are|was|if|when|what)\s+$"
)
_ONE_VERB = re.compile(r"(?!(?:my|the|our|an?|this|that|one)\b)[a-z-]+ (?:(?:the|my|our|both|all|of|me|us|please) )*")
_ABOUT = re.compile(r"\b(?:[a-z]+ing|for|to|by|and|do with|deals? with|about|on|example of|sample of|calls?|requests?)\s+(?:(?:the|an?|my|our) )?$")
_IN_ONE_BREATH = re.compile(r"(?<![\w.-])([\w.-]+)(?:,| and|, and) $", re.IGNORECASE)
_TIMELY = regex(rf"\b(?:prompt|app) (?P<value>{words.DAYS}|daily|weekly|monthly|today)$", rf"\b(?P<value>{words.DAYS}|daily|weekly|monthly) (?:prompt|app)\b")


def _has_status(thing: Thing, wanted: str) -> bool:
    status = str(thing.about.get("status") or thing.about.get("response_status") or "")
    return bool(status) and (status[0] in "45" if wanted == "error" else status.startswith(wanted.rstrip("x")))


def _ordinal(said: Said, listing: tuple[Thing, ...]) -> Thing | None:
    found = re.search(
        rf"\b(?P<o>{'|'.join(words.ORDINALS)})\s+(?:one|api|endpoint|key|prompt|server|app)\b|(?:\bthe|^\w+) (?P<end>{'|'.join(words.ORDINALS)})(?=(?: please)?\s*$)",
        said.rest,
        re.IGNORECASE,
    ) or re.search(
        rf"\b(?P<o>{'|'.join(o for o in words.ORDINALS if o not in ('last', 'final'))})\s+(?:call|request|entry|row|item|result|error|failure)\b|(?:\bnumber |\bno\.? |#|\b(?:call|request) (?=\d{{1,2}}(?:$|[ ?,])))\s*(?P<n>\w+)\b",
        said.rest,
        re.IGNORECASE,
    )
    if found is None or not listing:
        return None
    parts = found.groupdict()
    index = words.ORDINALS[(parts.get("o") or parts["end"]).lower()] if parts.get("o") or parts.get("end") else int(number_in(parts["n"]) or -1) - 1
    return listing[index] if -1 <= index < len(listing) else None


def _superlative(said: Said, listing: tuple[Thing, ...]) -> Thing | None:
    """ "The slowest" of a list of calls, not a search for it."""
    found = re.search(r"\bthe (?P<most>slowest|longest|fastest|quickest|oldest|newest)(?: one| call| request)?(?=\s*$)", said.rest, re.IGNORECASE)
    if found is None or not listing:
        return None
    most, took = found["most"].lower(), sorted(listing, key=lambda thing: float(thing.about.get("duration_ms") or 0))
    return {"slowest": took[-1], "longest": took[-1], "fastest": took[0], "quickest": took[0], "oldest": listing[-1], "newest": listing[0]}[most]


def _owned(said: Said, kind: str) -> Found | None:
    """The word people use for a key or server that was not listed yet: its provider or name."""
    if kind == "key" and (provider := table(words.PROVIDERS)(said)):
        known = [thing for thing in said.memory.things if thing.kind == "key" and thing.about.get("provider") == provider.values[0]]
        return Found((known[-1].ref if known else provider.values[0],), provider.rest)
    before = re.search(rf"\b(?:the|my|our)\s+(?P<value>[\w-]+)\s+(?:mcp )?{kind}\b", said.rest, re.IGNORECASE)
    if before and before["value"].lower() not in {*words.ORDINALS, "api", "provider", "mcp", "other"}:
        return Found((before["value"],), said.rest)
    runs = residue(said)
    return Found((runs[0],), said.rest) if runs else None


def _said_endpoint(said: Said, near: bool, topic: bool = False) -> Found | None:
    hosts = span("host", "url", change=lambda url: re.sub(r"^\w+://([^/]+).*$", r"\1", url.split("/")[0] if "://" not in url else url))(said)
    if hosts:
        return hosts
    named_like = [
        (run, start)
        for run, start, end in _runs(said)
        if _is_near(said.rest, start, end) and not (topic and _ABOUT.search(said.rest[:start]) and not _THEN_KIND.match(said.rest[end:].lower()))
    ]
    taken = [run for run, _ in named_like[-1:]] if near else [run for run, _ in named_like]
    return Found(tuple(taken), _without(said.rest, taken)) if taken else None


def _beside(said: Said, known: tuple[Thing, ...]) -> tuple[str, ...]:
    """Names that are said in one breath with a known one, and not known: "shop and stripe"."""
    names = {name for thing in known for name in thing.names}
    return tuple(run for run, start, _ in _runs(said) if " " not in run and (before := _IN_ONE_BREATH.search(said.rest[:start])) and before[1].lower() in names)


def _is_near(text: str, start: int, end: int) -> bool:
    """Whether a word stands where the name of an API does. A word that is merely unknown is no name: it may be any verb or noun."""
    before, after = text[:start].lower().lstrip(), text[end:].lower()
    if _OF_A_KIND.search(before):
        return False
    is_first = not _DETERMINERS.sub("", before).strip()
    return bool(
        _THEN_KIND.match(after)
        or text[:end].endswith(("'s", "’s"))
        or (_LED_BY.search(before) and not is_first)
        or (_THEN_ITS.match(after) if is_first else " " not in text[start:end] and _THEN_DOCS.match(after))
        or _ONE_VERB.fullmatch(before)
        or _is_deed(before)
    )


def _is_deed(before: str) -> bool:
    """Whether the word before is a verb of ours: "keep checking stripe"."""
    last = re.search(r"([a-z]+ing)\s+(?:(?:the|my|our) )?$", before)
    return bool(last and meanings(last[1]))


def _runs(said: Said) -> list[tuple[str, int, int]]:
    runs: list[list[int]] = []
    for found in re.finditer(r"⟦\d+⟧|[\w'’./-]+", said.rest):
        span = said.clause.span(found[0])
        unknown = (
            span.kind == "quote"
            if span
            else not _is_general(found[0], said.rest[: found.start()], said.rest[found.end() :])
            and not (is_noise(word := re.sub(r"['’]s$", "", found[0])) or word.lower().removesuffix("s") in words.NOISE)
            and not re.fullmatch(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)s?", found[0])
            and not re.fullmatch(rf"\d+\w*|{words.DAYS}|{words.ENVIRONMENTS}|{NUMBER}|every|daily|weekly|monthly", found[0], re.IGNORECASE)
        )
        if unknown and runs and not said.rest[runs[-1][1] : found.start()].strip(" "):
            runs[-1][1] = found.end()
        elif unknown:
            runs.append([found.start(), found.end()])
    return [(re.sub(r"['’]s$", "", said.clause.plain(said.rest[start:end])).strip(" ./"), start, end) for start, end in runs]


def _is_general(word: str, before: str, after: str) -> bool:
    """Whether the word is of people and work, which names something only before "api" or after "called": "the customer's calls", "the customer api"."""
    return (
        re.sub(r"['’]?s$", "", word.lower()) in words.PEOPLE
        and (word.endswith("s") or not _THEN_KIND.match(after.lower()))
        and not before.endswith(("called ", "named "))
    )


def _without(text: str, taken: list[str]) -> str:
    for word in taken:
        text = text.replace(word, " ")
    return text
