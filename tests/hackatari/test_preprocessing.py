"""Observations of `FrameReducer`: the bytes of Gymnasium's preprocessing, with and without Numba."""

import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest

from hackatari import HackAtariEnv, preprocessing
from hackatari.games import rom_ids
from hackatari.palette import NTSC
from hackatari.preprocessing import FrameReducer

SCREEN_HEIGHTS = (210, 214, 220, 230, 250)
SIZES = [
    (84, 84),
    (64, 64),
    (96, 96),
    (42, 84),
    (84, 42),
    (7, 150),
    (209, 159),
    (1, 3),
    (84, 160),
    (210, 84),
    (100, 80),
]
WHOLE_FACTORS = [(105, 80), (70, 80), (42, 32), (1, 1), (210, 160)]
LARGER = [(84, 200), (300, 84), (420, 320), (256, 256)]


@pytest.fixture(params=["numba", "cv2"])
def backend(request, monkeypatch):
    if request.param == "numba":
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(preprocessing, "_compiled_kernel", lambda: None)
    return request.param


def noise(height, grayscale, seed=0):
    """Return two random screens of 160 columns and a random table."""
    rng = np.random.default_rng(seed)
    screens = rng.integers(256, size=(2, height, 160), dtype=np.uint8)
    return *screens, rng.integers(256, size=(256,) if grayscale else (256, 3), dtype=np.uint8)


def stripes(height, grayscale):
    """As `noise`, but the rows come in bands, of which each screen moves one pixel: as in games."""
    first, _, table = noise(height, grayscale, seed=1)
    first = np.repeat(first[: height // 9 + 1], 9, axis=0)[:height].copy()
    second = first.copy()
    second[height // 3, 17] ^= 255
    first[height // 2, 159] ^= 255
    return first, second, table


def expected(first, second, table, height, width):
    picture = np.maximum(table[first], table[second])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, *table.shape[1:])


def reduced(reducer, first, second, table, height, width):
    out = np.full((height, width, *table.shape[1:]), 77, np.uint8)
    reducer.reduce(first, second, table, out)
    return out


@pytest.mark.parametrize("grayscale", [True, False])
@pytest.mark.parametrize("screen_height", SCREEN_HEIGHTS)
@pytest.mark.parametrize("size", SIZES + WHOLE_FACTORS + LARGER, ids=str)
def test_equals_opencv_on_every_size(backend, size, screen_height, grayscale):
    reducer = FrameReducer(screen_height, 160, *size, grayscale=grayscale)
    for first, second, table in (noise(screen_height, grayscale), stripes(screen_height, grayscale)):
        want = expected(first, second, table, *size)
        assert np.array_equal(reduced(reducer, first, second, table, *size), want)
        # Nothing of the last observation is left in the next.
        assert np.array_equal(reduced(reducer, second, None, table, *size), expected(second, second, table, *size))
        assert np.array_equal(reduced(reducer, first, second, table, *size), want)


@pytest.mark.parametrize("rom", rom_ids())
def test_equals_two_readings_of_the_emulator(rom):
    env = HackAtariEnv(rom, frameskip=1, repeat_action_probability=0.0)
    env.reset()  # a seed would load the game again
    env.action_space.seed(3)
    height, width = env.ale.indexed_screen().shape
    grey, rgb = FrameReducer(height, width), FrameReducer(height, width, grayscale=False)
    frames = []
    for step in range(62):
        if step % 20 < 2:
            ale = env.ale
            frames.append((ale.indexed_screen().copy(), ale.getScreenGrayscale(), ale.getScreenRGB()))
        if env.step(env.action_space.sample())[2]:
            env.reset()
    palette = env.ale.palette
    for (first, *first_pictures), (second, *second_pictures) in pairwise(frames):
        for reducer, table, *pictures in zip(
            (grey, rgb), (palette.grey, palette.rgb), first_pictures, second_pictures, strict=True
        ):
            want = cv2.resize(np.maximum(*pictures), (84, 84), interpolation=cv2.INTER_AREA)
            assert np.array_equal(reduced(reducer, first, second, table, 84, 84), want)


@pytest.mark.parametrize("height", SCREEN_HEIGHTS)
def test_numba_serves_fractional_reductions_only(height):
    pytest.importorskip("numba")
    backends = {size: FrameReducer(height, 160, *size).backend for size in [(84, 84), (height, 84), (84, 160)]}
    assert set(backends.values()) == {"numba"}
    sizes = [(height, 160), (height // 2, 80), (84, 161), (height + 1, 84)]
    assert {FrameReducer(height, 160, *size).backend for size in sizes} == {"cv2"}


def test_numba_is_left_where_opencv_rounds_differently(monkeypatch):
    pytest.importorskip("numba")
    reduce_with_cv2 = preprocessing._reduce_with_cv2

    def off_by_one(first, second, table, out):
        reduce_with_cv2(first, second, table, out)
        out[-1, -1] ^= 1

    monkeypatch.setattr(preprocessing, "_reduce_with_cv2", off_by_one)
    assert FrameReducer(210, 160).backend == "cv2"


@pytest.mark.parametrize("grayscale", [True, False])
def test_the_picture_is_that_before_the_resize(backend, grayscale):
    reducer = FrameReducer(210, 160, grayscale=grayscale)
    for first, second, table in (noise(210, grayscale), stripes(210, grayscale)):
        reduced(reducer, first, second, table, 84, 84)
        assert np.array_equal(reducer.picture(), np.maximum(table[first], table[second]))


def test_writes_into_a_part_of_a_larger_buffer(backend):
    first, second, table = noise(210, True)
    buffer = np.zeros((3, 4, 84, 84), np.uint8)
    FrameReducer(210, 160).reduce(first, second, table, buffer[1, 2])
    assert np.array_equal(buffer[1, 2], expected(first, second, table, 84, 84))
    buffer[1, 2] = 0
    assert not buffer.any()


def test_accepts_read_only_screens_and_tables(backend):
    first, second, _ = noise(210, True)
    first.setflags(write=False)
    want = expected(first, second, NTSC.grey, 84, 84)
    assert np.array_equal(reduced(FrameReducer(210, 160), first, second, NTSC.grey, 84, 84), want)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"first": np.zeros((209, 160), np.uint8)},
            r"first .* of shape \(210, 160\), not uint8 of shape \(209, 160\)\.",
        ),
        ({"second": np.zeros((210, 160), np.int64)}, r"second must be .*, not int64 of shape \(210, 160\)\."),
        ({"table": NTSC.rgb}, r"table must be .* of shape \(256,\), not uint8 of shape \(256, 3\)\."),
        ({"out": np.zeros((84, 85), np.uint8)}, r"out must be .* \(84, 84\), not uint8 of shape \(84, 85\)\."),
        ({"out": np.zeros((84, 168), np.uint8)[:, ::2]}, r"out must be .*, not uint8 of shape \(84, 84\) with gaps\."),
    ],
)
def test_rejects_arrays_of_another_kind(backend, changes, message):
    first, second, table = noise(210, True)
    arrays = {"first": first, "second": second, "table": table, "out": np.zeros((84, 84), np.uint8), **changes}
    with pytest.raises(ValueError, match=message):
        FrameReducer(210, 160).reduce(**arrays)


def test_rejects_sizes_below_one():
    with pytest.raises(ValueError, match=r"^width must be at least 1, not 0\.$"):
        FrameReducer(210, 160, 84, 0)


def test_numba_is_optional_and_loaded_at_first_use():
    script = """
import sys
import hackatari
from hackatari.preprocessing import FrameReducer
assert "numba" not in sys.modules
sys.modules["numba"] = None  # as if it were not installed
print(FrameReducer(210, 160).backend)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "cv2\n"


def test_works_where_numba_has_no_folder_to_cache_in(monkeypatch):
    caching = pytest.importorskip("numba.core.caching")
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    kernel = preprocessing._compiled_kernel.__wrapped__()
    monkeypatch.setattr(preprocessing, "_compiled_kernel", lambda: kernel)
    first, second, table = noise(210, True)
    reducer = FrameReducer(210, 160)
    assert reducer.backend == "numba"
    assert np.array_equal(reduced(reducer, first, second, table, 84, 84), expected(first, second, table, 84, 84))
