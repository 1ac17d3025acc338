"""Captured text in Markdown, where it can be nothing but text: escaped, as a code span, as a block of code. The document itself is in `markdown`."""

import re

from agent.spec.secrets.redact import mask_text


def escape(text: str) -> str:
    """Text in which nothing is markup, on one line."""
    flat = re.sub(r"\s+", " ", mask_text(text)).strip()
    flat = re.sub(r"([\\`*{}\[\]()#+!|~<>&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))", r"\\\1", flat)
    flat = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", flat)
    flat = re.sub(r"^([-=])", r"\\\1", flat)
    return re.sub(
        r"(?i)\b(https?|ftp|mailto|xmpp)(:)|\b(www)(\.)|@",
        lambda match: (match[1] or match[3] or "") + "\\" + (match[2] or match[4] or "@"),
        flat,
    )


def code(text: str) -> str:
    """Text in a code span, whatever back ticks it has; a bar is kept from splitting a table."""
    flat = re.sub(r"\s+", " ", mask_text(text)).strip()
    if not flat:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence, pad = (
        "`" * (longest + 1),
        " " if flat.startswith("`") or flat.endswith("`") else "",
    )
    return f"{fence}{pad}{flat}{pad}{fence}".replace("|", "\\|")


def fenced(text: str, language: str) -> str:
    """A code block that its text cannot close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
