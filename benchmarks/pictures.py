"""Pictures of variants: the same moment of the game, unmodified and with each modif."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil
from pathlib import Path

import cv2
import gymnasium as gym
import numpy as np
from matplotlib.figure import Figure

from hackatari.benchmarks.files import atomic_write
from hackatari.games import find_game


def variant_frames(game: str, modifs: Sequence[str], at: Sequence[int], seed: int = 0) -> list[np.ndarray]:
    """Return pictures of a variant while it is played at random.

    The actions depend on the seed alone: pictures of different variants show the same moment of the same play.

    Args:
        game: Name or ROM id.
        modifs: The variant.
        at: Emulated frames since the reset at which pictures are taken, ascending.
        seed: Seeds game and actions.

    Returns:
        uint8 arrays of shape (height, width, 3); fewer than asked for if the game ends earlier.
    """
    env = gym.make(
        f"HackAtari/{find_game(game).name}-v0", modifs=list(modifs), frameskip=1, repeat_action_probability=0.0
    )
    observation, _ = env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    frames = []
    n_actions = int(env.action_space.n)  # type: ignore[attr-defined]
    action = 0
    for frame in range(1, max(at) + 1):
        if frame % 8 == 1:  # held for a while, as a player does
            action = int(rng.integers(n_actions))
        observation, _, terminated, truncated, _ = env.step(action)
        if frame in at:
            frames.append(observation)
        if terminated or truncated:
            break
    env.close()
    return frames


def comparison(path: Path, game: str, modif: str, at: Sequence[int] = (60, 120, 240, 420, 600), seed: int = 0) -> None:
    """Write a PNG with the unmodified game on the left and a variant on the right, at the same frame.

    Args:
        path: The file to write.
        game: Name or ROM id.
        modif: The variant.
        at: Emulated frames since the reset to choose from, ascending: the one in which most pixels differ is shown.
        seed: Seeds game and actions.

    Raises:
        UnknownNameError: If there is no such game or modif.
        ValueError: If the game ends before the first of these frames.
    """
    pairs = list(zip(variant_frames(game, (), at, seed), variant_frames(game, (modif,), at, seed), strict=False))
    if not pairs:
        raise ValueError(f"{find_game(game).name} is over before frame {at[0]}; choose an earlier one.")
    left, right = max(pairs, key=lambda pair: int((pair[0] != pair[1]).sum()))
    gap = np.full((len(left), 4, 3), 255, np.uint8)
    # Pixels of an Atari are wider than high.
    picture = np.hstack([left, gap, right]).repeat(2, axis=0).repeat(3, axis=1)
    atomic_write(path, cv2.imencode(".png", picture[..., ::-1])[1].tobytes())


def contact_sheet(
    path: Path, game: str, modifs: Sequence[str], frame: int = 300, columns: int = 6, seed: int = 0
) -> None:
    """Write a PNG with the unmodified game and variants of it at the same frame, labelled.

    Args:
        path: The file to write.
        game: Name or ROM id.
        modifs: The variants, each of one modif.
        frame: Emulated frames since the reset.
        columns: Pictures per row.
        seed: Seeds game and actions.

    Raises:
        UnknownNameError: If there is no such game or modif.
        ValueError: If the game ends before that frame.
    """
    sheet = find_game(game)
    pictures = {"unmodified": variant_frames(game, (), [frame], seed)}
    if not pictures["unmodified"]:
        raise ValueError(f"{sheet.name} is over before frame {frame}; choose an earlier one.")
    pictures |= {modif: variant_frames(game, (modif,), [frame], seed) for modif in modifs}
    columns = min(columns, len(pictures))
    rows = ceil(len(pictures) / columns)
    figure = Figure(figsize=(2.1 * columns, 2.95 * rows), layout="constrained")
    for axes in figure.subplots(rows, columns, squeeze=False).flat:
        axes.set_axis_off()
    for axes, (label, found) in zip(figure.axes, pictures.items(), strict=False):
        axes.set_title(label, fontsize=8, fontweight="bold" if label == "unmodified" else "normal")
        if found:
            axes.imshow(found[0], aspect=found[0].shape[1] / found[0].shape[0] * 1.25, interpolation="nearest")
        else:
            axes.text(0.5, 0.5, "over before this frame", ha="center", va="center", fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    atomic_write(path, buffer.getvalue())
