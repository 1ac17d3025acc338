"""Documents by their words: the newest of each of one's own APIs, with the heading under which the words stand."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.search.search_terms import Piece, Wanted, marked, plain, tsquery, words_of
from db import engine

_HEADING = re.compile(r"#{1,6}\s+(.+)")


class FoundDoc(msgspec.Struct, frozen=True):
    """A section of an API's documentation."""

    endpoint_id: UUID
    slug: str
    name: str
    heading: str
    snippet: list[Piece]
    at: datetime
    score: float


async def search(actor: Actor, wanted: Wanted, *, endpoint_id: UUID | None = None, limit: int = 20) -> list[FoundDoc]:
    """Best first."""
    query = tsquery(wanted)
    if not query or wanted.is_about_calls or wanted.role:
        return []
    async with engine.connection() as connection:
        rows = await connection.fetch(_SEARCH, actor.user_id, query, endpoint_id, wanted.since, wanted.until, limit)
        stems = await connection.fetchval("SELECT array_agg(DISTINCT s) FROM unnest($1::text[]) w, unnest(ts_lexize('english_stem', w)) s", words_of(wanted))
    words = [*words_of(wanted), *(stems or [])]
    return [_found(row["endpoint_id"], row["slug"], row["name"], row["markdown"], row["generated_at"], row["score"], words) for row in rows]


def section(markdown: str, words: list[str]) -> tuple[str, str]:
    """The heading and the text of the section that has most of the words."""
    best, best_score = ("", ""), -1.0
    heading, lines = "", list[str]()
    for line in [*markdown.splitlines(), "# "]:
        match = _HEADING.match(line + " ")
        if match is None:
            lines.append(line)
            continue
        text = "\n".join(lines)
        score = sum(2.0 * (word in heading.lower()) + (word in text.lower()) for word in words)
        if score > best_score and (heading or text.strip()):
            best, best_score = (heading, text), score
        heading, lines = match[1].strip().strip("`"), []
    return best


def _found(endpoint_id: UUID, slug: str, name: str, markdown: str, at: datetime, score: float, words: list[str]) -> FoundDoc:
    heading, text = section(markdown, words)
    return FoundDoc(endpoint_id, slug, name, heading.replace("`", "")[:160], marked(plain(text) or heading, words), at, score)


_SEARCH = """
SELECT e.id AS endpoint_id, e.slug, e.name, d.markdown, d.generated_at, ts_rank_cd(d.words, query, 1)::float AS score
FROM to_tsquery('english', $2) AS query, endpoints e
CROSS JOIN LATERAL (
  SELECT markdown, generated_at, words FROM endpoint_documentation d WHERE d.endpoint_id = e.id AND d.discovered_endpoint_id IS NULL ORDER BY d.id DESC LIMIT 1
) d
WHERE e.user_id = $1 AND ($3::uuid IS NULL OR e.id = $3) AND d.words @@ query AND d.markdown IS NOT NULL
AND ($4::timestamptz IS NULL OR d.generated_at >= $4) AND ($5::timestamptz IS NULL OR d.generated_at < $5)
ORDER BY score DESC, d.generated_at DESC LIMIT $6
"""
