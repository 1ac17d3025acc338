"""Which verbs a message asks for: every piece of it is scored against the patterns of `verbs`, pieces that say nothing alone join a neighbour.

Nothing here reads captured text: of the conversation only the kind of the last thing matters for choosing a verb.
"""

import re

import msgspec

from agent.providers.guide import words
from agent.providers.guide.carving import Said, says_it
from agent.providers.guide.memory import Memory
from agent.providers.guide.reading import Clause, Masked, clause, mask, pieces, translated
from agent.providers.guide.references import residue, things
from agent.providers.guide.slots import present
from agent.providers.guide.verbs import COMMAND_ARGUMENTS, VERBS, Verb


class Intent(msgspec.Struct, frozen=True):
    """A verb, the clause that asks for it and the arguments already known."""

    verb: Verb
    clause: Clause
    given: dict[str, object] = {}


class Score(msgspec.Struct, frozen=True):
    verb: Verb
    points: float


def intents(text: str, memory: Memory, files: tuple[str, ...] = ()) -> tuple[Intent, ...]:
    """What the message asks for, in its order; empty for small talk, questions about the guide, refusals."""
    if text.strip().startswith("/"):
        return _command(text.strip(), memory)
    masked = mask(translated(text.strip()))
    parts = _continued(pieces(masked))
    clauses = tuple(clause(piece, masked.spans, memory.names()) for piece in parts)
    return _pointed(_joined(clauses, memory, files), parts, masked, memory)


def nearest(text: str, memory: Memory, count: int = 3) -> tuple[Verb, ...]:
    """The verbs that share most with what was said, for "did you mean"."""
    masked = mask(translated(text))
    heard = clause(masked.text, masked.spans)
    scored = [
        (len((heard.concepts - _COMMON) & frozenset(re.findall(r"\w+", " ".join(verb.patterns)))) / (len(verb.patterns) + 4), -n)
        for n, verb in enumerate(VERBS)
        if verb.example
    ]
    return tuple(VERBS[-n] for points, n in sorted(scored, reverse=True)[:count] if points)


def best(heard: Clause, memory: Memory, files: tuple[str, ...] = ()) -> Verb | None:
    """The verb whose pattern explains the clause best, if its mood allows it."""
    if heard.mood in {"definition", "wondering", "telling"}:
        return None
    if heard.mood == "how":
        return _how(heard, memory, files)
    return _highest(heard, memory, files, VERBS)


def _how(heard: Clause, memory: Memory, files: tuple[str, ...]) -> Verb | None:
    """ "How do I …" is about the captured API, unless what follows is a verb of ours: then it asks for help, not for the deed."""
    rest = clause(re.sub(r"^how \w+(?: (?:i|we|you|one|someone))?\s+", "", heard.text, flags=re.IGNORECASE), heard.spans, memory.names())
    deed = _highest(rest, memory, files, tuple(verb for verb in VERBS if verb.effect != "read"))
    return None if deed else _highest(heard, memory, files, tuple(verb for verb in VERBS if verb.effect == "read"))


def _highest(heard: Clause, memory: Memory, files: tuple[str, ...], verbs: tuple[Verb, ...]) -> Verb | None:
    said = Said(heard.text, heard, memory, files)
    concepts = _concepts(said)
    scores = [Score(verb, max(_points(pattern, concepts, said) for pattern in verb.patterns)) for verb in verbs]
    top = max(scores, key=lambda score: score.points)
    return top.verb if top.points > 0 else None


def _points(pattern: str, concepts: frozenset[str], said: Said) -> float:
    points = 0.0
    for term in pattern.split():
        if not _holds(term, concepts, said):
            return 0
        points += 0 if term[0] == "!" else 0.5 if term == "." else 3 if term[0] == "^" else 2
    return points


def _holds(term: str, concepts: frozenset[str], said: Said) -> bool:
    if term[0] == "!":
        return not _holds(term[1:], concepts, said)
    if term == ".":
        return not residue(said)
    if term[0] == "^":
        return term[1:] in said.clause.head
    return present(term[1:], said) if term[0] == "$" else any(option in concepts for option in term.split("|"))


def _concepts(said: Said) -> frozenset[str]:
    """The clause's own; "it" and "the second one" stand for the kind of thing spoken of last."""
    last = said.memory.last
    return said.clause.concepts | {last} if last in {"endpoint", "key", "prompt", "app", "server"} and present("one", said) else said.clause.concepts


def _continued(parts: tuple[str, ...]) -> tuple[str, ...]:
    joined: list[str] = []
    for part in parts:
        if joined and re.match(words.CONTINUES, part, re.IGNORECASE):
            joined[-1] = f"{joined[-1]} and {part}"
        else:
            joined.append(part)
    return tuple(joined)


def _joined(clauses: tuple[Clause, ...], memory: Memory, files: tuple[str, ...]) -> tuple[Intent, ...]:
    """Intents in order. After somebody's words were quoted ("she said", a colon), nothing destructive is heard."""
    found: list[Intent] = []
    waiting: Clause | None = None
    quoting = False
    for heard in clauses:
        if re.match(r"(?:what )?if\b", heard.text, re.IGNORECASE) and heard.mood == "wondering":
            break  # what follows is asked under a condition
        if waiting is not None:
            heard, waiting = _together(waiting, heard, memory), None
        verb = best(heard, memory, files)
        quoting = quoting or heard.mood == "telling" or ":" in heard.text
        if verb is not None and verb.effect == "destructive" and quoting:
            continue
        if verb is None and not heard.negated and heard.mood == "request" and heard.text:
            if found:
                found[-1] = _extended(found[-1], heard, memory, files)
            elif heard.concepts or "⟦" in heard.text:
                waiting = heard
        elif verb is not None and found and found[-1].verb.tool == verb.tool == "capture_search":
            found[-1] = _extended(found[-1], heard, memory, files)
        elif verb is not None:
            found.append(Intent(verb, heard))
            memory = _about_to_name(verb, memory)
    return tuple(found)


def _pointed(found: tuple[Intent, ...], parts: tuple[str, ...], masked: Masked, memory: Memory) -> tuple[Intent, ...]:
    """ "Don't delete stripe, just pause it": what the first piece forbids names what the second one means."""
    if len(parts) < 2 or len(found) != 1:
        return found
    only, first = found[0], clause(parts[0], masked.spans, memory.names())
    if not first.negated or "endpoint" not in only.verb.slots or not says_it(Said(only.clause.text, only.clause, memory)):
        return found
    if only.verb.effect == "destructive" and not re.search(words.NO_LONGER, parts[0], re.IGNORECASE):
        return found
    meant = things("endpoint", default=False)(Said(re.sub(words.NEGATION, "", parts[0], flags=re.IGNORECASE), first, memory))
    return (msgspec.structs.replace(only, given={**only.given, "endpoint": meant.values[0]}),) if meant and len(meant.values) == 1 else found


def _about_to_name(verb: Verb, memory: Memory) -> Memory:
    """For the choice of the next verb: after this one an endpoint will have been spoken of, whichever it is."""
    if not {"endpoint", "destination_url"} & set(verb.slots) or memory.focus.get("endpoint"):
        return memory
    return msgspec.structs.replace(memory, focus={**memory.focus, "endpoint": "?"})


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


_COMMON = frozenset(["question", "show", "list", "create", "find", "try", "use", "run", "write", "save", "set", "recent", "name", "count"])
