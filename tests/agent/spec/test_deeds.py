"""What is done and what is made, as the neighbours of an operation tell it."""

import json

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Operation
from agent.spec.observe import observe_all

_JSON = (("content-type", "application/json"),)
_CONTAINERS = ("start", "stop", "restart", "kill", "unpause")


def _told(*calls: str) -> dict[str, Operation]:
    """Operations by method and path, of calls such as `POST /pets` or `POST /pets 201`, each answered with `{"token": …}`."""
    heard = []
    for call in calls:
        method, path, status = (*call.split(" "), "200")[:3]
        heard += [
            Exchange(
                id=f"{call}{number}",
                method=method,
                url="https://api.example" + path.replace("{}", str(4711 + number)),
                status=int(status),
                response_headers=_JSON,
                response_body=json.dumps({"token": number, "done": True}).encode(),
            )
            for number in range(4)
        ]
    return {f"{one.method} {one.template}": one for one in conclude(observe_all(heard)).operations}


def _summaries(*calls: str) -> list[str]:
    return [one.summary for one in _told(*calls).values()]


def test_what_stands_beside_deeds_is_done_too() -> None:
    """`kill` is no thing that is created beside `start` and `stop`; the tag and the name of the operation follow."""
    found = _told(*(f"POST /v1/containers/{{}}/{verb}" for verb in _CONTAINERS))
    assert found["POST /v1/containers/{container_id}/kill"].id == "killContainer"
    assert found["POST /v1/containers/{container_id}/unpause"].summary == "Unpause a container"
    found = _told("POST /v1/remove_pages", "POST /v1/rotate_pages", "POST /v1/merge_files", "POST /v1/extract_pages")
    assert (found["POST /v1/extract_pages"].summary, found["POST /v1/extract_pages"].id) == ("Extract pages", "extractPages")
    assert found["POST /v1/extract_pages"].tags == ()


def test_an_api_that_says_what_is_done_says_it_everywhere() -> None:
    """Where most of what is posted names a deed, `discover_schema` does too, though nothing stands beside it; only what its words say is put elsewhere."""
    spoken = [f"POST /{noun}/{verb}" for noun in ("users", "teams", "files") for verb in ("create", "get", "delete")]
    found = _told(*spoken, "POST /schema_sources/discover_schema")
    done = found["POST /schema_sources/discover_schema"]
    assert (done.summary, done.id) == ("Discover schema of schema sources", "discoverSchemaSchemaSources")


@pytest.mark.parametrize(
    ("calls", "sentence"),
    [
        (("POST /v1/containers/{}/exec 201",), "Create an exec for a container"),
        (("POST /v1/containers/{}/mount", "GET /v1/containers/{}/mount"), "Create a mount for a container"),
        (("POST /v1/containers/{}/notes",), "Create a note for a container"),
        (("POST /v1/containers/{}/token",), "Create a token for a container"),
        (("POST /v1/session",), "Create a session"),
    ],
)
def test_what_is_made_among_deeds_is_made(calls: tuple[str, ...], sentence: str) -> None:
    """By its answer 201, by what can be got there, by its plural, as a field, or where nothing says whose it would be."""
    assert sentence in _summaries(*(f"POST /v1/containers/{{}}/{verb}" for verb in _CONTAINERS), *calls)


def test_what_is_got_by_its_id_is_one_unless_it_is_many() -> None:
    """A group in an envelope with a list in it is got; a plain list below an id is listed."""
    bodies: dict[str, object] = {"groups": {"groups": [{"admins": ["a"]}], "meta": {"version": "v2"}}, "games": [{"home": "a", "away": "b"}]}
    calls = [
        Exchange(f"{noun}{number}", "GET", f"https://api.example/{noun}/{4711 + number}", 200, response_headers=_JSON, response_body=json.dumps(body).encode())
        for noun, body in bodies.items()
        for number in range(4)
    ]
    assert [(one.id, one.summary) for one in conclude(observe_all(calls)).operations] == [("listGame", "List games"), ("getGroup", "Get a group")]


def test_calls_by_get_are_done_where_all_are_calls() -> None:
    """`GET /removeTag` beside `getTag` and `findTags` removes one; a GET and a POST of one call have two names that tell which."""
    calls = ("GET /getTag", "GET /getTags", "GET /findTags", "GET /removeTag", "POST /removeTag")
    found = _told(*calls)
    assert (found["GET /removeTag"].summary, found["POST /removeTag"].summary) == ("Remove tag (GET)", "Remove tag (POST)")
    assert (found["GET /removeTag"].id, found["POST /removeTag"].id) == ("removeTag", "removeTagByPost")
    assert _summaries("GET /removeTag") == ["Get the remove tag"]
