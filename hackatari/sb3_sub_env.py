"""Sub-envs of `HackAtariVectorEnv` that preprocess a game as Stable-Baselines3 (SB3) does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from hackatari.emulator import PatchedALE
from hackatari.vector_worker import NOOP, PictureStack, SubEnv, SubEnvConfig

_UNCHANGED = np.arange(256, dtype=np.uint8)


def pooled_grey(rgb: np.ndarray) -> np.ndarray:
    """Return the greys of pairs of colours: of the maximum of their red, green and blue, as OpenCV converts it.

    Args:
        rgb: The colours of a palette, uint8 of shape (256, 3).

    Returns:
        uint8 of shape (256, 256).
    """
    return cv2.cvtColor(np.maximum(rgb[:, None], rgb[None]), cv2.COLOR_RGB2GRAY)


class SB3PictureStack(PictureStack):
    """The last pictures of a game as `MaxAndSkipEnv`, `WarpFrame` and `VecFrameStack` make them.

    These pool two frames in colour and then convert the result to grey, not the other way round.

    Args:
        ale: The emulator.
        config: The preprocessing.
        stack: Where the pictures are kept, oldest first: uint8 of shape (stack_num, height, width).

    Attributes:
        picture: The two screens of the next picture.
    """

    def __init__(self, ale: PatchedALE, config: SubEnvConfig, stack: np.ndarray) -> None:
        super().__init__(ale, config, stack)
        black = np.zeros(ale.getScreenDims(), np.uint8)
        self._pool = [black, black]  # those of an earlier step, if the game ends within a step
        self.picture = black, black
        self._rgb: np.ndarray | None = None

    def keep(self, k: int) -> None:
        """Keep the screen as the last frame but one (-2) of a step, or as the last (-1)."""
        self._pool[k] = self._ale.indexed_screen()

    def show_pool(self) -> None:
        """Make the frames that are kept the next picture."""
        self.picture = self._pool[0], self._pool[1]

    def show_screen(self) -> None:
        """Make the screen the next picture."""
        screen = self._ale.indexed_screen()
        self.picture = screen, screen

    def restart(self) -> None:
        """Begin with the next picture, after black ones."""
        self._stack.fill(0)
        self._draw()

    def push(self) -> None:
        """Add the next picture."""
        self._stack[:-1] = self._stack[1:]
        self._draw()

    def _draw(self) -> None:
        rgb = self._ale.palette.rgb
        if rgb is not self._rgb:
            self._rgb = rgb
            self._pooled_grey = pooled_grey(rgb)
            self._grey = np.ascontiguousarray(self._pooled_grey.diagonal())
        grey = cv2.LUT(self.picture[0], self._grey)
        first, second = (screen.reshape(-1) for screen in self.picture)
        changes = np.flatnonzero(first != second)
        grey.reshape(-1)[changes] = self._pooled_grey[first[changes], second[changes]]
        self._reducer.reduce(grey, None, _UNCHANGED, self._newest)


class SB3SubEnv(SubEnv):
    """A sub-env preprocessed as by SB3's `AtariWrapper` and `VecFrameStack` with the same settings.

    With `episodic_life`, a lost life ends the episode after the step that lost it, and the reset goes on with the same
    game. A reset with a seed or with options always starts a new game.

    At the end of each game, "episode" among the infos has what SB3's `Monitor` below the `AtariWrapper` reports, the
    unclipped score "r" and the length in frames "l"; and besides, the number of "frames" as ALE counts them, those with
    which it starts some games included, and whether the game was "truncated".

    Args:
        index: See `SubEnv`, as for the other arguments.
        config: As above.
        modifs: As above.
        arrays: As above.
    """

    _stack: SB3PictureStack

    def __init__(
        self, index: int, config: SubEnvConfig, modifs: Sequence[str], arrays: Mapping[str, np.ndarray]
    ) -> None:
        super().__init__(index, config, modifs, arrays)
        # `FireResetEnv` presses FIRE and then the next button, for a whole step each.
        self._first_actions = [action.value for action in self.env._action_set[1:3]] if self._presses_fire else []
        self._presses_fire = False
        self._game_score, self._game_frames = 0.0, 0
        self._finished: dict[str, Any] = {}

    def _make_stack(self, stack: np.ndarray) -> SB3PictureStack:
        return SB3PictureStack(self._ale, self._config, stack)

    def step(self, action: int, strength: float) -> dict[str, Any]:
        """As `SubEnv.step`; what it returns includes the report of a finished game."""
        return super().step(action, strength) | self._report()

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """As `SubEnv.reset`, but after a lost life the game goes on unless there is a seed or an option."""
        if seed is not None or options:
            self._life_lost = False
        return super().reset(seed, options) | self._report()

    def _report(self) -> dict[str, Any]:
        report, self._finished = self._finished, {}
        return report

    def _start(self, seed: int | None, options: dict[str, Any] | None) -> dict[str, Any]:
        extras = self._start_life(seed, options)
        for action in self._first_actions:
            self._skip_frames(action, 1.0)
            picture = self._stack.picture
            if self._ale.game_over():
                self._game_done(self._ale.game_truncated())
                extras = self._start_life(seed, options)
            elif self._loses_life():
                self._life_lost = True
                self._start_life(seed, options)
            self._stack.picture = picture  # `FireResetEnv` shows what was there before such a reset
        return extras

    def _start_life(self, seed: int | None, options: dict[str, Any] | None) -> dict[str, Any]:
        """Go on after a lost life with a step without action, or start a new game; as `EpisodicLifeEnv.reset`."""
        if self._life_lost:
            self._life_lost = False
            self._skip_frames(NOOP, 1.0)
            if not self._ale.game_over():
                self._lives = self._ale.lives()
                return {}
            self._game_done(self._ale.game_truncated())
        self._game_score, self._game_frames = 0.0, 0
        extras = super()._start(seed, options)
        self._lives = self._ale.lives()
        self._stack.show_screen()
        return extras

    def _act(self, action: int, strength: float = 1.0) -> float:
        reward = super()._act(action, strength)
        self._game_score += reward
        self._game_frames += 1
        return reward

    def _skip_frames(self, action: int, strength: float) -> float:
        """Emulate the frames of a step, or up to the end of the game; as `MaxAndSkipEnv.step`. Return the reward."""
        frameskip = self._config.frameskip
        reward = 0.0
        for frame in range(frameskip):
            reward += self._act(action, strength)
            if frame >= frameskip - 2:
                self._stack.keep(frame - frameskip)
            if self._ale.game_over():
                break
        if frameskip > 1:
            self._stack.show_pool()
        else:
            self._stack.show_screen()
        return reward

    def _emulate(self, action: int, strength: float) -> tuple[float, bool, bool]:
        reward = self._skip_frames(action, strength)
        self._stack.push()
        over, truncated = self._ale.game_over(with_truncation=False), self._ale.game_truncated()
        life_lost = self._config.episodic_life and self._loses_life()
        self._life_lost = life_lost and not (over or truncated)
        return reward, over or life_lost, truncated

    def _loses_life(self) -> bool:
        # Some games show 0 lives for some frames before they are over.
        return super()._loses_life() and self._lives > 0

    def _game_done(self, truncated: bool) -> None:
        super()._game_done(truncated)
        self._finished = {
            "episode": {
                "r": float(self._game_score),
                "l": self._game_frames,
                "frames": self._ale.getEpisodeFrameNumber(),
                "truncated": truncated and not self._ale.game_over(with_truncation=False),
            }
        }
