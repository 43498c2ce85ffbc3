"""DDPG with reward centering."""

from __future__ import annotations

from stable_baselines3 import DDPG

from hackatari.agents.centered_td3 import CenteredTD3


class CenteredDDPG(CenteredTD3, DDPG):
    """DDPG with reward centering; the arguments are those of `stable_baselines3.DDPG` and `RewardCentering`."""
