"""Figures stay what they are, in a third of the bytes."""

import base64
import io

import numpy as np
import pytest
from matplotlib.image import imread, imsave

from lib.report.blocks import Picture
from lib.report.png import COLOURS, indexed
from lib.report.style import PALETTE, canvas


def pixels(png: bytes) -> np.ndarray:
    return np.rint(imread(io.BytesIO(png), format="png")[:, :, :3] * 255).astype(int)


def saved(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    imsave(stream, image, format="png")
    return stream.getvalue()


def test_a_picture_of_few_colours_is_kept_to_the_bit():
    drawn = np.random.default_rng(3).integers(0, 6, (40, 50, 3)).astype(np.uint8) * 50
    assert (pixels(indexed(saved(drawn))) == drawn).all()


def test_many_colours_become_the_nearest_of_the_most_frequent():
    drawn = np.random.default_rng(3).integers(0, 256, (120, 120, 3)).astype(np.uint8)
    drawn[:60] = (10, 200, 30)
    shown = pixels(indexed(saved(drawn)))
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= COLOURS
    assert (shown[:60] == (10, 200, 30)).all()
    assert np.abs(shown - drawn).mean() < 40


def test_what_is_transparent_is_white():
    drawn = np.zeros((4, 4, 4), np.uint8)
    assert (pixels(indexed(saved(drawn))) == 255).all()


@pytest.mark.parametrize("kind", ["bars", "heat map"])
def test_a_figure_is_small_and_looks_the_same(kind):
    fig, ax = canvas()
    if kind == "bars":
        ax.bar(range(10), range(1, 11), color=PALETTE)
    else:
        ax.imshow(np.random.default_rng(1).random((12, 14)), cmap="Blues")
    stream = io.BytesIO()
    fig.savefig(stream, format="png", dpi=160, bbox_inches="tight")
    before = pixels(stream.getvalue())
    small = base64.b64decode(Picture(ax, title="t", alt="a", caption="c").content()["png"])
    assert len(small) < 60_000
    assert np.abs(pixels(indexed(stream.getvalue())) - before).mean() < 0.5
    assert small.startswith(b"\x89PNG")
