"""The GraphQL schema of a spec in SDL, as text that a parser accepts. What was concluded from queries is in `Spec.graphql_sdl`; this makes a document of it."""

import re

from agent.spec.model import Spec
from agent.spec.secrets.redact import mask_text


def document(spec: Spec) -> str | None:
    """None where no GraphQL was heard, or nothing of its schema could be told."""
    text = mask_text(spec.graphql_sdl).strip()
    if not text:
        return None
    title = re.sub(r"[^\x20-\x7e]+", " ", mask_text(spec.title))[:200]
    return f"# {title}, concluded from captured traffic.\n\n{text}\n"
