"""What a value says about itself."""

import json

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.paths.affixes import Parts
from agent.spec.paths.reasons import Child, child_of, recall_values, weigh_together
from agent.spec.paths.tree import SLOT, Affix, Clusters, Context, Leaf

_JSON = (("content-type", "application/json"),)


def test_versioned_verbs_are_no_values() -> None:
    """Calls that are only sent to look alike (`copy_v2`, `move_v2`) and are answered alike, and each is an operation."""
    verbs = ("copy_v2", "move_v2", "delete_v2", "create_folder_v2", "search")
    calls = [
        Exchange(
            f"{verb} {turn}",
            "POST",
            f"https://api.example/api/files/{verb}",
            200,
            _JSON,
            json.dumps({f"{verb}_from": "x", f"{verb}_options": turn}).encode(),
            _JSON,
            json.dumps({"name": "x", "size": turn, "revision": "y", "is_locked": False}).encode(),
        )
        for verb in verbs
        for turn in range(3)
    ]
    assert {operation.template for operation in conclude(observe_all(calls)).operations} == {f"/api/files/{verb}" for verb in verbs}


def test_alike_looks_bind_no_verbs() -> None:
    """`copy_v2` and `move_v3` look alike as names of calls do; where they are no calls, as values do, unless they only have a word in common."""
    context = Context(set(), {}, Clusters([]), {}, {}, 0.5, 2, set(), {})
    for verb, values, expected in (({"verb": -1.5}, ("copy_v2", "move_v3"), False), ({}, ("copy_v2", "move_v3"), True), ({}, ("md5", "verify-md5"), False)):
        family = [Child(value, [], Parts("", value, ""), "mixed", 2, reasons={"looks": 1.2} | verb) for value in values]
        weigh_together(family, [], "api/files", context)
        assert all(("same looks" in child.reasons) is expected for child in family)


def test_underscores_around_a_word_join_nothing() -> None:
    """`__version__` is one word in a special place; `red_fox` is a name that somebody joined, where no literal is."""
    context = Context(set(), {}, Clusters([]), {}, {}, 0.5, 2, set(), {}, joined={"_": 2.0, "-": 2.0})
    for values, expected in ((("__api__", "__version__", "__ready__", "__beat__"), -0.8), (("red_fox", "old_oak", "big_cat", "new_sea"), 0.0)):
        family = [Child(value, [], Parts("", value, ""), "word", 1, reasons={"looks": -0.8}) for value in values]
        weigh_together(family, [], "v1", context)
        assert [child.reasons["looks"] for child in family] == [expected] * 4


def test_words_of_an_enumeration_may_be_spoken_elsewhere() -> None:
    """Three kinds that are the values of one parameter elsewhere are so here, though keys of bodies are called so; joined names, or two, may be operations."""
    for values, expected in ((("cidr", "country", "agent"), 0.0), (("by-edits", "by-size", "by-date"), -2.0), (("cidr", "country"), -2.0)):
        context = Context(set(), {}, Clusters([]), {}, {value: {"deny/all"} for value in values}, 0.5, 2, set(), {})
        family = [Child(value, [], Parts("", value, ""), "word", 2, reasons={"looks": -1.5, "words": -2.0}) for value in values]
        recall_values(family, "/allow/all", context)
        assert [child.reasons["words"] for child in family] == [expected] * len(values)


def test_what_stands_above_a_version_is_a_thing_not_a_collection() -> None:
    """`/packages/left-pad/1.3.0`, and on the other hand `/packages/recent/17`."""
    context = Context(set(), {}, Clusters([]), {}, {}, 0.5, 2, set(), {})

    def collection(name: str, below: str) -> float:
        segments = ("packages", name, below)
        leaf = Leaf("/".join(("", *segments)), segments, {}, [False, False, True], ["packages", name, SLOT], [Affix()] * 3)
        return child_of(name, [leaf], Parts("", name, ""), 1, "packages", context).reasons["collection"]

    assert collection("left-pad", "1.3.0") > collection("recent", "17")
