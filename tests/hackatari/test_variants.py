"""What holds for every variant of every game that has a data sheet."""

import hashlib
import json
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as sb3_check_env

from hackatari import GAMES
from hackatari.game import conflicts

VARIANTS = [(rom, modif) for rom, game in GAMES.items() for modif in game.modifs]
IDS = sorted(
    env_id for env_id, spec in gym.registry.items() if spec.namespace == "HackAtari" and spec.kwargs["game"] in GAMES
)


def ram_trace(rom: str, modif: str, frames: int = 300) -> str:
    """Return a digest of RAM and picture, frame for frame, over seeded random play."""
    env = gym.make(f"HackAtari/{GAMES[rom].name}-v0", modifs=[modif], frameskip=1)
    env.reset(seed=3)
    rng = np.random.default_rng(3)
    digest = hashlib.sha256()
    for _ in range(frames):
        observation, *_ = env.step(int(rng.integers(env.action_space.n)))
        digest.update(env.unwrapped.ale.getRAM().tobytes())
        digest.update(observation.tobytes())
    env.close()
    return digest.hexdigest()


@pytest.mark.parametrize("rom", GAMES)
def test_two_processes_agree_frame_for_frame(rom):
    """The same seed gives the same bytes, whatever the hash seed of the process."""
    code = (
        f"import json, sys; sys.path.insert(0, {str(__file__.rsplit('/', 1)[0])!r})\n"
        f"from test_variants import GAMES, ram_trace\n"
        f"print(json.dumps({{modif: ram_trace({rom!r}, modif) for modif in GAMES[{rom!r}].modifs}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "1"}
    )
    assert json.loads(done.stdout) == {modif: ram_trace(rom, modif) for modif in GAMES[rom].modifs}


@pytest.mark.parametrize(("rom", "modif"), VARIANTS)
def test_only_declared_bytes_are_written(rom, modif):
    env = gym.make(f"HackAtari/{GAMES[rom].name}-v0", modifs=[modif], frameskip=1)
    ale = env.unwrapped.ale
    written = set()
    write = ale._ram._write

    def record(address, value):
        written.add(address)
        write(address, value)

    ale._ram._write = record
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(600):
        env.step(int(rng.integers(env.action_space.n)))
    declared = set(GAMES[rom].modifs[modif].writes)
    assert written <= declared
    assert bool(written) == bool(declared)


@pytest.mark.parametrize(("rom", "modif"), VARIANTS)
def test_every_variant_differs_from_the_unmodified_game_except_in_its_own_colours(rom, modif):
    unchanged = {("boxing", "color_player_white"), ("boxing", "color_enemy_black")}  # the game's own colours
    plain = gym.make(f"HackAtari/{GAMES[rom].name}-v0", frameskip=1)
    patched = gym.make(f"HackAtari/{GAMES[rom].name}-v0", modifs=[modif], frameskip=1)
    plain.reset(seed=2)
    patched.reset(seed=2)
    rng = np.random.default_rng(2)
    differs = False
    for _ in range(1500):
        action = int(rng.integers(plain.action_space.n))
        differs = differs or not np.array_equal(plain.step(action)[0], patched.step(action)[0])
        if differs:
            break
    assert differs != ((rom, modif) in unchanged)


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.filterwarnings(
    # Curriculum and Continuing are wrappers, and the checker would rather see an env without any.
    "ignore:.*is different from the unwrapped version.*:UserWarning"
)
def test_gymnasium_checks_every_id(env_id):
    env = gym.make(env_id, disable_env_checker=True)
    check_env(env.unwrapped if not isinstance(env.env, gym.Wrapper) else env.env, skip_render_check=True)
    assert gym.make(env.spec).spec == env.spec


@pytest.mark.parametrize("env_id", IDS)
def test_sb3_checks_every_id(env_id):
    env = gym.make(env_id)
    sb3_check_env(env)
    assert env.observation_space == gym.make(f"ALE/{GAMES[env.spec.kwargs['game']].name}-v5").observation_space


@pytest.mark.parametrize("rom", GAMES)
def test_documented_and_conflict_free_on_its_own(rom):
    for modif in GAMES[rom].modifs.values():
        assert modif.summary.endswith("."), modif.name
        assert list(conflicts([modif])) == []
