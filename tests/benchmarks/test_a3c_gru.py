from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import ale_py
import gymnasium as gym
import numpy as np
import pytest
import torch

from hackatari.benchmarks.adapters.a3c_gru import A3CGRUAgent, load, preprocess
from hackatari.benchmarks.agents import CheckpointError, EnvSettings, load_agent

gym.register_envs(ale_py)

ADAPTER = "hackatari.benchmarks.adapters.a3c_gru:load"


def random_weights(n_actions: int = 6) -> dict[str, torch.Tensor]:
    """A state dict with the names and shapes of a trained agent's."""
    shapes = {
        **{f"conv{i}.weight": (32, 1 if i == 1 else 32, 3, 3) for i in range(1, 5)},
        **{f"conv{i}.bias": (32,) for i in range(1, 5)},
        "gru.weight_ih": (768, 800),
        "gru.weight_hh": (768, 256),
        "gru.bias_ih": (768,),
        "gru.bias_hh": (768,),
        "critic_linear.weight": (1, 256),
        "critic_linear.bias": (1,),
        "actor_linear.weight": (n_actions, 256),
        "actor_linear.bias": (n_actions,),
    }
    generator = torch.Generator().manual_seed(0)
    return {name: 0.1 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    return random_weights()


@pytest.fixture
def checkpoint(weights: dict[str, torch.Tensor], tmp_path: Path) -> Path:
    path = tmp_path / "model.80.tar"
    torch.save(weights, path)
    return path


@pytest.fixture
def agent(checkpoint: Path) -> A3CGRUAgent:
    return load(checkpoint)


def convolve(image: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Convolution with kernel 3, stride 2 and padding 1, then ELU; (channels, s, s) to (32, s / 2, s / 2)."""
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
    result = np.einsum("cyxij,fcij->fyx", windows, weight) + bias[:, None, None]
    return np.where(result > 0, result, np.expm1(result))


def logits_and_hidden(
    weights: dict[str, torch.Tensor], observation: np.ndarray, hidden: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One step of the network: the convolutions, then the GRU's equations with its three gates in torch's order."""
    w = {name: tensor.double().numpy() for name, tensor in weights.items()}
    features = observation.astype(np.float64)
    for i in range(1, 5):
        features = convolve(features, w[f"conv{i}.weight"], w[f"conv{i}.bias"])
    of_input = w["gru.weight_ih"] @ features.ravel() + w["gru.bias_ih"]
    of_hidden = w["gru.weight_hh"] @ hidden + w["gru.bias_hh"]
    reset, update = (1 / (1 + np.exp(-(of_input[g] + of_hidden[g]))) for g in (slice(256), slice(256, 512)))
    candidate = np.tanh(of_input[512:] + reset * of_hidden[512:])
    hidden = (1 - update) * candidate + update * hidden
    return w["actor_linear.weight"] @ hidden + w["actor_linear.bias"], hidden


def test_steps_equal_the_equations_of_the_network(agent: A3CGRUAgent, weights: dict[str, torch.Tensor]) -> None:
    rng = np.random.default_rng(0)
    state, hidden = None, np.zeros(256)
    for _ in range(3):
        observation = rng.random((1, 80, 80), np.float32)
        logits, hidden = logits_and_hidden(weights, observation, hidden)
        action, state = agent.predict(observation, state, np.array([state is None]), deterministic=True)
        assert action == logits.argmax()
        assert state[0].shape == (1, 256)
        np.testing.assert_allclose(state[0][0], hidden, atol=1e-5)


def test_actions_are_sampled_from_the_softmax(agent: A3CGRUAgent, weights: dict[str, torch.Tensor]) -> None:
    observation = np.random.default_rng(1).random((1, 80, 80), np.float32)
    logits, _ = logits_and_hidden(weights, observation, np.zeros(256))
    probabilities = np.exp(logits) / np.exp(logits).sum()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        actions = [agent.predict(observation)[0] for _ in range(1000)]
        torch.manual_seed(0)
        assert actions[:50] == [agent.predict(observation)[0] for _ in range(50)]
    frequencies = np.bincount(actions, minlength=6) / 1000
    # Five standard deviations of a frequency.
    np.testing.assert_array_less(np.abs(frequencies - probabilities), 5 * np.sqrt(0.25 / 1000))


def test_hidden_state_starts_anew_with_an_episode(agent: A3CGRUAgent) -> None:
    observation = np.random.default_rng(2).random((1, 80, 80), np.float32)
    _, first = agent.predict(observation)
    _, second = agent.predict(observation, first, np.array([False]))
    _, anew = agent.predict(observation, second, np.array([True]))
    assert not np.allclose(first[0], second[0])
    np.testing.assert_array_equal(anew[0], first[0])


def halve(image: np.ndarray) -> np.ndarray:
    """Halve the number of columns with a triangle filter over four pixels, (1, 3, 3, 1) / 8, cut at the border."""
    size = image.shape[1]
    columns = []
    for left in range(0, size, 2):
        taps = [(left + i, weight) for i, weight in enumerate((1, 3, 3, 1), -1) if 0 <= left + i < size]
        total = sum(weight for _, weight in taps)
        columns.append(sum(weight * image[:, column] for column, weight in taps) / total)
    return np.floor(np.stack(columns, axis=1) + 0.5)


def test_preprocessing_equals_its_definition() -> None:
    frame = np.random.default_rng(3).integers(20, 200, (210, 160, 3), dtype=np.uint8)
    grey = frame[35:195].astype(np.float64).sum(axis=2) / 3
    stretched = np.floor(255 * (grey - grey.min()) / (grey.max() - grey.min()) + 0.5)
    expected = halve(halve(stretched).T).T / 255  # columns first, rounded to 8 bits after each pass
    observation = preprocess(frame)
    assert observation.dtype == np.float32
    assert observation.shape == (1, 80, 80)
    np.testing.assert_allclose(observation[0], expected, atol=1e-6)


def test_frames_of_one_colour_are_black() -> None:
    np.testing.assert_array_equal(preprocess(np.full((210, 160, 3), 87, np.uint8)), np.zeros((1, 80, 80)))


def test_agent_plays_pong_with_the_settings_of_its_training(checkpoint: Path) -> None:
    agent = load_agent(checkpoint, policy=ADAPTER)
    assert agent.settings == EnvSettings((2, 5), 0.0, 0, "rgb", False)
    env = agent.wrap(gym.make("ALE/Pong-v5", **agent.env_kwargs(agent.settings)), agent.settings)
    observation, _ = env.reset(seed=0)
    frames = [env.unwrapped.ale.getEpisodeFrameNumber()]
    state = None
    for _ in range(30):
        assert observation in env.observation_space
        np.testing.assert_array_equal(observation, preprocess(env.unwrapped.ale.getScreenRGB()))
        action, state = agent.predict(observation, state, np.array([state is None]))
        observation = env.step(action)[0]
        frames.append(env.unwrapped.ale.getEpisodeFrameNumber())
    assert set(np.diff(frames)) == {2, 3, 4}


def test_no_op_starts_can_be_asked_for(agent: A3CGRUAgent) -> None:
    settings = dataclasses.replace(agent.settings, frameskip=4, noop_max=5)
    env = agent.wrap(gym.make("ALE/Pong-v5", **agent.env_kwargs(settings)), settings)
    frames = set()
    for seed in range(5):
        env.reset(seed=seed)
        frames.add(env.unwrapped.ale.getEpisodeFrameNumber())
    assert len(frames) > 1
    assert frames <= {4, 8, 12, 16, 20}


def test_another_game_is_refused(agent: A3CGRUAgent) -> None:
    env = gym.make("ALE/Breakout-v5", **agent.env_kwargs(agent.settings))
    with pytest.raises(CheckpointError, match=r"^The agent chooses among 6 actions, but `ALE/Breakout-v5` has 4: "):
        agent.wrap(env, agent.settings)


def test_number_of_actions_is_that_of_the_checkpoint(checkpoint: Path) -> None:
    torch.save(random_weights(n_actions=4), checkpoint)
    agent = load(checkpoint)
    env = gym.make("ALE/Breakout-v5", **agent.env_kwargs(agent.settings))
    assert agent.wrap(env, agent.settings).action_space.n == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"actor_linear.bias": None}, "is no checkpoint of this agent: `actor_linear.bias` is missing."),
        ({"gru.bias_hh": None}, "does not fit the network: `gru.bias_hh` is missing."),
        (
            {"gru.weight_hh": torch.zeros(4, 256)},
            "does not fit the network: `gru.weight_hh` has shape (4, 256) instead of (768, 256).",
        ),
        ({"lstm.bias": torch.zeros(1)}, "does not fit the network: `lstm.bias` is unknown."),
    ],
)
def test_other_networks_are_refused(
    changes: dict[str, torch.Tensor | None], message: str, weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = tmp_path / "other.tar"
    torch.save({name: value for name, value in {**weights, **changes}.items() if value is not None}, path)
    with pytest.raises(CheckpointError, match=f"^{re.escape(f'`{path}` {message}')}$"):
        load(path)


def test_files_without_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.tar"
    path.write_text("not a checkpoint")
    with pytest.raises(CheckpointError, match=r"notes\.tar` is "):
        load(path)
