"""GraphQL on one line as people read it: a field a line, indented. What has line breaks already stays as its author wrote it. Nothing is checked."""

import re

_TOKEN = re.compile(r'"""(?:\\"""|.)*?"""|"(?:\\.|[^"\\\n])*"|\.\.\.|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\w+|[{}()\[\]:=!|&@$,]', re.DOTALL)
_LONGEST = 100_000


def pretty(query: str) -> str:
    """The same tokens in the same order."""
    pieces = _TOKEN.findall(query)
    if "\n" in query.strip() or len(query) > _LONGEST or _bare("".join(pieces)) != _bare(query):
        return query
    lines: list[str] = []
    line, depth, parentheses = "", 0, 0
    for piece in pieces:
        if parentheses or piece in "()":
            parentheses += (piece == "(") - (piece == ")")
            line = _joined(line, piece)
        elif piece == "{":
            lines.append("  " * depth + f"{line} {{".strip())
            line, depth = "", depth + 1
        elif piece == "}":
            lines += ["  " * depth + line] if line else []
            depth = max(depth - 1, 0)
            lines.append("  " * depth + "}")
            line = ""
        elif piece != ",":
            if depth and line and not _goes_on(line, piece):
                lines.append("  " * depth + line)
                line = ""
            line = _joined(line, piece)
    return "\n".join(lines + ([line] if line else []))


def _bare(text: str) -> str:
    return "".join(text.split())


def _goes_on(line: str, piece: str) -> bool:
    """Whether a piece belongs to the field that is being written."""
    return piece in (":", "@") or line.endswith((": ", "@", "...")) or (line == "... on")


def _joined(line: str, piece: str) -> str:
    if piece == ":":
        return line + ": "
    if piece == ",":
        return line + ", "
    if piece in ("=", "|", "&", "@"):
        return f"{line.rstrip()} {piece}" + ("" if piece == "@" else " ")
    if not line or line[-1] in " ([{@$" or piece in "!)]}" or piece == "(" or (line.endswith("...") and piece != "on"):
        return line + piece
    return f"{line} {piece}"
