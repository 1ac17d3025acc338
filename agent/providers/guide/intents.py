"""Which verbs a message asks for: every piece of it is scored against the patterns of `verbs`, pieces that say nothing alone join a neighbour.

Nothing here reads captured text: of the conversation only the kind of the last thing matters for choosing a verb.
"""

import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import msgspec

from agent.providers.guide import chinese, phrasing, words
from agent.providers.guide.carving import Said, says_it
from agent.providers.guide.memory import Memory, all_named
from agent.providers.guide.nearest import leanings
from agent.providers.guide.reading import Clause, Masked, clause, mask, pieces, spelled, stem
from agent.providers.guide.references import residue, things
from agent.providers.guide.slots import find, present
from agent.providers.guide.verbs import COMMAND_ARGUMENTS, ENOUGH, LEAN, VERBS, WEIGHTS, key_of
from agent.providers.guide.verbs.verb import Verb


class Intent(msgspec.Struct, frozen=True):
    """A verb, the clause that asks for it and the arguments already known."""

    verb: Verb
    clause: Clause
    given: dict[str, object] = {}
    more: tuple[Clause, ...] = ()  # pieces that change more of the same thing


class Score(msgspec.Struct, frozen=True):
    verb: Verb
    points: float


def intents(text: str, memory: Memory, files: tuple[str, ...] = ()) -> tuple[Intent, ...]:
    """What the message asks for, in its order; empty for small talk, questions about the guide, refusals."""
    if is_command(text):
        return _command(text.strip(), memory)
    masked = _addressed(spelled(mask(chinese.heard(text.strip())), memory.names()), memory)
    parts = _referred(_continued(pieces(masked)))
    clauses = tuple(clause(piece, masked.spans, memory.names()) for piece in parts)
    return _pointed(_joined(clauses, memory, files), parts, masked, memory)


def is_command(text: str) -> bool:
    return bool(re.match(r"\s*/[\w-]*(?:\s|$)", text))


def nearest(text: str, memory: Memory, count: int = 3) -> tuple[Verb, ...]:
    """The verbs that share most with what was said, for "did you mean"."""
    masked = mask(chinese.heard(text))
    heard = clause(masked.text, masked.spans)
    alikes = leanings(*alike(Said(heard.text, heard, memory)))
    return tuple(sorted((verb for verb in VERBS if verb.example and key_of(verb) in alikes), key=lambda verb: -alikes[key_of(verb)])[:count])


def best(heard: Clause, memory: Memory, files: tuple[str, ...] = ()) -> Verb | None:
    """The verb whose pattern explains the clause best, if its mood allows it."""
    if heard.mood in {"definition", "telling", "doubting", "beyond"} or (heard.mood == "wondering" and _DOING_AWAY.search(heard.text)):
        return None
    if heard.mood == "how":
        return _how(heard, memory, files)
    return _highest(heard, memory, files, READING if heard.mood == "wondering" else VERBS)


def _how(heard: Clause, memory: Memory, files: tuple[str, ...]) -> Verb | None:
    """ "How do I …" is about the captured API, unless what follows is a verb of ours: then it asks for help, not for the deed."""
    rest = clause(
        re.sub(r"^(?:how \w+(?: (?:i|we|you|one|someone))?|is there (?:something|anything|\w+ \w+) (?:to|for))\s+", "", heard.text, flags=re.IGNORECASE),
        heard.spans,
        memory.names(),
    )
    deed = _matching(Said(rest.text, rest, memory, files), tuple(verb for verb in VERBS if verb.effect != "read"), {})
    is_ours = deed is not None and (
        rest.concepts - rest.head or not residue(Said(rest.text, rest, memory)) or deed.effect == "destructive" or _DOING_AWAY.search(rest.text)
    )
    asked = _highest(heard, memory, files, READING)
    return asked if asked and (not is_ours or _leaning(Said(heard.text, heard, memory)).get(key_of(asked), 0) > _SURE) else None


def _highest(heard: Clause, memory: Memory, files: tuple[str, ...], verbs: tuple[Verb, ...]) -> Verb | None:
    said = Said(heard.text, heard, memory, files)
    found = _matching(said, verbs, _leaning(said))
    if heard.head & words.EXACT and heard.mood == "request" and not (found and found.effect == "destructive"):
        return found if found and found.effect != "read" else None
    if found is not None and found.tool == "endpoint_list" and ("question" in heard.head or not heard.head) and _DOING_AWAY.search(heard.text):
        return None
    return found


def _matching(said: Said, verbs: tuple[Verb, ...], leaning: dict[str, float]) -> Verb | None:
    """The verb for which most speaks: its best pattern of which every term holds, and the examples like it. Examples alone never destroy."""
    holds = _evident(said)
    points = [
        (verb, max((_points(pattern, holds) for pattern in verb.patterns), default=0.0)) for verb in verbs if not (verb.unless and _points(verb.unless, holds))
    ]
    scores = [Score(verb, held + LEAN * leaning.get(key_of(verb), 0)) for verb, held in points if held or verb.effect != "destructive"]
    top = max(scores, key=lambda score: score.points)
    return top.verb if top.points > ENOUGH + LEAN * leaning.get("nothing", 0) else None


def _leaning(said: Said) -> dict[str, float]:
    return {} if said.clause.negated or _DOING_AWAY.search(said.clause.text) else leanings(*alike(said))


def alike(said: Said) -> tuple[str, frozenset[str]]:
    """A clause as it is compared with the examples: protected pieces by their kind, and which of its words are names."""
    text = re.sub(r"⟦(\d+)⟧", lambda found: f"<{said.clause.spans[int(found[1])].kind}>", said.clause.text)
    return text, said.memory.names() | frozenset(word for run in residue(said) for word in run.lower().split())


def _points(pattern: str, holds: Callable[[str], bool]) -> float:
    points = 0.0
    for term in _terms(pattern):
        if not holds(term):
            return 0
        points += _weight(term)
    return points


@cache
def _terms(pattern: str) -> tuple[str, ...]:
    """Plain concepts first: most patterns fail on one, before anything is searched for."""
    return tuple(sorted(pattern.split(), key=lambda term: "$" in term or term in {".", "~"}))


@cache
def _weight(term: str) -> float:
    usual = 0 if term[0] == "!" else 3 if term[0] == "^" else 2
    return min(WEIGHTS.get(option, usual) for option in term.split("|"))


def _evident(said: Said) -> Callable[[str], bool]:
    """Whether a pattern's term holds for what is said; each is looked for once."""
    concepts = _concepts(said)

    @cache
    def holds(term: str) -> bool:
        if term[0] == "!":
            return not holds(term[1:])
        if term == ".":
            return not residue(said)
        if term == "~":
            return not re.search(r"\s", " ".join(residue(said)))
        if term[0] == "^":
            return any(option in said.clause.head for option in term[1:].split("|"))
        return present(term[1:], said) if term[0] == "$" else any(option in concepts for option in term.split("|"))

    return holds


def _concepts(said: Said) -> frozenset[str]:
    """The clause's own; "it" and "the second one" stand for the kind of thing spoken of last, a known name for its kind."""
    last, heard = said.memory.last, said.clause.concepts
    kinds = {thing.kind for thing in said.memory.things if thing.kind in _OWNED and thing.names & set(said.rest.lower().split())}
    one = {last} if last in {"endpoint", *_OWNED} and not heard & _OF_CALLS and present("one", said) else set[str]()
    return heard | kinds | one


def _addressed(masked: Masked, memory: Memory) -> Masked:
    """ "Github: write the docs" is "write the docs of github". Before a deletion only a thing that is known counts."""
    found = _ADDRESSEE.match(masked.text) or _MENTIONED.match(masked.text)
    if found is None:
        return masked
    rest, first = clause(found["rest"], masked.spans, memory.names()), clause(found["what"], masked.spans, memory.names())
    said = Said(first.text, first, memory)
    is_known = bool(all_named(memory, "endpoint", first.plain(first.text))) or present("one", said)
    if not is_known and not masked.text.startswith("@") and (not residue(said) or not rest.head or _DOING_AWAY.search(rest.text)):
        return masked
    what = f"the {found['what']}{' api' * masked.text.startswith('@')}"
    text = re.sub(r"\b(?:it|that|this)\b", what, found["rest"], count=1) if says_it(Said(rest.text, rest, memory)) else f"{found['rest']} of {what}"
    return Masked(text, masked.spans)


def _continued(parts: tuple[str, ...]) -> tuple[str, ...]:
    joined: list[str] = []
    for part in parts:
        if joined and re.match(phrasing.CONTINUES, part, re.IGNORECASE):
            joined[-1] = f"{joined[-1]} and {part}"
        else:
            joined.append(part)
    return tuple(joined)


def _referred(parts: tuple[str, ...]) -> tuple[str, ...]:
    """ "The nightly prompt isn't needed, remove it": what a statement is about is what "it" means right after it."""
    told = list(parts)
    for n, (before, after) in enumerate(pairwise(parts), 1):
        about = _SUBJECT.match(before)
        if about and re.search(phrasing.STATEMENT, before, re.IGNORECASE):
            told[n] = _OBJECT.sub(about["what"], after, count=1)
    return tuple(told)


def _joined(clauses: tuple[Clause, ...], memory: Memory, files: tuple[str, ...]) -> tuple[Intent, ...]:
    """Intents in order. After somebody's words were quoted ("she said", a colon), nothing destructive is heard."""
    found: list[Intent] = []
    held: Clause | None = None
    quoting = False
    for n, piece in enumerate(clauses):
        if re.match(r"(?:what )?if\b", piece.text, re.IGNORECASE) and piece.mood in {"wondering", "doubting"}:
            break  # what follows is asked under a condition
        if found and found[-1].verb.effect == "destructive" and _TAKEN_BACK.fullmatch(piece.text):
            found.pop()  # "delete stripe? no"
            continue
        heard, verb = _with_held(held, _spelled_out(piece, found, memory), memory, files)
        held = None
        quoting = quoting or heard.mood == "telling" or heard.forbids or ":" in heard.text
        if _is_background(heard, verb) and (verb is not None if found else n < len(clauses) - 1):
            held = None if found else heard
            continue
        if verb is not None and verb.effect == "destructive" and quoting:
            continue
        if found and _contrasts(found[-1], verb, heard, memory):
            found.append(Intent(found[-1].verb, heard))
        elif found and _changes_more(found[-1].verb, verb, heard, memory):
            found[-1] = msgspec.structs.replace(found[-1], more=(*found[-1].more, heard))
        elif verb is None and not found and _says_something(heard, memory):
            held = heard
        elif found and _goes_on(found[-1].verb, verb, heard, memory):
            found[-1] = _extended(found[-1], heard, memory, files)
        elif verb is not None:
            found.append(Intent(verb, heard))
            memory = _about_to_name(verb, memory)
    return tuple(found)


def _with_held(held: Clause | None, heard: Clause, memory: Memory, files: tuple[str, ...]) -> tuple[Clause, Verb | None]:
    """The piece with one kept from before it: half a request, or a statement that may name what it is about ("stripe is broken, explain it")."""
    alone = best(heard, memory, files)
    if held is None or (alone is not None and alone.effect == "destructive"):
        return heard, alone
    if _is_statement(held) and (heard.negated if alone is None else not _names(held, memory)):
        return heard, alone
    longer = _together(held, heard, memory)
    meant = best(longer, memory, files)
    return (heard, alone) if _is_statement(held) and alone is not None and meant is not alone else (longer, meant)


def _contrasts(before: Intent, verb: Verb | None, heard: Clause, memory: Memory) -> bool:
    """Whether a piece asks for the same again with another value: "the POST calls, and the GET ones too"."""
    if heard.negated or (verb is not None and verb is not before.verb):
        return False
    kinds = [kind for slot, kind in before.verb.slots.items() if slot in _EITHER]
    first, second = ([find(kind, Said(one.text, one, memory)) for kind in kinds] for one in (before.clause, heard))
    return any(a and b and a.values != b.values for a, b in zip(first, second, strict=True))


def _changes_more(before: Verb, verb: Verb | None, heard: Clause, memory: Memory) -> bool:
    """Whether a piece changes the same thing once more: "rename it and make it public" is one change, asked for once."""
    said = Said(heard.text, heard, memory)
    return (
        verb is not None
        and before is verb
        and verb.tool == "endpoint_update"
        and not present("one", said)
        and (bool(_THAT_THING.search(heard.text)) or not residue(said))
    )


def _names(heard: Clause, memory: Memory) -> bool:
    """Whether a piece may say what the next one is about."""
    return bool(re.search(r"⟦|\d", heard.text)) or bool(residue(Said(heard.text, heard, memory))) or bool(all_named(memory, "endpoint", heard.text))


def _is_background(heard: Clause, verb: Verb | None) -> bool:
    """Whether a piece only tells how things are, beside the request: "the docs are old", "there are new calls"."""
    return _is_statement(heard) and not heard.negated and (verb is None or verb.effect == "read" or (verb.effect == "write" and "⟦" not in heard.text))


def _goes_on(before: Verb, verb: Verb | None, heard: Clause, memory: Memory) -> bool:
    """Whether a piece says more of the request before it."""
    if verb is None:
        return not heard.negated and heard.mood == "request" and bool(heard.text)
    said = Said(heard.text, heard, memory)
    if before.effect == "destructive" and _BELONGINGS.match(heard.text):
        return True  # "… and all of its calls": gone with it
    if "requests_per_hour" in before.slots and (present("per_hour", said) or present("per_day", said)):
        return True
    if before.tool == "endpoint_create" and verb.tool == "capture_search":
        return says_it(said)  # nothing is captured yet: "… and please log that"
    if before.tool == "endpoint_create" and verb.tool == "capture_search":
        return says_it(said)  # nothing is captured yet: "… and please log that"
    if before is verb and verb.tool == "endpoint_update" and (not residue(said) or _THAT_THING.search(heard.text)) and not present("one", said):
        return True  # one change of one thing, asked for once
    if before.tool == "endpoint_create" and verb.tool == "endpoint_update" and "environment" in heard.head:
        return True
    if before.tool == "capture_wait" and ("arrive" in heard.concepts or (verb.tool == "endpoint_update" and not heard.head and present("timeout", said))):
        return True
    return _leans(heard, memory) or (
        (verb.tool == before.tool == "capture_search" and (verb.view == before.view or not heard.head))
        or (before is verb and not (verb.many or residue(said) or "⟦" in heard.text))
    )


def _says_something(heard: Clause, memory: Memory) -> bool:
    is_request = not heard.negated and heard.mood == "request" and bool(heard.text)
    return is_request and (bool(heard.concepts) or "⟦" in heard.text or present("one", Said(heard.text, heard, memory)))


def _is_statement(heard: Clause) -> bool:
    return bool(_STATEMENT.search(heard.text)) and (not heard.head or bool(_DETERMINED.match(heard.text))) and heard.mood == "request"


def _spelled_out(heard: Clause, found: list[Intent], memory: Memory) -> Clause:
    """ "Open them" right after "write the docs" means those."""
    things = words.PLURALS.get(found[-1].verb.tool) if found else None
    said = re.sub(r"\b(?:them|those|these)\b(?! (?:one|two|three|apis?|endpoints?))", things, heard.text) if things else heard.text
    return heard if said == heard.text else clause(said, heard.spans, memory.names())


def _leans(heard: Clause, memory: Memory) -> bool:
    """Whether a piece only says more about the one before it: "one minute at most", "the last two hours"."""
    return not heard.head - LEANING and not heard.concepts - LEANING and not present("one", Said(heard.text, heard, memory))


def _pointed(found: tuple[Intent, ...], parts: tuple[str, ...], masked: Masked, memory: Memory) -> tuple[Intent, ...]:
    """ "Don't delete stripe, just pause it": what the first piece forbids names what the second one means."""
    if len(parts) < 2 or not found:
        return found
    only, first = found[0], clause(parts[0], masked.spans, memory.names())
    is_over = bool(re.search(phrasing.NO_LONGER, parts[0], re.IGNORECASE))
    is_named = only.verb.effect == "destructive" and not first.negated and first.mood == "request"
    if not (first.negated or is_over or is_named) or "endpoint" not in only.verb.slots or not says_it(Said(only.clause.text, only.clause, memory)):
        return found
    if only.verb.effect == "destructive" and not (is_over or is_named):
        return found
    meant = things("endpoint", default=False)(Said(re.sub(phrasing.NEGATION, "", parts[0], flags=re.IGNORECASE), first, memory))
    return (msgspec.structs.replace(only, given={**only.given, "endpoint": meant.values[0]}), *found[1:]) if meant and len(meant.values) == 1 else found


def _about_to_name(verb: Verb, memory: Memory) -> Memory:
    """For the choice of the next verb: after this one an endpoint will have been spoken of, whichever it is."""
    slots = {"endpoint" if slot == "destination_url" else slot for slot in verb.slots}
    return msgspec.structs.replace(memory, focus={**{slot: "?" for slot in ("endpoint", "operation") if slot in slots}, **memory.focus})


def _extended(intent: Intent, more: Clause, memory: Memory, files: tuple[str, ...]) -> Intent:
    """The clause with its neighbour's words, unless they would make it mean another verb."""
    longer = _together(intent.clause, more, memory)
    verb = best(longer, memory, files)
    return Intent(verb, longer) if verb and verb.tool == intent.verb.tool else intent


def _together(first: Clause, second: Clause, memory: Memory) -> Clause:
    return clause(f"{first.text} and {second.text}", first.spans, memory.names())


def _command(text: str, memory: Memory) -> tuple[Intent, ...]:
    name, _, rest = text[1:].partition(" ")
    verb = next((verb for verb in VERBS if name.lower() in verb.commands or name.lower() == verb.tool), None)
    masked = mask(rest)
    return () if verb is None else (Intent(verb, clause(masked.text, masked.spans, memory.names()), dict(COMMAND_ARGUMENTS.get(name.lower(), {}))),)


_SUBJECT = re.compile(r"(?P<what>(?:the|my|our|this) (?:[\w.-]+ )?(?:prompt|key|server|docs|documentation|spec)|⟦\d+⟧)(?= )", re.IGNORECASE)
_OBJECT = re.compile(r"\b(?:it|them)\b(?! (?:is|are|was|does|has))", re.IGNORECASE)
_MENTIONED = re.compile(r"^@(?P<what>[\w.-]*\w),?\s+(?P<rest>.+)$", re.DOTALL)
_ADDRESSEE = re.compile(r"^(?:the |my )?(?P<what>[\w.-]+(?: (?:one|api|endpoint|key))?)\s*:\s+(?P<rest>[^:]+)$", re.IGNORECASE)
_TAKEN_BACK = re.compile(r"(?:no|nope|never ?mind|cancel|stop|wait|forget it|not really|just kidding)(?: \w+){0,2}", re.IGNORECASE)
_THAT_THING = re.compile(r"\b(?:it|its|this|that)\b(?! one)", re.IGNORECASE)
_STATEMENT = re.compile(phrasing.STATEMENT, re.IGNORECASE)
_DETERMINED = re.compile(r"(?:the|my|our|this|that|these|those|its|there)\b", re.IGNORECASE)
_INFLECTED = r"(?:\w?ed|\w?ing|s)?\b"
_DOING_AWAY = re.compile(rf"\b(?:{'|'.join(root if len(root := stem(word)) > 3 else f'{word}{_INFLECTED}' for word in words.DESTRUCTIVE)})", re.IGNORECASE)
_BELONGINGS = re.compile(r"(?:also )?(?:all |everything )?(?:of )?(?:its|their) ", re.IGNORECASE)
_OWNED = frozenset(["key", "prompt", "app", "server"])
_OF_CALLS = frozenset(["slow", "doc", "operation", "credit", "usage"])
READING = tuple(verb for verb in VERBS if verb.effect == "read")
_EITHER = frozenset(["method", "format", "operation"])  # of these a call has one
_SURE = 0.6
LEANING = frozenset(["recent", "limit", "detail", "alone", "count", "capture", "question"])
