"""`HackAtariVectorEnv`: many variants of a game, stepped in parallel by worker processes."""

from __future__ import annotations

import multiprocessing
import os
import weakref
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from multiprocessing.connection import wait
from typing import Any, Literal, get_args

import gymnasium as gym
import numpy as np
from ale_py.env import AtariEnv
from gymnasium import error as gym_error
from gymnasium.spaces import Box, Dict
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from hackatari.env import HackAtariEnv
from hackatari.errors import did_you_mean
from hackatari.games import find_game
from hackatari.preprocessing import FrameReducer
from hackatari.ram import Byte
from hackatari.schedulers import Scheduler, Variant
from hackatari.seeding import sub_env_seeds
from hackatari.vector_processes import LocalWorker, ProcessWorker, WorkerDiedError, kill_all, unless_failed
from hackatari.vector_worker import Extras, ObsType, Preprocessing, SharedArrays, SubEnvConfig

STATE = ("lives", "episode_frame_number", "frame_number")


class HackAtariVectorEnv(VectorEnv):
    """Many variants of an Atari game, stepped in parallel: what `gym.make_vec("HackAtari/<Game>-v0")` makes.

    Worker processes step several sub-envs each and write what comes out into shared memory. Observations are those of
    `gymnasium.wrappers.AtariPreprocessing` around `HackAtari/<Game>-v0` with frameskip=1, bit for bit, the last
    `stack_num` of them stacked (black ones before the first of an episode). Infos have the keys of the single env, and
    "env_id".

    With a scheduler, each sub-env has a copy of it and tells it about its steps, those of the agent, and unclipped
    scores; `call("scheduler")` returns the copies. With a `reset_cost`, the sub-envs are continuing worlds, and
    `infos["game_over"]` says which were reset. See `hackatari.wrappers.Curriculum` and `Continuing`.

    Args:
        game: ROM id, such as "space_invaders".
        num_envs: Number of sub-envs.
        modifs: Names of the modifs, in the order in which they act; or one such list for each sub-env.
        mode: The game's mode.
        difficulty: The game's difficulty.
        preprocessing: "gymnasium" as above; or "sb3": as `AtariWrapper` and `VecFrameStack` of Stable-Baselines3, bit
            for bit. Then frames are pooled in colour, FIRE and the button after it are pressed for a step each, a game
            goes on after a lost life that ends an episode, and `infos["episode"]` tells of a finished game its
            unclipped score `r`, its length `l` in frames, ALE's number of `frames`, and whether it was `truncated`.
        obs_type: "grayscale", "rgb", "ram" (128 bytes) or "labels" (the named bytes, `label_names`); by default as
            `grayscale` says.
        img_height: Height of the pictures in pixels.
        img_width: Width of the pictures in pixels.
        grayscale: Whether pictures are grey.
        stack_num: Number of observations that are stacked.
        frameskip: Number of frames for which an action is repeated.
        maxpool: Whether a picture is the maximum of the last two frames.
        noop_max: An episode begins with 1 to this number of frames without action; 0 for none.
        use_fire_reset: Whether FIRE is pressed for one frame then, if the game has it.
        episodic_life: Whether an episode terminates, and the step is cut short, when a life is lost.
        life_loss_info: Whether `terminations` is True for a lost life, although the episode goes on.
        reward_clipping: Whether rewards are replaced by their signs.
        repeat_action_probability: Probability that a frame repeats the action of the one before ("sticky actions").
        full_action_space: Whether all 18 actions can be chosen.
        continuous: Whether actions are radius, angle and fire, three floats.
        continuous_action_threshold: From where on continuous actions count as pressed.
        max_num_frames_per_episode: Truncates episodes; 0 for never.
        autoreset_mode: When sub-envs are reset after an episode; see `gymnasium.vector.AutoresetMode`.
        batch_size: Number of sub-envs that `recv` waits for; 0 for all.
        sound_obs: Whether observations are dictionaries of "image" and "sound", the 512 bytes of the last frame.
        ram_info: Whether `infos["ram"]` has the 128 bytes.
        labels_info: Whether `infos["labels"]` has the named bytes, a dictionary of arrays.
        scheduler: Chooses the variant of each episode.
        reset_cost: Makes continuing worlds; subtracted from the (clipped) reward of a step with a reset.
        life_loss_cost: Subtracted from the (clipped) reward for each life that is lost; in continuing worlds only.
        num_workers: Number of worker processes, between which the sub-envs are divided; 0 steps all in this process. By
            default all usable cores are busy: there is a worker for each but one, and this process steps as many
            sub-envs as a worker. With a `batch_size` it only waits, and there is a worker for each core.
        context: How workers are started: "fork", "spawn" or "forkserver"; by default as `multiprocessing` does.
        on_worker_death: What to do when a worker is killed or crashes: "raise" a `WorkerDiedError`, or "restart" the
            worker and report its sub-envs as truncated; their schedulers begin anew.
        copy: Whether observations are the caller's own; otherwise they are read-only views that the next step changes.
        render_mode: "rgb_array" for `render`.

    Raises:
        UnknownNameError: If there is no such game, or the game has no such modif.
        ValueError: If another argument makes no sense.

    Example:
        >>> import gymnasium as gym, hackatari
        >>> envs = gym.make_vec("HackAtari/Pong-v0", num_envs=4, modifs=["lazy_enemy"])
        >>> observations, infos = envs.reset(seed=0)
        >>> observations.shape, infos["lives"].shape
        ((4, 4, 84, 84), (4,))
        >>> envs.close()
    """

    def __init__(
        self,
        game: str,
        num_envs: int = 1,
        *,
        modifs: Sequence[str] | Sequence[Sequence[str]] = (),
        mode: int | None = None,
        difficulty: int | None = None,
        preprocessing: Preprocessing = "gymnasium",
        obs_type: ObsType | None = None,
        img_height: int = 84,
        img_width: int = 84,
        grayscale: bool = True,
        stack_num: int = 4,
        frameskip: int = 4,
        maxpool: bool = True,
        noop_max: int = 30,
        use_fire_reset: bool = True,
        episodic_life: bool = False,
        life_loss_info: bool = False,
        reward_clipping: bool = False,
        repeat_action_probability: float = 0.25,
        full_action_space: bool = False,
        continuous: bool = False,
        continuous_action_threshold: float = 0.5,
        max_num_frames_per_episode: int = 108_000,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        batch_size: int = 0,
        sound_obs: bool = False,
        ram_info: bool = False,
        labels_info: bool = False,
        scheduler: Scheduler | None = None,
        reset_cost: float | None = None,
        life_loss_cost: float = 0.0,
        num_workers: int | None = None,
        context: str | None = None,
        on_worker_death: Literal["raise", "restart"] = "raise",
        copy: bool = True,
        render_mode: str | None = None,
    ) -> None:
        self._workers: list[Any] = []
        self._finalizer = weakref.finalize(self, kill_all, self._workers)
        if obs_type is None:
            obs_type = "grayscale" if grayscale else "rgb"
        _check_choice("obs_type", obs_type, get_args(ObsType))
        _check_choice("preprocessing", preprocessing, get_args(Preprocessing))
        if preprocessing == "sb3" and (obs_type != "grayscale" or continuous or not maxpool):
            raise ValueError(
                "preprocessing='sb3' is for grey, pooled pictures and for actions that are not continuous."
            )
        _check_choice("on_worker_death", on_worker_death, ("raise", "restart"))
        _check_choice("render_mode", render_mode, (None, "rgb_array"))
        _check_at_least(1, num_envs=num_envs, img_height=img_height, img_width=img_width)
        _check_at_least(1, stack_num=stack_num, frameskip=frameskip)
        _check_at_least(0, noop_max=noop_max, batch_size=batch_size, num_workers=num_workers or 0)
        if life_loss_cost and reset_cost is None:
            raise ValueError("life_loss_cost is for continuing worlds: give a reset_cost too, such as 0.")
        if batch_size > num_envs:
            raise ValueError(f"batch_size must be at most num_envs={num_envs}, got {batch_size}.")

        self.num_envs = num_envs
        self.batch_size = batch_size or num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.render_mode = render_mode
        self.continuous = continuous
        self.continuous_action_threshold = continuous_action_threshold
        self.label_names: list[str] = []
        self._game = find_game(game)
        self._modifs = self._modifs_by_env(modifs)
        if scheduler is not None:
            for variant in scheduler.variants:
                self._game.select(variant)
        self._config = SubEnvConfig(
            env_kwargs={
                "game": self._game.rom,
                "warn_conflicts": False,  # this object warns, once for all sub-envs
                "mode": mode,
                "difficulty": difficulty,
                "repeat_action_probability": repeat_action_probability,
                "full_action_space": full_action_space,
                "continuous": continuous,
                "continuous_action_threshold": continuous_action_threshold,
                "max_num_frames_per_episode": max_num_frames_per_episode,
                "render_mode": render_mode,
                "sound_obs": sound_obs,
            },
            preprocessing=preprocessing,
            obs_type=obs_type,
            img_height=img_height,
            img_width=img_width,
            stack_num=stack_num,
            frameskip=frameskip,
            maxpool=maxpool,
            noop_max=noop_max,
            use_fire_reset=use_fire_reset,
            episodic_life=episodic_life,
            life_loss_info=life_loss_info,
            reward_clipping=reward_clipping,
            autoreset_mode=self.autoreset_mode,
            scheduler=scheduler,
            reset_cost=reset_cost,
            life_loss_cost=life_loss_cost,
        )
        self.copy = copy
        self._sound = sound_obs
        self._ram_info, self._labels_info = ram_info, labels_info
        self._restarts = on_worker_death == "restart"
        self._context = multiprocessing.get_context(context)
        self._define_spaces()
        self._shared = SharedArrays(self._fields(), self._context)
        self._arrays = self._shared.open()
        self._views = {name: _read_only(array) for name, array in self._arrays.items()}
        self._was_reset = False
        self._in_flight = False
        self._batch = np.arange(num_envs)  # the sub-envs that recv or reset returned last
        self._outstanding: set[int] = set()  # those that do their step, if the batch is smaller than num_envs
        self._ready: deque[int] = deque()  # those that have done it
        self._lost: set[int] = set()  # those whose worker has died, until that has been reported
        self._extras: Extras = {}
        self._start_workers(num_workers)

    def _modifs_by_env(self, modifs: Sequence[Any]) -> list[tuple[str, ...]]:
        """Return the names of each sub-env's modifs; raise the errors of `Game.select` for wrong ones."""
        if isinstance(modifs, str) or all(isinstance(name, str) for name in modifs):
            self._game.select(modifs)
            return [tuple(modifs)] * self.num_envs
        if len(modifs) != self.num_envs:
            raise ValueError(f"modifs has {len(modifs)} lists for {self.num_envs} sub-envs: give one for each, or one.")
        by_env = [tuple(names) if not isinstance(names, str) else names for names in modifs]
        for names in dict.fromkeys(by_env):
            self._game.select(names)
        return by_env  # type: ignore[return-value]  # select has raised if one is a string

    def _define_spaces(self) -> None:
        config = self._config
        env = HackAtariEnv(obs_type="ram", frameskip=1, **config.env_kwargs)
        self.metadata = {
            "render_modes": ["rgb_array"],
            "render_fps": env.metadata["render_fps"],
            "autoreset_mode": self.autoreset_mode,
        }
        if config.obs_type == "labels":
            from hackatari.wrappers.labels import RamObservation  # the wrappers import the core

            self.label_names = RamObservation(env).names
        shape: tuple[int, ...] = {
            "grayscale": (config.img_height, config.img_width),
            "rgb": (config.img_height, config.img_width, 3),
            "ram": (env.ale.getRAMSize(),),
            "labels": (len(self.label_names),),
        }[config.obs_type]
        if config.obs_type in ("grayscale", "rgb"):
            # Workers that are forked need not load the compiled kernel again.
            height, width = env.ale.getScreenDims()
            FrameReducer(height, width, config.img_height, config.img_width, grayscale=config.obs_type == "grayscale")
        space: gym.Space = Box(0, 255, (config.stack_num, *shape), np.uint8)
        if self._sound:
            space = Dict(image=space, sound=Box(0, 255, (512,), np.uint8))
        self.single_observation_space = space
        self.observation_space = batch_space(space, self.batch_size)
        self.single_action_space = env.action_space
        self.action_space = batch_space(env.action_space, self.batch_size)
        self._commands = np.array([action.value for action in env._action_set])
        self._picture_shape = (config.stack_num, *shape)
        env.close()

    def _fields(self) -> dict[str, tuple[tuple[int, ...], Any]]:
        """Return shape and dtype of the arrays that the workers share with this process."""
        n = self.num_envs
        fields: dict[str, tuple[tuple[int, ...], Any]] = {
            "actions": ((n,), np.int64),
            "strengths": ((n,), np.float64),
            "rewards": ((n,), np.float64),
            "terminations": ((n,), np.bool_),
            "truncations": ((n,), np.bool_),
            "ended": ((n,), np.bool_),
        }
        results: dict[str, tuple[tuple[int, ...], Any]] = {
            "obs": ((n, *self._picture_shape), np.uint8),
            **{name: ((n,), np.int64) for name in STATE},
        }
        if self._ram_info or self._labels_info:
            results["ram"] = ((n, 128), np.uint8)
        if self._sound:
            results["sound"] = ((n, 512), np.uint8)
        if self._config.reset_cost is not None:
            fields["game_over"] = ((n,), np.bool_)
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            results |= {f"final_{name}": field for name, field in results.items()}
        return fields | results

    def _start_workers(self, num_workers: int | None) -> None:
        self._arrays["strengths"].fill(1.0)
        # A process that only waits would have to be woken for every step, while another gives way to it.
        takes_part = num_workers == 0 or (num_workers is None and self.batch_size == self.num_envs)
        shares = _usable_cores() if num_workers is None else max(num_workers, 1)
        bounds = np.linspace(0, self.num_envs, min(shares, self.num_envs) + 1).astype(int).tolist()
        parts = [range(start, stop) for start, stop in pairwise(bounds)]
        self._worker_of = [k for k, part in enumerate(parts) for _ in part]
        try:
            others = [self._start_worker(rows) for rows in parts[takes_part:]]
            self._workers += others
            for worker in others:
                unless_failed(worker.fetch())
            if takes_part:
                modifs = self._modifs[: parts[0].stop]
                self._workers.insert(0, LocalWorker(parts[0], self._config, modifs, self._shared))
        except BaseException:
            self.close()
            raise

    def _start_worker(self, rows: range) -> ProcessWorker:
        modifs = self._modifs[rows.start : rows.stop]
        return ProcessWorker(rows, self._config, modifs, self._shared, self._context)

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """The seed of each sub-env."""
        return self.get_attr("np_random_seed")

    @property  # type: ignore[misc]  # the base class has a setter
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """A copy of each sub-env's random generator."""
        return self.get_attr("np_random")

    def reset(
        self, *, seed: int | Sequence[int | None] | np.ndarray | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start new episodes.

        Args:
            seed: Seeds sub-env i with seed + i; or one seed for each sub-env.
            options: `{"reset_mask": mask}` resets only the sub-envs where mask, bool of shape (num_envs,), is True;
                `{"modifs": modifs}` switches to these at once, for all sub-envs or one list for each.

        Raises:
            UnknownNameError: If the game has no such modif; nothing is reset then.
            ValueError: If seeds, mask or modifs do not fit the sub-envs.
        """
        self._check_open()
        options = dict(options or {})
        mask = self._check_mask(options.pop("reset_mask", None))
        seeds = sub_env_seeds(seed, self.num_envs)
        modifs = self._modifs_by_env(options.pop("modifs")) if "modifs" in options else None
        for k in range(len(self._workers)):
            while self._workers[k].pending:  # a step that has been interrupted
                self._fetch(k)
        arguments: list[dict[int, Any]] = [{} for _ in self._workers]
        for i in np.flatnonzero(mask).tolist():
            own = options if modifs is None else {**options, "modifs": modifs[i]}
            arguments[self._worker_of[i]][i] = (seeds[i], own)
            if modifs is not None:
                self._modifs[i] = modifs[i]
        for name in ("rewards", "terminations", "truncations"):
            self._arrays[name][mask] = 0
        self._extras = {}
        for answer in self._ask("reset", [(part,) for part in arguments]):
            self._extras |= answer
        self._lost.difference_update(np.flatnonzero(mask).tolist())
        self._was_reset, self._in_flight = True, False
        if self.batch_size < self.num_envs:
            self._outstanding.clear()
            self._ready = deque(range(self.num_envs))
            self._next_batch()
        return self._observations(), self._infos(mask[self._batch])

    def _check_mask(self, mask: Any) -> np.ndarray:
        if mask is None:
            return np.ones(self.num_envs, np.bool_)
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
            raise TypeError(f"reset_mask must be a NumPy array of bool, got {mask!r}.")
        if mask.shape != (self.num_envs,) or not mask.any():
            raise ValueError(f"reset_mask must have shape ({self.num_envs},) and be True somewhere, got {mask}.")
        if self.batch_size < self.num_envs:
            raise ValueError(f"reset_mask needs batch_size={self.num_envs}, as many as there are sub-envs.")
        if not self._was_reset and not mask.all():
            raise gym_error.ResetNeeded("Reset all sub-envs once before you reset some of them.")
        return mask

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Do an agent step in each sub-env, or in those of the last batch.

        Args:
            actions: int of shape (batch_size,), or float of shape (batch_size, 3) if they are continuous.

        Returns:
            Observations, rewards (float64), terminations and truncations (bool) of shape (batch_size,), and infos.
        """
        self.send(actions)
        return self.recv()

    def send(self, actions: Any) -> None:
        """Begin a step of the sub-envs of the last batch, `infos["env_id"]`; `recv` returns what comes out.

        Args:
            actions: As for `step`.

        Raises:
            ValueError: If an action is not in the action space.
        """
        self._check_open()
        if not self._was_reset:
            raise gym_error.ResetNeeded("Call reset before step.")
        if self._in_flight:
            raise gym_error.AlreadyPendingCallError("A step is under way: call recv or reset first.", "step")
        if self.autoreset_mode is AutoresetMode.DISABLED and self._arrays["ended"][self._batch].any():
            ended = self._batch[self._arrays["ended"][self._batch]]
            raise gym_error.ResetNeeded(
                f"The episodes of the sub-envs {ended.tolist()} have ended: reset them with "
                "options={'reset_mask': terminations | truncations}."
            )
        self._write_actions(np.asarray(actions))
        self._in_flight = True
        if self.batch_size == self.num_envs:
            for k, worker in enumerate(self._workers):
                if not self._lost.issuperset(worker.rows):
                    self._post(k, "step")
        else:
            for i in self._batch.tolist():
                self._outstanding.add(i)
                if i not in self._lost:
                    self._post(self._worker_of[i], "step_one", i)

    def _write_actions(self, actions: np.ndarray) -> None:
        if self.continuous:
            if actions.shape != (self.batch_size, 3):
                raise ValueError(f"actions must have shape ({self.batch_size}, 3), got {actions.shape}.")
            commands, strengths = self._commands_of(actions.astype(np.float32))
            self._arrays["actions"][self._batch], self._arrays["strengths"][self._batch] = commands, strengths
            return
        if actions.shape != (self.batch_size,) or actions.dtype.kind not in "iu":
            raise ValueError(
                f"actions must be integers of shape ({self.batch_size},), got {actions.dtype} of {actions.shape}."
            )
        if actions.min() < 0 or actions.max() >= len(self._commands):
            raise ValueError(f"actions must be 0 to {len(self._commands) - 1}, got {actions.tolist()}.")
        self._arrays["actions"][self._batch] = self._commands[actions]

    def _commands_of(self, actions: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Return the joystick's positions and the paddle's strengths, as `AtariEnv` understands continuous actions."""
        limit = self.continuous_action_threshold
        x, y = actions[:, 0] * np.cos(actions[:, 1]), actions[:, 0] * np.sin(actions[:, 1])
        horizontal, vertical = ((axis > limit).astype(int) - (axis < -limit) for axis in (x, y))
        positions = zip(horizontal.tolist(), vertical.tolist(), (actions[:, 2] > limit).tolist(), strict=True)
        return [AtariEnv.map_action_idx(*position).value for position in positions], actions[:, 0]

    def recv(self) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Return what comes out of the first `batch_size` sub-envs that have done their step; see `step`.

        Raises:
            WorkerDiedError: If a worker has died and is not to be restarted.
        """
        self._check_open()
        if not self._in_flight:
            raise gym_error.NoAsyncCallError("No step is under way: call send first.", "step")
        if self.batch_size == self.num_envs:
            self._receive_all()
        else:
            self._receive_batch()
        return (
            self._observations(),
            self._values("rewards"),
            self._values("terminations"),
            self._values("truncations"),
            self._infos(np.ones(self.batch_size, np.bool_), after_step=True),
        )

    def _receive_all(self) -> None:
        answers = [self._fetch(k) for k in range(len(self._workers))]
        self._report_lost(sorted(self._lost))
        self._in_flight = False
        for answer in answers:
            self._extras |= unless_failed(answer or {})

    def _receive_batch(self) -> None:
        while len(self._ready) < self.batch_size:
            lost = sorted(self._lost & self._outstanding)
            self._report_lost(lost)
            self._ready.extend(lost)
            self._outstanding.difference_update(lost)
            for k in [] if lost else self._answering():
                if (answer := self._fetch(k)) is not None:
                    i, extras = unless_failed(answer)
                    self._ready.append(i)
                    self._outstanding.discard(i)
                    self._extras[i] = extras
        self._in_flight = False
        self._next_batch()

    def _answering(self) -> list[int]:
        """Wait until there are workers that have answered or died, and return them."""
        pending = [k for k, worker in enumerate(self._workers) if worker.pending]
        if isinstance(self._workers[0], LocalWorker):
            return pending
        ready = wait([channel for k in pending for channel in self._workers[k].channels])
        return [k for k in pending if any(channel in ready for channel in self._workers[k].channels)]

    def _next_batch(self) -> None:
        self._batch = np.array([self._ready.popleft() for _ in range(self.batch_size)])

    def _post(self, k: int, method: str, *args: Any) -> None:
        """Make a worker call a method, or replace it if it has died."""
        try:
            self._workers[k].post(method, *args)
        except WorkerDiedError as death:
            self._replace(k, death)

    def _fetch(self, k: int) -> Any:
        """Return a worker's answer; None if it has not been asked, or has died and been replaced."""
        try:
            return self._workers[k].fetch() if self._workers[k].pending else None
        except WorkerDiedError as death:
            self._replace(k, death)
            return None

    def _replace(self, k: int, death: WorkerDiedError) -> None:
        """Start a new worker in place of a dead one, or raise the error."""
        if not self._restarts:
            raise death
        rows = self._workers[k].rows
        self._workers[k].kill()
        self._workers[k] = self._start_worker(rows)
        unless_failed(self._workers[k].fetch())
        self._lost.update(rows)

    def _report_lost(self, indices: list[int]) -> None:
        """Make sub-envs whose worker has died look like truncated ones."""
        arrays = self._arrays
        for i in indices:
            arrays["rewards"][i], arrays["terminations"][i], arrays["truncations"][i] = 0.0, False, True
            if "game_over" in arrays:
                arrays["game_over"][i] = False
            if self.autoreset_mode is AutoresetMode.SAME_STEP:
                for name, array in arrays.items():
                    if name.startswith("final_"):
                        array[i] = arrays[name.removeprefix("final_")][i]
                worker = self._workers[self._worker_of[i]]
                worker.post("reset", {i: (None, None)})
                self._extras |= unless_failed(worker.fetch())
            arrays["ended"][i] = True
            self._lost.discard(i)

    def _ask(self, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return each worker's answer to a call; one that has died is asked again after its restart."""
        answers = []
        for k, args in enumerate(arguments):
            self._post(k, method, *args)
        for k, args in enumerate(arguments):
            answer = self._fetch(k)
            if answer is None:
                self._workers[k].post(method, *args)
                answer = self._workers[k].fetch()
            answers.append(answer)
        return [unless_failed(answer) for answer in answers]

    @property
    def _rows(self) -> slice | np.ndarray:
        """What selects the batch in the shared arrays."""
        return self._batch if self.batch_size < self.num_envs else slice(None)

    def _values(self, name: str) -> np.ndarray:
        """Return a copy of the batch's part of an array."""
        return np.array(self._arrays[name][self._rows])

    def _observations(self, prefix: str = "") -> Any:
        views = [self._views[prefix + name][self._rows] for name in (("obs", "sound") if self._sound else ("obs",))]
        if self.copy:
            views = [np.array(view) for view in views]
        return dict(zip(("image", "sound"), views, strict=True)) if self._sound else views[0]

    def _infos(self, mask: np.ndarray, after_step: bool = False) -> dict[str, Any]:
        """Return the infos of the batch, for those of its sub-envs for which `mask` is True."""
        infos: dict[str, Any] = {"env_id": self._batch.copy(), "_env_id": mask.copy()}
        self._add_state(infos, "", mask)
        if after_step and "game_over" in self._arrays:
            infos["game_over"], infos["_game_over"] = self._values("game_over"), mask.copy()
        for position, i in enumerate(self._batch.tolist()) if self._extras else ():
            for name, value in self._extras.pop(i, {}).items():
                if name not in infos:
                    infos[name] = np.full(len(mask), None, dtype=object)
                    infos[f"_{name}"] = np.zeros(len(mask), np.bool_)
                infos[name][position] = value
                infos[f"_{name}"][position] = True
        if after_step and self.autoreset_mode is AutoresetMode.SAME_STEP:
            ended = self._values("ended")
            if ended.any():
                self._add_final(infos, ended)
        return infos

    def _add_state(self, infos: dict[str, Any], prefix: Literal["", "final_"], mask: np.ndarray) -> None:
        """Add what the infos of every step have."""
        for name in STATE:
            infos[name], infos[f"_{name}"] = self._values(prefix + name) * mask, mask.copy()
        if self._ram_info or self._labels_info:
            ram = self._values(prefix + "ram") * mask[:, None]
            if self._ram_info:
                infos["ram"], infos["_ram"] = ram, mask.copy()
            if self._labels_info:
                infos["labels"], infos["_labels"] = self._labels(ram, mask), mask.copy()

    def _labels(self, ram: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
        labels = {}
        for name, field in self._game.ram.fields().items():
            column = field.address if isinstance(field, Byte) else list(field.addresses)
            labels[name], labels[f"_{name}"] = ram[:, column].astype(np.int64), mask.copy()
        return labels

    def _add_final(self, infos: dict[str, Any], ended: np.ndarray) -> None:
        """Add the last observations and infos of the episodes that have ended in this step."""
        last = self._observations("final_")
        infos["final_obs"] = np.full(len(ended), None, dtype=object)
        for position in np.flatnonzero(ended).tolist():
            one = {key: part[position] for key, part in last.items()} if self._sound else last[position]
            infos["final_obs"][position] = one
        final: dict[str, Any] = {}
        self._add_state(final, "final_", ended)
        infos["_final_obs"] = ended
        infos["final_info"], infos["_final_info"] = final, ended.copy()

    def call(self, name: str, *args: Any, indices: Sequence[int] | None = None, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method of each sub-env, or get an attribute: those of `HackAtariEnv`, "scheduler" or a cost.

        Args:
            name: Of the method or attribute.
            *args: Arguments of the method.
            indices: The sub-envs, default all.
            **kwargs: Keyword arguments of the method.

        Returns:
            The results, one for each of these sub-envs.

        Raises:
            IndexError: If there is no sub-env of such an index.
        """
        self._check_idle("call")
        chosen = range(self.num_envs) if indices is None else [int(i) for i in indices]
        for i in chosen:
            if not 0 <= i < self.num_envs:
                raise IndexError(f"There is no sub-env {i}: indices are 0 to {self.num_envs - 1}.")
        if name == "set_modifs":
            return self._set_modifs(chosen, *args, **kwargs)
        results: dict[int, Any] = {}
        for part in self._ask("call", [(part, name, args, kwargs) for part in self._by_worker(chosen)]):
            results |= part
        return tuple(results[i] for i in chosen)

    def _set_modifs(self, chosen: Sequence[int], modifs: Sequence[str]) -> tuple[None, ...]:
        """Switch some sub-envs to other modifs from their next reset on, also if their workers die before that."""
        self._game.select(modifs)
        self._ask("call", [(part, "set_modifs", (modifs,), {}) for part in self._by_worker(chosen)])
        for i in chosen:
            self._modifs[i] = tuple(modifs)
        return (None,) * len(chosen)

    def _by_worker(self, indices: Sequence[int]) -> list[list[int]]:
        """Return those of the indices that belong to each worker."""
        parts: list[list[int]] = [[] for _ in self._workers]
        for i in indices:
            parts[self._worker_of[i]].append(i)
        return parts

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of each sub-env; see `call`."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute of each sub-env; see `call`.

        Args:
            name: Of the attribute.
            values: A list or tuple with a value for each sub-env, or one value for all.

        Raises:
            ValueError: If the number of values is not that of the sub-envs.
        """
        self._check_idle("set_attr")
        if not isinstance(values, (list, tuple)):
            values = [values] * self.num_envs
        if len(values) != self.num_envs:
            raise ValueError(f"Got {len(values)} values for {self.num_envs} sub-envs: give one for each, or one.")
        self._ask("set_attr", [(name, values[w.rows.start : w.rows.stop]) for w in self._workers])

    def render(self) -> tuple[Any, ...]:
        """Return the picture of each sub-env: uint8 of shape (210, 160, 3); some games have other heights."""
        return self.call("render")

    def close_extras(self, **kwargs: Any) -> None:
        """End the worker processes."""
        self._finalizer()

    def _check_open(self) -> None:
        if self.closed:
            raise gym_error.ClosedEnvironmentError("The vector env has been closed.")

    def _check_idle(self, what: str) -> None:
        self._check_open()
        if self._in_flight or self._outstanding:
            raise gym_error.AlreadyPendingCallError(f"{what} has to wait until no step is under way.", what)


def curriculum_vector_env(
    game: str, num_envs: int = 1, scheduler: Scheduler | None = None, **kwargs: Any
) -> HackAtariVectorEnv:
    """Make a vector env of `HackAtari/<Game>-Curriculum-v0`.

    Args:
        game: ROM id.
        num_envs: Number of sub-envs.
        scheduler: By default that of the single env.
        **kwargs: See `HackAtariVectorEnv`.
    """
    from hackatari.wrappers.curriculum import default_scheduler  # the wrappers import the core

    return HackAtariVectorEnv(game, num_envs, scheduler=scheduler or default_scheduler(game), **kwargs)


def continual_vector_env(
    game: str,
    num_envs: int = 1,
    variants: Sequence[Variant] | None = None,
    switch_every: int = 100_000,
    cycles: int | None = None,
    **kwargs: Any,
) -> HackAtariVectorEnv:
    """Make a vector env of `HackAtari/<Game>-Continual-v0`.

    Args:
        game: ROM id.
        num_envs: Number of sub-envs.
        variants: By default those of the single env.
        switch_every: Agent steps of a sub-env from one switch to the next.
        cycles: Number of rounds, after which the last variant stays; by default they have no end.
        **kwargs: See `HackAtariVectorEnv`.
    """
    from hackatari.wrappers.continual import continual_scheduler  # the wrappers import the core

    scheduler = continual_scheduler(game, variants, switch_every, cycles)
    return HackAtariVectorEnv(game, num_envs, scheduler=scheduler, **kwargs)


def continuing_vector_env(
    game: str, num_envs: int = 1, reset_cost: float = 0.0, life_loss_cost: float = 1.0, **kwargs: Any
) -> HackAtariVectorEnv:
    """Make a vector env of `HackAtari/<Game>-Continuing-v0`.

    Args:
        game: ROM id.
        num_envs: Number of sub-envs.
        reset_cost: Subtracted from the reward of each step in which a sub-env is reset.
        life_loss_cost: Subtracted from the reward for each life that is lost.
        **kwargs: See `HackAtariVectorEnv`.
    """
    return HackAtariVectorEnv(game, num_envs, reset_cost=reset_cost, life_loss_cost=life_loss_cost, **kwargs)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


def _usable_cores() -> int:
    """Return the number of cores on which this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    if value not in choices:
        hint = did_you_mean(str(value), [str(choice) for choice in choices])
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}.{hint}")


def _check_at_least(least: int, **values: int) -> None:
    for name, value in values.items():
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
