"""Agents for non-stationary, continuing worlds.

Names are imported on first use, so that `import hackatari.agents` does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hackatari.agents.adaptive_clipping import AnchoredKappa, OccupancyKappa
    from hackatari.agents.baselines import (
        L2Init,
        L2InitAdam,
        L2InitSGD,
        ShrinkAndPerturb,
        ShrinkAndPerturbAdam,
        ShrinkAndPerturbSGD,
        shrink_and_perturb,
    )
    from hackatari.agents.centered_a2c import CenteredA2C
    from hackatari.agents.centered_ddpg import CenteredDDPG
    from hackatari.agents.centered_dqn import CenteredDQN
    from hackatari.agents.centered_ppo import CenteredPPO
    from hackatari.agents.centered_qrdqn import CenteredQRDQN
    from hackatari.agents.centered_recurrent_ppo import CenteredRecurrentPPO
    from hackatari.agents.centered_sac import CenteredSAC
    from hackatari.agents.centered_td3 import CenteredTD3
    from hackatari.agents.linear import OneHot, QLearning, Sarsa, TDPrediction
    from hackatari.agents.networks import CReLU, CReLUCNN, CReLUMLP, LayerNormCNN, LayerNormMLP, SmallCNN
    from hackatari.agents.plasticity_callback import PlasticityCallback
    from hackatari.agents.redo import ReDoCallback, recycle_dormant_units
    from hackatari.agents.reward_centering import EpisodicTaskWarning
    from hackatari.agents.tile_coding import TileCoder
    from hackatari.agents.weight_clipping import (
        ClippedAdam,
        ClippedRMSprop,
        ClippedSGD,
        clip_once,
        clip_weights,
        clipping_bounds,
        clipping_report,
        weight_clipped,
    )

__all__ = [
    "AnchoredKappa",
    "CReLU",
    "CReLUCNN",
    "CReLUMLP",
    "CenteredA2C",
    "CenteredDDPG",
    "CenteredDQN",
    "CenteredPPO",
    "CenteredQRDQN",
    "CenteredRecurrentPPO",
    "CenteredSAC",
    "CenteredTD3",
    "ClippedAdam",
    "ClippedRMSprop",
    "ClippedSGD",
    "EpisodicTaskWarning",
    "L2Init",
    "L2InitAdam",
    "L2InitSGD",
    "LayerNormCNN",
    "LayerNormMLP",
    "OccupancyKappa",
    "OneHot",
    "PlasticityCallback",
    "QLearning",
    "ReDoCallback",
    "Sarsa",
    "ShrinkAndPerturb",
    "ShrinkAndPerturbAdam",
    "ShrinkAndPerturbSGD",
    "SmallCNN",
    "TDPrediction",
    "TileCoder",
    "clip_once",
    "clip_weights",
    "clipping_bounds",
    "clipping_report",
    "recycle_dormant_units",
    "shrink_and_perturb",
    "weight_clipped",
]

_MODULES = {
    "AnchoredKappa": "adaptive_clipping",
    "CReLU": "networks",
    "CReLUCNN": "networks",
    "CReLUMLP": "networks",
    "CenteredA2C": "centered_a2c",
    "CenteredDDPG": "centered_ddpg",
    "CenteredDQN": "centered_dqn",
    "CenteredPPO": "centered_ppo",
    "CenteredQRDQN": "centered_qrdqn",
    "CenteredRecurrentPPO": "centered_recurrent_ppo",
    "CenteredSAC": "centered_sac",
    "CenteredTD3": "centered_td3",
    "ClippedAdam": "weight_clipping",
    "ClippedRMSprop": "weight_clipping",
    "ClippedSGD": "weight_clipping",
    "EpisodicTaskWarning": "reward_centering",
    "L2Init": "baselines",
    "L2InitAdam": "baselines",
    "L2InitSGD": "baselines",
    "LayerNormCNN": "networks",
    "LayerNormMLP": "networks",
    "OccupancyKappa": "adaptive_clipping",
    "OneHot": "linear",
    "PlasticityCallback": "plasticity_callback",
    "QLearning": "linear",
    "ReDoCallback": "redo",
    "Sarsa": "linear",
    "ShrinkAndPerturb": "baselines",
    "ShrinkAndPerturbAdam": "baselines",
    "ShrinkAndPerturbSGD": "baselines",
    "SmallCNN": "networks",
    "TDPrediction": "linear",
    "TileCoder": "tile_coding",
    "clip_once": "weight_clipping",
    "clip_weights": "weight_clipping",
    "clipping_bounds": "weight_clipping",
    "clipping_report": "weight_clipping",
    "recycle_dormant_units": "redo",
    "shrink_and_perturb": "baselines",
    "weight_clipped": "weight_clipping",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "stable_baselines3", "sb3_contrib"):
            raise
        raise ImportError(f"{name} needs {error.name}: pip install 'hackatari-suite[train]'") from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
