"""Extractors of what an endpoint is told to forward and keep: rate, time-out, methods, share of calls, answers while the upstream is down."""

import re

from agent.providers.guide.carving import NUMBER, Found, Said, cut, number_in
from agent.providers.guide.quantities import timeout

RATE = rf"(?<!\w)(?P<n>{NUMBER})\s*(?:(?:requests?|req|calls?|times|hits)?\s*(?:(?:per|an?|each|every)\s+|/\s*)|r(?:eq)?(?:p|/))(?P<u>seconds?|secs?|s|minutes?|mins?|m)\b"
NO_RATE = r"\b(?:no|without (?:an?|any)) (?:rate[- ]?)?limit\b|\bunlimited\b"
METHODS = r"\b(?:(?:only )?(?:allow|accept|permit|forward|let)(?: through)? (?:only )?|(?:restrict|limit) (?:it |this |that |[\w.⟦⟧-]+ )?to )(?P<value>(?:(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)s?(?:,? and |,? or |, ?|/| |$))+)|\bonly (?P<only>(?:(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[/, ]*(?:and |or )?)+)(?:methods? |calls? |requests? )?(?:are |is |be |should be |to be )?(?:allowed|accepted|permitted)"
SHARE = r"\b(?:record|keep|store|capture|sample|log|save) (?:only |just |about )?(?:(?P<n>\d+(?:\.\d+)?) ?(?:%|percent\b)|(?P<half>half|a half)\b|(?P<one>one|1) (?:in|of|out of) (?:every )?(?P<of>\w+)\b|every (?P<nth>\w+?)(?:th|rd|nd) (?:call|request))"
MOCK = r"\b(?P<no>(?:stop|no|don't|without|disable|turn-off) (?:\w+ )?)?(?:mock\w*|answer\w* (?:from|with) (?:the )?(?:captures?|captured|recorded|recordings?|what was captured))\b"
_RECORD = r"(?:record|capture|keep|log|store|save)(?:ing)?"
KEPT = rf"\b(?:(?P<no>(?:don't|do not|never|stop|no longer|not) {_RECORD}|ignore|exclude|leave-out|left-out|skip)|only {_RECORD}|{_RECORD} only) (?:(?:the |any |all )?(?:calls?|requests?|traffic|anything|everything) )?(?:(?:to|on|of|under|at|from|for) )?(?P<paths>⟦\d+⟧(?:(?:,| and|, and| or) ⟦\d+⟧)*)(?=$| from now| any ?more| please)"
TIMING = r"\btime-?(?: )?outs?\b|\b(?:give up|wait at most) after\b"


def rate(said: Said) -> Found | None:
    """Requests a minute; 0 for no limit."""
    if found := re.search(NO_RATE, said.rest, re.IGNORECASE):
        return Found((0,), cut(said.rest, found))
    found = re.search(RATE, said.rest, re.IGNORECASE)
    value = number_in(found["n"]) if found else None
    return None if found is None or value is None else Found((int(value * (60 if found["u"].lower().startswith("s") else 1)),), cut(said.rest, found))


def patience(said: Said) -> Found | None:
    """Seconds the upstream may take."""
    found = timeout(said) if re.search(TIMING, said.rest, re.IGNORECASE) else None
    return None if found is None else Found(found.values, re.sub(TIMING, " ", found.rest, flags=re.IGNORECASE))


def methods(said: Said) -> Found | None:
    found = re.search(METHODS, said.clause.plain(said.rest))
    return None if found is None else Found((re.findall(r"[A-Z]{3,7}", found["value"] or found["only"]),), re.sub(METHODS, " ", said.rest))


def share(said: Said) -> Found | None:
    """Of the calls that are kept, from 0 to 1."""
    found = re.search(SHARE, said.rest, re.IGNORECASE)
    if found is None:
        return None
    parts = found.groupdict()
    whole = number_in(parts["of"] or parts["nth"] or "") or _TENS.get((parts["nth"] or "").lower()) if parts["of"] or parts["nth"] else None
    value = float(parts["n"]) / 100 if parts["n"] else 0.5 if parts["half"] else round(1 / whole, 4) if whole else None
    return Found((value,), cut(said.rest, found)) if value is not None and value <= 1 else None


def mock(said: Said) -> Found | None:
    found = re.search(MOCK, said.rest, re.IGNORECASE)
    return None if found is None else Found((not found["no"],), re.sub(r"\b(?:while|when|if|as long as)\b.*$", "", cut(said.rest, found)))


def kept_paths(said: Said) -> Found | None:
    """Patterns of paths of which calls are recorded, or are not."""
    found = re.search(KEPT, said.rest, re.IGNORECASE)
    if found is None:
        return None
    patterns = [said.clause.plain(token) for token in re.findall(r"⟦\d+⟧", found["paths"])]
    return Found(({"exclude" if found["no"] else "include": patterns},), cut(said.rest, found))


_TENS = {"ten": 10, "fif": 5, "twentie": 20, "hundred": 100}
