"""How the benchmarks say what they found: one JSON line per figure."""

import json
from collections.abc import Iterable


def said(bench: str, figures: Iterable[tuple[str, float, str]]) -> None:
    """Print each figure as it comes."""
    for name, value, unit in figures:
        print(json.dumps({"bench": bench, "figure": name, "value": round(float(value), 3), "unit": unit}), flush=True)
