"""Settings: what the environment says holds at every start, and a slip in it is told in a sentence."""

from collections.abc import Iterator

import pytest

from agent.config import origins, settings
from agent.errors import Problem
from tests.web.cli.shell import run


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_environment_holds_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was stored at an earlier start stands above it, and the page of settings says where each value is from."""
    monkeypatch.setenv("WIRETALK_RETENTION_DAYS", "7")
    monkeypatch.delenv("WIRETALK_SIGNUP", raising=False)
    shown = {origin.variable: origin for origin in origins()}
    assert (shown["WIRETALK_RETENTION_DAYS"].value, shown["WIRETALK_RETENTION_DAYS"].is_from_environment) == ("7", True)
    assert (shown["WIRETALK_SIGNUP"].value, shown["WIRETALK_SIGNUP"].is_from_environment) == ("true", False)


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "eighty"), ("WIRETALK_RETENTION_DAYS", "0"), ("WIRETALK_TRUSTED_PROXIES", "*"), ("WIRETALK_TITLES_BY_MODEL", "maybe")]
)
def test_a_slip_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """One sentence with the variable's name and what is wanted, in a shell with exit 2; the value may be a secret."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(Problem, match=f"`{variable}`: ") as refused:
        settings()
    assert value not in refused.value.detail or variable == "WIRETALK_TRUSTED_PROXIES"
    done = run("user", "list")
    assert done.returncode == 2 and done.stderr.startswith(f"`{variable}`: ".encode()) and b"Traceback" not in done.stderr
