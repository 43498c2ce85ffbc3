"""Every object is where the data sheet says: its colour is inside its box."""

import re

import gymnasium as gym
import pytest

from hackatari import GAMES
from hackatari.benchmarks.object_check import check_objects


@pytest.mark.parametrize("rom", [rom for rom, game in GAMES.items() if game.objects])
def test_the_picture_shows_each_category_of_objects_in_its_boxes(rom):
    checks = check_objects(rom)
    wrong = {category: check.share for category, check in checks.items() if check.present and check.share < 0.95}
    assert not wrong
    assert any(check.present for check in checks.values())


@pytest.mark.parametrize("rom", [rom for rom, game in GAMES.items() if game.objects])
def test_there_are_no_more_objects_than_declared(rom):
    game = GAMES[rom]
    env = gym.make(f"HackAtari/{game.name}-v0")
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(300):
        if any(env.step(env.action_space.sample())[2:4]):
            env.reset()
        found = [o.category for o in env.unwrapped.ale.find_objects(hud=True)]
        assert {category: found.count(category) for category in set(found)}.items() <= {
            (category, n) for category in set(found) for n in range(game.objects[category].count + 1)
        }


@pytest.mark.parametrize("rom", GAMES)
def test_categories_are_named_in_pascal_case(rom):
    assert [name for name in GAMES[rom].objects if not re.fullmatch("([A-Z][a-z0-9]*)+", name)] == []
