"""Values that the syntax of a segment sets apart."""

import time

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.path_syntax import cut, hole_names


@pytest.mark.parametrize(
    ("segment", "text", "values"),
    [
        ("Users('anna')", "Users('{}')", ("anna",)),
        ("Lines(Order=1,Sku='a,b')", "Lines(Order={},Sku='{}')", ("1", "a,b")),
        ("map;zoom=3;at=1.2,-3", "map;zoom={};at={}", ("3", "1.2,-3")),
        ("year=2024", "year={}", ("2024",)),
        ("2024-01-01..2024-02-01", "{}..{}", ("2024-01-01", "2024-02-01")),
        ("2024-01-01:2024-02-01", "{}:{}", ("2024-01-01", "2024-02-01")),
        ("52.52,-13.405", "{},{}", ("52.52", "-13.405")),
        ("-8.5,13.4.json", "{},{}.json", ("-8.5", "13.4")),
        ("4211;lang=en;v=2", "{};lang={};v={}", ("4211", "en", "2")),
    ],
)
def test_syntax_cuts_values_out(segment: str, text: str, values: tuple[str, ...]) -> None:
    """OData keys, matrix parameters, named values and ranges need no siblings."""
    holed = cut(segment)
    assert holed is not None
    assert (holed.text, holed.values) == (text, values)
    assert len(hole_names(text)) == len(values)


@pytest.mark.parametrize(
    "segment", ["users", "Cancel()", "YWJjZA==", "YWJjx=", "a..b", "report (1).pdf", "f(", "x=", "(1)", "{}", "1,2", "10:30", "1.2", "12:cancel"]
)
def test_other_segments_are_left_alone(segment: str) -> None:
    """Base64, file names and empty calls have no holes."""
    assert cut(segment) is None


def test_holes_become_named_parameters() -> None:
    """Each hole is a path parameter with its own name, example and type; a credential among them leaves no example."""
    paths = ["/odata/Users('anna')/Orders", "/odata/Users('ben')/Orders", "/odata/Orders(7)", "/reports;year=2024;region=eu;token=s3cr3tS3cr3tS3cr3t99"]
    spec = conclude(observe_all(Exchange(path, "GET", "https://api.example" + path, 200) for path in paths))
    by_template = {operation.template: operation for operation in spec.operations}
    assert set(by_template) == {"/odata/Users('{user_id}')/Orders", "/odata/Orders({order_id})", "/reports;year={year};region={region};token={token}"}
    report = by_template["/reports;year={year};region={region};token={token}"]
    assert {parameter.name: parameter.example for parameter in report.parameters} == {"year": 2024, "region": "eu", "token": None}
    assert [parameter.schema for parameter in by_template["/odata/Orders({order_id})"].parameters] == [{"type": "integer"}]


@pytest.mark.parametrize("segment", ["a" * 100_000 + ";a=1", ";a=1,b" * 15_000, "a" * 100_000 + "('", "1." * 50_000])
def test_no_segment_holds_reading_up(segment: str) -> None:
    """Nor a template made of it."""
    began = time.thread_time()
    cut(segment)
    hole_names(segment)
    assert time.thread_time() - began < 2
