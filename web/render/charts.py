"""Charts as inline SVG: geometry only. Colours come from the design tokens by class, so both themes fit; words are the template's."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 96
_GAP = 2.0


class Column(NamedTuple):
    """One bar: its parts from the bottom up with the class of each, and what it says when pointed at."""

    parts: tuple[tuple[str, float], ...]
    title: str


def bars(columns: Sequence[Column], label: str) -> Markup:
    """Stacked bars over a line, scaled to the highest."""
    most = max((sum(size for _, size in column.parts) for column in columns), default=0) or 1
    step = WIDTH / max(len(columns), 1)
    drawn = "".join(_column(column, index * step, step - _GAP, most) for index, column in enumerate(columns))
    return _svg(drawn, label)


def lines(series: Sequence[tuple[str, Sequence[float | None]]], titles: Sequence[str], label: str) -> Markup:
    """One line for each class; where there is no value the line is broken, and a value alone is a dot."""
    most = max((value for _, values in series for value in values if value is not None), default=0) or 1
    step = WIDTH / max(len(titles), 1)
    drawn = "".join(_line(name, values, step, most) for name, values in series)
    hover = "".join(
        f'<rect class="hover" x="{index * step:.1f}" y="0" width="{step:.1f}" height="{HEIGHT}"><title>{escape(title)}</title></rect>'
        for index, title in enumerate(titles)
        if title
    )
    return _svg(drawn + hover, label)


def _svg(inside: str, label: str) -> Markup:
    axis = f'<line class="axis" x1="0" y1="{HEIGHT}.5" x2="{WIDTH}" y2="{HEIGHT}.5"></line>'
    return Markup(  # noqa: S704  # numbers, classes of ours and escaped text
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT + 1}" preserveAspectRatio="none" role="img" aria-label="{escape(label)}">{axis}{inside}</svg>'
    )


def _column(column: Column, x: float, width: float, most: float) -> str:
    drawn, top = "", float(HEIGHT)
    for name, size in column.parts:
        if size:
            height = max(size / most * (HEIGHT - 2), 1.5)
            top -= height
            drawn += f'<rect class="{name}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"></rect>'
    return f"<g>{drawn}<title>{escape(column.title)}</title></g>" if drawn else ""


def _line(name: str, values: Sequence[float | None], step: float, most: float) -> str:
    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{(index + 0.5) * step:.1f},{HEIGHT - value / most * (HEIGHT - 4):.1f}")
    drawn = ""
    for run in runs:
        if len(run) == 1:
            x, _, y = run[0].partition(",")
            drawn += f'<line class="{name} dot" x1="{x}" y1="{y}" x2="{x}" y2="{y}"></line>'
        elif run:
            drawn += f'<polyline class="{name}" points="{" ".join(run)}"></polyline>'
    return drawn
