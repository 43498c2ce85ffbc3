"""The bar plot of an evaluation: scores of every checkpoint on every variant."""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hackatari.benchmarks.files import atomic_write
from hackatari.benchmarks.human_scores import REFERENCE_SCORES
from hackatari.benchmarks.results import EpisodeResult, VariantSummary, by_checkpoint
from hackatari.benchmarks.statistics import CONFIDENCE


@dataclass(frozen=True)
class Theme:
    """Colours of a plot; those that carry meaning are from the colour-blind safe palette of Okabe and Ito.

    Attributes:
        background: Behind everything, and around the dots.
        text: Labels, whiskers and dots.
        grid: Grid lines.
        variant: Bars of modified games.
        unmodified: Bar of the original game.
        reference: Line at the score on the original game.
    """

    background: str
    text: str
    grid: str
    variant: str
    unmodified: str
    reference: str


LIGHT = Theme("#ffffff", "#1c2430", "#dde2e8", "#56b4e9", "#b3bbc5", "#d55e00")
DARK = Theme("#161b22", "#e6ebf2", "#333c49", "#0072b2", "#5d6775", "#e69f00")

_IQM = "IQM"
_INTERVAL = f"{100 * CONFIDENCE:.0f} % interval"
_EPISODE = "one episode"
_UNMODIFIED = "unmodified game"
_RANDOM = "random agent"
_LEGEND = (_IQM, _INTERVAL, _EPISODE, _UNMODIFIED, _RANDOM)

_WIDTH = 7.6  # inches
_ROW_HEIGHT = 0.29  # inches
_LABEL_WIDTH = 34  # characters per line


def write_plot(
    path: str | os.PathLike[str], summaries: Sequence[VariantSummary], episodes: Sequence[EpisodeResult]
) -> None:
    """Write the bar plot as a PNG file.

    Args:
        path: The PNG file to write, atomically.
        summaries: What `summarise` makes of `episodes`.
        episodes: The episodes behind the summaries.

    Raises:
        ValueError: If there are no summaries.
    """
    atomic_write(path, plot_png(summaries, episodes))


def plot_png(summaries: Sequence[VariantSummary], episodes: Sequence[EpisodeResult], theme: Theme = LIGHT) -> bytes:
    """Draw interquartile means as horizontal bars, with their intervals and the score of every episode.

    Args:
        summaries: What `summarise` makes of `episodes`. Every checkpoint gets a panel, every variant a bar.
        episodes: The episodes behind the summaries.
        theme: Colours.

    Returns:
        The picture as PNG.

    Raises:
        ValueError: If there are no summaries.
    """
    if not summaries:
        raise ValueError("A plot needs at least one summary, got none.")
    agents = by_checkpoint(summaries)
    heights = [sum(_row_heights(agent)) for agent in agents]
    figure = Figure(
        figsize=(_WIDTH, _ROW_HEIGHT * sum(heights) + 0.75 * len(agents) + 0.4),
        layout="constrained",
        facecolor=theme.background,
    )
    panels = figure.subplots(len(agents), squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    handles: dict[str, Artist] = {}
    for axes, agent in zip(panels, agents, strict=True):
        _draw(axes, agent, episodes, theme)
        if len(agents) > 1:
            title = textwrap.fill(agent[0].checkpoint, 80)
            axes.set_title(title, loc="left", fontsize=9.5, color=theme.text, parse_math=False)
        handles.update(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    labels = [label for label in _LEGEND if label in handles]
    figure.legend(
        [handles[label] for label in labels],
        labels,
        loc="outside upper center",
        ncols=len(labels),
        frameon=False,
        fontsize=8.5,
        labelcolor=theme.text,
    )
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=160)
    return picture.getvalue()


def _label(summary: VariantSummary) -> str:
    return textwrap.fill(summary.variant, _LABEL_WIDTH, break_on_hyphens=False)


def _row_heights(agent: Sequence[VariantSummary]) -> list[float]:
    """Height of every row in units of a row with a label of one line."""
    return [max(1.0, 0.6 * _label(summary).count("\n") + 0.7) for summary in agent]


def _draw(axes: Axes, agent: Sequence[VariantSummary], episodes: Sequence[EpisodeResult], theme: Theme) -> None:
    heights = np.array(_row_heights(agent))
    rows = np.cumsum(heights) - heights / 2
    for row, summary in zip(rows, agent, strict=True):
        colour = theme.variant if summary.modifs else theme.unmodified
        axes.barh(row, summary.iqm, height=0.66, color=colour, label=_IQM, zorder=2)
        scores = [episode.score for episode in episodes if summary.covers(episode)]
        # The spread follows the order of the episodes: chance would give every drawing another picture.
        spread = np.linspace(-0.2, 0.2, len(scores)) if len(scores) > 1 else np.zeros(len(scores))
        axes.scatter(
            scores,
            row + spread,
            s=11,
            color=theme.text,
            edgecolors=theme.background,
            linewidths=0.5,
            alpha=0.75,
            label=_EPISODE,
            zorder=4,
        )
        if summary.iqm_low is not None and summary.iqm_high is not None:
            axes.plot(
                [summary.iqm_low, summary.iqm_high],
                [row, row],
                color=theme.text,
                linewidth=1.4,
                marker="|",
                markersize=8,
                markeredgewidth=1.4,
                label=_INTERVAL,
                zorder=5,
            )
        if not summary.modifs:
            axes.axvline(
                summary.iqm,
                color=theme.reference,
                linewidth=1.2,
                linestyle="--",
                label=_UNMODIFIED,
                zorder=3,
            )
    if agent[0].game in REFERENCE_SCORES:
        random_score = REFERENCE_SCORES[agent[0].game].random
        axes.axvline(random_score, color=theme.text, linewidth=1, linestyle=":", label=_RANDOM, zorder=3)
    axes.axvline(0, color=theme.text, linewidth=0.8, zorder=3)

    axes.set_ylim(sum(heights), 0)
    axes.set_yticks(rows, [_label(summary) for summary in agent], parse_math=False)
    axes.set_xlabel("score per episode", fontsize=9, color=theme.text)
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.tick_params(labelsize=8.5, colors=theme.text, length=0)
    axes.grid(axis="x", color=theme.grid, linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.set_facecolor(theme.background)
    axes.spines[:].set_visible(False)
