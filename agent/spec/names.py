"""Readable, stable names: parameters from the segment before, operation ids from method and template, components from where they stand."""

import re
from collections.abc import Iterable

_FILE_ENDING = re.compile(r"\.(?:asmx|svc|php|aspx|jsp|do)$", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ACTION_WORDS = """accept activate add apply approve archive assign authenticate authorize block cancel check clone close commit compare complete confirm convert copy count create deactivate
    decline delete deploy disable discard download duplicate enable execute export find finalize follow import invite join leave like link list lock login logout lookup
    mark merge move mute notify pause pay pin preview print process propose publish purge query reactivate rebuild refresh refund register reject release remove rename
    renew reopen replace reply report rerun reset resend resolve restart restore resume retry revoke rollback rotate run save search send share sign simulate skip star start stop
    submit subscribe suspend sync tag test toggle transfer trigger unarchive unassign unblock unfollow unlink unlock unmute unpin unpublish unstar unsubscribe
    unsuspend update upload upsert validate verify void vote watch withdraw"""
"""Verbs that name what is done at the end of a path. Nouns that happen to be verbs too (`order`, `comment`, `charge`) are not among them."""
_ASKING = frozenset(("check", "count", "download", "export", "find", "list", "login", "logout", "lookup", "preview", "query", "search", "validate", "verify"))
_ACTIONS = frozenset(_ACTION_WORDS.split())
_IRREGULAR = {
    **{word: word for word in ("series", "species", "sms", "dns", "css", "aws", "gps", "https", "ios", "os", "kubernetes", "gas", "bus", "atlas", "canvas", "alias", "bias")},
    "people": "person", "children": "child", "indices": "index", "matrices": "matrix", "vertices": "vertex", "caches": "cache", "movies": "movie", "cookies": "cookie",
    "aliases": "alias", "buses": "bus", "gases": "gas", "quizzes": "quiz", "analyses": "analysis",
}  # fmt: skip
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete", "HEAD": "head", "OPTIONS": "options"}


def words_of(text: str) -> list[str]:
    """The words of `camelCase`, `snake_case` or `kebab-case`, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def is_action(word: str, method: str) -> bool:
    """Whether a word at the end of a path names what is done, as `cancel` does. Deleting a lock is no locking, and getting a follow no following."""
    return word in (_ASKING if method in ("GET", "HEAD") else _ACTIONS) and method != "DELETE"


def singular(word: str) -> str:
    """The singular of an English plural, where the rule is safe."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes", "tuses", "nuses", "ruses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "news")) and len(word) > 2:
        return word[:-1]
    return word


def parameter_name(before: str, kind: str, taken: Iterable[str], echoed: str = "") -> str:
    """`pet_id` after `/pets`, from the style of the segment before, unique in its template."""
    words = words_of(before) if before and not before.startswith("{") else []
    base = "_".join([*words[:-1], singular(words[-1])]) if words else ""
    suffix = echoed.lower() if echoed and re.fullmatch(r"[A-Za-z_]{1,20}", echoed) and echoed.lower() not in ("self", "href", "url") else "id"
    if kind in ("date", "email", "ip", "version", "locale"):
        suffix = kind
    name = suffix if not base else base if base == suffix else f"{base}_{suffix}"
    if base and suffix.startswith(base):
        name = suffix
    used, number = set(taken), 2
    unique = name
    while unique in used:
        unique, number = f"{name}_{number}", number + 1
    return unique


def pascal(text: str) -> str:
    """`line items` as `LineItems`."""
    return "".join(word[:1].upper() + word[1:] for word in words_of(text))


def operation_id(method: str, template: str, is_list: bool) -> str:
    """`listPets`, `getPetById`: camelCase from the template, whatever comes before the first resource left out by the caller."""
    verb = "list" if method == "GET" and is_list else _VERBS.get(method, method.lower())
    parts: list[str] = []
    segments = [segment for segment in template.split("/") if segment]
    for index, segment in enumerate(segments):
        if segment.startswith("{"):
            continue
        words = words_of(re.sub(r"\{[^}]*\}", "", segment))
        is_followed = index + 1 < len(segments) and segments[index + 1].startswith("{")
        if words and (is_followed or (method == "POST" and index == len(segments) - 1)):
            words[-1] = singular(words[-1])
        parts += words
    last = words_of(segments[-1]) if segments and not segments[-1].startswith("{") else []
    if last and is_action(last[0], method):
        verb, parts = last[0], [*parts[: len(parts) - len(last)], *last[1:]]
    tail = [segment for segment in segments if segment.startswith("{")]
    name = verb + "".join(word[:1].upper() + word[1:] for word in parts)
    if parts or verb not in ("list", *_VERBS.values()):
        return name
    return name + ("By" + "".join(word.capitalize() for word in words_of(tail[-1])) if tail else "Root")


def call_id(template: str, *, is_procedure: bool) -> str:
    """`stockService` for an address that takes many operations, `getUser` where the path names the procedure; empty where it says nothing."""
    segments = [segment for segment in template.split("/") if segment and not segment.startswith("{")]
    words = words_of(segments[-1] if is_procedure else _FILE_ENDING.sub("", segments[-1])) if segments else []
    return "".join([*words[:1], *(word.capitalize() for word in words[1:])])
