"""The plot of `hackatari bench-vector`: speeds relative to ALE's vector env."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from hackatari.benchmarks.plots import LIGHT
from hackatari.benchmarks.throughput import LIMIT, OURS, PATCHED, REFERENCE, Throughput, geometric_means

COLORS = {LIMIT: "#b3bbc5", REFERENCE: "#1c2430", OURS: "#56b4e9", PATCHED: "#0072b2"}
OTHER_COLORS = ("#e69f00", "#d55e00", "#009e73", "#cc79a7")


def throughput_png(found: Sequence[Throughput]) -> bytes:
    """Draw ratios to `AtariVectorEnv`, one panel with bars and quartiles of the games for each number of sub-envs.

    The last group of bars is the geometric mean over the games.

    Args:
        found: What `measure_throughput` returns, of one or more games and numbers of sub-envs.

    Returns:
        A PNG file.
    """
    names = [name for name in dict.fromkeys(t.name for t in found) if name != REFERENCE]
    games = list(dict.fromkeys(t.game for t in found))
    sizes = list(dict.fromkeys(t.num_envs for t in found))
    others = iter(OTHER_COLORS)
    colors = {name: COLORS.get(name) or next(others) for name in names}
    means = geometric_means(found)
    figure = Figure(figsize=(9, 2.2 * len(sizes) + 0.8), layout="constrained")
    for axes, size in zip(np.ravel(figure.subplots(len(sizes), 1, squeeze=False)), sizes, strict=True):
        here = {(t.name, t.game): t for t in found if t.num_envs == size}
        width = 0.8 / len(names)
        for k, name in enumerate(names):
            x = np.arange(len(games) + 1) + (k + 0.5) * width - 0.4
            results = [here[name, game] for game in games]
            heights = np.array([*(t.ratio for t in results), means[name, size]])
            lows = np.array([*(t.ratio_low for t in results), means[name, size]])
            highs = np.array([*(t.ratio_high for t in results), means[name, size]])
            axes.bar(x, heights, width, color=colors[name], label=name)
            axes.errorbar(x, heights, (heights - lows, highs - heights), fmt="none", ecolor=LIGHT.text, lw=0.8)
        axes.axhline(1, color=COLORS[REFERENCE], lw=1, ls="--")
        axes.set_xticks(range(len(games) + 1), [*games, "geometric mean"], fontsize=8)
        axes.set_ylabel("ratio to AtariVectorEnv", fontsize=8)
        axes.set_title(f"{size} sub-env{'s' * (size > 1)}", fontsize=9, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()
