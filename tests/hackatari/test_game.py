"""Declaring modifs, and selecting them by name."""

import numpy as np
import pytest

from hackatari import GAMES, ModifConflictWarning, UnknownNameError, find_game
from hackatari.game import Game
from hackatari.names import pascal_case, snake_case, split_variant
from hackatari.ram import Byte, ByteArray, Ram


class ExampleRam(Ram):
    height = Byte(1, "height")
    cars = ByteArray([2, 3], "cars")


@pytest.fixture
def game():
    return Game("pong", ExampleRam)


def test_a_function_is_a_declaration(game):
    @game.modif("dynamics", writes=[ExampleRam.height, ExampleRam.cars], every=3)
    def low_jump(ram: ExampleRam, rng: np.random.Generator) -> None:
        """The jump is lower.

        Much lower.
        """

    modif = game.modifs["low_jump"]
    assert (modif.family, modif.writes, modif.every) == ("dynamics", (1, 2, 3), 3)
    assert (modif.random, modif.hooks, modif.summary) == (True, ("frame",), "The jump is lower.")


def test_a_class_is_a_declaration_with_state(game):
    @game.modif("start", writes=[ExampleRam.height])
    class HighStart:
        """Starts high."""

        def reset(self, ram: ExampleRam) -> None:
            ram.height = 9

        def screen(self, screen: np.ndarray) -> None:
            screen[0] = 0

    assert (game.modifs["high_start"].hooks, game.modifs["high_start"].random) == (("reset", "screen"), False)


def test_declaration_mistakes_are_named(game):
    game.poke("low", "visual", "It is low.", {ExampleRam.height: 0})
    with pytest.raises(ValueError, match="There already is a modif 'low'"):
        game.poke("low", "visual", "It is low.", {ExampleRam.height: 0})
    with pytest.raises(ValueError, match="needs a docstring"):
        game.modif("visual")(lambda ram: None)
    with pytest.raises(ValueError, match="Unknown family 'colour' of modif 'high': use one of dynamics, visual"):
        game.poke("high", "colour", "It is high.", {ExampleRam.height: 255})

    def wrong(state):
        """Takes something else."""

    with pytest.raises(
        TypeError, match=r"frame hook takes some of ram, rng by these names and in this order: \['state'\]"
    ):
        game.modif("visual")(wrong)


def test_unknown_modifs_name_the_way_out():
    pong = find_game("pong")
    with pytest.raises(UnknownNameError, match=r"Pong has no modif 'lazy_enemi'. Did you mean 'lazy_enemy'"):
        pong.select(["lazy_enemi"])
    with pytest.raises(UnknownNameError, match=r"Pong has no modif 'all_black_cars'. It is a modif of Freeway."):
        pong.select(["all_black_cars"])
    with pytest.raises(UnknownNameError, match=r"Pong has no modif 'qqq'. It has: lazy_enemy, "):
        pong.select(["qqq"])
    with pytest.raises(ValueError, match="'up_drift' is given 2 times"):
        pong.select(["up_drift", "up_drift"])
    with pytest.raises(TypeError, match=r"write modifs=\['lazy_enemy'\]"):
        pong.select("lazy_enemy")


def test_modifs_that_write_the_same_byte_warn():
    message = "Pong: the modifs 'up_drift' and 'down_drift' both write ball_y; 'down_drift' acts last."
    with pytest.warns(ModifConflictWarning, match=message):
        find_game("pong").select(["up_drift", "down_drift"])


def test_modifs_act_in_the_order_given():
    assert [modif.name for modif in find_game("pong").select(["up_drift", "left_drift"])] == ["up_drift", "left_drift"]


@pytest.mark.parametrize("name", ["space_invaders", "SpaceInvaders", "spaceinvaders", "SPACE_INVADERS"])
def test_games_are_found_whatever_the_spelling(name):
    assert find_game(name) is GAMES["space_invaders"]


def test_an_unknown_game_names_close_matches():
    with pytest.raises(UnknownNameError, match=r"There is no game 'Pogn'. Did you mean 'Pong'"):
        find_game("Pogn")


@pytest.mark.parametrize(("snake", "pascal"), [("lazy_enemy", "LazyEnemy"), ("stop_top_2", "StopTop2")])
def test_names_of_modifs_and_ids(snake, pascal):
    assert pascal_case(snake) == pascal


def test_class_names_become_modif_names():
    assert [snake_case(name) for name in ("LazyEnemy", "lazy_enemy")] == ["lazy_enemy", "lazy_enemy"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("lazy_enemy", ["lazy_enemy"]),
        ("up_drift+lazy_enemy", ["up_drift", "lazy_enemy"]),
        ("up_drift + cutout(1, 2)", ["up_drift", "cutout(1, 2)"]),
        ("background(a+b.png)+mirror", ["background(a+b.png)", "mirror"]),
    ],
)
def test_variants_are_split_outside_of_parentheses(text, parts):
    assert split_variant(text) == parts
