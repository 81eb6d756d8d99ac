"""Y'CbCr against the code values of the standards, and the exactness of the round trip."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.media.yuv import MATRICES, Matrix, halve, join, rgb_to_yuv, split, twice, yuv_to_rgb

# 75 % colour bars: R'G'B' and 8-bit Y', Cb, Cr as printed in SMPTE EG 1 (BT.601) and RP 219 (BT.709).
BARS = {
    "bt601": {(0.75, 0.75, 0): (162, 44, 142), (0, 0.75, 0.75): (131, 156, 44), (0.75, 0, 0): (65, 100, 212)},
    "bt709": {(0.75, 0.75, 0): (168, 44, 136), (0, 0.75, 0.75): (145, 147, 44), (0.75, 0, 0): (51, 109, 212)},
}


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_colour_bars(matrix: Matrix) -> None:
    for rgb, codes in BARS[matrix].items():
        planes = rgb_to_yuv(np.float32([[rgb]]), matrix=matrix, full_range=False, bits=8)
        assert tuple(int(np.rint(plane[0, 0])) for plane in planes) == codes
        back = yuv_to_rgb(*(np.float32([[c]]) for c in codes), matrix=matrix, full_range=False, bits=8)
        np.testing.assert_allclose(back[0, 0], rgb, atol=1.2 / 219)


@pytest.mark.parametrize(
    ("bits", "full", "black", "white"), [(8, False, 16, 235), (8, True, 0, 255), (10, False, 64, 940)]
)
@pytest.mark.parametrize("matrix", list(MATRICES))
def test_black_and_white(matrix: Matrix, bits: int, full: bool, black: int, white: int) -> None:
    grey = np.float32([[[0, 0, 0], [1, 1, 1]]])
    y, u, v = rgb_to_yuv(grey, matrix=matrix, full_range=full, bits=bits)
    np.testing.assert_allclose(y, [[black, white]], atol=1e-3)
    np.testing.assert_allclose([u, v], np.full((2, 1, 2), 1 << (bits - 1)), atol=1e-3)


@given(
    length=st.integers(1, 40), cosited=st.booleans(), odd=st.booleans(), axis=st.integers(0, 1), seed=st.integers(0, 99)
)
def test_reduction_undoes_interpolation(length: int, cosited: bool, odd: bool, axis: int, seed: int) -> None:
    shape = (length, 3) if axis == 0 else (3, length)
    samples = np.random.default_rng(seed).integers(0, 256, shape).astype(np.float32)
    full = twice(samples, 2 * length - odd, axis, cosited=cosited)
    assert full.shape[axis] == 2 * length - odd
    reduced = halve(full, axis, cosited=cosited)
    # Between samples the last one of an odd length is interpolated, not stored.
    kept = slice(None) if cosited or not odd else slice(0, max(length - 1, 0))
    np.testing.assert_allclose(np.moveaxis(reduced, axis, 0)[kept], np.moveaxis(samples, axis, 0)[kept], atol=1e-3)


@given(st.booleans(), st.floats(-3, 3, width=32), st.floats(-3, 3, width=32))
def test_interpolation_puts_a_ramp_where_the_samples_lie(cosited: bool, slope: float, start: float) -> None:
    coarse = start + slope * np.arange(12, dtype=np.float32)
    fine = twice(coarse, 24, 0, cosited=cosited)
    position = np.arange(24) / 2 if cosited else (np.arange(24) - 0.5) / 2
    np.testing.assert_allclose(fine[2:-2], (start + slope * position)[2:-2], atol=1e-4)


@given(st.floats(0, 255, width=32))
def test_filters_keep_a_constant(value: float) -> None:
    plane = np.full((7, 9), value, np.float32)
    for cosited in (False, True):
        np.testing.assert_allclose(halve(plane, 0, cosited=cosited), np.full((4, 9), value), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", list(MATRICES))
def test_stored_codes_survive_rgb(matrix: Matrix, full_range: bool, bits: int) -> None:
    random = np.random.default_rng(1)
    top = 1 << bits
    planes = [random.integers(0, top, shape) for shape in ((32, 46), (16, 23), (16, 23))]
    rgb = join(*planes, matrix=matrix, full_range=full_range, bits=bits)
    assert rgb.shape == (32, 46, 3)
    for before, after in zip(
        planes, split(rgb, matrix=matrix, full_range=full_range, bits=bits, subsampled=True), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_codes_never_leave_their_range() -> None:
    wild = np.float32([[[9, -9, 9], [-9, 9, -9]], [[0, 0, 9], [9, 0, 0]]])
    for plane in split(wild, matrix="bt709", full_range=False, bits=10, subsampled=True):
        assert plane.dtype == np.uint16
        assert plane.max() < 1024
