"""Adapter for the recurrent A3C agents of Sam Greydanus's baby-a3c (github.com/greydanus/baby-a3c).

It is also the example to copy for an agent of your own: a network, a function that makes its observations out
of frames, a class with the four attributes of `hackatari.benchmarks.agents.Agent`, and a factory to name on
the command line:

    hackatari evaluate model.80.tar --policy hackatari.benchmarks.adapters.a3c_gru:load --game pong
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from gymnasium.wrappers import TransformObservation
from PIL import Image
from stable_baselines3.common.atari_wrappers import NoopResetEnv
from torch import nn
from torch.nn import functional

from hackatari.benchmarks.agents import CheckpointError, EnvSettings, State, check_action_count
from hackatari.benchmarks.safe_pickle import load_weights, restore_weights

HIDDEN_SIZE = 256


class Network(nn.Module):
    """Four strided convolutions and a GRU cell (Cho et al. 2014), with an actor and a critic on top.

    The attributes have the names that the checkpoint's state dict uses.
    """

    def __init__(self, n_actions: int) -> None:
        """Make the layers for a number of actions."""
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(32, 32, kernel_size=3, stride=2, padding=1)
        self.conv4 = nn.Conv2d(32, 32, kernel_size=3, stride=2, padding=1)
        self.gru = nn.GRUCell(32 * 5 * 5, HIDDEN_SIZE)
        self.critic_linear = nn.Linear(HIDDEN_SIZE, 1)
        self.actor_linear = nn.Linear(HIDDEN_SIZE, n_actions)

    def forward(self, observations: torch.Tensor, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map observations (batch, 1, 80, 80) and hidden states (batch, 256) to logits and hidden states."""
        features = observations
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            features = functional.elu(convolution(features))
        hidden = self.gru(features.flatten(start_dim=1), hidden)
        return self.actor_linear(hidden), hidden


def preprocess(frame: np.ndarray) -> np.ndarray:
    """Turn an RGB frame (210, 160, 3), uint8, into an observation (1, 80, 80), float32 from 0 to 1.

    Rows 35 to 194 are averaged over the colours, stretched to the full range of 8 bits and halved in size.
    """
    grey = frame[35:195].mean(axis=2)
    contrast = np.ptp(grey) or 1.0
    stretched = ((grey - grey.min()) * (255.0 / contrast) + 0.5).astype(np.uint8)
    # Pillow's bilinear filter averages over a wider window when it shrinks a picture; OpenCV's does not.
    small = Image.fromarray(stretched).resize((80, 80), Image.Resampling.BILINEAR)
    return np.asarray(small, np.float32)[np.newaxis] / 255.0


class A3CGRUAgent:
    """The agent: a network, the settings of its training, and its preprocessing."""

    # Gym's `Pong-v4`, on which it was trained, skips 2, 3 or 4 frames at random and has no sticky actions.
    settings = EnvSettings(frameskip=(2, 5), repeat_action_probability=0.0)

    def __init__(self, network: Network) -> None:
        """Make an agent of a trained network."""
        self.network = network.eval()

    def env_kwargs(self, settings: EnvSettings) -> dict[str, Any]:
        """Let the emulator do the skipping."""
        return settings.env_kwargs()

    def wrap(self, env: gym.Env[Any, Any], settings: EnvSettings) -> gym.Env[Any, Any]:
        """Check the number of actions and preprocess every frame."""
        check_action_count(env, self.network.actor_linear.out_features)
        if settings.noop_max:
            env = NoopResetEnv(env, settings.noop_max)
        return TransformObservation(env, preprocess, spaces.Box(0.0, 1.0, (1, 80, 80), np.float32))

    def predict(
        self,
        observation: np.ndarray,
        state: State | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[int, State]:
        """Choose an action, see `Agent.predict`; the state is the hidden state of the GRU, (1, 256)."""
        if state is None or (episode_start is not None and episode_start[0]):
            hidden = torch.zeros(1, HIDDEN_SIZE)
        else:
            hidden = torch.from_numpy(state[0])
        with torch.no_grad():
            logits, hidden = self.network(torch.from_numpy(observation)[None], hidden)
        action = logits.argmax() if deterministic else logits[0].softmax(dim=0).multinomial(1)
        return int(action), (hidden.numpy(),)


def load(path: Path) -> A3CGRUAgent:
    """Load an agent from a state dict.

    Args:
        path: File written by `torch.save`.

    Returns:
        The agent.

    Raises:
        CheckpointError: If the file is not a state dict of this network.
    """
    weights = load_weights(path)
    if "actor_linear.bias" not in weights:
        raise CheckpointError(f"`{path}` is no checkpoint of this agent: `actor_linear.bias` is missing.")
    network = Network(n_actions=weights["actor_linear.bias"].numel())
    restore_weights(network, weights, origin=f"`{path}`")
    return A3CGRUAgent(network)
