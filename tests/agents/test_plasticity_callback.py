from __future__ import annotations

import copy
import math
import re
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
import sb3_contrib
import stable_baselines3
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.callbacks import ConvertCallback, EveryNTimesteps
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

from hackatari.agents import ClippedAdam, CReLUMLP, PlasticityCallback, clip_weights, clipping_bounds, plasticity

FEATURES = {"effective_rank", "srank", "stable_rank", "feature_norm"}
WEIGHTS = {"dormant_ratio", "saturation_ratio", "weight_norm", "weight_change", "gradient_norm"}
ACTOR_AND_CRITIC = {f"{network}/{name}" for network in ("actor", "critic") for name in FEATURES | WEIGHTS}
ONE_OPTIMIZER = WEIGHTS | {f"{network}/{name}" for network in ("actor", "critic") for name in FEATURES}

ON_POLICY = dict(n_steps=16, policy_kwargs=dict(net_arch=[8, 8]))
OFF_POLICY = dict(learning_starts=8, batch_size=8, buffer_size=100, policy_kwargs=dict(net_arch=[8, 8]))
RECURRENT = dict(n_steps=16, policy_kwargs=dict(net_arch=[8, 8], lstm_hidden_size=8))
ALGORITHMS = {
    "A2C": ("MlpPolicy", ON_POLICY, ONE_OPTIMIZER),
    "PPO": ("MlpPolicy", dict(ON_POLICY, batch_size=8), ONE_OPTIMIZER),
    "TRPO": ("MlpPolicy", dict(ON_POLICY, batch_size=8), ONE_OPTIMIZER),
    "MaskablePPO": ("MlpPolicy", dict(ON_POLICY, batch_size=8), ONE_OPTIMIZER),
    "RecurrentPPO": ("MlpLstmPolicy", dict(RECURRENT, batch_size=8), ONE_OPTIMIZER),
    "DQN": ("MlpPolicy", OFF_POLICY, FEATURES | WEIGHTS),
    "QRDQN": ("MlpPolicy", OFF_POLICY, FEATURES | WEIGHTS),
    "SAC": ("MlpPolicy", OFF_POLICY, ACTOR_AND_CRITIC),
    "TD3": ("MlpPolicy", OFF_POLICY, ACTOR_AND_CRITIC),
    "DDPG": ("MlpPolicy", OFF_POLICY, ACTOR_AND_CRITIC),
    "TQC": ("MlpPolicy", OFF_POLICY, ACTOR_AND_CRITIC),
    "CrossQ": ("MlpPolicy", OFF_POLICY, ACTOR_AND_CRITIC),
}
CONTINUOUS = ("SAC", "TD3", "DDPG", "TQC", "CrossQ")


class Target(gym.Env):
    """Reach a random point: episodes of 20 steps, one continuous action."""

    observation_space = spaces.Box(-2.0, 2.0, (3,), np.float32)
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state, self.steps = self.np_random.uniform(-1, 1, 3).astype(np.float32), 0
        return self.state, {}

    def step(self, action):
        self.steps += 1
        self.state = np.clip(0.9 * self.state + 0.1 * action, -2, 2).astype(np.float32)
        return self.state, -float(np.square(self.state).sum()), False, self.steps == 20, {}


def make(name, ring, **changes):
    policy, arguments, _ = ALGORITHMS[name]
    algorithm = getattr(stable_baselines3, name, None) or getattr(sb3_contrib, name)
    env = Target() if name in CONTINUOUS else ring(truncate_after=7)
    return algorithm(policy, env, **{**copy.deepcopy(arguments), "seed": 0, "device": "cpu", **changes})


def learn(model, steps, callback=None):
    model.learn(steps, callback=callback, **({"use_masking": False} if "Maskable" in type(model).__name__ else {}))
    return torch.cat([value.double().ravel() for value in model.policy.state_dict().values()])


@pytest.mark.parametrize("name", ALGORITHMS)
class TestEveryAlgorithm:
    def test_training_is_the_same_with_and_without(self, name, ring):
        callback = PlasticityCallback(every=12, batch_size=6)
        weights = learn(make(name, ring), 48, callback)
        assert callback.history
        assert torch.equal(weights, learn(make(name, ring), 48))

    def test_measures(self, name, ring):
        callback = PlasticityCallback(every=32, batch_size=16)
        model = make(name, ring)
        model.learn(70, callback=callback, **({"use_masking": False} if name == "MaskablePPO" else {}))
        assert [measures["timesteps"] for measures in callback.history] == [32, 64]
        for measures in callback.history[1:]:
            assert measures.keys() == ALGORITHMS[name][2] | {"timesteps"}
            assert all(math.isfinite(value) for value in measures.values())
            assert all(0 <= value <= 1 for key, value in measures.items() if key.endswith("_ratio"))
            assert all(1 <= value <= 8.001 for key, value in measures.items() if key.endswith("rank"))


def features_and_hidden(model, observations):
    """Outputs of the two hidden layers of DQN's network, computed by hand."""
    first, _, second, _, _ = model.q_net.q_net
    observations = torch.as_tensor(observations)
    hidden = (observations @ first.weight.T + first.bias).relu()
    return (hidden @ second.weight.T + second.bias).relu(), hidden


class Remember(PlasticityCallback):
    """Measures with the weights of the time, as a user would by hand."""

    expected: list

    def _on_training_start(self):
        super()._on_training_start()
        self.seen, self.expected = [], []

    @torch.no_grad()
    def _on_step(self):
        self.seen.append(self.locals["new_obs"].copy())
        measured = len(self.history)
        super()._on_step()
        if len(self.history) > measured:
            features, hidden = features_and_hidden(self.model, np.concatenate(self.seen))
            layers = (features, hidden)
            self.expected.append(
                {
                    "effective_rank": plasticity.effective_rank(features),
                    "srank": plasticity.srank(features),
                    "stable_rank": plasticity.stable_rank(features),
                    "feature_norm": plasticity.feature_norm(features),
                    "dormant_ratio": np.mean([plasticity.dormant_ratio(layer, 0.1) for layer in layers]),
                    "saturation_ratio": np.mean([(layer <= 0).float().mean().item() for layer in layers]),
                    "weight_norm": plasticity.weight_norm(self.model.q_net.parameters()),
                }
            )
            self.seen = []
        return True


def test_measures_of_dqn_are_those_of_its_online_network(ring):
    callback = Remember(every=20, batch_size=100, threshold=0.1)
    make("DQN", ring, learning_rate=0.01).learn(65, callback=callback)
    assert len(callback.expected) == 3
    for measures, expected in zip(callback.history, callback.expected, strict=True):
        assert {name: measures[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_weight_change_is_since_the_last_measurement(ring):
    model = make("PPO", ring)
    snapshots = [[p.detach().clone() for p in model.policy.parameters()]]
    callback = PlasticityCallback(every=17, batch_size=8)

    def remember(*_):
        if len(callback.history) == len(snapshots):
            snapshots.append([p.detach().clone() for p in model.policy.parameters()])
        return True

    model.learn(80, callback=[callback, ConvertCallback(remember)])
    expected = [plasticity.weight_change(new, old) for old, new in pairwise(snapshots)]
    assert [measures["weight_change"] for measures in callback.history] == pytest.approx(expected)
    assert min(expected) > 0


def test_gradient_norm_is_the_mean_before_clipping(ring, monkeypatch):
    norms = []
    clip = torch.nn.utils.clip_grad_norm_

    def clip_and_note_the_norm_before(*args):
        norms.append(clip(*args))

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", clip_and_note_the_norm_before)
    callback = PlasticityCallback(every=17, batch_size=8)
    # One update of 20 gradient steps before the measurement, one after it.
    make("PPO", ring, max_grad_norm=1e-3).learn(32, callback=callback)
    assert len(norms) == 40
    assert callback.history[0]["gradient_norm"] == pytest.approx(torch.stack(norms[:20]).mean().item(), rel=1e-4)


def test_no_gradient_norm_before_learning_starts(ring):
    callback = PlasticityCallback(every=5, batch_size=5)
    make("DQN", ring, learning_starts=100).learn(10, callback=callback)
    assert [measures.keys() for measures in callback.history] == [
        (FEATURES | WEIGHTS | {"timesteps"}) - {"gradient_norm"}
    ] * 2


@pytest.mark.parametrize("route", ["optimizer_class", "clip_weights"])
def test_clipped_ratio_of_a_clipping_optimizer(route, ring):
    if route == "optimizer_class":
        kwargs = dict(net_arch=[8, 8], optimizer_class=ClippedAdam, optimizer_kwargs=dict(kappa=1.0))
        model = make("PPO", ring, policy_kwargs=kwargs)
    else:
        model = make("PPO", ring)
        clip_weights(model, kappa=1.0)
    bounds = clipping_bounds(model.policy, 1.0)
    expected = []

    def measure(*_):
        expected.append(plasticity.clipped_ratio(model.policy.parameters(), bounds))
        return True

    callback = PlasticityCallback(every=16, batch_size=16)
    model.learn(48, callback=[callback, EveryNTimesteps(16, ConvertCallback(measure))])
    assert expected == [measures["clipped_ratio"] for measures in callback.history]
    assert 0 < expected[-1] < 1


def test_everything_is_logged_at_each_measurement(ring):
    class Recorder(stable_baselines3.common.logger.KVWriter):
        rows: list = []

        def write(self, key_values, key_excluded, step=0):
            self.rows.append((step, dict(key_values)))

        def close(self):
            pass

    recorder = Recorder()
    callback = PlasticityCallback(every=15, batch_size=8)
    # Without a time limit SB3 itself never writes the log of DQN.
    model = DQN("MlpPolicy", ring(), **copy.deepcopy(OFF_POLICY), seed=0, device="cpu")
    model.set_logger(stable_baselines3.common.logger.Logger(None, [recorder]))
    model.learn(45, callback=callback)
    assert [step for step, _ in recorder.rows] == [15, 30, 45]
    for (step, row), measures in zip(recorder.rows, callback.history, strict=True):
        assert row["time/total_timesteps"] == step
        assert {
            f"plasticity/{name}": value for name, value in measures.items() if name != "timesteps"
        }.items() <= row.items()


def test_long_names_fit_sb3s_table(ring, capsys):
    model = make("SAC", ring, verbose=1)
    model.learn(20, callback=PlasticityCallback(every=20, batch_size=8))
    assert "critic/effective_rank" in capsys.readouterr().out


def test_hooks_are_gone_after_training(ring):
    model = make("PPO", ring)
    callback = PlasticityCallback(every=16, batch_size=8)
    model.learn(16, callback=callback)
    assert not model.policy.optimizer._optimizer_step_pre_hooks
    assert not any(parameter._post_accumulate_grad_hooks for parameter in model.policy.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.policy.modules())


def test_training_can_be_interrupted_and_go_on(ring):
    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    model = make("PPO", ring)
    callback = PlasticityCallback(every=16, batch_size=8)
    with pytest.raises(Stop):
        model.learn(16, callback=[callback, ConvertCallback(stop)])
    model.learn(32, callback=callback, reset_num_timesteps=False)
    assert not model.policy.optimizer._optimizer_step_pre_hooks
    assert [measures["timesteps"] for measures in callback.history] == [17, 33]  # The first step was interrupted.


@pytest.mark.parametrize("n_envs", [1, 3])
def test_observations_are_spread_over_the_interval(ring, n_envs):
    class Count(PlasticityCallback):
        batches: list = []

        def run_policy(self):
            self.batches.append(sum(len(sample.observations) for sample in self._samples))
            super().run_policy()

    callback = Count(every=60, batch_size=12)
    env = make_vec_env(lambda: ring(), n_envs=n_envs)
    A2C("MlpPolicy", env, device="cpu").learn(180, callback=callback)
    assert callback.batches == [12, 12, 12]


def test_dictionary_observations_and_normalisation(ring):
    env = VecNormalize(make_vec_env(lambda: ring(dict_observation=True), n_envs=2))
    kwargs = dict(net_arch=[8])
    callback = PlasticityCallback(every=16, batch_size=8)
    PPO("MultiInputPolicy", env, n_steps=8, batch_size=8, policy_kwargs=kwargs, device="cpu").learn(
        32, callback=callback
    )
    assert len(callback.history) == 2


class Noisy(CReLUMLP):
    """An extractor with dropout, batch normalisation and noise: state and random numbers that must not be touched."""

    def __init__(self, observation_space):
        super().__init__(observation_space, (8,))
        self.regularisation = nn.Sequential(nn.BatchNorm1d(16), nn.Dropout(0.3))

    def forward(self, observations):
        return self.regularisation(super().forward(observations)) + 0.01 * torch.randn(1)


@pytest.mark.parametrize("algorithm", ["DQN", "SAC", "PPO"])
def test_networks_with_state_and_noise_are_left_as_they_are(algorithm, ring):
    def trained(callback):
        arguments = dict(policy_kwargs=dict(net_arch=[8], features_extractor_class=Noisy))
        return learn(make(algorithm, ring, **arguments), 48, callback)

    callback = PlasticityCallback(every=12, batch_size=8)
    assert torch.equal(trained(callback), trained(None))
    assert len(callback.history) == 4


def test_images(ring):
    class Images(gym.Env):
        observation_space = spaces.Box(0, 255, (36, 36, 1), np.uint8)
        action_space = spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return self.observation_space.sample(), {}

        def step(self, action):
            return self.observation_space.sample(), 0.0, False, False, {}

    callback = PlasticityCallback(every=16, batch_size=16)
    DQN("CnnPolicy", Images(), learning_starts=8, buffer_size=50, batch_size=4, device="cpu").learn(
        16, callback=callback
    )
    assert 1 <= callback.history[0]["srank"] <= 16
    assert callback.history[0].keys() == FEATURES | WEIGHTS | {"timesteps"}


@pytest.mark.parametrize("argument", ["every", "batch_size"])
@pytest.mark.parametrize("value", [0, -3, 2.5])
def test_bad_numbers(argument, value):
    message = re.escape(f"`{argument}` must be a whole number > 0, got {value!r}.")
    with pytest.raises(ValueError, match=message):
        PlasticityCallback(**{argument: value})


def test_algorithm_without_optimizer(ring):
    model = sb3_contrib.ARS("LinearPolicy", ring(truncate_after=5), device="cpu")
    message = "PlasticityCallback needs an algorithm whose policy is trained by an optimizer; ARS's is not."
    with pytest.raises(ValueError, match=message):
        model.learn(10, callback=PlasticityCallback())


def test_unknown_policy(ring):
    model = make("DQN", ring)
    model.policy.__dict__["_modules"]["other"] = model.policy._modules.pop("q_net")
    with pytest.raises(ValueError, match="The networks of DQNPolicy are unknown: a policy must have a `value_net`"):
        model.learn(10, callback=PlasticityCallback())
