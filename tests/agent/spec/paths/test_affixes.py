"""What stands around a value: of the template, or of the value."""

import json

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.paths.affixes import parts_of

_JSON = (("content-type", "application/json"),)


def _templates(paths: list[str]) -> set[str]:
    calls = [
        Exchange(path, "GET", "https://api.example" + path, 200, (), b"", _JSON, json.dumps({"title": path, "size": 1, "owner": "x", "tags": ["y"]}).encode())
        for path in [*paths, "/status", "/about/terms"]
    ]
    return {operation.template for operation in conclude(observe_all(calls)).operations} - {"/status", "/about/terms"}


@pytest.mark.parametrize(
    ("paths", "template"),
    [
        (["/works/OL1001W.json", "/works/OL2002W.json", "/works/OL3003W.json"], "/works/{work_id}.json"),
        (["/files/docs%2Fa.png", "/files/docs%2Fb.txt", "/files/notes%2Fc.md"], "/files/{file_id}"),
        (["/rooms/!aB3dE5gH7jK9mN:home.example", "/rooms/!zY8xW6vU4tS2rQ:home.example"], "/rooms/{room_id}"),
        (["/call/+4917012345678", "/call/+14155550100"], "/call/{call_id}"),
        (["/reactions/%F0%9F%91%8D", "/reactions/%F0%9F%98%80"], "/reactions/{reaction_id}"),
        (["/root:/blue%20sky:/content", "/root:/my%20notes:/content", "/root:/a%20plan:/content"], "/root:/{root_id}:/content"),
        (["/packages/@wild%2Fvue", "/packages/@red%2Fforms", "/packages/forms%2Fred", "/packages/@old%2Fkit"], "/packages/{package_id}"),
        (["/drive/root:/a%2Fb.md", "/drive/root:/c%2Fd.md", "/drive/root:/c%2Fe.md"], "/drive/root:/{root_id}"),
        (["/branches/main", "/branches/feature%2Fsigns", "/branches/fix%2Fcolons", "/branches/fix%2Fnames"], "/branches/{branch_id}"),
    ],
)
def test_an_affix_of_all_is_of_the_template_and_one_that_varies_of_the_value(paths: list[str], template: str) -> None:
    """`.json` for all stays outside; file suffixes, signs and pictures go with the value."""
    assert _templates(paths) == {template}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (
            ["/7/image7", "/9/image12", "/4/image31", "/4/image8", "/9/image3", "/4/restart", "/7/locate"],
            {"/{id}/image{image}", "/{id}/restart", "/{id}/locate"},
        ),
        (
            [f"/{kind}/page-{number}" for kind, numbers in (("feeds", (2, 3, 9)), ("shows", (2, 7, 12))) for number in numbers],
            {"/feeds/page-{page}", "/shows/page-{page}"},
        ),
        (["/rooms/room12", "/rooms/room7", "/rooms/room3", "/east/rooms/room31", "/east/rooms/room8"], {"/rooms/{room_id}", "/east/rooms/{room_id}"}),
    ],
)
def test_a_word_before_numbers_is_of_the_template_unless_it_names_what_is_before(paths: list[str], expected: set[str]) -> None:
    """Pages of several lists, images beside actions, and rooms among rooms."""
    assert _templates(paths) == expected


def test_custom_verbs_stay_apart() -> None:
    """The same value with several suffixes: each suffix is an operation."""
    paths = [f"/topics/{topic}{verb}" for topic in ("topic-9f8e7d6c", "topic-1a2b3c4d", "topic-5e6f7a8b") for verb in ("", ":publish", ":pull")]
    assert _templates(paths) == {"/topics/{topic_id}", "/topics/{topic_id}:publish", "/topics/{topic_id}:pull"}


@pytest.mark.parametrize(
    ("values", "template"),
    [
        (("EUR:USD", "EUR:GBP", "CHF:USD", "GBP:USD"), "/things/{thing_id}:{thing_id_2}"),
        (("12,40", "7,18", "103,22"), "/things/{thing_id},{thing_id_2}"),
        (("3:14", "8:2", "11:30"), "/things/{thing_id}:{thing_id_2}"),
        (("rose@v2.1", "rose@v2.2", "fern@v2.1", "moss@v2.2"), "/things/{thing_id}@{thing_id_2}"),
        (("plan.csv", "plan.json", "plan.xml", "cost.csv", "cost.json"), "/things/{thing_id}.{thing_id_2}"),
        (("12,40", "7,18,9", "103,22", "5,6"), "/things/{thing_id}"),
        (("anna@a.example", "ben@a.example", "ben@b.example", "dora@b.example"), "/things/{thing_email}"),
    ],
)
def test_two_values_in_one_segment_are_two_parameters(values: tuple[str, ...], template: str) -> None:
    """Where both vary freely, or are numbers in all; lists, names with a sign and addresses are one value."""
    assert _templates([f"/things/{value}" for value in values]) == {template}


def test_a_name_with_a_sign_is_one_value() -> None:
    """`@anna:home` names one user of one server."""
    values = ("@anna:home", "@ben:home", "@ben:work", "@carla:work")
    assert not any(parts.joint for parts in parts_of({value: [] for value in values}, 1).values())


def test_each_of_two_values_has_its_examples() -> None:
    """The parameters of one segment are described one by one."""
    calls = [Exchange(pair, "GET", f"https://api.example/books/{pair}", 200) for pair in ("EUR:12", "EUR:17", "CHF:12", "GBP:17")]
    (operation,) = conclude(observe_all(calls)).operations
    assert [(parameter.name, parameter.schema) for parameter in operation.parameters] == [("book_id", {"type": "string"}), ("book_id_2", {"type": "integer"})]


def test_what_follows_a_colon_once_is_of_the_value() -> None:
    """`anna` of `user:anna` is no verb; `publish` that follows two values is one, and so is what follows an id or a value that is there without it."""
    found = parts_of({value: [] for value in ("user:anna", "user:ben", "one:publish", "two:publish", "12:cancel", "three", "three:stop")}, 1)
    assert {value for value, parts in found.items() if parts.after} == {"one:publish", "two:publish", "12:cancel", "three:stop"}


def test_a_sign_that_only_some_siblings_have_is_of_the_template() -> None:
    """`/@anna` beside `/status`."""
    assert _templates(["/@anna_7/posts", "/@ben_k/posts", "/@carla.9/posts", "/@dana_x/posts"]) == {"/@{id}/posts"}
