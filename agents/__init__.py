"""Agents for non-stationary, continuing worlds.

Names are imported on first use, so that `import hackatari.agents` does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hackatari.agents.centered_dqn import CenteredDQN
    from hackatari.agents.centered_ppo import CenteredPPO
    from hackatari.agents.networks import SmallCNN
    from hackatari.agents.reward_centering import (
        CenteredDictRolloutBuffer,
        CenteredRolloutBuffer,
        EpisodicTaskWarning,
    )
    from hackatari.agents.weight_clipping import (
        ClippedAdam,
        ClippedRMSprop,
        ClippedSGD,
        clipping_bounds,
        weight_clipped,
    )

__all__ = [
    "CenteredDQN",
    "CenteredDictRolloutBuffer",
    "CenteredPPO",
    "CenteredRolloutBuffer",
    "ClippedAdam",
    "ClippedRMSprop",
    "ClippedSGD",
    "EpisodicTaskWarning",
    "SmallCNN",
    "clipping_bounds",
    "weight_clipped",
]

_MODULES = {
    "CenteredDQN": "centered_dqn",
    "CenteredDictRolloutBuffer": "reward_centering",
    "CenteredPPO": "centered_ppo",
    "CenteredRolloutBuffer": "reward_centering",
    "ClippedAdam": "weight_clipping",
    "ClippedRMSprop": "weight_clipping",
    "ClippedSGD": "weight_clipping",
    "EpisodicTaskWarning": "reward_centering",
    "SmallCNN": "networks",
    "clipping_bounds": "weight_clipping",
    "weight_clipped": "weight_clipping",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "stable_baselines3"):
            raise
        raise ImportError(f"{name} needs {error.name}: pip install 'hackatari-suite[train]'") from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
