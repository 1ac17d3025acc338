"""Hides secrets in free text: by the shape of a piece, by the name that is written before it, and by what a sentence says it is."""

import csv
import re
from collections.abc import Callable, Sequence
from io import StringIO

from agent.spec.secrets.finding import Secret, compiled, find_drawn, find_secrets, is_secret, is_secret_name, looks_drawn, looks_random, told_by
from agent.spec.secrets.marks import MARK, mark, mark_kind
from agent.spec.secrets.patterns import NUMBERED


def mask_found(text: str) -> str:
    """What is a secret by its shape alone. Until nothing is found: what is hidden may have parted a secret that stood next to it."""
    for _ in range(20):
        secrets = find_secrets(text) if len(text) >= 8 else ()
        if not secrets:
            break
        text = _without(text, secrets)
    return text


def mask_drawn(text: str) -> str:
    """Long keys of no known form, for texts that stand under no name. What is hidden may part a word that stood next to it, and show a secret."""
    drawn = find_drawn(text)
    return mask_found(_without(text, drawn)) if drawn else text


def mask_written(text: str) -> str:
    """What stands behind its name: settings, code, XML, web forms, tables and sentences."""
    text = compiled(_ELEMENT).sub(_between(3), text) if "</" in text else text
    text = compiled(_MEMBER).sub(_between(3), text) if "</name>" in text else text
    text = compiled(_PAIR).sub(_between(3), text) if "alue" in text or "content" in text else text
    text = compiled(_QUOTED).sub(_between(4), text) if '"' in text or "'" in text else text
    return _mask_columns(mask_said(_mask_assigned(text)))


def mask_said(text: str) -> str:
    """`the key 7f…`, `your password is …`"""
    return _SAID.sub(_said, text) if " " in text else text


def _mask_columns(text: str) -> str:
    """The columns of a table whose first line names them."""
    head, line_break, rest = text.partition("\n")
    if not line_break or not rest or len(head) > _LONGEST_HEAD:
        return text
    between = max(",;\t|", key=head.count)
    names = [name.strip(' "\r') for name in head.split(between)]
    hidden = {at for at, name in enumerate(names) if told_by(name)}
    if not hidden or len(names) < 2 or not all(compiled(_COLUMN).fullmatch(name) for name in names) or rest.partition("\n")[0].count(between) < len(names) - 1:
        return text
    written = StringIO(newline="")
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=between))
    except csv.Error:
        return text
    masked = [rows[0], *([_cell(names[at], cell) if at in hidden else cell for at, cell in enumerate(row)] for row in rows[1:])]
    if masked == rows:
        return text
    csv.writer(written, delimiter=between, lineterminator="\r\n" if head.endswith("\r") else "\n").writerows(masked)
    return written.getvalue() if text.endswith("\n") else written.getvalue().rstrip("\r\n")


def _cell(name: str, cell: str) -> str:
    return mark(cell) if cell and is_secret(name, cell) else cell


def _without(text: str, secrets: Sequence[Secret]) -> str:
    pieces: list[str] = []
    at = 0
    for secret in secrets:
        pieces += [text[at : secret.start], mark_kind(text[secret.start : secret.end], secret.kind)]
        at = secret.end
    return "".join([*pieces, text[at:]])


def _between(group: int) -> Callable[[re.Match[str]], str]:
    """Hides the group of an expression whose second group is a name, and which ends with that group."""

    def hidden(match: re.Match[str]) -> str:
        value = match[group]
        if value.startswith(MARK) or not value.strip() or not is_secret(match["name"], value):
            return match[0]
        return match[0][: match.start(group) - match.start()] + mark(value)

    return hidden


def _mask_assigned(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for named in _NAMED.finditer(text):
        value = _VALUE.match(text, named.end()) if named.start() >= at and told_by(named[1]) else None
        if value and _is_assigned(named[1], named[2].strip(), value[0]):
            pieces += [text[at : value.start()], mark(value[0])]
            at = value.end()
    return "".join([*pieces, text[at:]]) if pieces else text


def _is_assigned(name: str, between: str, value: str) -> bool:
    """Behind a colon without quotes stands a value in settings, and a word in a sentence."""
    if value.startswith(MARK) or value.lower() in ("true", "false", "null", "none") or not is_secret(name, value):
        return False
    is_word = not any(map(str.isdigit, value)) or len(value) < 4 or "/" in value
    return between not in (":", ">") or not is_word or looks_random(value)


def _said(match: re.Match[str]) -> str:
    value = match["value"].rstrip(".,;:!?)")
    if not value or value.startswith(MARK):
        return match[0]
    is_told = (match["is"] and (value.isdigit() and len(value) in NUMBERED.get(match["name"].lower(), ()))) or (
        is_secret_name(match["name"]) and match["is"] and any(map(str.isdigit, value)) and len(value) >= 6
    )
    if not is_told and not (len(value) >= 16 and looks_drawn(value)):
        return match[0]
    start = match.start("value") - match.start()
    return match[0][:start] + mark(value) + match[0][start + len(value) :]


_LONGEST_HEAD = 4000
_COLUMN = r"[\w.\[\]/()-]{1,60}(?<!\.)(?: [\w\[\]/()-]{1,30}){0,2}"
_NAMED = re.compile(r"""(?<![\w.-])([A-Za-z_][\w.-]{1,60})(["']?\s*[=:]\s*["']?|>\s*)""")
_VALUE = re.compile(r"""[^\s"'&,;<>{}()\[\]]+""")
_QUOTED = r"""(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{1,60})(\\{0,8}["']?\s*[=:]\s*(\\{0,8}["']))((?:(?!\3)(?:\\.|[^\\\n])){1,2000}?)(?=\3)"""
_ELEMENT = r"(<(?:[\w.-]{1,60}:)?(?P<name>[\w.-]{1,60})(?:\s[^<>]{0,2000})?>)(<!\[CDATA\[[^\]]{1,2000}\]\]>|[^<>]{1,2000})(?=</)"
_MEMBER = r"(<name>\s{0,99}(?P<name>[\w.-]{1,60})\s{0,99}</name>\s{0,99}<value>\s{0,99}(?:<\w{1,20}>)?)([^<>]{1,2000})(?=</)"
_PAIR = r"""(\b(?:name|key)\\?["']?\s{0,9}[=:]\s{0,9}\\?["']?(?P<name>[\w.\[\]-]{1,60})\\?["']?[^<>{}]{0,500}?\b(?:value|content)\\?["']?\s{0,9}[=:]\s{0,9}\\?["'])([^"'<>\\]{1,2000})(?=\\?["'])"""
_SAID = re.compile(
    r"(?i)\b(?P<name>password|passcode|passphrase|secret|token|(?:api |access |secret )?key|pin|otp|code)(?P<is>\s+(?:is|was):?)?:?\s+[\"'`]?(?P<value>[^\s\"'`<>]{4,200})"
)
