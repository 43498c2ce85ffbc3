"""The estimate follows the very errors that the algorithm's own loss is made of."""

from __future__ import annotations

import pytest
from centered_algorithms import OFF_POLICY_ALGORITHMS
from sb3_contrib.common.utils import quantile_huber_loss
from torch.nn import functional

LOSSES = {
    "DQN": ("train/loss", functional.smooth_l1_loss),
    "QRDQN": ("train/loss", quantile_huber_loss),
    "SAC": ("train/critic_loss", lambda values, targets: 0.5 * ((values - targets) ** 2).mean(dim=0).sum()),
    "TD3": ("train/critic_loss", lambda values, targets: ((values - targets) ** 2).mean(dim=0).sum()),
    "DDPG": ("train/critic_loss", lambda values, targets: ((values - targets) ** 2).mean(dim=0).sum()),
}


@pytest.mark.parametrize("n_steps", [1, 3])
@pytest.mark.parametrize("algorithm", OFF_POLICY_ALGORITHMS, ids=lambda algorithm: algorithm.name)
def test_loss_is_that_of_the_predictions_and_targets(algorithm, n_steps):
    noiseless = {"target_policy_noise": 0.0} if algorithm.name == "TD3" else {}
    env = algorithm.env(offset=10.0, truncate_after=7)
    model = algorithm.make(env, n_steps=n_steps, gamma=0.9, **noiseless).learn(64)
    seen, recorded = {}, {}
    predict, targets_of = model._predict, model._targets

    def noting_predict(observations, actions):
        seen["values"] = predict(observations, actions)
        return seen["values"]

    def noting_targets(samples):
        seen["discounts"], seen["targets"] = samples.discounts, targets_of(samples)
        return seen["targets"]

    model._predict, model._targets = noting_predict, noting_targets
    model.logger.record = lambda key, value, exclude=None: recorded.update({key: value})
    before = model.average_reward
    model.train(gradient_steps=1, batch_size=16)

    # The targets were made with the old estimate, the loss with the new one.
    discounts = 0.9 if seen["discounts"] is None else seen["discounts"]
    moved = (model.average_reward - before) * (1 - discounts) / (1 - 0.9)
    name, loss = LOSSES[algorithm.name]
    assert model.average_reward != before
    assert recorded[name] == pytest.approx(loss(seen["values"], seen["targets"] - moved).item(), rel=1e-4)


def test_entropy_bonus_of_sac_is_part_of_the_average_reward():
    sac = next(algorithm for algorithm in OFF_POLICY_ALGORITHMS if algorithm.name == "SAC")

    def first_estimate(entropy_coefficient):
        """Return the first estimate, which takes the TD errors in full, and the log probabilities within."""
        model = sac.make(ent_coef=entropy_coefficient, learning_starts=100, gamma=0.9).learn(64)
        model.set_random_seed(0)
        samples = model.replay_buffer.sample(16)
        _, log_prob = model.actor.action_log_prob(samples.next_observations)
        model.set_random_seed(0)
        model.train(gradient_steps=1, batch_size=16)
        return model.average_reward, log_prob.mean().item()

    without, log_prob = first_estimate(0.0)
    bonus, _ = first_estimate(2.0)
    assert bonus - without == pytest.approx(-0.9 * 2.0 * log_prob, abs=1e-4)
