"""Results of an evaluation: one record per episode, one summary per variant, and the files that hold them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from hackatari.benchmarks.files import atomic_write
from hackatari.benchmarks.human_scores import REFERENCE_SCORES, human_normalised_score
from hackatari.benchmarks.statistics import (
    bootstrap_interval,
    iqm,
    mean,
    relative_change,
    relative_change_interval,
)

UNMODIFIED = "unmodified"
"""Label of the original game, the variant without modifs."""


_agent = attrgetter("checkpoint", "checkpoint_sha256", "game")


def variant_label(modifs: Sequence[str]) -> str:
    """Name a variant by its modifs in the order they apply; the original game is `"unmodified"`."""
    return " + ".join(modifs) or UNMODIFIED


@dataclass(frozen=True, kw_only=True)
class EpisodeSpec:
    """What is to be played: everything that determines one episode of an evaluation.

    Attributes:
        checkpoint: Name of the agent for display.
        checkpoint_sha256: SHA-256 of the checkpoint file, hexadecimal.
        game: ROM id as ALE spells it, such as `"ms_pacman"`.
        modifs: Names of the modifs in the order they apply; empty for the original game.
        episode: Index of the episode within its variant, from 0.
        seed: Seed of the environment's first reset. Equal indices have equal seeds on all variants.
        settings: Whatever else influences the score (frameskip, sticky actions, no-ops, ...), by name. Kept
            as a copy that has gone through JSON, in which a tuple has become a list.
    """

    checkpoint: str
    checkpoint_sha256: str
    game: str
    modifs: tuple[str, ...]
    episode: int
    seed: int
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Bring the settings into the form in which they return from a file.

        Raises:
            TypeError: If `modifs` is not a tuple or a setting is not a JSON value.
        """
        if not isinstance(self.modifs, tuple):
            raise TypeError(f"modifs must be a tuple of names, got {self.modifs!r}.")
        try:
            settings = json.loads(json.dumps(dict(self.settings)))
        except TypeError as error:
            raise TypeError(f"settings must hold JSON values only: {error}.") from error
        object.__setattr__(self, "settings", settings)

    @property
    def variant(self) -> str:
        """Label of the variant."""
        return variant_label(self.modifs)

    def key(self) -> str:
        """Identify the episode before and after it is played.

        Returns:
            SHA-256, hexadecimal, over all attributes but the outcome; the same in every process and version.
        """
        identity = {field.name: getattr(self, field.name) for field in fields(EpisodeSpec)}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class EpisodeResult(EpisodeSpec):
    """One played episode: its specification and its outcome.

    Attributes:
        score: Raw return, neither clipped nor discounted.
        steps: Length in agent steps.
        frames: Length in emulated frames.
        truncated: Whether a limit on the length ended the episode, not the game.
    """

    score: float
    steps: int
    frames: int
    truncated: bool

    def __post_init__(self) -> None:
        """Refuse a score that is not a finite number.

        Raises:
            ValueError: If `score` is nan or infinite.
            TypeError: If `score` is not a number, or see `EpisodeSpec`.
        """
        super().__post_init__()
        if not math.isfinite(self.score):
            raise ValueError(f"score must be finite, got {self.score}.")

    def to_dict(self) -> dict[str, Any]:
        """Turn the result into a dict that `json.dumps` accepts."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EpisodeResult:
        """Rebuild a result from `to_dict` or its JSON.

        Raises:
            ValueError: If a field is missing or unknown, or the score is not finite.
            TypeError: If a field has the wrong type.
        """
        _check_fields(cls, data)
        return cls(**{**data, "modifs": tuple(data["modifs"])})


@dataclass(frozen=True, kw_only=True)
class VariantSummary:
    """Scores of one checkpoint on one variant; None stands for "not defined", never for zero.

    Attributes:
        checkpoint: Name of the agent for display.
        checkpoint_sha256: SHA-256 of the checkpoint file, hexadecimal.
        game: ROM id as ALE spells it.
        modifs: Names of the modifs in the order they apply; empty for the original game.
        episodes: Number of episodes.
        mean: Mean score.
        std: Standard deviation of the scores with `n - 1` in the denominator; None for one episode.
        iqm: Interquartile mean of the scores.
        iqm_low: Lower end of its 95 % bootstrap interval; None for one episode.
        iqm_high: Upper end of the same interval.
        human_normalised_score: Of the mean score; None for a game without a human reference.
        pairs: Number of episodes that share index and seed with an episode on the original game.
        relative_change: (variant - original) / (original - random) on the mean scores of those pairs. None on
            the original game, without pairs, without a reference for the random score, and for an agent that
            has no lead over the random score on the original game.
        relative_change_low: Lower end of its paired 95 % bootstrap interval; None where undefined.
        relative_change_high: Upper end of the same interval.
    """

    checkpoint: str
    checkpoint_sha256: str
    game: str
    modifs: tuple[str, ...]
    episodes: int
    mean: float
    std: float | None
    iqm: float
    iqm_low: float | None
    iqm_high: float | None
    human_normalised_score: float | None
    pairs: int
    relative_change: float | None
    relative_change_low: float | None
    relative_change_high: float | None

    @property
    def variant(self) -> str:
        """Label of the variant."""
        return variant_label(self.modifs)

    def covers(self, episode: EpisodeResult) -> bool:
        """Tell whether an episode belongs to this checkpoint and variant."""
        return _agent(self) == _agent(episode) and self.modifs == episode.modifs

    def to_dict(self) -> dict[str, Any]:
        """Turn the summary into a dict that `json.dumps` accepts."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> VariantSummary:
        """Rebuild a summary from `to_dict` or its JSON.

        Raises:
            ValueError: If a field is missing or unknown.
        """
        _check_fields(cls, data)
        return cls(**{**data, "modifs": tuple(data["modifs"])})


class ResultStore:
    """The episodes of an evaluation in `episodes.jsonl`, one JSON object a line, safe to kill at any moment.

    Every `add` replaces the file in one step. One process writes at a time; any number may read.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Open the store and read what is there.

        Args:
            folder: Output folder of the evaluation; made when the first result is added.

        Raises:
            ValueError: If the file has a malformed line.
        """
        self.path = Path(folder) / "episodes.jsonl"
        self._episodes: dict[str, EpisodeResult] = {}
        self.load()

    def load(self) -> list[EpisodeResult]:
        """Read the file anew.

        A last line that was cut off, as by a process killed while appending, is left out.

        Returns:
            All results, in the order of the file; empty if there is no file yet.

        Raises:
            ValueError: If any other line is malformed or contradicts an earlier one; names file and line.
        """
        lines = self.path.read_bytes().split(b"\n") if self.path.exists() else []
        episodes: dict[str, EpisodeResult] = {}
        for number, line in enumerate(lines, start=1):
            try:
                data = json.loads(line)
            except ValueError as error:
                if number == len(lines):
                    break
                raise ValueError(f"{self.path}, line {number} is not JSON: {error}.") from error
            try:
                result = EpisodeResult.from_dict(data)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{self.path}, line {number} is not an episode: {error}") from error
            if episodes.setdefault(result.key(), result) != result:
                raise ValueError(f"{self.path}, line {number} contradicts an earlier line of the same episode.")
        self._episodes = episodes
        return list(episodes.values())

    def get(self, key: str) -> EpisodeResult | None:
        """Look up a result by `EpisodeSpec.key()`; None if that episode has not been played yet."""
        return self._episodes.get(key)

    def add(self, result: EpisodeResult) -> None:
        """Write a result to the disk; adding the same result again changes nothing.

        Raises:
            ValueError: If the episode is stored with another outcome.
        """
        known = self.get(result.key())
        if known == result:
            return
        if known is not None:
            raise ValueError(
                f"Episode {result.episode} of {result.checkpoint} on {result.variant} is already in "
                f"{self.path} with another outcome (score {known.score}, now {result.score}); "
                f"evaluate into another folder."
            )
        episodes = [*self._episodes.values(), result]
        atomic_write(self.path, "".join(json.dumps(episode.to_dict()) + "\n" for episode in episodes))
        self._episodes[result.key()] = result


def summarise(episodes: Iterable[EpisodeResult], *, seed: int) -> list[VariantSummary]:
    """Summarise the episodes of every checkpoint on every variant.

    Each variant draws its bootstrap resamples from its own generator, made of `seed` and the variant's label:
    its numbers depend neither on the order of the episodes nor on which other variants are there.

    Args:
        episodes: Results of any number of checkpoints, games and variants, in any order.
        seed: Seed of the bootstrap, not negative.

    Returns:
        One summary per checkpoint and variant: checkpoints in order of first appearance, for each the
        original game first, then its variants in order of first appearance.

    Raises:
        ValueError: If an episode is given twice, or episodes of one checkpoint on one game differ in their
            settings, which would make their scores incomparable.
    """
    return [
        _summarise_variant(scores, variants.get((), []), seed)
        for variants in _group(episodes)
        for scores in sorted(variants.values(), key=lambda group: group[0].modifs != ())
    ]


def by_checkpoint(summaries: Iterable[VariantSummary]) -> list[list[VariantSummary]]:
    """Split summaries into one list per checkpoint and game, keeping their order."""
    agents: dict[tuple[str, ...], list[VariantSummary]] = {}
    for summary in summaries:
        agents.setdefault(_agent(summary), []).append(summary)
    return list(agents.values())


def write_csv(path: str | os.PathLike[str], summaries: Iterable[VariantSummary]) -> None:
    """Write summaries as a CSV table with a header line, in full precision; None becomes an empty cell.

    Args:
        path: The file to write, atomically.
        summaries: One row each. The columns are the attributes of `VariantSummary`, with the variant's label
            in the column `variant` in place of `modifs`.
    """
    columns = ["variant" if field.name == "modifs" else field.name for field in fields(VariantSummary)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(summary, column) for column in columns] for summary in summaries)
    atomic_write(path, text.getvalue())


def write_json(path: str | os.PathLike[str], summaries: Iterable[VariantSummary], metadata: Mapping[str, Any]) -> None:
    """Write summaries and their provenance as one JSON object `{"metadata": ..., "summaries": [...]}`.

    Args:
        path: The file to write, atomically.
        summaries: The summaries; `VariantSummary.from_dict` reads an entry back.
        metadata: How the numbers came about (versions, seeds, command line, date, ...), JSON values.
    """
    content = {"metadata": dict(metadata), "summaries": [summary.to_dict() for summary in summaries]}
    atomic_write(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def _check_fields(cls: type[EpisodeResult | VariantSummary], data: Mapping[str, Any]) -> None:
    if not isinstance(data, Mapping):
        raise TypeError(f"expected a JSON object, got {type(data).__name__}.")
    names = {field.name for field in fields(cls)}
    if missing := sorted(names - data.keys()):
        raise ValueError(f"missing {', '.join(missing)}.")
    if unknown := sorted(data.keys() - names):
        raise ValueError(f"unknown {', '.join(unknown)}.")


_Variants = dict[tuple[str, ...], list[EpisodeResult]]


def _group(episodes: Iterable[EpisodeResult]) -> list[_Variants]:
    """Group episodes by checkpoint and game, then by modifs; each group is sorted by episode index."""
    agents: dict[tuple[str, ...], _Variants] = {}
    for episode in episodes:
        variants = agents.setdefault(_agent(episode), {})
        variants.setdefault(episode.modifs, []).append(episode)
    for variants in agents.values():
        _check_comparable([episode for group in variants.values() for episode in group])
        for group in variants.values():
            group.sort(key=lambda episode: (episode.episode, episode.seed))
    return list(agents.values())


def _check_comparable(episodes: Sequence[EpisodeResult]) -> None:
    keys = set()
    settings = episodes[0].settings
    for episode in episodes:
        for name in sorted(settings.keys() | episode.settings.keys()):
            if settings.get(name) != episode.settings.get(name):
                raise ValueError(
                    f"Episodes of {episode.checkpoint} on {episode.game} differ in the setting {name} "
                    f"({settings.get(name)!r} and {episode.settings.get(name)!r}); "
                    f"evaluate every setting into its own folder."
                )
        if episode.key() in keys:
            raise ValueError(f"Episode {episode.episode} of {episode.checkpoint} on {episode.variant} is given twice.")
        keys.add(episode.key())


def _summarise_variant(group: Sequence[EpisodeResult], baseline: Sequence[EpisodeResult], seed: int) -> VariantSummary:
    first = group[0]
    rng = _generator(seed, first.variant)
    scores = np.array([episode.score for episode in group])
    iqm_low, iqm_high = bootstrap_interval(scores, iqm, rng) or (None, None)

    partners = {(episode.episode, episode.seed): episode.score for episode in baseline if first.modifs}
    pairs = [
        (episode.score, partners[episode.episode, episode.seed])
        for episode in group
        if (episode.episode, episode.seed) in partners
    ]
    change, change_low, change_high = None, None, None
    if pairs and first.game in REFERENCE_SCORES:
        variant, original = np.transpose(pairs)
        random_score = REFERENCE_SCORES[first.game].random
        change = relative_change(variant, original, random_score)
        interval = relative_change_interval(variant, original, random_score, rng)
        change_low, change_high = interval or (None, None)

    return VariantSummary(
        checkpoint=first.checkpoint,
        checkpoint_sha256=first.checkpoint_sha256,
        game=first.game,
        modifs=first.modifs,
        episodes=len(group),
        mean=mean(scores),
        std=float(np.std(scores, ddof=1)) if len(scores) > 1 else None,
        iqm=iqm(scores),
        iqm_low=iqm_low,
        iqm_high=iqm_high,
        human_normalised_score=human_normalised_score(first.game, mean(scores)),
        pairs=len(pairs),
        relative_change=change,
        relative_change_low=change_low,
        relative_change_high=change_high,
    )


def _generator(seed: int, variant: str) -> np.random.Generator:
    digest = hashlib.sha256(variant.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])
