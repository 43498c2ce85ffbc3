from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from hackatari.benchmarks.plots import DARK, LIGHT, plot_png, write_plot
from hackatari.benchmarks.results import EpisodeResult, summarise


def episodes(scores, modifs=(), checkpoint="ppo.zip", game="pong"):
    return [
        EpisodeResult(
            checkpoint=checkpoint,
            checkpoint_sha256="ab" * 32,
            game=game,
            modifs=modifs,
            episode=index,
            seed=index,
            settings={},
            score=score,
            steps=1,
            frames=4,
            truncated=False,
        )
        for index, score in enumerate(scores)
    ]


def picture(results, theme=LIGHT):
    png = plot_png(summarise(results, seed=0), results, theme)
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def pixels(image, colour):
    """Rows and columns of the pixels of one colour."""
    return np.nonzero((image == np.round(255 * np.array(to_rgb(colour))).astype(np.uint8)).all(axis=-1))


TWO = episodes([20.0] * 4) + episodes([-10.0] * 4, ("lazy_enemy",))


def test_length_and_direction_of_bars_follow_the_scores():
    image = picture(TWO)
    rows, columns = pixels(image, LIGHT.variant)
    # The legend has a patch of the same colour above the bars.
    bar = columns[rows > image.shape[0] / 4]
    grey_rows, grey = pixels(image, LIGHT.unmodified)
    assert grey.min() >= bar.max()
    assert np.ptp(grey) == pytest.approx(2 * np.ptp(bar), rel=0.03)
    assert grey_rows.max() < rows.max()


def test_reference_line_marks_the_unmodified_score_across_all_bars():
    image = picture(TWO)
    rows, columns = pixels(image, LIGHT.reference)
    line = columns[rows > image.shape[0] / 4]
    assert line.max() - line.min() < 4
    assert line.mean() == pytest.approx(pixels(image, LIGHT.unmodified)[1].max(), abs=4)


def test_every_variant_and_checkpoint_adds_height():
    one = picture(episodes([1.0]))
    forty = picture([result for k in range(40) for result in episodes([1.0], (f"modif_{k}",))])
    panels = picture(TWO + episodes([1.0], checkpoint="dqn.zip"))
    assert one.shape[1] == forty.shape[1] == panels.shape[1]
    assert one.shape[0] < picture(TWO).shape[0] < panels.shape[0] < forty.shape[0]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_background_is_that_of_the_theme(theme):
    rows, columns = pixels(picture(TWO, theme), theme.background)
    assert len(rows) > 0.5 * picture(TWO, theme)[..., 0].size
    assert (rows.min(), columns.min()) == (0, 0)


@pytest.mark.parametrize(
    "results",
    [
        episodes([-17098.0, -4336.0], game="skiing"),
        episodes([0.0, 0.0, 0.0]),
        episodes([123456.0, 1e6], ("a_very_long_name_of_a_modif_that_goes_on_and_on",) * 6, game="donkey_kong"),
        episodes([1.0], ("$x^2 _$", "$y")),
        episodes([1.0, 2.0], checkpoint="$\\frac$.zip"),
    ],
)
def test_unusual_input_is_drawn_without_a_warning(results):
    assert picture(results).shape[2] == 3


def test_the_file_is_a_png_and_equal_input_gives_equal_bytes(tmp_path):
    summaries = summarise(TWO, seed=0)
    write_plot(tmp_path / "a.png", summaries, TWO)
    write_plot(tmp_path / "b.png", summaries, TWO)
    content = (tmp_path / "a.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content == (tmp_path / "b.png").read_bytes()


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="A plot needs at least one summary, got none"):
        plot_png([], [])


def test_pyplot_and_its_global_state_stay_out():
    code = "import sys, hackatari.benchmarks.report; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
