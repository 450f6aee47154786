"""Our PNG files hold every pixel, for any reader."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from panewall.png import png


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([None, 1, 3, 4]), st.integers(0, 2**31))
def test_every_pixel_comes_back(height, width, channels, seed):
    rng = np.random.default_rng(seed)
    shape = (height, width) if channels is None else (height, width, channels)
    pixels = rng.integers(0, rng.choice([2, 8, 256]), shape).astype(np.uint8)
    picture = Pillow.open(io.BytesIO(png(pixels)))
    picture.load()  # checks the sums
    assert (np.asarray(picture).reshape(shape) == pixels).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_slopes_and_flat_areas_take_little_room(axis):
    slope = np.repeat(np.arange(256, dtype=np.uint8)[None], 256, axis=0)
    assert len(png(slope if axis else slope.T)) < 3000
    assert len(png(np.full((1000, 1000, 3), 200, np.uint8))) < 30_000


def test_a_picture_need_not_lie_in_one_piece():
    pixels = np.random.default_rng(0).integers(0, 255, (3, 8, 9)).astype(np.uint8)
    shown = np.asarray(Pillow.open(io.BytesIO(png(pixels.transpose(1, 2, 0)[::-1, ::2]))))
    assert (shown == pixels.transpose(1, 2, 0)[::-1, ::2]).all()
