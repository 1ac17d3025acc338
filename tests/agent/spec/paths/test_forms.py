"""A suffix is a parameter where things come in the same several forms, and else written in the template."""

from agent.spec.paths.forms import common_endings_of, forms_of


def test_forms_of_most_things_are_chosen() -> None:
    """Three of four reports come as JSON and CSV; the one that was only heard as JSON has the choice too."""
    calls = {f"/{name}{suffix}": 2 for name in ("sales", "stock", "staff") for suffix in (".json", ".csv")} | {"/sites.json": 3}
    assert forms_of(calls) == {path: path[path.index(".") :] for path in calls}


def test_a_second_form_of_few_things_is_an_operation() -> None:
    """Invoices come as PDF too; everything else is JSON."""
    calls = {f"/{name}.json": 5 for name in ("orders", "customers", "products", "carts")} | {"/invoices/<int>.json": 5, "/invoices/<int>.pdf": 5}
    assert forms_of(calls) == {}


def test_files_keep_their_suffixes() -> None:
    """Each file has one form: its own."""
    assert forms_of({f"/files/{name}": 3 for name in ("a.png", "b.pdf", "c.txt", "d.csv", "e.json")}) == {}


def test_ids_in_several_forms_have_the_choice() -> None:
    """An id that was folded counts as one thing."""
    calls = {f"/{name}/<uuid>{suffix}": 4 for name in ("maps", "tiles", "routes") for suffix in (".json", ".xml")}
    assert forms_of(calls)["/maps/<uuid>.xml"] == ".xml"


def test_what_nearly_all_paths_end_with_is_no_part_of_their_values() -> None:
    """A few things have no suffix, or another one; where many have none, suffixes are part of values."""
    feeds = [f"/shows/{name}.atom" for name in ("lost", "fargo", "all", "lost/series", "fargo/series", "a-z", "soon", "search", "top")]
    assert common_endings_of([*feeds, "/status"]) == dict.fromkeys(feeds, ".atom")
    assert common_endings_of([*feeds, "/status", "/login", "/logo.png"]) == {}


def test_things_that_come_without_a_suffix_too_have_an_operation_for_each() -> None:
    """A widget is a page, a picture and data, each documented for itself."""
    calls = {f"/recipes/<int>/{name}{suffix}": 4 for name in ("taste", "price", "nutrition") for suffix in ("", ".json", ".png")}
    assert forms_of(calls) == {}
