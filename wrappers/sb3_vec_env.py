"""`SB3VecEnv`: any vector env of Gymnasium as a vector env of Stable-Baselines3 (SB3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import iterate
from stable_baselines3.common.env_util import is_wrapped
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvObs, VecEnvStepReturn

from hackatari.vector_env import HackAtariVectorEnv


class SB3VecEnv(VecEnv):
    """Makes a `gymnasium.vector.VectorEnv` a `VecEnv` of SB3, as its algorithms and wrappers expect one.

    SB3 resets a sub-env in the step that ends its episode: that step returns the first observation of the next
    episode, and `info["terminal_observation"]` has the last one. How this is done depends on the autoreset mode:

    - `SAME_STEP`: the vector env does it; what it reports as `final_obs` and `final_info` is used.
    - `NEXT_STEP`, `DISABLED`: the ended sub-envs are reset at once, by `reset(options={"reset_mask": ...})`.

    Each info has `TimeLimit.truncated`, as in SB3's own vector envs: truncated and not terminated.
    `VecFrameStack`, `VecTransposeImage`, `VecVideoRecorder` and SB3's other wrappers go around it.

    Args:
        env: The vector env. It is closed together with the adapter.
        monitor: Report the statistics of each finished episode as `info["episode"]`, as `VecMonitor` does: its return
            `r`, its length `l` in steps, and the time `t` since the adapter was made, in seconds. Without, `infos` has
            those that the vector env reports itself, as with `RecordEpisodeStatistics` around it.

    Raises:
        TypeError: If `env` is not a vector env of Gymnasium.
        ValueError: If `env` names no autoreset mode, cannot reset its sub-envs one by one, or steps only some of them
            at a time.

    Example:
        >>> envs = gym.make_vec("HackAtari/Pong-v0", num_envs=8, vectorization_mode="sync")
        >>> model = PPO("CnnPolicy", VecTransposeImage(SB3VecEnv(envs)))  # doctest: +SKIP
    """

    def __init__(self, env: VectorEnv, *, monitor: bool = True) -> None:
        self.env = env
        self.monitor = monitor
        self._autoreset_mode = _checked_autoreset_mode(env)
        self._shares_buffers = not getattr(env.unwrapped, "copy", True)
        self._actions = np.empty(0)
        self._episode_returns = np.zeros(env.num_envs)
        self._episode_lengths = np.zeros(env.num_envs, dtype=np.int64)
        self._start_time = time.perf_counter()
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self.metadata = dict(env.metadata)

    def reset(self) -> VecEnvObs:
        """Reset all sub-envs with the seeds and options set since the last reset; return their observations."""
        seed = self._seeds[0]
        observations, infos = self.env.reset(seed=None if seed is None else int(seed), options=self._options[0] or None)
        self._reset_seeds()
        self._reset_options()
        self._episode_returns[:] = 0
        self._episode_lengths[:] = 0
        self.reset_infos = self._own(_info_list(infos, self.num_envs))
        return self._own(observations)

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = np.asarray(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Step all sub-envs with the actions given to `step_async`.

        Returns:
            Observations; rewards, float32 `(num_envs,)`; ends of episodes, bool `(num_envs,)`; a dict for each sub-env.
        """
        observations, rewards, terminations, truncations, vector_infos = self.env.step(self._actions)
        rewards = rewards.astype(np.float32)
        dones = np.logical_or(terminations, truncations)
        infos = self._own(_info_list(vector_infos, self.num_envs))
        if dones.any():
            observations = self._start_episodes(dones, observations, infos)
        for info, truncated, terminated in zip(infos, truncations.tolist(), terminations.tolist(), strict=True):
            info["TimeLimit.truncated"] = truncated and not terminated
        if self.monitor:
            self._record_episodes(rewards, dones, infos)
        return self._own(observations), rewards, dones, infos

    def _start_episodes(self, dones: np.ndarray, observations: Any, infos: list[dict[str, Any]]) -> Any:
        """See to it that ended sub-envs are reset and `infos` tells how they ended; return all observations."""
        ended = np.flatnonzero(dones).tolist()
        if self._autoreset_mode is AutoresetMode.SAME_STEP:
            final_observations = [info.pop("final_obs", None) for info in infos]
            reset_infos = list(infos)
            for i in ended:
                # ALE's AtariVectorEnv has no final_info: all it tells of such a step is told by the other entries.
                infos[i] = dict(reset_infos[i].pop("final_info", reset_infos[i]))
                if "episode" in reset_infos[i]:  # that of the episode which has ended
                    infos[i]["episode"] = reset_infos[i].pop("episode")
        else:
            final_observations = list(iterate(self.env.observation_space, self._own(observations)))
            observations, vector_infos = self.env.reset(options={"reset_mask": dones.copy()})
            reset_infos = self._own(_info_list(vector_infos, self.num_envs))
        for i in ended:
            infos[i]["terminal_observation"] = deepcopy(final_observations[i])
            self.reset_infos[i] = reset_infos[i]
        return observations

    def _record_episodes(self, rewards: np.ndarray, dones: np.ndarray, infos: list[dict[str, Any]]) -> None:
        """Count the step, and report the episodes that it ended."""
        self._episode_returns += rewards
        self._episode_lengths += 1
        for i in np.flatnonzero(dones).tolist():
            infos[i]["episode"] = {
                "r": float(self._episode_returns[i]),
                "l": int(self._episode_lengths[i]),
                "t": round(time.perf_counter() - self._start_time, 6),
            }
        self._episode_returns[dones] = 0
        self._episode_lengths[dones] = 0

    def _own(self, values: Any) -> Any:
        """Return what no later step changes: SB3 stores an observation only after the next step."""
        return deepcopy(values) if self._shares_buffers else values

    def close(self) -> None:
        """Close the vector env."""
        self.env.close()

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Return the picture of each sub-env, RGB uint8 `(height, width, 3)`; None without render mode `rgb_array`."""
        if self.render_mode != "rgb_array":
            return [None] * self.num_envs
        images: Any = self.env.render()
        return list(images)

    def set_options(self, options: list[dict] | dict | None = None) -> None:
        """Set the options of the next reset.

        Args:
            options: Options for all sub-envs; what differs between them is up to the vector env.

        Raises:
            ValueError: If `options` is a list with a dict for each sub-env.
        """
        if isinstance(options, list):
            raise ValueError("A vector env takes one dict of reset options for all of its sub-envs, got a list.")
        super().set_options(options)

    def has_attr(self, attr_name: str) -> bool:
        """Whether all sub-envs have an attribute."""
        if attr_name == "render_mode":
            return True
        # Not by get_attr: a worker of AsyncVectorEnv does not survive the error of a missing attribute.
        try:
            return all(self.env_method("has_wrapper_attr", attr_name))
        except AttributeError:
            return False

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of the sub-envs.

        Args:
            attr_name: Name of the attribute. Vector envs of Gymnasium call what is callable.
            indices: The sub-envs, default all.

        Raises:
            AttributeError: If there is no such attribute, or the vector env gives no access to its sub-envs.
        """
        if attr_name == "render_mode":  # known of every vector env, also of those without access to their sub-envs
            values: Sequence[Any] = [self.env.render_mode] * self.num_envs
        else:
            values = self._method("get_attr")(attr_name)
        return [values[i] for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of the sub-envs.

        Args:
            attr_name: Name of the attribute. If it is new, it must be set in all sub-envs.
            value: The same for all chosen sub-envs.
            indices: The sub-envs, default all. The others are given the value back that they have.

        Raises:
            AttributeError: If the vector env gives no access to its sub-envs.
        """
        set_attr = self._method("set_attr")
        if indices is None:
            values = [value] * self.num_envs
        else:
            values = self.get_attr(attr_name)
            for i in self._get_indices(indices):
                values[i] = value
        set_attr(attr_name, values)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the sub-envs.

        Args:
            method_name: Name of the method.
            *method_args: Positional arguments, the same for all.
            indices: The sub-envs, default all. A vector env that keeps its sub-envs in other processes and is no
                `HackAtariVectorEnv` calls the method in all of them, and the results of the others are dropped: choose
                only for methods that change nothing.
            **method_kwargs: Keyword arguments, the same for all.

        Raises:
            AttributeError: If there is no such method, or the vector env gives no access to its sub-envs.
        """
        chosen = list(self._get_indices(indices))
        sub_envs = self._local_envs()
        if sub_envs:
            return [sub_envs[i].get_wrapper_attr(method_name)(*method_args, **method_kwargs) for i in chosen]
        if isinstance(self.env.unwrapped, HackAtariVectorEnv):
            return list(self.env.unwrapped.call(method_name, *method_args, indices=chosen, **method_kwargs))
        results = self._method("call")(method_name, *method_args, **method_kwargs)
        return [results[i] for i in chosen]

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """Whether sub-envs are known to have a wrapper.

        With `monitor`, they count as wrapped by SB3's `Monitor`, since their infos have what it adds. Other wrappers
        cannot be seen in sub-envs of other processes.
        """
        chosen = list(self._get_indices(indices))
        if self.monitor and wrapper_class is Monitor:
            return [True] * len(chosen)
        sub_envs = self._local_envs()
        return [bool(sub_envs) and is_wrapped(sub_envs[i], wrapper_class) for i in chosen]

    def _local_envs(self) -> Sequence[gym.Env]:
        """Return the sub-envs if they live in this process, as those of `SyncVectorEnv`, else nothing."""
        return getattr(self.env.unwrapped, "envs", ())

    def _method(self, name: str) -> Callable[..., Any]:
        """Return the vector env's method that reaches into its sub-envs; Gymnasium's base class has none."""
        method = getattr(self.env.unwrapped, name, None)
        if method is None:
            raise AttributeError(
                f"{type(self.env.unwrapped).__name__} gives no access to its sub-envs: it has no method {name!r}."
            )
        return method


def _checked_autoreset_mode(env: VectorEnv) -> AutoresetMode:
    """Return the autoreset mode of a vector env that SB3 can work with; see `SB3VecEnv` for the errors."""
    if not isinstance(env, VectorEnv):
        raise TypeError(
            f"SB3VecEnv adapts vector envs of Gymnasium, as made by gymnasium.make_vec, got {type(env).__name__}."
        )
    base = env.unwrapped
    name = type(base).__name__
    if (getattr(base, "batch_size", None) or env.num_envs) != env.num_envs:
        raise ValueError(f"SB3 steps all sub-envs at once: make {name} without batch_size.")
    mode = env.metadata.get("autoreset_mode")
    if not isinstance(mode, AutoresetMode):
        raise ValueError(
            f"{name} does not say when it resets its sub-envs: "
            f"set its metadata['autoreset_mode'] to an AutoresetMode, got {mode!r}."
        )
    if mode is AutoresetMode.NEXT_STEP and not _resets_by_mask(env):
        raise ValueError(
            f"SB3 needs sub-envs that are reset in the step that ends their episode, and {name} in mode NEXT_STEP "
            "cannot reset some of them: make it with autoreset_mode=AutoresetMode.SAME_STEP, "
            'or by gymnasium.make_vec(..., vectorization_mode="sync").'
        )
    return mode


def _resets_by_mask(env: VectorEnv) -> bool:
    """Whether a vector env with autoreset can also reset some of its sub-envs, so that the next step steps them."""
    # Without shared memory, AsyncVectorEnv's workers forget that they have been reset, and do it again.
    if not getattr(env.unwrapped, "shared_memory", True):
        return False
    # Envs that do not know the option ignore it; those that do refuse a mask of the wrong shape before any reset.
    try:
        env.reset(options={"reset_mask": np.ones(env.num_envs + 1, dtype=np.bool_)})
    except (AssertionError, TypeError, ValueError):
        return True
    return False


def _info_list(vector_infos: dict[str, Any], num_envs: int) -> list[dict[str, Any]]:
    """Split Gymnasium's dict of arrays into a dict for each sub-env.

    An entry `key` comes with a boolean mask `_key` that tells which sub-envs have it; without a mask, all have it.
    Numbers become Python's, as sub-envs report them.
    """
    infos: list[dict[str, Any]] = [{} for _ in range(num_envs)]
    for key, values in vector_infos.items():
        if key.startswith("_") and key[1:] in vector_infos:
            continue
        if isinstance(values, dict):
            values = _info_list(values, num_envs)
        elif isinstance(values, np.ndarray) and values.ndim == 1:
            values = values.tolist()
        mask = vector_infos.get(f"_{key}")
        for i in range(num_envs) if mask is None else np.flatnonzero(mask).tolist():
            infos[i][key] = values[i]
    return infos
