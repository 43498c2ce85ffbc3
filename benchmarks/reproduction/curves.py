"""Curves of means over independent runs, with their intervals as shaded bands."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from hackatari.benchmarks.plots import LIGHT, Theme

# The colour-blind safe palette of Okabe and Ito without yellow, which is hard to see on white, and black.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_STYLES = tuple(product(("-", "--", ":", "-."), _COLOURS))

_WIDTH, _HEIGHT = 7.6, 4.0  # inches
_LEGEND_BELOW = 0.24  # inches per row
_TITLE_WIDTH = 90  # characters per line


class Line(NamedTuple):
    """One line of a plot; a plain tuple of the same four will do.

    Attributes:
        x: Positions, shape `(points,)`.
        mean: Heights, shape `(points,)`; nan leaves a gap.
        low: Lower end of the band, shape `(points,)`, or None for a line without a band; nan leaves a gap.
        high: Upper end of the band, likewise.
    """

    x: Any
    mean: Any
    low: Any = None
    high: Any = None


@dataclass(frozen=True)
class Curves:
    """A plot of lines with shaded bands.

    Attributes:
        title: What is shown; unique on its page.
        x_label: Label of the x axis, with its unit.
        y_label: Label of the y axis, with its unit.
        lines: `(x, mean, low, high)` by label; `Line(x, *mean_interval(values))` makes one. See `Line`.
        log_x: Whether the x axis is logarithmic.
        log_y: Whether the y axis is logarithmic.

    Raises:
        ValueError: If there is no line, or the four parts of a line differ in length.
    """

    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, Line | tuple[Any, Any, Any, Any]]
    log_x: bool = False
    log_y: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn, and make lines of float arrays of tuples of anything."""
        if not self.lines:
            raise ValueError(f"The plot {self.title!r} needs at least one line.")
        lines = {
            label: Line(*(None if part is None else np.asarray(part, dtype=float) for part in line))
            for label, line in self.lines.items()
        }
        for label, line in lines.items():
            shapes = [part.shape for part in line if part is not None]
            if len(set(shapes)) > 1 or len(shapes[0]) != 1:
                raise ValueError(f"x, mean, low and high of the line {label!r} must have one length, got {shapes}.")
        object.__setattr__(self, "lines", lines)


def curves_png(curves: Curves, theme: Theme = LIGHT) -> bytes:
    """Draw a plot.

    Args:
        curves: What to draw.
        theme: Colours of background, text and grid; those of the lines are the same in all themes.

    Returns:
        The picture as PNG.
    """
    columns = _legend_columns(list(curves.lines))
    legend = _LEGEND_BELOW * -(-len(curves.lines) // columns)
    figure = Figure(figsize=(_WIDTH, _HEIGHT + legend), layout="constrained", facecolor=theme.background)
    axes = figure.subplots()
    for (label, (x, mean, low, high)), (style, colour) in zip(curves.lines.items(), cycle(_STYLES)):
        marker = "o" if 3 <= len(x) <= 12 else None
        axes.plot(x, mean, style, color=colour, linewidth=1.6, marker=marker, markersize=3.5, label=label, zorder=3)
        if low is not None and high is not None:
            axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0, zorder=2)
    if curves.log_x:
        axes.set_xscale("log")
    if curves.log_y:
        axes.set_yscale("log")
    title = textwrap.fill(curves.title, _TITLE_WIDTH)
    axes.set_title(title, loc="left", fontsize=9.5, color=theme.text, parse_math=False)
    axes.set_xlabel(curves.x_label, fontsize=9, color=theme.text, parse_math=False)
    axes.set_ylabel(curves.y_label, fontsize=9, color=theme.text, parse_math=False)
    axes.tick_params(labelsize=8.5, colors=theme.text, length=0, which="both")
    axes.grid(color=theme.grid, linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.set_facecolor(theme.background)
    axes.spines[:].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=8.5,
        labelcolor=theme.text,
    )
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=160)
    return picture.getvalue()


def _legend_columns(labels: list[str]) -> int:
    """Return how many labels fit side by side."""
    widest = max(map(len, labels)) + 8  # characters, with the sample of the line
    return max(1, min(len(labels), 110 // widest))
