"""Paging by ranges: `Range: items=0-24` asks, `Content-Range: items 0-24/80` answers, or `Next-Range` says what to ask next. Parts of a file are no pages."""

import re

from agent.spec.model import Paging
from agent.spec.summary import Route

RANGE = "content-range"
NEXT = "next-range"
_OF_THINGS = r"(?!bytes\b)(?:[A-Za-z][\w-]*[ =])?\d+-\d+(?:/(?:\d+|\*))?"


def range_of(route: Route) -> Paging | None:
    """The pagination of a route whose calls ask for ranges of things in a header."""
    if "header:range" not in route.fields:
        return None
    headers = [outcome.headers for status, outcome in route.outcomes.items() if status[:1] == "2"]
    if any(NEXT in told for told in headers):
        return Paging("cursor", ("range",), NEXT, where="header")
    values = [value for told in headers if RANGE in told and (sample := told[RANGE].sample) for value in sample.values]
    return Paging("offset", ("range",), RANGE, where="header") if any(re.fullmatch(_OF_THINGS, value) for value in values) else None
