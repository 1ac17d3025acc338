"""Fields that tell kinds, and echoes that distinguish."""

import json
from typing import Any

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all

_JSON = (("content-type", "application/json"),)


def _templates(bodies: dict[str, Any]) -> set[str]:
    calls = [Exchange(path, "GET", "https://api.example" + path, 200, (), b"", _JSON, json.dumps(body).encode()) for path, body in bodies.items()]
    return {operation.template for operation in conclude(observe_all(calls)).operations}


def test_a_field_that_names_the_kind_makes_no_parameter() -> None:
    """`"type": "articles"` below `/articles` says again what the path says, while `id` tells things of one kind apart."""
    fields = {"articles": ("title", "words"), "people": ("name", "born"), "comments": ("text", "votes"), "tags": ("color", "uses")}
    bodies: dict[str, Any] = {}
    for kind, names in fields.items():
        for word in ("bright-river", "cold-hill", "dark-wood"):
            bodies[f"/{kind}/{word}-{kind}"] = {"type": kind, "id": f"{word}-{kind}", **dict.fromkeys(names, 1)}
    assert _templates(bodies) == {"/articles/{article_id}", "/people/{person_id}", "/comments/{comment_id}", "/tags/{tag_id}"}


def test_all_of_an_api_below_one_named_kind_is_its_base() -> None:
    """A prefix that every body repeats stays literal."""
    bodies = {f"/pods/{part}": {"kind": "pods", part: 1, f"{part}_total": 2} for part in ("status", "metrics", "limits", "events")}
    assert _templates(bodies) == set(bodies)


def test_what_repeats_no_id_is_none() -> None:
    """Where every answer repeats its id, the answer to `/posts/latest` gives it away."""
    names = ["first-snow", "old-bridge", "night-train", "red-door", "last-call"]
    bodies = {f"/posts/{name}": {"slug": name, "title": "x", "body": "y", "likes": 1} for name in names}
    bodies["/posts/latest"] = {"slug": "last-call", "title": "x", "body": "y", "likes": 1}
    assert _templates(bodies) == {"/posts/latest", "/posts/{post_slug}"}


def test_two_plain_words_are_alternatives() -> None:
    """Sub-resources that follow one pattern stay literal, unless a body marks them as ids."""
    bodies = {
        f"/me/{word}{tail}": {"items": [{"saved": True, "at": "2024-01-01"}], "total": 1, "next": None}
        for word in ("albums", "tracks")
        for tail in ("", "/contains")
    }
    assert _templates(bodies) == set(bodies)


def test_a_name_beside_the_id_of_a_thing_is_its_kind() -> None:
    """Few calls of different methods, which nothing can be compared of: `type` is repeated where `id` repeats the id below."""
    bodies = {
        f"/v1/{kind}/{number}": {"data": {"type": kind, "id": str(number), "links": {"self": "x"}}}
        for kind, number in (("appInfos", 70311), ("idfaDeclarations", 80422), ("buildIcons", 90533))
    }
    methods = dict(zip(bodies, ("GET", "PATCH", "PUT"), strict=True))
    calls = [Exchange(path, methods[path], "https://api.example" + path, 200, (), b"", _JSON, json.dumps(body).encode()) for path, body in bodies.items()]
    found = {operation.template for operation in conclude(observe_all(calls)).operations}
    assert {template.rpartition("/")[0] for template in found} == {"/v1/appInfos", "/v1/idfaDeclarations", "/v1/buildIcons"}
