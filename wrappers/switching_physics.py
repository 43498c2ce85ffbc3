"""`SwitchingPhysics`: friction and gravity of a MuJoCo env that change during an agent's life, without telling it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from hackatari.errors import did_you_mean
from hackatari.schedulers import Rotation

QUANTITIES = ("friction", "gravity")


class SwitchingPhysics(gym.Wrapper, RecordConstructorArgs):
    """Multiplies friction and gravity of a Gymnasium MuJoCo env by other factors every so many steps.

    A switch takes effect with the next step, in the middle of an episode if there is one: nothing is reset. Steps are
    counted over episodes. For a world without end put it inside `Continuing`, and make the env with
    `max_episode_steps=-1`.

    Args:
        env: An env of the extra `control` whose model MuJoCo simulates, such as "Hopper-v5".
        phases: For each phase the factors of "friction" (of all contacts, 0 or more) and "gravity"; what is left out
            stays as in the model.
        switch_every: Steps from one switch to the next.
        cycles: Number of rounds through the phases, after which the last one stays; by default they have no end.

    Raises:
        TypeError: If the env has no MuJoCo model, or a phase is not a mapping.
        ValueError: If there is no phase, a phase has another quantity, a factor makes no sense, or `switch_every` or
            `cycles` is not an integer of at least 1.

    Example:
        >>> import gymnasium as gym
        >>> env = SwitchingPhysics(gym.make("Hopper-v5"), [{}, {"gravity": 0.17}, {"friction": 0.5}], 100_000)
        >>> env.reset(seed=0)[1]["phase"]
        0
    """

    def __init__(
        self, env: gym.Env, phases: Sequence[Mapping[str, float]], switch_every: int, cycles: int | None = None
    ) -> None:
        model: Any = getattr(env.unwrapped, "model", None)
        if not hasattr(model, "geom_friction"):
            raise TypeError(f"SwitchingPhysics needs a Gymnasium MuJoCo env such as 'Hopper-v5', got {env}.")
        _check_phases(phases)
        RecordConstructorArgs.__init__(self, phases=phases, switch_every=switch_every, cycles=cycles)
        gym.Wrapper.__init__(self, env)
        self.phases = [dict(phase) for phase in phases]
        self.rotation = Rotation(len(phases), switch_every, cycles)
        self.steps = 0
        self._model = model
        self._gravity = model.opt.gravity.copy()
        # A contact takes its friction from the two geoms that touch, or from the model's pair of them if it has one.
        self._friction = model.geom_friction.copy(), model.pair_friction.copy()
        self._phase: int | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode; `info["phase"]` is the index of the phase, for people."""
        phase = self._apply_phase()
        observation, info = super().reset(seed=seed, options=options)
        return observation, {**info, "phase": phase}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the env; `info["phase"]` is the index of the phase in which this was."""
        phase = self._apply_phase()
        observation, reward, terminated, truncated, info = super().step(action)
        self.steps += 1
        return observation, reward, terminated, truncated, {**info, "phase": phase}

    def _apply_phase(self) -> int:
        """Give the model the factors of the present phase and return its index."""
        phase = self.rotation.stage_at(self.steps)
        if phase != self._phase:
            factors = self.phases[phase]
            self._model.opt.gravity[:] = self._gravity * factors.get("gravity", 1.0)
            for array, original in zip(
                (self._model.geom_friction, self._model.pair_friction), self._friction, strict=True
            ):
                array[:] = original * factors.get("friction", 1.0)
            self._phase = phase
        return phase


def _check_phases(phases: Sequence[Mapping[str, float]]) -> None:
    if not phases:
        raise ValueError("SwitchingPhysics needs at least one phase; {} is the physics of the model.")
    for phase in phases:
        if not isinstance(phase, Mapping):
            raise TypeError(f"A phase is a mapping such as {{'gravity': 0.5}}, got {phase!r}.")
        for name, factor in phase.items():
            if name not in QUANTITIES:
                raise ValueError(f"A phase has friction and gravity, not {name!r}.{did_you_mean(name, QUANTITIES)}")
            if name == "friction" and factor < 0:
                raise ValueError(f"The factor of friction must be 0 or more, got {factor}.")
