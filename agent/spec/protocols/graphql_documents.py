"""Reads GraphQL documents: the operations and fragments of a request, their selections, variables and arguments. Whatever was sent as one is read leniently."""

import re

import msgspec

_LEXEME = r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*+"?|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[!$&()\[\]{}:=@|]'
_TYPE = r"\[*[A-Za-z_]\w*(?:!?\])*!?"
_ROOTS = ("query", "mutation", "subscription")
_DEPTH_MAX = 16


class Selection(msgspec.Struct):
    """One selected field, fragment spread (`name` begins with `...`) or inline fragment (`name` is `...`)."""

    name: str
    alias: str = ""
    on: str = ""
    arguments: dict[str, str] = {}
    inner: "list[Selection]" = []


class Document(msgspec.Struct):
    """The operations and fragments of one request."""

    operations: list[tuple[str, dict[str, str], list[Selection]]] = []
    fragments: dict[str, tuple[str, list[Selection]]] = {}


def parse(text: str) -> Document:
    """Reads a document leniently: what cannot be read is left out."""
    document, tokens, at = Document(), re.findall(_LEXEME, re.sub(r"#[^\n]*", "", text)), 0
    while at < len(tokens):
        if tokens[at] == "fragment" and at + 3 < len(tokens):
            name, on = tokens[at + 1], tokens[at + 3]
            selections, at = _selections(tokens, _find(tokens, at, "{"), 0)
            document.fragments[name] = (on, selections)
        elif tokens[at] in _ROOTS or tokens[at] == "{":
            kind = tokens[at] if tokens[at] in _ROOTS else "query"
            start = (
                _find(tokens, at, "{") if tokens[at] == "{" or "(" not in tokens[at : at + 3] else _find(tokens, _closing(tokens, _find(tokens, at, "(")), "{")
            )
            variables = _variables(tokens[at:start])
            selections, at = _selections(tokens, start, 0)
            document.operations.append((kind, variables, selections))
        else:
            at += 1
    return document


def _find(tokens: list[str], at: int, wanted: str) -> int:
    while at < len(tokens) and tokens[at] != wanted:
        at += 1
    return at


def _closing(tokens: list[str], at: int) -> int:
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] in "([{") - (tokens[index] in ")]}")
        if depth == 0:
            return index + 1
    return len(tokens)


def _variables(tokens: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index, word in enumerate(tokens):
        if word == "$" and index + 3 < len(tokens) and tokens[index + 2] == ":":
            end = index + 3
            while end < len(tokens) and tokens[end] not in ("$", "=", ")", "@"):
                end += 1
            written = "".join(tokens[index + 3 : end])
            if re.fullmatch(_TYPE, written) and written.count("[") == written.count("]"):
                found[tokens[index + 1]] = written
    return found


def _selections(tokens: list[str], at: int, depth: int) -> tuple[list[Selection], int]:
    """The selections in the braces at `at`, and where they end."""
    found: list[Selection] = []
    at += 1
    while at < len(tokens) and tokens[at] != "}":
        word = tokens[at]
        if word == "..." and at + 1 < len(tokens):
            at += 1
            if tokens[at] == "on" and at + 1 < len(tokens):
                selection, at = Selection("...", on=tokens[at + 1]), at + 2
            elif re.match(r"[A-Za-z_]", tokens[at]):
                selection, at = Selection("..." + tokens[at]), at + 1
            else:
                selection = Selection("...")
        elif not re.match(r"[A-Za-z_]", word):
            at += 1
            continue
        else:
            selection, at = Selection(word, alias=word), at + 1
            if at + 1 < len(tokens) and tokens[at] == ":" and re.match(r"[A-Za-z_]", tokens[at + 1]):
                selection.name, at = tokens[at + 1], at + 2
            if at < len(tokens) and tokens[at] == "(":
                end = _closing(tokens, at)
                selection.arguments, at = _arguments(tokens[at + 1 : end - 1]), end
        while at + 1 < len(tokens) and tokens[at] == "@":
            at = _closing(tokens, at + 2) if at + 2 < len(tokens) and tokens[at + 2] == "(" else at + 2
        if at < len(tokens) and tokens[at] == "{":
            if depth < _DEPTH_MAX:
                selection.inner, at = _selections(tokens, at, depth + 1)
            else:
                at = _closing(tokens, at)
        found.append(selection)
    return found, at + 1


def _arguments(tokens: list[str]) -> dict[str, str]:
    """Arguments by name: `$variable`, or the type of a literal."""
    found: dict[str, str] = {}
    index = 0
    while index + 2 < len(tokens):
        if index + 1 >= len(tokens) or tokens[index + 1] != ":":
            index += 1
            continue
        name, value = tokens[index], tokens[index + 2]
        if value == "$" and index + 3 < len(tokens):
            found[name], index = "$" + tokens[index + 3], index + 4
        elif value in ("{", "["):
            index = _closing(tokens, index + 2)
        else:
            found[name], index = _literal_type(value), index + 3
    return found


def _literal_type(value: str) -> str:
    if value[:1] == '"':
        return "String"
    if value in ("true", "false"):
        return "Boolean"
    return ("Float" if "." in value else "Int") if re.match(r"-?\d", value) else "String"
