"""When a key that was never missing is a promise."""

from agent.spec.schemas.bodies import count
from agent.spec.schemas.pool import Pool
from agent.spec.schemas.presence import Chances, Held
from agent.spec.summary import Node


def _steady(number: int) -> list[Held]:
    return [Held(f"steady{at}", 40, 40) for at in range(number)]


def _changing(number: int) -> list[Held]:
    return [Held(f"changing{at}", 20, 40) for at in range(number)]


def test_an_api_that_never_leaves_a_key_out_is_trusted_at_once() -> None:
    """One object is enough there; where half of the keys come and go, it is not, and twenty are."""
    seldom, often = Chances([*_steady(60), *_changing(1), Held("id", 1, 1)]), Chances([*_steady(30), *_changing(30), Held("id", 1, 1)])
    assert Chances([*_steady(3), Held("id", 1, 1)]).missing("id", 1) == 0.0
    assert seldom.missing("id", 1) < 0.01 < 0.1 < often.missing("id", 1)
    assert often.missing("id", 20) < 0.005


def test_a_key_of_the_same_name_says_more_than_the_rest() -> None:
    """What is always there elsewhere is expected here; what comes and goes elsewhere is not."""
    heard = [*_steady(20), *_changing(20), *[Held("id", 30, 30)] * 4, *[Held("note", 9, 30)] * 4, Held("id", 2, 2), Held("note", 2, 2), Held("new", 2, 2)]
    chances = Chances(heard)
    assert chances.missing("id", 2) < chances.missing("new", 2) < chances.missing("note", 2)


def test_required_follows_the_ways_of_the_api() -> None:
    """The same single answer promises its keys in a steady API, and none in one whose keys come and go."""
    for gap, expected in ((1, ["brand", "price", "size", "stock"]), (2, None)):
        pool, others, single = Pool(), Node(), Node()
        for turn in range(40):
            count(others, {f"key{at}": "x" if at % 3 else at for at in range(30) if (turn + at) % gap == 0}, "")
        count(single, {"brand": "x", "price": 2, "size": 3, "stock": True}, "")
        pool.add(others, "others")
        pool.add(single, "single")
        pool.settle()
        assert pool.schema(single).get("required") == expected


def test_a_key_that_is_null_elsewhere_may_be_null_where_it_was_heard_seldom() -> None:
    """Twenty values are enough to think otherwise, and a name that nobody knows is believed at once."""
    often = [{"next": None if turn % 2 else "x", "first": "y"} for turn in range(40)]
    for times, expected in ((2, ["string", "null"]), (40, "string")):
        pool, others, page = Pool(), Node(), Node()
        for body in often:
            count(others, body, "")
        for _ in range(times):
            count(page, {"next": "x", "self": "z", "last": "y", "size": 3, "rows": True}, "")
        pool.add(others, "others")
        pool.add(page, "page")
        pool.settle()
        assert pool.schema(page)["properties"]["next"]["type"] == expected
        assert pool.schema(page)["properties"]["self"]["type"] == "string"


def test_where_null_is_common_a_value_heard_once_may_be_null() -> None:
    """In an API that often says null, and nowhere else, whatever the property is called."""
    for nulls, expected in ((0, "string"), (12, ["string", "null"])):
        pool, others, single = Pool(), Node(), Node()
        for turn in range(40):
            count(others, {f"key{at}": None if at < nulls and turn % 3 == 0 else "x" for at in range(30)}, "")
        count(single, {"brand": "x", "price": 2, "size": 3, "stock": True}, "")
        pool.add(others, "others")
        pool.add(single, "single")
        pool.settle()
        assert pool.schema(single)["properties"]["brand"]["type"] == expected
