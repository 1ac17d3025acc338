"""A user's text within a pattern of `LIKE`: its wildcards stand for themselves."""

import re


def escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
