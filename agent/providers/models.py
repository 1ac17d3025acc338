"""What is known about models beforehand: how much they read and write at once, and what a million tokens costs.

The figures are the list prices that the LiteLLM project published with its version 1.109.1 (MIT licence), read on 2026-11-21,
in US dollars. A model that is not here still works: then its cost is unknown, and its limits are a careful guess.
"""

import re
from typing import NamedTuple

from agent.providers.base import Usage

AS_OF = "2026-11-21"
SOURCE = "LiteLLM's model price table, version 1.109.1"


class Model(NamedTuple):
    """Tokens in and out at most; dollars for a million tokens read, written, read from a cache, written to a cache."""

    context: int
    output: int
    price_in: float
    price_out: float
    price_cached: float
    price_cache_write: float = 0.0


_SEEING = re.compile(r"^claude-|^gpt-(4o|4\.1|[5-9])|^o[34]|^gemini|vision|llava|pixtral|-vl\b|^gemma-?[34]|^llama-?4")

UNKNOWN = Model(32_000, 4_096, 0, 0, 0)

MODELS: dict[str, Model] = {
    "claude-fable-5": Model(1_000_000, 128_000, 10, 50, 1, 12.5),
    "claude-fable-5-1": Model(1_000_000, 128_000, 10, 50, 0.25, 12.5),
    "claude-haiku-4-5": Model(200_000, 64_000, 1, 5, 0.1, 1.25),
    "claude-haiku-5-5": Model(1_000_000, 128_000, 0.1, 0.5, 0.01, 0.125),
    "claude-opus-4-5": Model(200_000, 64_000, 5, 25, 0.5, 6.25),
    "claude-opus-4-6": Model(1_000_000, 128_000, 5, 25, 0.5, 6.25),
    "claude-opus-4-7": Model(1_000_000, 128_000, 5, 25, 0.5, 6.25),
    "claude-opus-4-8": Model(1_000_000, 128_000, 5, 25, 0.5, 6.25),
    "claude-opus-5": Model(1_000_000, 128_000, 5, 25, 0.5, 6.25),
    "claude-opus-5-5": Model(1_000_000, 128_000, 4, 20, 0.2, 5),
    "claude-sonnet-4-5": Model(200_000, 64_000, 3, 15, 0.3, 3.75),
    "claude-sonnet-4-6": Model(1_000_000, 128_000, 3, 15, 0.3, 3.75),
    "claude-sonnet-5": Model(1_000_000, 128_000, 2, 10, 0.2, 2.5),
    "claude-sonnet-5-5": Model(1_000_000, 128_000, 2, 10, 0.1, 2.5),
    "deepseek-v4-flash": Model(1_000_000, 393_216, 0.3, 1.2, 0.006),
    "deepseek-v4-pro": Model(1_000_000, 393_216, 1.32, 3.96, 0.044),
    "devstral-latest": Model(256_000, 256_000, 0.4, 2, 0.04),
    "gemini-2.5-flash": Model(1_048_576, 65_536, 0.3, 2.5, 0.03),
    "gemini-2.5-flash-lite": Model(1_048_576, 65_536, 0.1, 0.4, 0.01),
    "gemini-3.1-flash-lite": Model(1_048_576, 65_536, 0.25, 1.5, 0.025),
    "gemini-3.1-pro-preview": Model(1_048_576, 65_536, 2, 12, 0.2),
    "gemini-3.5-flash": Model(1_048_576, 65_536, 1.5, 9, 0.15),
    "gemini-3.5-flash-lite": Model(1_048_576, 65_536, 0.3, 2.5, 0.03),
    "gemini-3.6-flash": Model(1_048_576, 65_536, 0.75, 3.75, 0.075),
    "gemini-3.7-flash": Model(1_048_576, 65_536, 0.75, 3.75, 0.075),
    "gemini-3.8-flash": Model(1_048_576, 65_536, 0.75, 3.75, 0.075),
    "gpt-4.1": Model(1_047_576, 32_768, 2, 8, 0.5),
    "gpt-4.1-mini": Model(1_047_576, 32_768, 0.4, 1.6, 0.1),
    "gpt-4o": Model(128_000, 16_384, 2.5, 10, 1.25),
    "gpt-4o-mini": Model(128_000, 16_384, 0.15, 0.6, 0.075),
    "gpt-5": Model(272_000, 128_000, 1.25, 10, 0.125),
    "gpt-5-mini": Model(272_000, 128_000, 0.25, 2, 0.025),
    "gpt-5-nano": Model(272_000, 128_000, 0.05, 0.4, 0.005),
    "gpt-5.1": Model(272_000, 128_000, 1.25, 10, 0.125),
    "gpt-5.2": Model(272_000, 128_000, 1.75, 14, 0.175),
    "gpt-5.4": Model(1_050_000, 128_000, 2.5, 15, 0.25),
    "gpt-5.4-mini": Model(272_000, 128_000, 0.75, 4.5, 0.075),
    "gpt-5.4-nano": Model(272_000, 128_000, 0.2, 1.25, 0.02),
    "gpt-5.5": Model(1_050_000, 128_000, 5, 30, 0.5),
    "gpt-5.6": Model(922_000, 128_000, 4, 20, 0.4, 5),
    "gpt-5.6-luna": Model(922_000, 128_000, 0.2, 1.2, 0.02, 0.25),
    "gpt-5.6-sol": Model(922_000, 128_000, 4, 20, 0.4, 5),
    "gpt-5.6-terra": Model(922_000, 128_000, 2, 12, 0.2, 2.5),
    "gpt-6-astra": Model(922_000, 128_000, 10, 50, 1, 12.5),
    "gpt-6-luna": Model(922_000, 128_000, 0.1, 0.5, 0.01, 0.125),
    "gpt-6-sol": Model(922_000, 128_000, 2, 10, 0.2, 2.5),
    "gpt-6.1-sol": Model(922_000, 128_000, 2, 10, 0.1, 2.5),
    "gpt-6.1-terra": Model(922_000, 128_000, 1, 5, 0.05, 1.25),
    "gpt-oss-120b": Model(131_072, 65_536, 0.15, 0.6, 0.075),
    "gpt-oss-20b": Model(131_072, 65_536, 0.075, 0.3, 0.0375),
    "grok-4.3": Model(1_000_000, 1_000_000, 1.25, 2.5, 0.2),
    "grok-4.5": Model(500_000, 500_000, 2, 6, 0.3),
    "grok-4.6": Model(500_000, 500_000, 2, 6, 0.5),
    "grok-4.7": Model(500_000, 500_000, 2, 6, 0.5),
    "magistral-medium": Model(262_144, 262_144, 1.5, 7.5, 0.15),
    "mistral-large-latest": Model(262_144, 262_144, 0.5, 1.5, 0.05),
    "mistral-medium-latest": Model(262_144, 262_144, 1.5, 7.5, 0.15),
    "mistral-small-latest": Model(262_144, 262_144, 0.15, 0.6, 0.015),
}


def sees(name: str) -> bool:
    """Whether a model takes images, as far as its name tells: one that does not would refuse the whole conversation."""
    return bool(_SEEING.search(name.rsplit("/", 1)[-1].lower()))


def cost_micros(name: str, usage: Usage) -> int | None:
    """What a step cost in millionths of a US dollar, rounded; None where the model's price is unknown."""
    model = known(name)
    if model is None:
        return None
    plain = max(0, usage.input - usage.cache_read - usage.cache_write)
    read, written = usage.cache_read * model.price_cached, usage.cache_write * (model.price_cache_write or model.price_in)
    return round(plain * model.price_in + read + written + usage.output * model.price_out)


def longest_answer(name: str) -> int:
    """The tokens of one step at most. A model that is known writes long ones, and its thoughts count too; another's window may be small."""
    model = known(name)
    return min(model.output, 16_384) if model else 8_192


def dollars(tokens: int, micros: int) -> float | None:
    """A cost that was counted up; None where tokens were used and no price of them is known."""
    return micros / 1_000_000 if micros or not tokens else None


def known(name: str) -> Model | None:
    """By name, without a vendor in front (`openai/gpt-5.5`), with a date or `-latest` behind it; None where it is not in the table."""
    short = name.rsplit("/", 1)[-1].lower()
    while short not in MODELS:
        short, dash, last = short.rpartition("-")
        if not dash or not (last.isdigit() or last in {"latest", "preview", "exp"}):
            return None
    return MODELS[short]
