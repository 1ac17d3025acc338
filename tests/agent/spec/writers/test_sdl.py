"""The GraphQL schema as a document."""

import msgspec
from graphql import build_schema

from agent.spec.model import Spec
from agent.spec.writers import sdl


def test_the_document_builds_whatever_the_title_is(hostile: Spec) -> None:
    """The title is a comment on one line."""
    spec = msgspec.structs.replace(hostile, graphql_sdl='type Query {\n  "a token such as sk_live_aB3dE5gH7jK9mN1p"\n  a: Int\n}')
    text = sdl.document(spec) or ""
    assert "a" in build_schema(text).query_type.fields and "aB3dE5gH" not in text  # type: ignore[union-attr]


def test_no_graphql_is_none(shop: Spec) -> None:
    """Rather than an empty document."""
    assert sdl.document(shop) is None
