"""What holds for a whole API, whatever the operation: what it tells browsers, its rate limits, and where its version stands."""

import re
from typing import Any

from agent.spec.model import Operation
from agent.spec.names import words_of
from agent.spec.summary import Node, Route, Summary
from agent.spec.values import kind_of


def cors(summary: Summary, origin: str) -> dict[str, Any]:
    """What the origin told browsers; empty if none of its answers spoke of it, which is an answer too for who wants to call it from a page.

    Only a preflight says which methods are allowed. Without one, those are told with which a page was let in.
    """
    samples = summary.cors.get(origin, {})
    if "access-control-allow-origin" not in samples:
        return {}

    def values(name: str) -> list[str]:
        sample = samples.get(name)
        return sorted(sample.values, key=lambda value: (-sample.values[value], value)) if sample else []

    def listed(name: str) -> list[str]:
        return sorted({part.strip() for value in values(f"access-control-{name}") for part in value.split(",") if part.strip()})

    methods = sorted({method.upper() for method in listed("allow-methods")})
    age = next((int(value) for value in values("access-control-max-age") if value.lstrip("-").isdigit()), None)
    found: dict[str, Any] = {
        "allow_origin": values("access-control-allow-origin")[0],
        "credentials": "true" in values("access-control-allow-credentials"),
        "allow_methods": methods,
        "allow_headers": listed("allow-headers"),
        "max_age": age,
    }
    found |= {"expose_headers": exposed} if (exposed := listed("expose-headers")) else {}
    return found | ({"heard_methods": heard} if not methods and (heard := sorted(values("method"))) else {})


def rate_limit(routes: list[Route]) -> dict[str, Any] | None:
    """The headers that tell limits, the largest limit told, and how many calls were refused for it."""
    limits: dict[str, int] = {}
    refused = sum(outcome.seen.count for route in routes for status, outcome in route.outcomes.items() if status == "429")
    for route in routes:
        for outcome in route.outcomes.values():
            for name, node in outcome.headers.items():
                if "ratelimit" in name.replace("-", "") or name == "retry-after":
                    limits[name] = max(limits.get(name, 0), _most(node))
    limit = next((limits[name] for name in sorted(limits) if name.endswith(("limit", "policy")) and limits[name]), None)
    return {"headers": sorted(limits), "limit": limit, "refused": refused} if limits or refused else None


def _most(node: Node) -> int:
    """The largest number that a header said, alone or as in `100, 100;w=60` and `"default";q=100;w=60`."""
    told = [re.search(r"(?:\bq=|^)(\d{1,15})", text) for text in (node.sample.values if node.sample else ())]
    return max([int(node.high or 0), *(int(found[1]) for found in told if found)])


def versioning(operations: tuple[Operation, ...]) -> dict[str, Any] | None:
    """Where the version stands: in paths, as a number or as one date that they all begin with, in a header, or in the query."""
    leading = [operation.template.split("/")[1:4] for operation in operations]
    in_path = sorted({part for parts in leading for part in parts if kind_of(part) == "version"})
    if not in_path and leading and len({parts[0] for parts in leading}) == 1 and kind_of(leading[0][0]) == "date":
        in_path = leading[0][:1]
    in_header, in_query = (
        sorted({one.name for operation in operations for one in operation.parameters if one.where == where and is_version(one.name)})
        for where, is_version in (("header", _is_version_header), ("query", _is_version_query))
    )
    where = "path" if in_path else "header" if in_header else "query"
    found = {"where": where, "values": in_path, "names": in_header, "queries": in_query}
    return {key: value for key, value in found.items() if value} if in_path or in_header or in_query else None


def _is_version_header(name: str) -> bool:
    """The API's: a client's own version says nothing of it."""
    words = words_of(name)
    return "version" in words and not {"app", "client", "sdk", "os", "device", "browser"} & {*words}


def _is_version_query(name: str) -> bool:
    return "".join(words_of(name)) == "apiversion"
