"""The robustness report: one self-contained HTML page about one game and any number of checkpoints."""

from __future__ import annotations

import base64
import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import jinja2
import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from hackatari.benchmarks.files import atomic_write
from hackatari.benchmarks.human_scores import REFERENCE_SCORES
from hackatari.benchmarks.plots import DARK, LIGHT, plot_png, write_plot
from hackatari.benchmarks.results import UNMODIFIED, EpisodeResult, VariantSummary, by_checkpoint
from hackatari.benchmarks.statistics import CONFIDENCE, RESAMPLES, mean

__all__ = [
    "Frame",
    "format_percent",
    "format_score",
    "headline",
    "kept_share",
    "write_plot",
    "write_report",
]

Frame = NDArray[np.uint8]
"""A picture of a game: RGB, shape `(height, width, 3)`, uint8."""

_MINUS = "\u2212"
_NARROW_NO_BREAK_SPACE = "\u202f"


@dataclass(frozen=True)
class _Checkpoint:
    """What the page says about one checkpoint: summaries by variant label, plots as data URIs."""

    name: str
    sha256: str
    headline: str
    summaries: Mapping[str, VariantSummary]
    plot: str
    plot_dark: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class _Variant:
    """What the page says about one variant: pictures as data URIs, and its results by checkpoint."""

    label: str
    description: str
    frames: Sequence[str]
    results: Sequence[tuple[VariantSummary, Sequence[EpisodeResult]]]


def write_report(
    path: str | os.PathLike[str],
    summaries: Sequence[VariantSummary],
    episodes: Sequence[EpisodeResult],
    metadata: Mapping[str, Any],
    frames: Mapping[str, Sequence[Frame]],
) -> None:
    """Write the report as a single HTML file that loads nothing from elsewhere.

    Args:
        path: The HTML file to write, atomically.
        summaries: What `summarise` makes of `episodes`; of one game, any number of checkpoints.
        episodes: The episodes behind the summaries.
        metadata: Provenance, shown as it is given: date, command line, seeds, versions and whatever else
            belongs to the record; values are scalars, lists or dicts of these. The entry `"variants"` is not
            shown there: it maps labels of variants to their descriptions.
        frames: A few pictures of each variant, by label. Variants may be missing.

    Raises:
        ValueError: If there are no summaries, they are about several games, or a frame has the wrong shape.
        TypeError: If a frame is not uint8.
    """
    games = sorted({summary.game for summary in summaries})
    if len(games) != 1:
        raise ValueError(
            f"A report is about one game, got {', '.join(games) or 'no summaries'}; write one report for each game."
        )
    checkpoints = [_checkpoint(agent, episodes) for agent in by_checkpoint(summaries)]
    descriptions = metadata.get("variants", {})
    labels = dict.fromkeys(summary.variant for summary in summaries)
    variants = [
        _Variant(
            label,
            inspect.cleandoc(descriptions.get(label) or ""),
            [_frame_uri(frame, label) for frame in frames.get(label, [])],
            [(summary, _select(episodes, summary)) for summary in summaries if summary.variant == label],
        )
        for label in labels
    ]
    page = _template().render(
        game=games[0],
        references=REFERENCE_SCORES.get(games[0]),
        checkpoints=checkpoints,
        variants=variants,
        metadata={name: value for name, value in metadata.items() if name != "variants"},
        n_episodes=len(episodes),
        unmodified=UNMODIFIED,
        confidence=CONFIDENCE,
        resamples=RESAMPLES,
    )
    atomic_write(path, page)


def headline(summaries: Sequence[VariantSummary]) -> str:
    """Say in plain words how robust one checkpoint is.

    Args:
        summaries: Summaries of one checkpoint on one game, at least one.

    Returns:
        A sentence without its subject, to be put behind the name of the checkpoint.
    """
    original = next((summary for summary in summaries if not summary.modifs), None)
    variants = [summary for summary in summaries if summary.modifs]
    if original is None:
        low = min(variants, key=lambda summary: summary.mean)
        return (
            f"was not evaluated on the unmodified game, so no change is known; "
            f"lowest mean score on {low.variant}: {format_score(low.mean)}."
        )
    if not variants:
        return f"scores {format_score(original.mean)} on average on the unmodified game."

    worst = min(variants, key=lambda summary: summary.mean)
    change = f"{worst.variant}: {format_score(original.mean)} → {format_score(worst.mean)}."
    hurt = "hurt most by" if worst.mean < original.mean else "hurt by no variant, lowest on"
    hurt = f"{hurt} {change}"
    kept = kept_share(summaries)
    if kept is None:
        compared = original.human_normalised_score is not None and any(summary.pairs for summary in variants)
        return f"has no clear lead over a random agent; {hurt}" if compared else hurt
    n_changes = sum(summary.relative_change is not None for summary in variants)
    scope = f"on average over {n_changes} variants" if n_changes > 1 else "on its one variant"
    share = f"keeps {format_percent(kept)} of" if kept > 0 else "loses all of"
    return f"{share} its lead over a random agent {scope}; {hurt}"


def kept_share(summaries: Iterable[VariantSummary]) -> float | None:
    """Share of its lead over a random agent that a checkpoint keeps, averaged over the modified games.

    Args:
        summaries: Summaries of one checkpoint on one game.

    Returns:
        One plus the mean relative change. None if no relative change is defined, or if one has no interval
        although there are several pairs of episodes: then the lead itself is within the noise.
    """
    changes = []
    for summary in summaries:
        if summary.relative_change is None:
            continue
        if summary.relative_change_low is None and summary.pairs > 1:
            return None
        changes.append(summary.relative_change)
    return 1 + mean(changes) if changes else None


def format_score(score: float) -> str:
    """Write a score with one decimal, thousands separators and a true minus sign."""
    # Adding zero turns the -0.0 that rounding may leave into 0.0.
    return f"{round(score, 1) + 0.0:,.1f}".replace("-", _MINUS)


def format_percent(share: float, signed: bool = False) -> str:
    """Write a share as a percentage with one decimal; `signed` puts a plus sign before gains."""
    percent = round(100 * share, 1) + 0.0
    number = f"{percent:+,.1f}" if signed and percent else f"{percent:,.1f}"
    return f"{number}{_NARROW_NO_BREAK_SPACE}%".replace("-", _MINUS)


def _format_return(score: float) -> str:
    """Write the return of one episode, which is a whole number in most games."""
    return format_score(score).removesuffix(".0") if score == int(score) else format_score(score)


def _breakable(name: str) -> Markup:
    """Let a long snake_case name wrap behind its underscores."""
    return escape(name).replace("_", Markup("_<wbr>"))


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hackatari.benchmarks"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        score=format_score,
        percent=format_percent,
        episode_return=_format_return,
        breakable=_breakable,
        kept_share=kept_share,
    )
    return environment.get_template("report.html.j2")


def _checkpoint(agent: Sequence[VariantSummary], episodes: Sequence[EpisodeResult]) -> _Checkpoint:
    played = [episode for summary in agent for episode in _select(episodes, summary)]
    return _Checkpoint(
        name=agent[0].checkpoint,
        sha256=agent[0].checkpoint_sha256,
        headline=headline(agent),
        summaries={summary.variant: summary for summary in agent},
        plot=_data_uri(plot_png(agent, played, LIGHT)),
        plot_dark=_data_uri(plot_png(agent, played, DARK)),
        settings=played[0].settings if played else {},
    )


def _select(episodes: Iterable[EpisodeResult], summary: VariantSummary) -> list[EpisodeResult]:
    return sorted((episode for episode in episodes if summary.covers(episode)), key=lambda each: each.episode)


def _frame_uri(frame: Frame, label: str) -> str:
    frame = np.asarray(frame)
    if frame.dtype != np.uint8:
        raise TypeError(f"Frames must be uint8, got {frame.dtype} for {label}.")
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        raise ValueError(f"Frames must have shape (height, width, 3), got {frame.shape} for {label}.")
    _, png = cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    return _data_uri(png.tobytes())


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
