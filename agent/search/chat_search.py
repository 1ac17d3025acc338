"""Chats by what was said in them: full-text over messages and titles, ranked, one's own only.

A chat is found once, by its best message. Titles count more than messages, and newer ones a little more than older ones.
First the newest chats are read through, which is enough for whatever is common; what is rare is asked of the inverted index.
Where words find little, titles that are spelt alike are offered too.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.search.search_terms import Piece, Wanted, alike_within, marked, plain, tsquery, words_of
from db import engine

_NEWEST_TITLES = 1_000
_FEW, _ENOUGH = 3, 60
_ALIKE = 0.3


class FoundChat(msgspec.Struct, frozen=True):
    """`message_id` is the message to go to; None where the title was found."""

    chat_id: UUID
    title: str
    message_id: UUID | None
    role: str | None
    snippet: list[Piece]
    at: datetime
    score: float


async def search(actor: Actor, wanted: Wanted, *, limit: int = 20) -> list[FoundChat]:
    """Best first. Filters that only calls know find nothing here."""
    if wanted.is_about_calls or wanted.api:
        return []
    query = tsquery(wanted)
    if not query:
        return []
    values = (actor.user_id, query, wanted.role, wanted.since, wanted.until, limit)
    async with engine.connection() as connection:
        rows = await connection.fetch(_RECENT, *values)
        if not rows or rows[0]["hits"] < _ENOUGH:
            rows = await connection.fetch(_ALL, *values)
        stems = await connection.fetchval(_STEMS, words_of(wanted)) or []
        near = await connection.fetch(_TITLES, actor.user_id, _NEWEST_TITLES) if len(rows) < _FEW and not wanted.role and wanted.terms else []
    words = [*words_of(wanted), *stems]
    found = [
        FoundChat(
            row["chat_id"], row["title"] or "", row["message_id"], row["role"], marked(plain(row["said"] or row["title"] or ""), words), row["at"], row["score"]
        )
        for row in rows
    ]
    known = {one.chat_id for one in found}
    return [*found, *(one for one in _near(near, wanted) if one.chat_id not in known)][:limit]


def _near(rows: list[object], wanted: Wanted) -> list[FoundChat]:
    """Titles in which every word has one that is spelt alike."""
    found: list[FoundChat] = []
    for row in rows:
        title = str(row["title"])  # type: ignore[index]  # a record
        score = min((alike_within(term.lower(), title) for term in wanted.terms), default=0.0)
        within = (wanted.since is None or row["at"] >= wanted.since) and (wanted.until is None or row["at"] < wanted.until)  # type: ignore[index]
        if score >= _ALIKE and within:
            found.append(FoundChat(row["chat_id"], title, None, None, marked(title, []), row["at"], score / 100))  # type: ignore[index]
    return sorted(found, key=lambda one: -one.score)


_STEMS = "SELECT array_agg(DISTINCT stem) FROM unnest($1::text[]) AS word, unnest(ts_lexize('english_stem', word)) AS stem"
_TITLES = "SELECT id AS chat_id, title, last_message_at AS at FROM chat_sessions WHERE user_id = $1 AND title IS NOT NULL ORDER BY id DESC LIMIT $2"
_RECENT_HITS = """
SELECT m.id, m.chat_session_id, m.role, m.timestamp, m.words
FROM (SELECT id FROM chat_sessions WHERE user_id = $1 ORDER BY last_message_at DESC LIMIT 150) c
CROSS JOIN LATERAL (SELECT * FROM chat_messages WHERE chat_session_id = c.id ORDER BY id DESC LIMIT 100) m
WHERE m.words @@ (SELECT query FROM q)
"""
_ALL_HITS = """
SELECT m.id, m.chat_session_id, m.role, m.timestamp, m.words FROM chat_messages m
WHERE m.words @@ (SELECT query FROM q) AND m.chat_session_id IN (SELECT id FROM chat_sessions WHERE user_id = $1)
"""
_WITHIN = """
AND ($3::text IS NULL OR m.role = $3) AND ($4::timestamptz IS NULL OR m.timestamp >= $4) AND ($5::timestamptz IS NULL OR m.timestamp < $5)
"""
_RANKED = """
WITH q AS (SELECT to_tsquery('english', $2) AS query),
hits AS ({hits}),
ranked AS (
  SELECT DISTINCT ON (chat_session_id) chat_session_id AS chat_id, id AS message_id, role, timestamp AS at, ts_rank_cd(words, (SELECT query FROM q), 1) AS rank
  FROM hits ORDER BY chat_session_id, rank DESC, id DESC
),
titled AS (
  SELECT id AS chat_id, last_message_at AS at FROM chat_sessions WHERE user_id = $1 AND search_words(title) @@ (SELECT query FROM q)
  AND $3::text IS NULL AND ($4::timestamptz IS NULL OR last_message_at >= $4) AND ($5::timestamptz IS NULL OR last_message_at < $5)
),
best AS (
  SELECT coalesce(r.chat_id, t.chat_id) AS chat_id, r.message_id, r.role, coalesce(r.at, t.at) AS at,
    (coalesce(r.rank, 0) + CASE WHEN t.chat_id IS NULL THEN 0 ELSE 1 END) / (1 + extract(epoch FROM now() - coalesce(r.at, t.at)) / 31536000.0) AS score
  FROM ranked r FULL JOIN titled t ON t.chat_id = r.chat_id ORDER BY score DESC, at DESC LIMIT $6
)
SELECT b.chat_id, b.message_id, b.role, b.at, b.score::float AS score, c.title, left(said_text(m.content), 50000) AS said, (SELECT count(*) FROM hits) AS hits
FROM best b JOIN chat_sessions c ON c.id = b.chat_id LEFT JOIN chat_messages m ON m.id = b.message_id ORDER BY b.score DESC, b.at DESC
"""
_RECENT = _RANKED.format(hits=f"{_RECENT_HITS}{_WITHIN} LIMIT 1000")
_ALL = _RANKED.format(hits=f"{_ALL_HITS}{_WITHIN} ORDER BY m.id DESC LIMIT 1000")
