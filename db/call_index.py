"""The index behind the filters of calls: the words of a call, one inverted index over them, and few others.

A word is a piece of the address between punctuation, in lower case, or a mark such as `m:post`, `s:404`, `c:4`. Marks that many calls
share cost a byte or two each, an ordinary index forty, so every filter is served by one index. See `agent.calls.capture_search`.
"""

from db import engine

_WORDS = """
CREATE FUNCTION call_words(endpoint_id uuid, source text, method text, url text, path text, status int, error jsonb, duration real) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(array_remove(array_cat(
    string_to_array(translate(lower(substr(url, strpos(url, '://') + 3, 400)), '/-_.?&=%:,+~@!;()[]{}''"*$#|<>\\^` ', repeat(' ', 40)), ' '),
    ARRAY['e:' || endpoint_id, 'o:' || source, 'm:' || lower(left(method, 40)), 's:' || coalesce(status, 0), 'c:' || coalesce(status / 100, 0),
      'n:' || least(length(path) - length(replace(path, '/', '')), 20),
      CASE WHEN error IS NOT NULL OR status >= 400 THEN 'f:1' ELSE '' END,
      CASE WHEN duration >= 100 THEN 'd:100' ELSE '' END, CASE WHEN duration >= 1000 THEN 'd:1000' ELSE '' END, CASE WHEN duration >= 10000 THEN 'd:10000' ELSE '' END]
  ), ''))
$$;
"""

_INDEXES = """
DROP INDEX IF EXISTS api_calls_endpoint_time_idx, api_calls_user_time_idx, api_calls_errors_idx, api_calls_pattern_idx;
CREATE INDEX api_calls_endpoint_time_idx ON api_calls (endpoint_id, timestamp DESC);
CREATE INDEX api_calls_user_id_idx ON api_calls (user_id);
CREATE INDEX api_calls_words_idx ON api_calls USING gin (call_words(endpoint_id, source, method, url, path, response_status, error, duration))
  WITH (gin_pending_list_limit = 1024);
"""


async def index_the_words_of_calls() -> None:
    """Replace the indexes of the first schema by the inverted one."""
    async with engine.connection() as connection:
        await connection.execute(_WORDS)
        await connection.execute(_INDEXES)
