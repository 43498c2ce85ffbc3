"""What the worker processes of `HackAtariVectorEnv` do: each steps some of the sub-envs.

Actions, observations, rewards and all else that every step needs lie in shared memory; a pipe carries one short message
per step and whatever is rare.
"""

from __future__ import annotations

import copy
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, Literal

import ale_py
import numpy as np
from gymnasium.vector import AutoresetMode

from hackatari.emulator import PatchedALE
from hackatari.env import HackAtariEnv
from hackatari.preprocessing import FrameReducer
from hackatari.schedulers import Scheduler

ObsType = Literal["grayscale", "rgb", "ram", "labels"]
Preprocessing = Literal["gymnasium", "sb3"]
NOOP, FIRE = ale_py.Action.NOOP.value, ale_py.Action.FIRE.value

OWN_ATTRIBUTES = ("scheduler", "reset_cost", "life_loss_cost")
"""Attributes that a sub-env has itself; all others are those of its `HackAtariEnv`."""

WAKEFUL = 2e-4
"""Seconds for which a worker looks for the next message again and again before it sleeps."""

STEP = b"s"
"""The message that makes a worker step all its sub-envs, and its answer if there is nothing to tell."""

Extras = dict[int, dict[str, Any]]
"""What is rare in the infos, such as seeds, by the sub-env's index."""


@dataclass(frozen=True)
class SubEnvConfig:
    """How the sub-envs are made and preprocessed; see `HackAtariVectorEnv` for what the fields mean.

    Attributes:
        env_kwargs: Arguments of `HackAtariEnv` without modifs, obs_type and frameskip.
    """

    env_kwargs: Mapping[str, Any]
    preprocessing: Preprocessing = "gymnasium"
    obs_type: ObsType = "grayscale"
    img_height: int = 84
    img_width: int = 84
    stack_num: int = 4
    frameskip: int = 4
    maxpool: bool = True
    noop_max: int = 30
    use_fire_reset: bool = True
    episodic_life: bool = False
    life_loss_info: bool = False
    reward_clipping: bool = False
    autoreset_mode: AutoresetMode = AutoresetMode.NEXT_STEP
    scheduler: Scheduler | None = None
    reset_cost: float | None = None
    life_loss_cost: float = 0.0


class SharedArrays:
    """NumPy arrays, zero at first, in memory that worker processes inherit; nothing of it outlives the processes.

    Args:
        fields: Shape and dtype of each array by its name.
        context: The way in which processes are started.
    """

    def __init__(self, fields: Mapping[str, tuple[tuple[int, ...], Any]], context: BaseContext) -> None:
        self._fields = dict(fields)
        sizes = {name: int(np.prod(shape)) * np.dtype(dtype).itemsize for name, (shape, dtype) in fields.items()}
        self._memory = {name: context.RawArray("B", size) for name, size in sizes.items()}

    def open(self) -> dict[str, np.ndarray]:
        """Return the arrays, as views of the shared memory."""
        return {
            name: np.frombuffer(self._memory[name], dtype=dtype).reshape(shape)
            for name, (shape, dtype) in self._fields.items()
        }


class PictureStack:
    """The last pictures of a game, preprocessed as `gymnasium.wrappers.AtariPreprocessing` does it.

    Args:
        ale: The emulator.
        config: The preprocessing.
        stack: Where the pictures are kept, oldest first: uint8 of shape (stack_num, height, width[, 3]).
    """

    def __init__(self, ale: PatchedALE, config: SubEnvConfig, stack: np.ndarray) -> None:
        self._ale = ale
        self._grayscale = config.obs_type == "grayscale"
        self._pools = config.maxpool and config.frameskip > 1
        height, width = ale.getScreenDims()
        self._reducer = FrameReducer(height, width, config.img_height, config.img_width, grayscale=self._grayscale)
        self._size = config.img_width, config.img_height
        self._stack = stack
        self._newest = stack[-1]
        self._held: np.ndarray | None = None

    @property
    def _table(self) -> np.ndarray:
        return self._ale.palette.grey if self._grayscale else self._ale.palette.rgb

    def restart(self) -> None:
        """Begin with the first picture of an episode, after black ones."""
        self._stack.fill(0)
        self._reducer.reduce(self._ale.indexed_screen(), None, self._table, self._newest)
        self._held = None

    def hold(self) -> None:
        """Keep the screen for being pooled with the next one."""
        self._held = self._ale.indexed_screen() if self._pools else None

    def push(self) -> None:
        """Add the picture of a step's last frame."""
        self._stack[:-1] = self._stack[1:]
        self._reducer.reduce(self._ale.indexed_screen(), self._held, self._table, self._newest)
        self._held = None

    def push_cut(self) -> None:
        """Add the picture of a step that the end of the episode has cut short.

        As in `AtariPreprocessing`, it is the last step's picture, pooled with the one before the end if that was held.
        """
        self._stack[:-1] = self._stack[1:]
        if self._held is None:
            return
        import cv2

        pooled = np.maximum(self._reducer.picture(), self._table[self._held])
        self._newest[...] = cv2.resize(pooled, self._size, interpolation=cv2.INTER_AREA)


class ValueStack:
    """The last values of some RAM bytes.

    Args:
        read: Returns the bytes.
        stack: Where they are kept, oldest first: uint8 of shape (stack_num, n).
    """

    def __init__(self, read: Callable[[], np.ndarray], stack: np.ndarray) -> None:
        self._read = read
        self._stack = stack

    def restart(self) -> None:
        """Begin with the first values of an episode, after zeros."""
        self._stack.fill(0)
        self._stack[-1] = self._read()

    def hold(self) -> None:
        """Values are not pooled."""

    def push(self) -> None:
        """Add the values after a step."""
        self._stack[:-1] = self._stack[1:]
        self._stack[-1] = self._read()

    push_cut = push


class SubEnv:
    """One sub-env: a patched emulator, preprocessing, automatic resets.

    It is `AtariPreprocessing(HackAtariEnv(frameskip=1))`, inside `Curriculum` if there is a scheduler and inside
    `Continuing` if there is a cost of resets, but writes its results into shared arrays.

    Args:
        index: Its number in the vector env: the row of the arrays.
        config: How it is made.
        modifs: Names of its modifs.
        arrays: The shared arrays.

    Attributes:
        scheduler: Chooses the variants of the episodes, or None.
        reset_cost: Subtracted from the reward where a continuing world is reset, or None if it has episodes.
        life_loss_cost: Subtracted from the reward for each life that is lost in a continuing world.
    """

    def __init__(
        self, index: int, config: SubEnvConfig, modifs: Sequence[str], arrays: Mapping[str, np.ndarray]
    ) -> None:
        self.env = HackAtariEnv(modifs=modifs, obs_type="ram", frameskip=1, **config.env_kwargs)
        self.scheduler = copy.deepcopy(config.scheduler)
        self.reset_cost = config.reset_cost
        self.life_loss_cost = config.life_loss_cost
        self._index = index
        self._config = config
        self._arrays = arrays
        self._ale = self.env.ale
        self._presses_fire = config.use_fire_reset and FIRE in [action.value for action in self.env._action_set]
        self._stack = self._make_stack(arrays["obs"][index])
        self._score = 0.0
        self._lives = 0
        self._life_lost = False  # the last step has ended an episode, but not the game

    def _make_stack(self, stack: np.ndarray) -> PictureStack | ValueStack:
        if self._config.obs_type == "ram":
            return ValueStack(self._ale.getRAM, stack)
        if self._config.obs_type == "labels":
            from hackatari.wrappers.labels import RamObservation  # the wrappers import the core

            labels = RamObservation(self.env)
            return ValueStack(lambda: labels.observation(None), stack)
        return PictureStack(self._ale, self._config, stack)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Start a new episode; return what only some infos contain."""
        extras = self._start(seed, options)
        self._lives = self._ale.lives()
        self._stack.restart()
        self._arrays["ended"][self._index] = False
        self._write_state("")
        return extras

    def _start(self, seed: int | None, options: dict[str, Any] | None) -> dict[str, Any]:
        """Start a new game and press the buttons that come before the first observation; return as `reset`."""
        if self.scheduler is not None:
            self._ale.set_modifs(self.scheduler.choose())
        self._score = 0.0
        info = self.env.reset(seed=seed, options=options)[1]
        noops = int(self.env.np_random.integers(1, self._config.noop_max + 1)) if self._config.noop_max else 0
        for action in [NOOP] * noops + [FIRE] * self._presses_fire:
            self._act(action)
            if self._ale.game_over():
                info = self.env.reset(seed=seed, options=options)[1]
        extras: dict[str, Any] = {"seeds": info["seeds"]} if "seeds" in info else {}
        if self.scheduler is not None:
            extras["modifs"] = self._ale.modifs
        return extras

    def _act(self, action: int, strength: float = 1.0) -> float:
        """Emulate one frame; return the reward."""
        return self._ale.act(action, strength)

    def step(self, action: int, strength: float) -> dict[str, Any]:
        """Do a step, or the reset that is due instead; return what only some infos contain."""
        arrays, i = self._arrays, self._index
        mode = self._config.autoreset_mode
        if arrays["ended"][i] and mode is AutoresetMode.NEXT_STEP:
            arrays["rewards"][i] = 0.0
            arrays["terminations"][i] = arrays["truncations"][i] = False
            return self.reset()

        lives = self._ale.lives()
        reward, terminated, truncated = self._emulate(action, strength)
        life_lost = self._config.life_loss_info and self._loses_life()
        if self.scheduler is not None:
            self._score += reward
            self.scheduler.step_done()
            if not truncated and self.scheduler.cuts_episode():
                truncated, self._life_lost = True, False
        if (terminated or truncated) and not self._life_lost:
            self._game_done(truncated)
        if self._config.reward_clipping:
            reward = (reward > 0) - (reward < 0)
        extras: dict[str, Any] = {}
        if self.reset_cost is not None:
            arrays["game_over"][i] = terminated
            reward -= self.life_loss_cost * max(lives - self._ale.lives(), 0)
            if terminated:
                extras = self.reset()
                reward -= self.reset_cost
                terminated = False
        self._write_state("")
        ended = terminated or truncated
        arrays["rewards"][i] = reward
        arrays["terminations"][i] = terminated or life_lost
        arrays["truncations"][i] = truncated
        if ended and mode is AutoresetMode.SAME_STEP:
            arrays["final_obs"][i] = arrays["obs"][i]
            self._write_state("final_")
            extras = self.reset()
        arrays["ended"][i] = ended
        return extras

    def _game_done(self, truncated: bool) -> None:
        """Take note of the end of a game, or of its truncation."""
        if self.scheduler is not None:
            self.scheduler.episode_done(self._score)

    def _emulate(self, action: int, strength: float) -> tuple[float, bool, bool]:
        """Emulate a step's frames up to the end of the episode; return reward, terminated and truncated."""
        ale, stack = self._ale, self._stack
        act, game_over = ale.act, ale.game_over
        episodic_life = self._config.episodic_life
        last = self._config.frameskip - 1
        reward, life_lost = 0.0, False
        for frame in range(last + 1):
            reward += act(action, strength)
            if episodic_life:
                life_lost = self._loses_life()
            if life_lost or game_over():
                stack.push_cut()
                break
            if frame == last - 1:
                stack.hold()
        else:
            stack.push()
            return reward, False, False
        return reward, life_lost or ale.game_over(with_truncation=False), ale.game_truncated()

    def _loses_life(self) -> bool:
        before, self._lives = self._lives, self._ale.lives()
        return self._lives < before

    def _write_state(self, prefix: Literal["", "final_"]) -> None:
        """Write the parts of the infos that every step has, and the sound."""
        arrays, ale, i = self._arrays, self._ale, self._index
        arrays[prefix + "lives"][i] = ale.lives()
        arrays[prefix + "episode_frame_number"][i] = ale.getEpisodeFrameNumber()
        arrays[prefix + "frame_number"][i] = ale.getFrameNumber()
        if prefix + "ram" in arrays:
            ale.getRAM(arrays[prefix + "ram"][i])
        if prefix + "sound" in arrays:
            arrays[prefix + "sound"][i] = ale.getAudio()

    def get(self, name: str) -> Any:
        """Return an attribute: the scheduler, a cost, or one of `HackAtariEnv`."""
        return getattr(self if name in OWN_ATTRIBUTES else self.env, name)

    def set(self, name: str, value: Any) -> None:
        """Set an attribute, as `get` finds it."""
        setattr(self if name in OWN_ATTRIBUTES else self.env, name, value)


class SubEnvGroup:
    """The sub-envs of one worker.

    Args:
        first: Index of its first sub-env.
        config: How they are made.
        modifs: The names of each sub-env's modifs.
        shared: The shared arrays of the whole vector env.
    """

    def __init__(self, first: int, config: SubEnvConfig, modifs: Sequence[Sequence[str]], shared: SharedArrays) -> None:
        from hackatari.sb3_sub_env import SB3SubEnv  # imports this module

        kind = SB3SubEnv if config.preprocessing == "sb3" else SubEnv
        arrays = shared.open()
        indices = range(first, first + len(modifs))
        self._envs = {i: kind(i, config, names, arrays) for i, names in zip(indices, modifs, strict=True)}
        self._rows = slice(first, first + len(modifs))
        self._actions, self._strengths = arrays["actions"], arrays["strengths"]

    def step(self) -> Extras:
        """Step all sub-envs."""
        extras = {}
        actions, strengths = self._actions[self._rows].tolist(), self._strengths[self._rows].tolist()
        for (i, env), action, strength in zip(self._envs.items(), actions, strengths, strict=True):
            if extra := env.step(action, strength):
                extras[i] = extra
        return extras

    def step_one(self, i: int) -> tuple[int, dict[str, Any]]:
        """Step one sub-env; return its index too."""
        return i, self._envs[i].step(int(self._actions[i]), float(self._strengths[i]))

    def reset(self, arguments: Mapping[int, tuple[int | None, dict[str, Any] | None]]) -> Extras:
        """Reset some sub-envs with their seeds and options."""
        return {i: self._envs[i].reset(seed, options) for i, (seed, options) in arguments.items()}

    def call(self, indices: Sequence[int], name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[int, Any]:
        """Call a method of some sub-envs, or get an attribute that is no method."""
        found = {i: self._envs[i].get(name) for i in indices}
        return {i: value(*args, **kwargs) if callable(value) else value for i, value in found.items()}

    def set_attr(self, name: str, values: Sequence[Any]) -> list[Any]:
        """Set an attribute of each sub-env to its value; nothing is returned."""
        for env, value in zip(self._envs.values(), values, strict=True):
            env.set(name, value)
        return []


@dataclass
class Failure:
    """An exception that was raised in a worker.

    Attributes:
        error: The exception, or a `RuntimeError` that tells about it if it cannot be pickled.
        trace: Its traceback, as text.
    """

    error: Exception
    trace: str = field(default_factory=traceback.format_exc)


def run_worker(
    connection: Connection,
    first: int,
    config: SubEnvConfig,
    modifs: Sequence[Sequence[str]],
    shared: SharedArrays,
) -> None:
    """Serve a vector env until its process is gone or it closes the pipe: the main function of a worker.

    A message is `STEP`, or a pickled name of a `SubEnvGroup` method and its arguments. The answer is `STEP` for a step
    without extras, or else the pickled result, or a pickled `Failure`.

    Args:
        connection: The pipe to the vector env.
        first: See `SubEnvGroup`, as for the other arguments.
        config: As above.
        modifs: As above.
        shared: As above.
    """
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the vector env's business
    _use_one_thread()
    try:
        group = SubEnvGroup(first, config, modifs, shared)
    except Exception as error:
        connection.send_bytes(_pickle(Failure(error)))
        return
    connection.send_bytes(STEP)
    try:
        while True:
            if not _message_comes(connection, parent):
                return
            connection.send_bytes(_answer(group, connection.recv_bytes()))
    except (EOFError, OSError):
        return


def _message_comes(connection: Connection, parent: int) -> bool:
    """Wait for a message; return False if the vector env's process is gone."""
    # Falling asleep and being woken takes longer than the vector env needs between two steps.
    awake_until = time.perf_counter() + WAKEFUL
    while time.perf_counter() < awake_until:
        if connection.poll(0):
            return True
    # A sibling that was forked later holds the vector env's end of the pipe too, so it may never be closed.
    while not connection.poll(1.0):
        if os.getppid() != parent:
            return False
    return True


def _use_one_thread() -> None:
    """Keep OpenCV from starting threads in every worker."""
    import cv2

    cv2.setNumThreads(0)


def _answer(group: SubEnvGroup, message: bytes) -> bytes:
    try:
        if message == STEP:
            result = group.step()
            return _pickle(result) if result else STEP
        name, args = pickle.loads(message)
        return _pickle(getattr(group, name)(*args))
    except Exception as error:
        return _pickle(Failure(error))


def _pickle(result: Any) -> bytes:
    try:
        return pickle.dumps(result)
    except Exception as error:
        told = result.error if isinstance(result, Failure) else error
        return pickle.dumps(Failure(RuntimeError(f"A worker cannot send its result: {told!r}")))
