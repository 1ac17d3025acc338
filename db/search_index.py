"""The words by which chats and documents are found: a text search column beside what was said and written, and its inverted index.

Words are cut at punctuation, so that a path, a host or an identifier is found by its parts, then stemmed as English; each Chinese,
Japanese or Korean character is a word, so that a phrase of them is found without a dictionary. See `agent.search.search_terms`.
"""

from db import engine

_WORDS = """
CREATE FUNCTION search_words(body text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('pg_catalog.english'::regconfig, regexp_replace(
    translate(lower(left(body, 200000)), '/-_.?&=%:,+~@!;()[]{}''"*$#|<>\\^`', repeat(' ', 38)), '([\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af])', ' \\1 ', 'g'))
$$;
CREATE FUNCTION said_text(content jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg(CASE block->>'type' WHEN 'text' THEN block->>'text' WHEN 'refusal' THEN block->>'text' WHEN 'attachment' THEN block->>'file_name'
    WHEN 'tool_result' THEN left(block->>'text', 4000) END, E'\\n') FROM jsonb_array_elements(content) AS block
$$;
"""

_COLUMNS = """
ALTER TABLE chat_messages ADD COLUMN words tsvector GENERATED ALWAYS AS (search_words(said_text(content))) STORED;
ALTER TABLE endpoint_documentation ADD COLUMN words tsvector GENERATED ALWAYS AS (search_words(markdown)) STORED;
CREATE INDEX chat_messages_words_idx ON chat_messages USING gin (words);
CREATE INDEX chat_sessions_words_idx ON chat_sessions USING gin (search_words(title));
CREATE INDEX endpoint_documentation_words_idx ON endpoint_documentation USING gin (words);
"""

_SHARES = """
CREATE INDEX shares_user_id_idx ON shares (user_id, id DESC);
CREATE TRIGGER shares_touch BEFORE UPDATE ON shares FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
INSERT INTO prompt_versions (id, prompt_id, version, text) SELECT new_id(), id, 1, text FROM prompts;
"""


async def find_words() -> None:
    """The columns and indexes of the search, and what shares and versions need beside their tables."""
    async with engine.connection() as connection:
        for statements in (_WORDS, _COLUMNS, _SHARES):
            await connection.execute(statements)
