"""Splits a pasted command into words as the shell it was written for would: bash, Windows' cmd with `^`, PowerShell with its backtick.

Nothing is run. Variables count where the text itself sets them. A line that goes on with an option belongs to the command even where its line
continuation was lost, and `&` or `<` within a word belongs to the word: people paste addresses without quotes.
"""

import re
from typing import Literal, NamedTuple

Style = Literal["bash", "cmd", "powershell"]


class Words(NamedTuple):
    """The words of one command, what its here-document says, and where in the text it ends."""

    words: list[str]
    document: str | None
    end: int


def split(text: str, at: int, style: Style, variables: dict[str, str]) -> Words:
    """The command that begins at `at`. Raises ValueError where a quotation mark is not closed."""
    words: list[str] = []
    word, document, is_open = "", None, False
    while token := _TOKEN[style].match(text, at):
        kind, value = token.lastgroup or "", token[0]
        kind = "plain" if value == ")" and "(" in word else "here" if token["here"] else kind
        if kind == "end" or (kind == "space" and "\n" in value and not _OPTION.match(text, token.end())):
            break
        at = token.end()
        if kind in ("space", "join", "comment", "redirect", "here"):
            words += [word] if is_open else []
            word, is_open = "", False
            if kind == "here":
                document, at = _here(text, at, token["mark"])
        elif value in ("'", '"'):
            raise ValueError("A quotation mark is not closed.")
        else:
            word, is_open = word + _plain(kind, value, style, variables), True
    return Words([*words, word] if is_open else words, document, at)


def style_of(text: str, at: int) -> Style:
    """By its first line's end or its first quotation mark, which each shell writes in its own way."""
    end = text.find("\n", at, at + 2000)
    line = text[at : end if end > 0 else at + 2000].rstrip()
    if (line.endswith("^") and "'" not in line) or re.match(r"""[^'"]*\^\"""", line):
        return "cmd"
    return "powershell" if (end > 0 and line.endswith("`")) or re.match(r"(?:\S{0,80}/)?curl\.exe\b", line, re.IGNORECASE) else "bash"


def without_carets(command: str) -> str:
    """What cmd hands on: a caret stands for the next character, at a line's end for nothing, and before two line ends for one."""
    return re.sub(r"\^(?:[ \t]*\r?\n(\r?\n)?|(.))", lambda match: match[2] or ("\n" if match[1] else " "), command)


def assigned(text: str) -> dict[str, str]:
    """The variables that a script sets by lines such as `BASE=https://x.test`."""
    return {match[1]: match[3] for match in _ASSIGNED.finditer(text)}


def _plain(kind: str, value: str, style: Style, variables: dict[str, str]) -> str:
    """What a part of a word stands for."""
    match kind:
        case "raw":
            inner = value[1:-1]
            return inner.replace("''", "'").replace('\\"', '"') if style == "powershell" else inner
        case "ansi":
            return _unescaped(value[2:-1])
        case "quoted":
            inner = value[value.index('"') + 1 : -1]
            if style == "bash":
                return re.sub(r'\\(\r?\n|[$`"\\])', lambda match: match[1].strip(), _filled(inner, variables))
            return re.sub(r'\\(["\\])|""|`(.)', lambda match: match[1] or match[2] or '"', inner)
        case "escaped":
            return value[1:]
        case _:
            return _filled(value, variables)


def _filled(text: str, variables: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], match[0]), text) if "$" in text and variables else text


def _here(text: str, at: int, mark: str) -> tuple[str, int]:
    """The lines up to the mark; where there is none, all that follows."""
    start = text.find("\n", at) + 1 or len(text)
    end = re.compile(rf"^\s*{mark}\s*$", re.MULTILINE).search(text, start)
    return text[start : end.start() if end else len(text)].rstrip("\r\n"), end.end() if end else len(text)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    digits, octal, letter = match[1], match[2], match[3]
    if octal:
        return chr(int(octal, 8) & 0xFF)
    code = int(digits[1:], 16) if digits else 0
    return (chr(code) if code < 0x110000 else "\ufffd") if digits else _LETTERS.get(letter, match[0])


_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "'": "'", '"': '"', "\\": "\\", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v", "?": "?"}
_ESCAPE = re.compile(r"\\(?:(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))", re.DOTALL)
_VARIABLE = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_ASSIGNED = re.compile(r"""^[ \t]*(?:export[ \t]+|set[ \t]+)?([A-Za-z_]\w*)=(["']?)([^\s"'`$()]+)\2[ \t]*;?[ \t]*\r?$""", re.MULTILINE)
_OPTION = re.compile(r"[ \t]*--?[A-Za-z]")
_REST = r"""
    | (?P<comment>(?<=\s)\#[^\n]*)
    | (?P<here>(?<=\s)<<-?[ \t]*["']?(?P<mark>\w+)["']?)
    | (?P<redirect>(?<=\s)(?:\d?>>?|<)(?:&\d|[ \t]*[^\s;|&]+))
    | (?P<space>(?!\n)\s+|\n)
    | (?P<end>[;&](?=\s|&|$)|\||\)|`)
    | (?P<plain>\$\{?\w+\}?|[^\s'"\\$;&|)`^<>\#]+|.)
"""
_TOKEN = {
    "bash": re.compile(
        r"""(?P<join>\\[ \t]*\r?\n) | (?P<raw>'[^']*') | (?P<ansi>\$'(?:[^'\\]|\\.)*') | (?P<quoted>\$?"(?:[^"\\]|\\.)*") | (?P<escaped>\\.)""" + _REST,
        re.VERBOSE | re.DOTALL,
    ),
    "cmd": re.compile(r"""(?P<raw>'[^'\n]*') | (?P<quoted>"(?:[^"\\]|\\.|"")*")""" + _REST, re.VERBOSE | re.DOTALL),
    "powershell": re.compile(
        r"""(?P<join>[`\\][ \t]*\r?\n) | (?P<raw>'(?:[^']|'')*') | (?P<quoted>"(?:[^"\\`]|\\.|`.|"")*")""" + _REST, re.VERBOSE | re.DOTALL
    ),
}
