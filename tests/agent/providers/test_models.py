"""The table of limits and prices."""

from datetime import date

import pytest

from agent.providers import catalogue, models


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("gpt-5.5", "gpt-5.5"),
        ("openai/gpt-5.5", "gpt-5.5"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-5-5-latest", "claude-sonnet-5-5"),
        ("gpt-5.5-pro", None),
        ("gpt-5-codex", None),
        ("qwen3:8b", None),
        ("", None),
    ],
)
def test_finds_a_model_by_any_of_its_names(name: str, entry: str | None) -> None:
    """Vendor, date and `latest` do not matter; another model of the same family is not guessed."""
    assert models.known(name) == (models.MODELS[entry] if entry else None)


def test_the_table_makes_sense() -> None:
    """It is dated and sorted, and reading costs less than writing, and less still from a cache."""
    assert date.fromisoformat(models.AS_OF)
    assert list(models.MODELS) == sorted(models.MODELS)
    for model in models.MODELS.values():
        assert model.output <= model.context
        assert 0 < model.price_cached < model.price_in < model.price_out


def test_an_unknown_price_is_not_nothing() -> None:
    """Tokens without a price cost an unknown sum; no tokens cost none."""
    assert [models.dollars(tokens, micros) for tokens, micros in ((0, 0), (10, 0), (10, 2_500_000))] == [0, None, 2.5]


def test_thoughts_leave_room_for_an_answer() -> None:
    """A known model may write more than it needs for its thoughts; one of unknown size is asked for less, and none for more than it can."""
    assert [models.longest_answer(name) for name in ("claude-sonnet-5-5", "qwen3:8b", "gpt-4o")] == [16_384, 8_192, 16_384]


def test_every_default_model_with_a_price_list_is_known() -> None:
    """Only a router's choice of model has no price of its own."""
    unknown = [preset.name for preset in catalogue.PRESETS if preset.default_model and not models.known(preset.default_model)]
    assert unknown == ["openrouter"]


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("claude-sonnet-5-5", True),
        ("openai/gpt-5.5", True),
        ("gemini-3.5-flash", True),
        ("llava:13b", True),
        ("deepseek-v4-pro", False),
        ("gpt-oss-120b", False),
        ("x", False),
    ],
)
def test_which_models_take_images(name: str, sees: bool) -> None:
    """As far as the name tells; in doubt none is sent, because a refused one would stop the conversation."""
    assert models.sees(name) is sees
