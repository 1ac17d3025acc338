"""Readable, stable names: parameters from the segment before, operation ids from method and template, components from where they stand."""

import re
from collections.abc import Container, Iterable
from typing import Literal, NamedTuple

from agent.spec.english import singular
from agent.spec.values import kind_of

_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.){2,}[A-Za-z]{2,}")
_NAMESPACE = re.compile(r"[A-Z]\w+(?:\.[A-Z]\w+)+")
"""`Microsoft.Compute` says who provides the resources, not what they are."""
_CUSTOM = re.compile(r":([A-Za-z]\w*)$")
_FILE = r"(?i)\.(?:asmx|atom|aspx?|csv|do|gif|html?|ics|jpe?g|js|jsonp?|jsp|md|pdf|php|png|rss|svc|svg|txt|wsdl|xml|ya?ml|zip)$"
_FILE_ENDING = r"(?i)\.(?:asmx|svc|php|aspx|jsp|do)$"
"""Both are for few paths: most runs need not compile them."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ACTION_WORDS = """accept activate add aggregate apply approve archive assign authenticate authorize block cancel check clone close commit compare complete confirm convert copy count create deactivate
    decline delete deploy disable discard download duplicate enable execute export filter find finalize follow import invite join leave like link list lock login logout lookup
    mark merge move mute notify pause pay pin preview print process propose publish purge query reactivate rebuild refresh refund register reject release remove rename
    renew reopen replace reply report rerun reset resend resolve restart restore resume retry revoke rollback rotate run save search send share sign simulate skip star start stop
    submit subscribe suspend sync tag test toggle transfer trigger unarchive unassign unblock unfollow unlink unlock unmute unpin unpublish unstar unsubscribe
    unsuspend encrypt decrypt invalidate regenerate calculate estimate generate reboot shutdown resize migrate terminate analyze classify translate transcribe
    ban unban capture decrement deny escalate increment reassign redact redeem reorder unassign unregister promote demote hide unhide reindex update upload upsert validate verify void vote watch withdraw"""
"""Verbs that name what is done at the end of a path. Nouns that happen to be verbs too (`order`, `comment`, `charge`) are not among them."""
_BEGINNING = frozenset(("edit", "execute", "fetch", "get", "kick", "list", "make", "put", "restrict", "retrieve", "set"))
"""Verbs that say what the method says: they name what is done where words follow, as in `setWebhook`."""
_MAYBE = frozenset(("answer", "change", "forward", "load", "log", "open"))
_NOUNS = _MAYBE.union(
    ("download", "export", "import", "link", "process", "release", "report", "search", "share", "sign", "tag", "test", "transfer", "upload", "vote")
)
"""Nouns too: `import-jobs` are some, `importData` is done."""
_ENDING = frozenset(
    ("add", "close", "connect", "create", "delete", "edit", "enrich", "exchange", "get", "kick", "list", "open", "push", "remove", "set", "update")
)
"""Verbs that end a name with dots, as in `views.open`, or stand alone at the end of what is posted, as in `/accounts/get`."""
_DOTTED = re.compile(r"[A-Za-z][A-Za-z_]*(?:\.[A-Za-z][A-Za-z_]*)+")
_DOMAINS = frozenset(("app", "co", "com", "dev", "io", "local", "net", "org"))
_ASKING = frozenset(("check", "count", "download", "export", "find", "list", "login", "logout", "lookup", "preview", "query", "search", "validate", "verify"))
_ACTIONS = frozenset(_ACTION_WORDS.split())
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete", "HEAD": "head", "OPTIONS": "options"}

Reading = Literal["words", "thing", "deed"]
"""How the words at the end of a path are to be read, as `deeds` finds it: as they stand, as the name of things, as what is done."""
OWN_IDS = ("id", "_id", "uuid", "gid", "sid")
"""What has one of these is a thing, and no envelope around others."""


def words_of(text: str) -> list[str]:
    """The words of `camelCase`, `snake_case` or `kebab-case`, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def resource_path(template: str) -> list[str]:
    """The segments from the first resource on, without the versions among those that come before an id: `/app/rest/v1/pets/{id}` is about `pets/{id}`."""
    parts = [part for part in template.split("/") if part]
    leading = next((at for at, part in enumerate(parts) if "{" in part), len(parts))
    start = max((at + 1 for at in range(leading) if _is_base(parts, at)), default=0)
    said = [part for at, part in enumerate(parts) if at >= start and (at >= leading or not is_version(part))]
    named = [
        part
        for at, part in enumerate(said)
        if not _NAMESPACE.fullmatch(part) and not (part == "providers" and _NAMESPACE.fullmatch("".join(said[at + 1 : at + 2])))
    ]
    return [*named[:-1], *named[-1].split(".")] if named and is_procedure(named[-1]) else named


def is_procedure(segment: str) -> bool:
    """Whether a last segment is a name in parts, as `admin.users.list`: neither a file nor a host."""
    return bool(_DOTTED.fullmatch(segment)) and not re.search(_FILE, segment) and segment.rpartition(".")[2] not in _DOMAINS


def acting(method: str, template: str) -> str:
    """The method, or POST where a name with dots says what is done, whatever the method: `GET /views.open` opens one."""
    last = template.rpartition("/")[2]
    words = words_of(last.rpartition(".")[2]) if is_procedure(last) else []
    return "POST" if is_action(words, "POST") else method


def is_version(segment: str) -> bool:
    """`v1`, `2.0`, `2024-01-31`; a plain number only where it is small."""
    return kind_of(segment) in ("version", "date") or (segment.isdigit() and len(segment) < 3)


def custom_verb(template: str) -> tuple[str, str]:
    """The template without a verb behind a colon, and that verb: `/operations/{id}` and `cancel` of `/operations/{id}:cancel`."""
    found = _CUSTOM.search(template)
    return (template[: found.start()], found[1]) if found else (template, "")


def looked_up(segments: list[str]) -> tuple[list[str], str]:
    """The segments without those that only say by what one is found, and what the last of them says where nothing follows: `types/{slug}` and `slug` of `types/slug/{slug}`."""
    kept: list[str] = []
    by = ""
    for segment, following in zip(segments, [*segments, ""][1:], strict=True):
        if kept and following == f"{{{segment}}}" and singular(segment) == segment and "{" not in kept[-1] and singular(kept[-1]) != kept[-1]:
            by = segment
        else:
            kept.append(segment)
            by = by if segment == f"{{{by}}}" else ""
    return kept, by


def acted_on(segments: list[str], method: str, *, reading: Reading = "words") -> list[str]:
    """The segments up to a verb that is followed by what it is done to: `requests/accept` of `requests/accept/{id}`; else all."""
    end = len(segments)
    while end and "{" in segments[end - 1]:
        end -= 1
    words = words_of(segments[end - 1]) if end and method in ("POST", "PUT", "PATCH") else []
    return segments[:end] if is_action(words, method, reading=reading) else segments


def is_action(words: list[str], method: str, *, reading: Reading = "words") -> bool:
    """Whether words at the end of a path name what is done, as `cancel` does. Deleting a lock is no locking, and getting a follow no following.

    Of a thing, of which one can be got by its id, several words are its name: `merge_requests` merges nothing. What is a deed, is one whatever its words.
    """
    if not words:  # of signs alone
        return False
    if reading == "deed" or (reading == "thing" and len(words) > 1):
        return reading == "deed"
    if method in ("GET", "HEAD"):
        return words[0] in _ASKING or (words[0] in ("get", "fetch") and len(words) > 1)
    if method == "DELETE" or len(words) == 1:
        return method != "DELETE" and words[0] in _ACTIONS | _ENDING
    if words[0] in _NOUNS:
        return singular(words[-1]) == words[-1] and (words[0] in _ACTIONS or method == "POST")
    return words[0] in _ACTIONS | _BEGINNING


class Deed(NamedTuple):
    """What is done, and what else the words of it say: `create or update` and nothing, `set` and `webhook`."""

    verb: list[str]
    rest: list[str]


def deed_of(words: list[str]) -> Deed:
    """The verb at the beginning of an action, or all of them: `removeAndSwap`."""
    end = 3 if len(words) > 2 and words[1] in ("and", "or") else 1
    return Deed(words[:end], words[end:])


def parameter_name(before: str, kind: str, taken: Iterable[str], echoed: str = "") -> str:
    """`pet_id` after `/pets`, from the style of the segment before, unique in its template. A name of several words in bodies, as `petTag`, says all by itself."""
    words = words_of(before) if before and not before.startswith("{") and not is_version(before) and before.lower() not in ("api", "rest") else []
    base = "_".join([*words[:-1], singular(words[-1])]) if words else ""
    told = words_of(echoed) if echoed and re.fullmatch(r"[A-Za-z_]{1,30}", echoed) and echoed.lower() not in ("self", "href", "url") else []
    suffix = kind if kind in ("date", "email", "ip", "version", "locale") else "_".join(told) or "id"
    name = suffix if not base or len(told) > 1 or suffix.startswith(base) else f"{base}_{suffix}"
    return free(name, set(taken), "_")


def free(name: str, taken: Container[str], between: str = "") -> str:
    """The name, with the first number that makes it a free one where it is taken: `pets2`."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}{between}{number}", number + 1
    return found


def pascal(text: str) -> str:
    """`line items` as `LineItems`."""
    return "".join(word[:1].upper() + word[1:] for word in words_of(text))


def operation_id(method: str, template: str, is_list: bool, *, reading: Reading = "words") -> str:
    """`listPets`, `getPetById`: camelCase from the template, whatever comes before the first resource left out by the caller."""
    verb = "list" if method == "GET" and is_list else "update" if method == "POST" and template.endswith("}") else _VERBS.get(method, method.lower())
    template, custom = custom_verb(template)
    parts: list[str] = []
    segments, by = looked_up([segment for segment in template.split("/") if segment])
    segments = segments[:-1] if by and is_list else segments
    for index, segment in enumerate(segments):
        if segment.startswith("{"):
            continue
        words = words_of(re.sub(r"\{[^}]*\}", "", segment))
        is_followed = index + 1 < len(segments) and segments[index + 1].startswith("{")
        if words and (is_followed or (method == "POST" and index == len(segments) - 1)):
            words[-1] = singular(words[-1])
        parts += words
    named = acted_on(segments, method, reading=reading)
    last = words_of(named[-1]) if named and not named[-1].startswith("{") else []
    if custom:
        verb = _camel(words_of(custom))
    elif last and is_action(last, method, reading=reading):
        done = deed_of(last) if is_action(last, method) else Deed(last, [])
        verb, parts = _camel(done.verb), [*parts[: len(parts) - len(last)], *done.rest]
    tail = [segment for segment in segments if segment.startswith("{")]
    name = verb + "".join(word[:1].upper() + word[1:] for word in parts) + (f"By{pascal(by)}" if by else "")
    if parts or custom or verb not in ("list", *_VERBS.values()):
        return name
    return name + ("By" + "".join(word.capitalize() for word in words_of(tail[-1])) if tail else "Root")


def call_id(template: str, *, is_procedure: bool) -> str:
    """`stockService` for an address that takes many operations, `getUser` where the path names the procedure; empty where it says nothing."""
    segments = [segment for segment in template.split("/") if segment and not segment.startswith("{")]
    words = words_of(segments[-1] if is_procedure else re.sub(_FILE_ENDING, "", segments[-1])) if segments else []
    return _camel(words)


def _camel(words: list[str]) -> str:
    return "".join([*words[:1], *(word.capitalize() for word in words[1:])])


def _is_base(parts: list[str], at: int) -> bool:
    """Whether the resources come after this segment: the word `api`, `rest` or `latest`, or a host; not at the end, and `api` only first or before a version."""
    word, following = parts[at].lower(), parts[at + 1 : at + 2]
    if at > 2 or not following:
        return False
    if at == 0 and (word in ("api", "apis", "latest") or (_HOST.fullmatch(word) and not is_version(word))):
        return True
    return word in ("rest", "restapi") or (word == "api" and (is_version(following[0]) or following[0].lower() == "rest"))
