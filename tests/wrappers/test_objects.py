"""The objects on the screen in `info` or as the observation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from hackatari.wrappers import ObjectLabels, ObjectObservation, RamPatch


def play(env, n=120, seed=0):
    """Step with seeded random actions; return the last observation and info."""
    observation, info = env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    for _ in range(n):
        observation, _, _, _, info = env.step(int(rng.integers(env.action_space.n)))
    return observation, info


def test_objects_are_those_of_the_present_frame():
    env = ObjectLabels(RamPatch(gym.make("ALE/Freeway-v5")))
    picture, info = play(env)
    assert [o.category for o in info["objects"]].count("Car") == 10
    for o in info["objects"]:
        assert (picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any()


def test_the_score_display_is_listed_if_asked_for():
    categories = {o.category for o in play(ObjectLabels(gym.make("HackAtari/Pong-v0"), hud=True))[1]["objects"]}
    assert categories >= {"Player", "PlayerScore", "EnemyScore"}
    assert "PlayerScore" not in {o.category for o in play(ObjectLabels(gym.make("HackAtari/Pong-v0")))[1]["objects"]}


def test_the_observation_has_a_row_for_each_object():
    env = ObjectObservation(ObjectLabels(gym.make("HackAtari/SpaceInvaders-v0")))
    table, info = play(env)
    assert (table.dtype, table.shape) == (np.uint8, (len(env.slots), 7))
    rows = [(slot, *row) for slot, row in zip(env.slots, table.tolist(), strict=True) if any(row)]
    assert rows == [(o.category, o.x, o.y, o.w, o.h, *o.colour) for o in info["objects"]]
    aliens = [slot for slot in env.slots if slot == "Alien"]
    assert len(aliens) == 36


def test_hidden_objects_are_missing_and_mirrored_ones_move():
    def ball_and_enemy(*modifs):
        env = ObjectObservation(gym.make("HackAtari/Pong-v0", modifs=modifs, repeat_action_probability=0.0))
        return {slot: row.tolist() for slot, row in zip(env.slots, play(env, 40)[0], strict=True)}

    plain, hidden, mirrored = ball_and_enemy(), ball_and_enemy("hidden_enemy"), ball_and_enemy("mirror")
    assert any(plain["Enemy"])
    assert not any(hidden["Enemy"])
    for category in ("Ball", "Enemy", "Player"):
        x, y, w, *rest = plain[category]
        assert mirrored[category] == [160 - x - w, y, w, *rest]


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version.*:UserWarning")  # it is a wrapper
def test_the_observation_passes_gymnasiums_checker_and_its_spec_makes_it_again():
    env = ObjectObservation(gym.make("HackAtari/Pong-v0", disable_env_checker=True), hud=True)
    check_env(env, skip_render_check=True)
    assert np.array_equal(gym.make(env.spec).reset(seed=3)[0], env.reset(seed=3)[0])


def test_what_has_no_objects_is_refused():
    with pytest.raises(ValueError, match="No objects of Adventure are known; observe its picture or its RAM"):
        ObjectObservation(gym.make("HackAtari/Adventure-v0"))
    with pytest.raises(TypeError, match="has no patched emulator"):
        ObjectLabels(gym.make("ALE/Pong-v5"))
