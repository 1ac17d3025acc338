"""Reads GraphQL documents: the operations and fragments of a request, their selections, variables and arguments. Whatever was sent as one is read leniently."""

import re

import msgspec

_LEXEME = r'(?a)"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*+"?|#[^\n]*|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[!$&()\[\]{}:=@|]'
_TYPE = r"\[*[A-Za-z_]\w*(?:!?\])*!?"
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ROOTS = ("query", "mutation", "subscription")
_DEPTH_MAX = 16


class Given(msgspec.Struct):
    """A value in a document. `kind` is `variable`, `enum`, `list`, `object`, `null` or the type of a literal; `text` names a variable or a value of an enum."""

    kind: str
    text: str = ""
    inner: "list[tuple[str, Given]]" = []


class Selection(msgspec.Struct):
    """One selected field, fragment spread (`name` begins with `...`) or inline fragment (`name` is `...`)."""

    name: str
    alias: str = ""
    on: str = ""
    arguments: dict[str, Given] = {}
    inner: "list[Selection]" = []


class Document(msgspec.Struct):
    """The operations and fragments of one request."""

    operations: list[tuple[str, dict[str, str], list[Selection]]] = []
    fragments: dict[str, tuple[str, list[Selection]]] = {}
    defaults: list[tuple[str, Given]] = []
    """By the type that a variable declares, what it is where it is not sent."""


def parse(text: str) -> Document:
    """Reads a document leniently: what cannot be read is left out."""
    document, tokens, at = Document(), [word for word in re.findall(_LEXEME, text) if word[0] != "#"], 0
    while at < len(tokens):
        if tokens[at] == "fragment" and at + 3 < len(tokens) and _NAME.fullmatch(tokens[at + 3]):
            name, on = tokens[at + 1], tokens[at + 3]
            selections, at = _selections(tokens, _find(tokens, at, "{"), 0)
            document.fragments[name] = (on, selections)
        elif tokens[at] in _ROOTS or tokens[at] == "{":
            kind = tokens[at] if tokens[at] in _ROOTS else "query"
            start = (
                _find(tokens, at, "{") if tokens[at] == "{" or "(" not in tokens[at : at + 3] else _find(tokens, _closing(tokens, _find(tokens, at, "(")), "{")
            )
            variables = _variables(tokens[at:start], document.defaults)
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


def _variables(tokens: list[str], defaults: list[tuple[str, Given]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index, word in enumerate(tokens):
        if word == "$" and index + 3 < len(tokens) and tokens[index + 2] == ":":
            end = index + 3
            while end < len(tokens) and tokens[end] not in ("$", "=", ")", "@"):
                end += 1
            written = "".join(tokens[index + 3 : end])
            if re.fullmatch(_TYPE, written) and written.count("[") == written.count("]"):
                found[tokens[index + 1]] = written
                if end + 1 < len(tokens) and tokens[end] == "=":
                    defaults.append((re.sub(r"[\[\]!]", "", written), _given(tokens, end + 1, 0)[0]))
    return found


def _selections(tokens: list[str], at: int, depth: int) -> tuple[list[Selection], int]:
    """The selections in the braces at `at`, and where they end."""
    found: list[Selection] = []
    at += 1
    while at < len(tokens) and tokens[at] != "}":
        word = tokens[at]
        if word == "..." and at + 1 < len(tokens):
            at += 1
            if tokens[at] == "on" and at + 1 < len(tokens) and _NAME.fullmatch(tokens[at + 1]):
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


def _arguments(tokens: list[str]) -> dict[str, Given]:
    found: dict[str, Given] = {}
    index = 0
    while index + 2 < len(tokens):
        if tokens[index + 1] != ":" or not _NAME.fullmatch(tokens[index]):
            index += 1
            continue
        name = tokens[index]
        found[name], index = _given(tokens, index + 2, 0)
    return found


def _given(tokens: list[str], at: int, depth: int) -> tuple[Given, int]:
    """The value at `at`, and what comes behind it."""
    word = tokens[at]
    if word == "$":
        return Given("variable", tokens[at + 1] if at + 1 < len(tokens) else ""), at + 2
    if word not in ("[", "{"):
        return Given(_literal_kind(word), word), at + 1
    end = _closing(tokens, at)
    if depth >= _DEPTH_MAX:
        return Given("null"), end
    inner: list[tuple[str, Given]] = []
    at += 1
    while at < end - 1:
        is_named = word == "{" and at + 2 < end - 1 and tokens[at + 1] == ":" and _NAME.fullmatch(tokens[at]) is not None
        if word == "{" and not is_named:
            at += 1
            continue
        name = tokens[at] if is_named else ""
        one, at = _given(tokens, at + 2 * is_named, depth + 1)
        inner.append((name, one))
    return Given("object" if word == "{" else "list", inner=inner), end


def _literal_kind(value: str) -> str:
    if value[:1] == '"':
        return "String"
    if value in ("true", "false"):
        return "Boolean"
    if re.match(r"-?\d", value):
        return "Float" if re.search(r"[.eE]", value) else "Int"
    return "enum" if value != "null" and _NAME.fullmatch(value) else "null"
