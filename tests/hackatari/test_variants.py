"""What holds for every variant of every game that has a data sheet.

`python tests/hackatari/test_variants.py` records the golden traces anew; do so only when a rule is meant to act
differently.
"""

import hashlib
import itertools
import json
import warnings
from functools import cache
from importlib import metadata
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as sb3_check_env

from hackatari import GAMES, ModifConflictWarning
from hackatari.game import conflicts
from hackatari.registration import variant_id

VARIANTS = [(rom, modif) for rom, game in GAMES.items() for modif in game.modifs]
IDS = sorted(
    env_id
    for env_id, spec in gym.registry.items()
    if spec.namespace == "HackAtari" and spec.kwargs.get("game") in GAMES
)
OTHER_VARIANT_IDS = {variant_id(game.name, modif) for game in GAMES.values() for modif in list(game.modifs)[1:]}
GOLDEN = Path(__file__).with_name("golden_traces.json")
FRAMES = 600


def make(rom, *modifs, **kwargs):
    """Make a variant of a game that runs frame by frame, with sticky actions as by default."""
    return gym.make(f"HackAtari/{GAMES[rom].name}-v0", modifs=modifs, frameskip=1, **kwargs)


def actions(env, n, seed=0):
    """Return n random actions that are held for some frames each, as a player does."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.integers(env.action_space.n, size=n // 5 + 1), 5)[:n].tolist()


def trace(rom, modif):
    """Play 600 frames; return a digest of RAM and pictures, and the addresses that the modif wrote."""
    env = make(rom, modif)
    ale = env.unwrapped.ale
    written = set()
    write = ale._ram._write

    def record(address, value):
        written.add(address)
        write(address, value)

    ale._ram._write = record
    digest = hashlib.sha256()
    env.reset(seed=0)
    for frame, action in enumerate(actions(env, FRAMES)):
        observation, _, terminated, truncated, _ = env.step(action)
        digest.update(ale.getRAM().tobytes())
        if frame % 10 == 0:
            digest.update(observation.tobytes())
        if terminated or truncated:
            env.reset()
    env.close()
    return digest.hexdigest()[:16], written


RECORDED = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {"ale-py": None, "digests": {}}


@pytest.mark.parametrize(("rom", "modif"), VARIANTS)
def test_traces_are_as_recorded_and_only_declared_bytes_are_written(rom, modif):
    """The digests were recorded in another process: the same seed gives the same bytes everywhere."""
    digest, written = trace(rom, modif)
    assert written <= set(GAMES[rom].modifs[modif].writes)
    if RECORDED["ale-py"] == metadata.version("ale-py"):  # other versions may emulate a game in another way
        assert digest == RECORDED["digests"][f"{rom}.{modif}"]


def test_no_variant_vanished():
    assert set(RECORDED["digests"]) == {f"{rom}.{modif}" for rom, modif in VARIANTS}


def episode(env, seed, n):
    """Play n frames; return the RAM after each and the last picture."""
    env.reset(seed=seed)
    trace = []
    for action in actions(env, n, seed):
        observation, _, terminated, truncated, _ = env.step(action)
        trace.append(env.unwrapped.ale.getRAM())
        if terminated or truncated:
            env.reset()
    return np.array(trace), observation


@pytest.mark.parametrize(("rom", "modif"), VARIANTS)
def test_no_state_leaks_from_episode_to_episode_or_env_to_env(rom, modif):
    fresh = episode(make(rom, modif), seed=1, n=150)
    used, other = make(rom, modif), make(rom, modif)
    episode(used, seed=2, n=150)
    other.reset(seed=3)
    used.reset(seed=1)
    for i, action in enumerate(actions(used, 150, seed=1)):
        other.step(actions(other, 1, seed=i)[0])
        observation, _, terminated, truncated, _ = used.step(action)
        assert np.array_equal(used.unwrapped.ale.getRAM(), fresh[0][i])
        if terminated or truncated:
            used.reset()
    assert np.array_equal(observation, fresh[1])


@pytest.mark.parametrize("rom", [rom for rom, game in GAMES.items() if len(game.modifs) > 1])
def test_every_pair_of_modifs_runs_and_conflicts_warn(rom):
    game = GAMES[rom]
    env = make(rom)
    play = actions(env, 200)
    for pair in itertools.combinations(game.modifs, 2):
        clash = any(conflicts([game.modifs[name] for name in pair]))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            env.reset(seed=0, options={"modifs": pair})
        assert [w.category for w in caught] == [ModifConflictWarning] * clash, pair
        if clash:
            continue
        for action in play:
            _, reward, terminated, truncated, _ = env.step(action)
            assert np.isfinite(reward)
            if terminated or truncated:
                break


@pytest.mark.parametrize("env_id", [env_id for env_id in IDS if env_id not in OTHER_VARIANT_IDS])
@pytest.mark.filterwarnings(
    # Curriculum and Continuing are wrappers, and the checker would rather see an env without any.
    "ignore:.*is different from the unwrapped version.*:UserWarning"
)
def test_gymnasiums_checker_passes(env_id):
    """For every kind of ID in every game, with one of the variants, which differ in an argument only."""
    env = gym.make(env_id, disable_env_checker=True)
    check_env(env.unwrapped if not isinstance(env.env, gym.Wrapper) else env.env, skip_render_check=True)


@pytest.mark.parametrize("env_id", IDS)
def test_sb3s_checker_passes_and_specs_make_the_env_again(env_id):
    env = gym.make(env_id, disable_env_checker=True)
    sb3_check_env(env)
    assert gym.make(env.spec).spec == env.spec
    assert env.observation_space == gym.make(f"ALE/{GAMES[env.spec.kwargs['game']].name}-v5").observation_space


@pytest.mark.parametrize("rom", GAMES)
def test_documented_and_conflict_free_on_its_own(rom):
    for modif in GAMES[rom].modifs.values():
        assert modif.summary.endswith("."), modif.name
        assert list(conflicts([modif])) == []


@pytest.mark.nightly
@pytest.mark.parametrize(("rom", "modif"), VARIANTS)
def test_every_variant_survives_20000_frames(rom, modif):
    """No exception, finite rewards, and no longer standstill of RAM and picture than 600 frames or the game's own."""
    longest = standstill(rom, modif)
    assert longest < 600 or longest <= standstill(rom)


@cache
def standstill(rom, *modifs, frames=20_000):
    """Return for how many frames at most nothing changed in random play."""
    env = make(rom, *modifs)
    env.reset(seed=0)
    before, still, longest = b"", 0, 0
    for action in actions(env, frames):
        observation, reward, terminated, truncated, _ = env.step(action)
        assert np.isfinite(reward)
        # The picture is compared only when the RAM stands still, which is hardly ever.
        ram = env.unwrapped.ale.getRAM().tobytes()
        now = ram if ram != before[:128] else ram + observation.tobytes()
        still = still + 1 if now == before else 0
        longest = max(longest, still)
        before = now
        if terminated or truncated:
            env.reset()
            before, still = b"", 0
    return longest


def record_traces():
    """Record all digests anew."""
    digests = {f"{rom}.{modif}": trace(rom, modif)[0] for rom, modif in VARIANTS}
    GOLDEN.write_text(json.dumps({"ale-py": metadata.version("ale-py"), "digests": digests}, indent=1) + "\n")


if __name__ == "__main__":
    record_traces()
