"""The tests of this folder wait for what they look for: an assertion on what a page shows just now holds on a quiet machine and fails on a busy one."""

import ast
from pathlib import Path

import pytest

LOOKS = {
    "all_inner_texts", "all_text_contents", "bounding_box", "content", "count", "eval_on_selector", "eval_on_selector_all", "evaluate", "get_attribute", "inner_html",
    "inner_text", "input_value", "is_checked", "is_disabled", "is_editable", "is_enabled", "is_hidden", "is_visible", "text_content", "title",
}  # fmt: skip
FILES = sorted(Path(__file__).parent.glob("*.py"))


def impatient(source: str) -> list[int]:
    """The lines that assert on one look, or on the address, or that sleep in place of waiting; a comment in the line may say why it is right."""
    lines = source.splitlines()
    found = {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Assert) and any(_looks(part) for part in ast.walk(node.test)))
        or (isinstance(node, ast.Expr) and _is_call(node.value, {"wait_for_timeout"}))
    }
    return sorted(line for line in found if "  # " not in lines[line - 1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_asserted_on_one_look(path: Path) -> None:
    """`expect` and `wait_for_function` wait; `count`, `is_visible`, `evaluate` and the like do not."""
    assert impatient(path.read_text()) == []


def test_an_impatient_line_is_found() -> None:
    """Both kinds, and not what waits or gives its reason."""
    bad = "async def t(page):\n assert await page.locator('a').count() == 1\n await page.wait_for_timeout(5)\n assert 'x' in page.url\n assert not await page.is_visible('a')\n"
    good = "async def t(page):\n await expect(page.locator('a')).to_have_count(1)\n await page.wait_for_timeout(5)  # nothing may come\n n = await page.title()\n assert n\n"
    assert impatient(bad) == [2, 3, 4, 5]
    assert impatient(good) == []


def _looks(node: ast.AST) -> bool:
    return (isinstance(node, ast.Await) and _is_call(node.value, LOOKS)) or (
        isinstance(node, ast.Attribute) and node.attr == "url" and getattr(node.value, "id", "") == "page"
    )


def _is_call(node: ast.AST, names: set[str]) -> bool:
    call = node.value if isinstance(node, ast.Await) else node
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in names
