"""What the guide says of documents: that they were written, their text in a format, and what they tell of signing in, pages and limits.

The same tolerance as in `answers`: a composer gives "" where the result has nothing for it.
"""

import re
from collections.abc import Iterator
from typing import cast

from agent.providers.guide.markup import SHOWN, Data, clipped, fenced, rows
from agent.providers.guide.plan import Done


def documented(data: Data, done: Done) -> str:
    operations = [one for one in rows(data, "operations") if one.get("method")]
    title = data.get("endpoint") or data.get("name") or done.step.arguments.get("endpoint", "")
    title = cast("Data", title).get("name", "") if isinstance(title, dict) else title
    links = _links(data)
    if not operations and not links:
        return ""
    lines = "\n".join(f"- `{one['method']} {one.get('template') or one.get('path', '')}` {one.get('summary', '')}" for one in operations[:SHOWN])
    heading = (
        f"**{title}** is documented: {len(operations)} operation{'s' * (len(operations) != 1)}"
        + (f" from {data['calls']} call{'s' * (data['calls'] != 1)}" if data.get("calls") else "")
        + "."
    )
    return "\n\n".join(part for part in (heading, lines, f"Documents: {links}" if links else "") if part)


def text(data: Data, done: Done) -> str:
    said, kind = str(data.get("text") or done.result.text), str(data.get("format") or "markdown")
    link = f"[Open the {_FORMATS.get(kind, kind)} document]({data['url']})" if data.get("url") else _links(data)
    if not said:
        return link
    return "\n\n".join(part for part in (link, clipped(said) if kind == "markdown" else fenced(clipped(said), _FENCES.get(kind, "json"))) if part)


def paging(data: Data, done: Done) -> str:
    """How each operation is paged; where no call has shown it, the parameters that look like it."""
    link = f"\n\n[All documentation]({data['url']})" if data.get("url") else ""
    told = [f"- {operation}: {found[1]}" for operation, line in _lines(data) if (found := _PAGINATION.match(line))]
    if told:
        return "\n".join(dict.fromkeys(told[:_MOST_PAGED])) + (f"\n- … and {len(told) - _MOST_PAGED} more." if len(told) > _MOST_PAGED else "") + link
    taken: dict[str, list[str]] = {}
    for operation, line in _lines(data):
        if found := _PAGE_PARAMETER.match(line):
            taken.setdefault(operation, []).append(found[1])
    if taken:
        rows = "\n".join(f"- {operation}: {', '.join(names)}" for operation, names in list(taken.items())[:_MOST_PAGED])
        return f"No captured call has shown how one page follows another. These parameters look like it:\n\n{rows}{link}"
    return f"The captured calls show no pages or cursors.{link}"


def limits(data: Data, done: Done) -> str:
    """The documents' lines on how often one may call."""
    link = f"\n\n[All documentation]({data['url']})" if data.get("url") else ""
    lines = _telling(data, r"\brate[- ]?limit|\b429\b")
    return "\n".join(lines[:8]) + link if lines else f"The captured calls show no rate limit: no such header, and no answer 429.{link}"


def auth(data: Data, done: Done) -> str:
    """The documents' part on authentication."""
    said = str(data.get("text") or done.result.text)
    section = re.search(r"^(#+)[^\n]*\b(?:authenti|authori|security|credential)[^\n]*\n(.*?)(?=^#{1,6} |\Z)", said, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    told = [line for line in said.splitlines() if _CREDENTIAL.search(line) and not line.startswith("|")]
    lines = section[2].strip() if section else "\n".join(told)[:800]
    if not lines and re.search(r"^\| *401 *\|", said, re.MULTILINE):
        lines = "Some calls were answered with **401**, so it wants credentials; no captured call has shown any. Send one that is signed in, then say *document it*."
    link = f"\n\n[The whole documentation]({data['url']})" if data.get("url") else ""
    return f"{lines or 'The captured calls show no authentication.'}{link}"


def _telling(data: Data, pattern: str) -> list[str]:
    """The document's sentences on something, each once; no rows of tables, no examples."""
    found = dict.fromkeys(line for _, line in _lines(data) if re.search(pattern, line, re.IGNORECASE))
    return [line for line in found if not re.match(r"[\s|{}\[\]\"#]|Headers:", line)]


def _lines(data: Data) -> Iterator[tuple[str, str]]:
    """Each line of the document with the operation that it stands under."""
    operation = ""
    for line in str(data.get("text") or "").splitlines():
        if found := _OPERATION.match(line):
            operation = found[1]
        yield operation, line


def _links(data: Data) -> str:
    links = data.get("links")
    return " · ".join(f"[{_FORMATS.get(name, name)}]({url})" for name, url in cast("dict[str, str]", links).items() if url) if isinstance(links, dict) else ""


_FORMATS = {
    "openapi": "OpenAPI",
    "openapi.json": "OpenAPI (JSON)",
    "openapi.yaml": "OpenAPI (YAML)",
    "openapi-yaml": "OpenAPI (YAML)",
    "markdown": "Markdown",
    "typescript": "TypeScript",
    "graphql": "GraphQL",
    "postman": "Postman",
}
_FENCES = {"typescript": "ts", "graphql": "graphql"}
_OPERATION = re.compile(r"(`[A-Z]+ /[^`]*`) · ")
_PAGINATION = re.compile(r"\*\*Pagination\*\*: (.+)")
_PAGE_PARAMETER = re.compile(r"\| (`(?:\w+[._-])?(?:page|cursor|offset|limit|skip|after|before|start|per_?page|size)[\w\[\]]*`) \| query \|", re.IGNORECASE)
_MOST_PAGED = 12
_CREDENTIAL = re.compile(r"\b(bearer|api[- ]key|basic auth|authorization|cookie|token)\b", re.IGNORECASE)
