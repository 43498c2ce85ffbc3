"""The modifs for every game: each does to picture and actions what it says, in every observation type."""

import colorsys

import cv2
import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import AtariPreprocessing

import hackatari
from hackatari.effects import EVERY_GAME, LEFT_RIGHT_SWAPPED, UP_DOWN_SWAPPED
from hackatari.games import rom_ids
from hackatari.names import pascal_case
from hackatari.palette import grey_of

NOOP, FIRE, UP, RIGHT, LEFT, DOWN = range(6)
ORANGE_BACKGROUND = (144, 72, 17)


def make(*modifs, game="Pong", **kwargs):
    return gym.make(
        f"HackAtari/{game}-v0", modifs=modifs, **{"frameskip": 1, "repeat_action_probability": 0.0, **kwargs}
    )


def pictures(*modifs, n=80, game="Pong", action=NOOP, **kwargs):
    """Return the observations of n steps with the same action, after three that are drawn in other colours."""
    env = make(*modifs, game=game, **kwargs)
    env.reset(seed=0)
    return np.array([env.step(action)[0] for _ in range(n + 3)])[3:]


# --- What holds for all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("rom", rom_ids())
def test_every_game_takes_all_of_them(rom):
    """Fifty frames of every effect that the game supports, all at once, in the three kinds of pictures."""
    names = list(EVERY_GAME.modifs)
    if not any(category.hud for category in hackatari.find_game(rom).objects.values()):
        names.remove("masked_hud")
    env = gym.make(f"HackAtari/{pascal_case(rom)}-v0", modifs=names)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(12):
        observation, reward, *_ = env.step(int(rng.integers(env.action_space.n)))
        assert np.isfinite(reward)
    ale = env.unwrapped.ale
    assert np.array_equal(observation, ale.getScreenRGB())
    assert np.array_equal(ale.getScreenGrayscale().ravel(), grey_of(observation.reshape(-1, 3)))


@pytest.mark.parametrize("rom", ["pong", "mr_do"])
def test_a_patched_picture_without_changes_is_the_emulators(rom):
    """A cutout of a corner leaves the rest as it is, with American and European colours."""
    name = pascal_case(rom)
    for obs_type in ("rgb", "grayscale"):
        patched = pictures("cutout(0, 0, 1, 1)", game=name, obs_type=obs_type, n=40)
        plain = pictures(game=name, obs_type=obs_type, n=40)
        assert np.array_equal(patched[:, 1:], plain[:, 1:])
        assert np.array_equal(patched[:, 0, 1:], plain[:, 0, 1:])
        assert not patched[:, 0, 0].any()


@pytest.mark.parametrize("modif", [*EVERY_GAME.modifs, "background(stripes)", "background(#204060)"])
def test_the_same_seed_gives_the_same_episodes(modif):
    def episodes(env):
        trace = []
        for _ in range(2):
            trace.append(env.reset(seed=5 if not trace else None)[0])
            trace += [env.step(action)[0] for action in (2, 3, 0, 1, 5, 4) * 10]
        return np.array(trace)

    env = make(modif)
    first = episodes(env)
    assert np.array_equal(first, episodes(env))
    assert np.array_equal(first, episodes(make(modif)))


@pytest.mark.parametrize("modif", ["background(noise)", "flicker(0.5)", "random_cutouts", "color_permutation"])
def test_a_picture_depends_on_its_frame_alone(modif):
    """Whoever looks at every frame, at some, or twice at one sees the same; so do restored states."""
    env = make(modif)
    env.reset(seed=1)
    every = [env.step(NOOP)[0] for _ in range(40)]
    sparse = make(modif, frameskip=4)
    sparse.reset(seed=1)
    assert np.array_equal([sparse.step(NOOP)[0] for _ in range(10)], every[3::4])
    env.reset(seed=1)
    for _ in range(20):
        env.step(NOOP)
    state = env.unwrapped.clone_state()
    env.reset()
    env.unwrapped.restore_state(state)
    assert np.array_equal(env.step(NOOP)[0], every[20])


@pytest.mark.parametrize("modif", ["inverted_colors", "mirror", "background(stripes)"])
def test_preprocessed_observations_agree(modif):
    env = AtariPreprocessing(make(modif), noop_max=0, frame_skip=1, screen_size=84)
    env.reset(seed=0)
    for _ in range(20):
        observation = env.step(NOOP)[0]
    grey = env.unwrapped.ale.getScreenGrayscale()
    assert np.array_equal(observation, cv2.resize(grey, (84, 84), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("modif", ["flicker(0.3)", "background(noise)", "mirror"])
def test_the_game_itself_goes_on_as_before(modif):
    """Picture effects do not touch the game, even beside random rules."""
    plain, patched = make("random_perturbation_enemy"), make("random_perturbation_enemy", modif)
    plain.reset(seed=0)
    patched.reset(seed=0)
    for _ in range(200):
        plain.step(NOOP)
        patched.step(NOOP)
        assert np.array_equal(plain.unwrapped.ale.getRAM(), patched.unwrapped.ale.getRAM())


# --- Arguments ---------------------------------------------------------------------------------------------------


def test_arguments_are_part_of_the_name():
    env = make("flicker( 0.25 )", "cutout(10, y=20, width=5)")
    assert env.get_wrapper_attr("modifs") == ("flicker(0.25)", "cutout(10, y=20, width=5)")
    assert gym.make(env.spec).get_wrapper_attr("modifs") == env.get_wrapper_attr("modifs")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flicker(2)", "flicker needs a probability between 0 and 1, got 2.0"),
        ("flicker(nan)", "flicker needs a probability between 0 and 1, got nan"),
        ("flicker(often)", r"p must be float in 'flicker\(often\)', got 'often'"),
        ("flicker(0.1, 0.2)", r"Too many arguments in 'flicker\(0.1, 0.2\)': write flicker\(p=0.5\)"),
        ("flicker(0.1", r"'flicker\(0.1' lacks a closing parenthesis: write flicker\(0.1\)"),
        ("lazy_enemy(3)", r"Too many arguments in 'lazy_enemy\(3\)': write lazy_enemy"),
        ("fliker(0.1)", "Pong has no modif 'fliker'. Did you mean 'flicker'"),
        ("action_delay(-1)", "The frames of an action_delay must be at least 0, got -1"),
        ("gray_levels(1)", "The levels of gray_levels must be at least 2, got 1"),
        ("gray_levels(300)", "256 levels of grey at most, got 300"),
        ("hue_shift(inf)", "hue_shift needs a number of degrees, got inf"),
        ("background(no/such/file.png)", "'no/such/file.png' is no background: use noise, stripes, a colour"),
        ("background(#12)", "A colour is written #rrggbb in hexadecimal, such as #204060; got '#12'"),
        ("background(noise, 256)", "index of the background must be between 0 and 255, got 256"),
        ("cutout(-1)", "The corner of a cutout must be at least 0, got -1"),
        ("random_cutouts(0)", "Number and size of random_cutouts must be at least 1, got 0"),
        ("color_permutation(-3)", "The number of a color_permutation must be at least 0, got -3"),
    ],
)
def test_wrong_arguments_name_the_way_out(text, message):
    with pytest.raises(ValueError, match=message):
        make(text)


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"broken.png cannot be read as a picture"):
        make(f"background({tmp_path / 'broken.png'})")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"There are no pictures \(.png, .*\) in the folder"):
        make(f"background({tmp_path / 'empty'})")


def test_games_without_a_known_score_display_refuse_to_mask_it():
    with pytest.raises(ValueError, match="not known where Adventure displays the score: use cutout"):
        make("masked_hud", game="Adventure")


# --- Each by itself ----------------------------------------------------------------------------------------------


def test_color_permutation_keeps_shapes_and_changes_colours():
    plain, first, again = pictures()[-1], pictures("color_permutation")[-1], pictures("color_permutation(3)")[-1]
    colours = {tuple(c): first[(plain == c).all(-1)] for c in np.unique(plain.reshape(-1, 3), axis=0)}
    assert len(colours) >= 4
    assert all((pixels == pixels[0]).all() for pixels in colours.values())
    assert len({tuple(pixels[0]) for pixels in colours.values()}) == len(colours)
    assert not np.array_equal(first, plain)
    env = make("color_permutation(3)")
    assert not np.array_equal(again, first)
    for _ in range(2):
        env.reset()
        assert np.array_equal([env.step(NOOP)[0] for _ in range(83)][-1], again)
    env = make("color_permutation")
    env.reset(seed=0)
    looks = {tuple(env.step(NOOP)[0][100, 80]) for _ in range(4) if env.reset()}
    assert len(looks) == 4


def test_hue_shift_turns_the_hue_only():
    plain, turned = pictures()[-1] / 255, pictures("hue_shift(120)")[-1] / 255
    for before, after in {(tuple(a), tuple(b)) for a, b in zip(plain[:, 70], turned[:, 70], strict=True)}:
        h, s, v = colorsys.rgb_to_hsv(*before)
        h2, s2, v2 = colorsys.rgb_to_hsv(*after)
        assert abs(v2 - v) < 0.01
        assert abs(s2 - s) < 0.02
        assert s < 0.1 or abs((h2 - h) % 1 - 1 / 3) < 0.01
    assert np.array_equal(pictures("hue_shift(360)"), pictures())


def test_inverted_colors_are_the_negative():
    assert np.array_equal(pictures("inverted_colors"), 255 - pictures())


def test_gray_levels_are_few_and_near():
    plain = pictures(obs_type="grayscale", game="Seaquest")
    few = pictures("gray_levels(4)", obs_type="grayscale", game="Seaquest")
    assert set(np.unique(few)) <= {0, 85, 170, 255}
    assert np.abs(few.astype(int) - plain).max() <= 43
    rgb = pictures("gray_levels(4)", game="Seaquest")
    assert (rgb == rgb[..., :1]).all()


def is_background(picture):
    return (picture == ORANGE_BACKGROUND).all(-1)


@pytest.mark.parametrize("what", ["noise", "stripes", "#204060"])
def test_background_replaces_the_background_and_nothing_else(what):
    plain, patched = pictures(), pictures(f"background({what})")
    background = is_background(plain)
    assert background.mean() > 0.5
    assert np.array_equal(patched[~background], plain[~background])
    colours = np.unique(patched[background], axis=0)
    assert ORANGE_BACKGROUND not in map(tuple, colours.tolist()) or what == "noise"
    changes = (patched[1:] != patched[:-1]).any(-1)[background[1:]].mean()
    if what == "noise":
        assert len(colours) > 100
        assert changes > 0.9
    elif what == "stripes":
        assert len(colours) == 3
        assert 0 < changes < 0.2
    else:
        assert np.abs(colours.astype(int) - (0x20, 0x40, 0x60)).max() < 40
        assert len(colours) == 1


def test_stripes_move_by_a_pixel_per_frame():
    row = pictures("background(stripes)", n=50)[:, 120, 30:130]  # before the first serve
    assert np.array_equal(row[1:, :-1], row[:-1, 1:])


def test_the_index_of_the_background_can_be_given():
    white = (236, 236, 236)
    plain, patched = pictures(), pictures("background(#ff0000, 14)")
    assert (plain[70] == white).all(-1).any()
    assert not (patched[70] == white).all(-1).any()
    assert np.array_equal(is_background(plain), is_background(patched))


def test_a_picture_or_a_film_as_background(tmp_path):
    for i, colour in enumerate([(0, 0, 200), (0, 200, 0)]):  # blue, green, red
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.full((40, 30, 3), colour, np.uint8))
    background = is_background(pictures())
    still, film = pictures(f"background({tmp_path / '1.png'})"), pictures(f"background({tmp_path})")
    assert (still[background].argmax(-1) == 1).all()
    reds = [(frame[mask].argmax(-1) == 0).all() for frame, mask in zip(film, background, strict=True)]
    assert reds[:8] == [True, True, False, False, True, True, False, False]


def test_flicker_blanks_frames_with_its_probability():
    for p, low, high in ((0.3, 0.2, 0.4), (0, 0, 0), (1, 1, 1)):
        blank = ~pictures(f"flicker({p})", n=300).any((1, 2, 3))
        assert low <= blank.mean() <= high


def test_cutout_is_a_black_rectangle():
    plain, cut = pictures(game="Seaquest"), pictures("cutout(30, 100, 50, 20)", game="Seaquest")
    assert not cut[:, 100:120, 30:80].any()
    cut[:, 100:120, 30:80] = plain[:, 100:120, 30:80]
    assert np.array_equal(cut, plain)


def test_random_cutouts_stay_for_an_episode():
    env = make("random_cutouts(2, 30)")
    places = []
    for seed in range(3):
        env.reset(seed=seed)
        black = [~env.step(NOOP)[0][34:194].any(-1) for _ in range(10)][3:]
        assert all(np.array_equal(b, black[0]) for b in black)
        assert 0 < black[0].sum() <= 2 * 30 * 30
        places.append(black[0])
    assert not np.array_equal(places[0], places[1])


def test_masked_hud_hides_the_points_only():
    plain, masked = pictures(n=400), pictures("masked_hud", n=400)
    assert len(np.unique(plain[-1, :22].reshape(-1, 3), axis=0)) > 1
    assert (masked[-1, 2:22, 20:] == masked[-1, 2, 20]).all()
    assert np.array_equal(masked[:, 34:], plain[:, 34:])


def test_the_swapped_actions_are_a_joystick_seen_in_a_mirror():
    import ale_py

    def swap(name, a, b):
        return name.replace(a, "?").replace(b, a).replace("?", b)

    names = [ale_py.Action(i).name for i in range(18)]
    assert [names[i] for i in LEFT_RIGHT_SWAPPED] == [swap(n, "LEFT", "RIGHT") for n in names]
    assert [names[i] for i in UP_DOWN_SWAPPED] == [swap(n, "UP", "DOWN") for n in names]


@pytest.mark.parametrize(
    ("game", "modif", "axis", "swapped"),
    [
        ("Seaquest", "mirror", 2, {LEFT: RIGHT, RIGHT: LEFT, UP: UP}),
        ("Seaquest", "upside_down", 1, {UP: DOWN, DOWN: UP, LEFT: LEFT}),
        ("Pong", "mirror", 2, {2: 2, 3: 3}),
        ("Pong", "upside_down", 1, {2: 3, 3: 2}),
    ],
)
def test_mirrors_show_the_mirrored_game_of_the_mirrored_player(game, modif, axis, swapped):
    for action, opposite in swapped.items():
        env, plain = make(modif, game=game), make(game=game)
        env.reset(seed=0)
        plain.reset(seed=0)
        for _ in range(100):
            mirrored, original = env.step(action)[0], plain.step(opposite)[0]
        assert np.array_equal(np.flip(mirrored, axis - 1), original)


def test_mirrored_objects_are_where_the_picture_shows_them():
    env = make("mirror", "upside_down")
    env.reset(seed=0)
    for _ in range(100):
        picture = env.step(2)[0]
    for o in env.get_wrapper_attr("objects"):
        if o.category != "Ball":
            assert (picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all()


def test_sticky_actions_range_from_none_to_all():
    assert np.array_equal(pictures("sticky_actions(0)", action=2), pictures(action=2))
    assert np.array_equal(pictures("sticky_actions(1)", action=2), pictures())  # for ever the NOOP before the first


def received(*modifs, actions):
    """Return what the console gets for an agent's actions."""
    env = make(*modifs, full_action_space=True)
    env.reset(seed=0)
    ale, got = env.unwrapped.ale, []
    act = ale._act

    def record(action, strength):
        got.append(action)
        return act(action, strength)

    ale._act = record
    for action in actions:
        env.step(action)
    return got


def test_sticky_actions_repeat_what_the_console_got_last():
    actions = np.random.default_rng(0).integers(18, size=2000).tolist()
    got = received("sticky_actions(0.3)", actions=actions)
    repeated = [g == before for g, before in zip(got[1:], got[:-1], strict=True)]
    obeyed = [g == a for g, a in zip(got, actions, strict=True)]
    assert all(r or o for r, o in zip(repeated, obeyed[1:], strict=True))
    assert 0.27 < np.mean(repeated) - 0.7 / 18 < 0.33


def test_random_noops_lose_actions():
    got = received("random_noops(0.2)", actions=[LEFT] * 2000)
    assert set(got) == {NOOP, LEFT}
    assert 0.17 < np.mean(np.array(got) == NOOP) < 0.23


def test_action_delay_is_as_long_as_it_says():
    actions = np.random.default_rng(0).integers(18, size=50).tolist()
    assert received("action_delay(7)", actions=actions) == [NOOP] * 7 + actions[:-7]
    assert received("action_delay(0)", actions=actions) == actions


def test_a_delay_counts_emulated_frames_and_is_cloned():
    env = make("action_delay(6)", frameskip=4)
    env.reset(seed=0)
    for action in (2, 3, 2):
        env.step(action)
    state = env.unwrapped.clone_state()
    future = [env.step(NOOP)[0] for _ in range(5)]
    env.unwrapped.restore_state(state)
    assert np.array_equal([env.step(NOOP)[0] for _ in range(5)], future)


def test_effects_act_on_an_env_that_exists_already():
    from hackatari.wrappers import RamPatch

    env = RamPatch(gym.make("ALE/Pong-v5", frameskip=1, repeat_action_probability=0.0), ["inverted_colors"])
    env.reset(seed=0)
    assert np.array_equal([env.step(NOOP)[0] for _ in range(83)][3:], pictures("inverted_colors"))
