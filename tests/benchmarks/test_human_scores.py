from __future__ import annotations

import ale_py.roms
import pytest

from hackatari.benchmarks.human_scores import REFERENCE_SCORES, human_normalised_score


def test_every_game_is_a_rom_id_of_ale():
    assert set(REFERENCE_SCORES) <= set(ale_py.roms.get_all_rom_ids())


def test_there_are_57_games_and_the_human_beats_the_random_agent_in_all_of_them():
    assert len(REFERENCE_SCORES) == 57
    assert [game for game, scores in REFERENCE_SCORES.items() if scores.human <= scores.random] == []


@pytest.mark.parametrize("game", ["pong", "skiing", "video_pinball"])
def test_random_is_0_and_human_is_1(game):
    random, human = REFERENCE_SCORES[game]
    assert human_normalised_score(game, random) == 0
    assert human_normalised_score(game, human) == 1


@pytest.mark.parametrize(
    ("game", "score", "expected"),
    [
        ("pong", 21, 41.7 / 35.3),
        ("breakout", 391.7, 390 / 28.8),
        ("skiing", -29859.3, -1.0),
        ("ms_pacman", 307.3 + 6644.3 / 2, 0.5),
    ],
)
def test_normalised_by_hand(game, score, expected):
    assert human_normalised_score(game, score) == pytest.approx(expected)


@pytest.mark.parametrize("game", ["air_raid", "carnival", "donkey_kong", "elevator_action", "pooyan"])
def test_a_game_without_reference_has_no_normalised_score(game):
    assert game in ale_py.roms.get_all_rom_ids()
    assert human_normalised_score(game, 1000.0) is None


def test_references_cannot_be_changed():
    with pytest.raises(TypeError):
        REFERENCE_SCORES["pong"] = (0.0, 1.0)
