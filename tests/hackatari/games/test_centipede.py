"""Centipede: the rare objects and the colours of all levels are where the data sheet says."""

from __future__ import annotations

from functools import partial

import pytest
from variants import make_variant, play

import hackatari

NOOP = 0
CENTIPEDE = hackatari.GAMES["centipede"]

make = partial(make_variant, "Centipede")


@pytest.mark.parametrize(("category", "row"), [("Scorpion", 10), ("Flea", 12), ("Spider", 3)])
def test_animal_is_where_the_picture_shows_it(category: str, row: int) -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    play(env, 30)
    assert all(o.category != category for o in CENTIPEDE.find_objects(ram))
    setattr(ram, f"{category.lower()}_x", 50)
    setattr(ram, f"{category.lower()}_row", row)
    places = []
    for _ in range(20):
        picture = play(env, 1)
        found = next(o for o in CENTIPEDE.find_objects(ram) if o.category == category)
        box = picture[found.y : found.y + found.h, found.x : found.x + found.w]
        places.append(bool((box == found.colour).all(-1).any()))
    assert all(places)


@pytest.mark.parametrize("level", range(8))
def test_colours_of_the_level(level: int) -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    ram.level_and_lives = 32 + level
    picture = play(env, 40)
    objects = CENTIPEDE.find_objects(ram, hud=True)
    assert {o.category for o in objects} == {"Player", "CentipedeSegment", "Mushroom", "Ground", "Score", "Life"}
    for category, x, y, w, h, colour in objects:
        assert (picture[y : y + h, x : x + w] == colour).all(-1).any(), category
