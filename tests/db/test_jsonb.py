"""What a model or an upstream may send, as PostgreSQL takes it."""

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import jsonb

_TEXT = st.text(alphabet=st.characters(exclude_categories=()) | st.sampled_from("\0\\u0\ud800\udfff"), max_size=20)


@given(_TEXT)
def test_only_what_cannot_be_held_is_replaced(text: str) -> None:
    """NUL and lone surrogates; a backslash before `u0000` that somebody typed stays what it was."""
    kept = msgspec.json.decode(jsonb.encode({"t": text}))["t"]
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    assert kept == whole


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\\u0000", "\\\\\0", "😀\udc00"])
async def test_the_database_takes_it(database: asyncpg.Pool, text: str) -> None:
    """As a value and as a key."""
    assert await database.fetchval("SELECT jsonb_typeof($1::jsonb)", jsonb.encode({text: [text, {"x": text}]})) == "object"
