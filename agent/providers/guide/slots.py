"""Which extractor fills which kind of slot, and which cues a pattern's `$slot` may test. Data, and the two functions that read it."""

import json
import re
from collections.abc import Callable

from agent.providers.guide import limits, words
from agent.providers.guide.carving import Found, Said, normal_url, regex, says_it, span, table
from agent.providers.guide.memory import named
from agent.providers.guide.quantities import (
    arguments,
    attached,
    duration,
    emails,
    limit,
    method,
    number,
    one_tag,
    operation,
    pairs,
    path,
    per,
    since,
    status,
    tags,
    timeout,
    until,
)
from agent.providers.guide.references import NAME, NEW_NAME, call, doomed_endpoint, label, query_name, residue, rest_text, sought, the_name, things, topic_of


def find(kind: str, said: Said) -> Found | None:
    """The slot's value in what is said; None when there is none."""
    return EXTRACTORS[kind](said)


def present(slot: str, said: Said) -> bool:
    """Whether a pattern's `$slot` is there."""
    if slot == "bare_name" and not residue(said) and not span("host", "url")(said) and named(said.memory, "endpoint", said.rest) is None:
        return False
    if slot in _CUES:
        return bool(re.search(_CUES[slot], said.rest, re.IGNORECASE))
    if slot in _NEEDS_MEMORY:
        return _NEEDS_MEMORY[slot](said)
    return find(_SLOTS.get(slot, slot), said) is not None


# "Why is owner nullable?": a name, and what a document says of it. "Why is the last call missing?" asks something else.
_SAID_OF_IT = r"nullable|null|optional|required|mandatory|deprecated|(?:always|sometimes|never) (?:there|null|missing|present)|an? (?:path |query |url )?(?:param\w*|variable|placeholder)|an? (?:enum\w*|integer|string|number|list|array|object|boolean|map)"
_WHY_SO = rf"^why (?:is|are|was|were|isn't|aren't|can|could)\b.*\b(?:{_SAID_OF_IT})\b|^(?:where|how) (?:do|does|did)\b.*\benum\w*\b.*\bcome from\b|\bevidence (?:for|of|behind) (?!the api\b)\S"

# "Which fields can be null?": all of them, not one.
_WHICH_ARE = r"^(?:which|what|list|show|are|is|tell|give)\b.*\b(?:fields?|propert(?:y|ies)|param(?:eter)?s?|attributes?|members?)\b.*\b(?:nullable|null|optional|required|mandatory|missing|absent)\b|\b(?:nullable|optional|required|mandatory) (?:fields|properties|param(?:eter)?s|attributes|members|ones)\b|^what (?:can|may|could|might) be (?:null|missing|absent|left out)\b"
_ONE_NULL = r"^(?:can|could|may|might|is|are)(?: the)?(?: field| parameter| property)? (?!it\b|this\b|that\b|there\b|an?\b)(?P<value>⟦\d+⟧|[\w.\[\]*-]+)(?= (?:ever |sometimes )?(?:be )?(?:nullable|null|optional|always (?:there|present))\b)"

_TOLD = regex(
    r"\b(?:in|of|on|for|from) (?:the |my )?(?!the\b|my\b|it\b|this\b|that\b|docs?\b|documentation\b|spec\b|good\b|now\b|ever\b|me\b|us\b|place\b|future\b)(?P<value>[\w.-]+)(?: api| docs?| documentation)?\s*[?.!]*$"
)
"""An API that is named at the end, whatever its name means elsewhere: nothing is decided about another one."""
EXTRACTORS: dict[str, Callable[[Said], Found | None]] = {
    "url": span("url", "host", change=normal_url),
    "urls": span("url", "host", many=True, change=normal_url),
    "id": span("id"),
    "quote": span("quote"),
    "sought": sought,
    "emails": emails,
    "code": span("code"),
    "secret": span("secret"),
    "json": span("json", change=json.loads),
    "operation": operation,
    "operation?": lambda said: operation(said) or (Found((known,), said.rest) if (known := said.memory.focus.get("operation")) and says_it(said) else None),
    "failing": lambda said: None if span("id")(said) else operation(said) or span("path")(said),
    "path": path,
    "pairs": pairs,
    "arguments": arguments,
    "tool_name": regex(r"(?<![\w-])(?P<value>[a-z][\w-]*__[\w.-]*\w)"),
    "handle": regex(r"(?<![\w:])(?P<value>\d+:[a-z]\w*)\b"),
    "file": attached,
    "recording": lambda said: attached(said) if re.search(r"\b(?:har|recording|file|attach\w*|import)\b", said.clause.text, re.IGNORECASE) else None,
    "name": NAME,
    "new_name": NEW_NAME,
    "description": regex(r"\bdescribe (?P<keep>(?!it\b|this\b|that\b)[^⟦]+?) (?:as|with|to):?\s+(?P<value>⟦\d+⟧|[^⟦]+)$", r"\b(?:description|described?|describe it|describe)\b(?: (?:(?:it|this|that)(?: (?:endpoint|api|one))?|to|as|is|of (?:it|this|that)))*:?\s+(?P<value>⟦\d+⟧|[^⟦]+)$"),
    "environment": regex(rf"\b(?:in |to |into )?(?:the |my )?(?P<value>{words.ENVIRONMENTS})\s+(?:environment|env)\b", rf"(?P<keep>\b(?:environment|env)\b.*?)\b(?:to|as|is)\s+(?P<value>{words.ENVIRONMENTS})\b", rf"\b(?:environment|env) (?P<value>{words.ENVIRONMENTS})\b", rf"\b(?:in|for|on) (?:the |my )?(?P<value>{words.ENVIRONMENTS})(?= and\b|,|$)", rf"(?P<keep>\b(?:move|promote|switch|assign|put|mark|flag|set)\b.*?)\b(?:to|as|into|in) (?:the |my )?(?P<value>{words.ENVIRONMENTS})(?=$| and\b|,)"),
    "that": regex(r"\b(?:that|which|to) (?P<value>.+)$"),
    "tags": tags,
    "tags_one": one_tag,
    "public": table(words.PUBLIC),
    "shared": table(words.SHARED),
    "endpoint_status": table(words.ENDPOINT_STATUSES),
    "endpoint_state": table(words.ENDPOINT_STATUSES),
    "frequency": table(words.FREQUENCIES),
    "format": table(words.FORMATS),
    "provider": table(words.PROVIDERS),
    "payer": table(words.PAYERS),
    "period": table(words.PERIODS),
    "status": status,
    "method": method,
    "duration": duration,
    "since": since,
    "until": until,
    "number": number,
    "limit": limit,
    "timeout": timeout,
    "rate": limits.rate,
    "patience": limits.patience,
    "methods": limits.methods,
    "share_kept": limits.share,
    "mock": limits.mock,
    "kept_paths": limits.kept_paths,
    "per_hour": per("hour"),
    "per_day": per("day"),
    "endpoint": things("endpoint"),
    "endpoints": things("endpoint", together=True),
    "endpoint?": things("endpoint", near=True),
    "endpoint!": doomed_endpoint,
    "endpoint_told": _TOLD,
    "endpoint_meant": lambda said: things("endpoint", default=False)(said) or _TOLD(said) or things("endpoint")(said),
    "field": regex(
        r"\benum\w* (?:of|for) (?:the )?(?:field |parameter )?(?P<value>⟦\d+⟧|[\w.\[\]*-]+)",
        r"\bevidence (?:for|of|behind) (?:the )?(?:field |parameter )?(?P<value>⟦\d+⟧|[\w.\[\]*-]+)",
        rf"^why (?:is|are|was|were|isn't|aren't|can|could)(?: the)?(?: field| parameter| property)? (?!it\b|this\b|that\b)(?P<value>⟦\d+⟧|[\w.\[\]*-]+)(?= .*(?:{_SAID_OF_IT}))",
        r"^why (?P<value>[\w.\[\]*-]+)$",
        _ONE_NULL,
    ),
    "endpoint_spoken": lambda said: _TOLD(said) or (Found((known,), said.rest) if (known := said.memory.focus.get("endpoint")) else None),
    "trait": table(((r"\bnull", "nullable"), (r"\b(?:required|mandatory|always (?:there|present))\b", "required"), (r"\b(?:optional|missing|absent|left out)\b", "optional"))),
    "endpoint_near": things("endpoint", near=True, topic=True),
    "call": call,
    "call?": call,
    "key": things("key"),
    "server": things("server"),
    "query_name": query_name,
    "topic": topic_of,
    "label": label,
    "rest_text": rest_text,
    "change": lambda said: None,  # the answer is a request of its own
}  # fmt: skip


_SLOTS = {"time": "since", "freq": "frequency"}


# "One" as a pronoun; in "one minute", "one call" it counts.
_ONE = r"one(?=$|[,?!.]|\s+(?:of|in|with|on|from|for|that|which|is|was|did|does|has|had|have|to|please|now|again|and|too|called|it|needed|needs|took|takes|as|i|so|right)\b)"

_CUES: dict[str, str] = {
    "why_so": rf"{_WHY_SO}|{_ONE_NULL}",
    "which_are": _WHICH_ARE,
    "it": rf"\b(?:it|its|it's|this|that|{_ONE}|there$)(?!\w)",
    "one": rf"\b(?:{_ONE}|(?:number|#) ?\w+|(?:{'|'.join(words.ORDINALS)}) (?:one|key|api|endpoint)|(?:{'|'.join(words.ORDINALS)}) (?:call|request|entry|row|item|result|error|failure)(?!s)|(?:the|^\w+) (?:{'|'.join(words.ORDINALS)})(?=(?: please)?$))(?!\w)|#\s*\d",
    "naming": r"^(?:call|name) (?:it|this|that) \S",
    "allowed_rate": r"^(?:am|are|can|may|could) (?:i|we)\b.*\d.*(?:per|an?|each|/) ?(?:second|minute|hour|day)\b",
    "recorded": r"\bwhat(?:'s| is| has| was|'ve| you| i| we| it)?(?:'ve| have| has| been| did)?(?: you| been| i| we)?(?: already| ever)? (?:recorded|captured|logged|intercepted|seen)\b",
    "start": r"^how (?:do|can|should|could|to) (?:(?:i|we) )?(?:start|begin|go on|proceed)$",
    "have_you": r"\b(?:do|have|would) you (?:have|got|know)\b|\bis there\b",
    "code_for": r"\b(?:curl|snippet|one-?liner)s?(?: \w+)? (?:for|to|that|which) (?!the\b|my\b|it\b|this\b|that\b)[a-z]+\b",
    "lets_use": r"\blet\b.*\buse\b|\bgive\b.*\baccess\b|\ballow\b.*\bto use\b",
    "can_do": r"^what (?:does|can|is) (?:it|this|that)(?: \w+)? (?:do|for|about)\b|^what can (?:i|we|one|you) do with\b",
    "bare_name": r"^[\w-]+ (?:my )?(?!the\b|an?\b|this\b|that\b)[\w.⟦⟧-]+(?:(?:,| and|, and) [\w.⟦⟧-]+)*(?: please| pls| now| for good| forever| completely| entirely| right away)*$",
    "most_calls": r"\bmost (?:calls|traffic|requests)\b",
    "have": r"^(?:do|did|have|has|is|are) (?:i|we|you|there) (?:still |already |ever |also )*(?:have|got|an?|any(?:thing)?|something)\b",
    "was_sent": r"^what\b.*\b(?:sent|send|answer(?:ed)?|return(?:ed)?|replied|reply|received|receive|got back|come back|came back)\b",
    "again": r"\b(?:again|anew|once more|over)\b",
    "have_captured": r"\b(?:have|get|want|need|see)\b.*\b(?:captured|recorded|logged|intercepted|traced)\b",
    "doc_it": r"^doc (?:the |my |our )?(?!for\b|of\b|on\b|in\b|please\b|as\b)[\w⟦]",
    "what_call": r"\b(?:what's|what is|what are|which is) the (?:call|request|operation|route|endpoint|method)s? (?:to|for|that|which)\b",
    "i_captured": r"^what (?:all )?(?:have|did|do|am|are) (?:i|we)\b.*\b(?:captur|record|track|watch|monitor|intercept|set-up|creat|add|regist)\w*\b",
    "about": r"\bto (?!me\b|us\b|the\b|it\b|this\b|my\b)[a-z]+ (?:(?:an?|the|my) )?[a-z]+|\b(?:about|concern(?:s|ing)?|regarding|related to|to do with|deal\w* with)\b",
    "i_used": r"^(?:what|how much) (?:did|have|do) (?:i|we) (?:\w+ )?(?:use|used|spend|spent|consume\w*|burn\w*)\b",
    "this": r"\b(?:it|this|that)\b",
    "way": r"^is there (?:(?:an?|any|some) (?:way|call|route|request|possibility)|something|anything) (?:to|for)\b",
    "nth_call": r"\b(?:call|request) #?\d{1,2}(?=$|[ ?,])",
    "overview_of": r"\b(?:overview|outline|tour|picture) of (?:(?:it|this|that)\b|(?:the|this|that) (?:[\w.-]+ )?api\b(?!s))",
    "rates_asked": r"^(?:is|are|does|do|what|exists?|any|has|have)\b.*\b(?:limits?|restrict\w*|throttl\w*|quotas?)\b.*\b(?:calls?|requests?|how[- ](?:often|many))\b(?!.*\d)|\brate[- ]?limit(?:s|ing)?\b(?!.*\d)|\bhow[- ](?:many|often|fast|much)\b.*\b(?:can|may|could|am|are) (?:i|we)\b.*\b(?:call|request|hit|send)(?:s|ing)?\b(?!.*\b(?:message|today|left|credit)s?\b)",
    "mcp_client": r"\b(?:from|in|into|with|to|by|for|can|let|make|would|does|want) (?:claude(?: code| desktop)?|cursor|vs ?code|windsurf|copilot|codex|zed|(?:a|my|our|another|other) (?:coding )?(?:agents?|ide|editor))\b",
    "address": r"\b(?:url|address|link|host)\b",
    "where_to": r"^(?:tell )?where (?:\w+ ){0,2}(?:do|should|must|can|shall|to|does|will)\b.*\b(?:send|point|call|reach|go|connect)\b",
    "what_wrong": r"^what(?:'s| is| was)? (?:went-wrong|wrong)\b",
    "there": r"\bthere\b",
    "records": r"\b(?:captur|record|log|proxy|intercept)\w*\b",
    "set": r"^(?:set(?!-)|change|edit|update|move|put|give|add|adjust|switch)\b",
    "how": r"^is there (?:(?:an?|any|some) (?:way|call|route|request|possibility)|something|anything) (?:to|for)\b|\bhow (?:do|does|can|to|could|should|would|must|might|is|are)\b",
    "download": r"^(?:download|export|give|get|have|show|as)\b|\bas\b",
    "more": r"\b(more|some|additional|extra)\b",
    "needs_token": r"\b(?:necessary|required|needed|mandatory)\b.*\b(?:token|key|login|password|auth\w*|credentials)\b|\b(?:which|what)\b.*\b(?:token|key|credentials|password|secret)\b.*\b(?:needs?|wants?|expects?|uses?|requires?|takes?)\b|\b(?:where|how|which|what)\b.*\b(?:put|place|pass|send|provide|include|goes?)\b.*\b(?:token|key|credentials|password|secret)\b|\b(need|needs|require|requires|want|wants)\b.*\b(token|key|login|password|auth\w*|credentials)\b|\b(?:token|key|login|password|auth\w*|credentials)\b.*\b(?:required|needed|necessary|mandatory)\b|\b(?:header|cookie|parameter|field)\b.*\b(?:token|key|auth\w*|credentials?|password|secret)\b",
    "have_endpoints": r"\b(?:what|which) (?:endpoints|operations|routes) (?:does|do|has|are)\b",
    "which_operation": r"\b(?:which|what) (?:operation|operations|route|endpoint|call|request) (?!(?:can|do|may) (?:i|we|you) (?:use|call|have)\b)(?:i |we |one |should |can |do |to |they |you )*(?:lets|allows|can|do i|should|will|would|is (?:for|to)|to)\b|\b(?:which|what) (?:operation|route|endpoint|call) (?:creat|updat|delet|remov|list|return|add|handl|manag|send|search|find|cancel|chang|show|giv|provid|fetch|post)e?s (?!me\b|us\b|the most\b)\w+|\bwhich (?:operation|operations|route|endpoint) (?!does|do|did|are|is|has|have|of|in|on)\w+ (?:an?|the|my)\b",
    "everything": r"\b(?:everything|anything|(?:em|them|it) all|all of (?:them|it))\b",
    "offers": r"^what (?:all )?(?:does|can|do) .*\b(?:offer|provide|support|expose)s?\b",
    "sent": r"^what (?:did|does|has|is|was) (?:my|the|our|it)\b.*\b(?:send|sent|sending|sends)\b",
    "messages_sent": r"\bmessages\b.*\b(?:sent|send|used|left|today|month)\b",
    "single": r"\b(?:an?|one|single|the) (?!last|latest|newest|most|next|previous|slow|slowest|longest|fastest|failed|failing)(?:\w+ )?(?:call|request|capture|exchange)\b(?! (?:of|from|to|on))",
    "state_word": r"\b((?:still )?being (?:recorded|captured|logged|forwarded|monitored)|still (?:recorded|captured|running|recording|capturing|on|up|going)|running|recording|status|state|active|paused|archived)\b",
}


_NEEDS_MEMORY: dict[str, Callable[[Said], bool]] = {
    "mcp_url": lambda said: bool((found := span("host", "url")(said)) and re.search(r"(?:^|//)mcp\.|/mcp/?$|/sse/?$", found.values[0])),
    "name": lambda said: bool(residue(said)) or bool(span("host", "url")(said)) or named(said.memory, "endpoint", said.rest) is not None,
    "endpoint_picked": lambda said: (
        bool(said.memory.listing.get("endpoint")) and said.memory.last == "endpoint" and bool(re.search(_CUES["one"], said.rest, re.IGNORECASE))
    ),
    "the_name": the_name,
    "strange": lambda said: "figurative" in said.clause.concepts and named(said.memory, "endpoint", said.rest) is None,  # "destroy the competition"
    "focused": lambda said: bool(said.memory.focus.get("endpoint")) and "urls" not in said.rest,
    "op_focus": lambda said: bool(said.memory.focus.get("operation")),
    "call_focus": lambda said: said.memory.last == "call" and bool(said.memory.focus.get("call")),
    "listed": lambda said: said.memory.last == "call",
    "of_call": lambda said: (
        said.memory.last == "call" and bool(said.memory.focus.get("call")) and bool(re.search(r"\b(its|it|this|that|the|again|there)\b", said.rest))
    ),
}
