"""Warping: exact where it can be, symmetric, and never poisoned by unknown vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_backend.contract.errors import UsageError
from nst_backend.image.spline import Spline
from nst_backend.image.warp import Ends, Method, compose, inside, sample_nearest, warp

METHODS = ("linear", "spline")


def noise(height: int = 24, width: int = 32, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, channels), dtype=np.float32)


def constant_flow(dx: float, dy: float, height: int = 24, width: int = 32) -> np.ndarray:
    return np.broadcast_to(np.float32([dx, dy]), (height, width, 2)).copy()


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=20, deadline=None)
@given(dx=st.integers(-9, 9), dy=st.integers(-9, 9))
def test_integer_shift_is_exact_and_edges_are_held(method: str, dx: int, dy: int) -> None:
    picture = noise()
    rows = np.clip(np.arange(24) + dy, 0, 23)
    columns = np.clip(np.arange(32) + dx, 0, 31)
    expected = picture[rows][:, columns]
    np.testing.assert_array_equal(warp(picture, constant_flow(dx, dy), method=method), expected)


@pytest.mark.parametrize("method", METHODS)
def test_half_pixel_is_symmetric(method: str) -> None:
    picture = noise()
    right = warp(picture, constant_flow(0.5, 0.0), method=method)
    mirrored = warp(picture[:, ::-1], constant_flow(-0.5, 0.0), method=method)[:, ::-1]
    np.testing.assert_allclose(right[:, 5:-5], mirrored[:, 5:-5], atol=1e-5)
    if method == "linear":
        np.testing.assert_allclose(right[:, :-1], (picture[:, :-1] + picture[:, 1:]) / 2, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_picture_stays_constant(method: str) -> None:
    flow = np.random.default_rng(1).normal(0, 20, (24, 32, 2)).astype(np.float32)
    flow[3, 4] = np.nan
    out = warp(np.full((24, 32, 3), 0.37, np.float32), flow, method=method)
    np.testing.assert_allclose(out, 0.37, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_ramp_is_read_at_the_asked_place(method: str) -> None:
    ramp = np.tile(np.arange(32, dtype=np.float32), (24, 1))
    out = warp(ramp, constant_flow(2.375, -1.0), method=method)
    np.testing.assert_allclose(out[:, 6:20], ramp[:, 6:20] + 2.375, atol=0.03)


def gains(dx: float, frequency: float) -> np.ndarray:
    """The gain of one warp of a cosine, away from the edges."""
    wave = np.cos(frequency * np.arange(128, dtype=np.float32))[None].repeat(8, 0)
    out = warp(wave, constant_flow(dx, 0, 8, 128), method="spline")[4, 32:96]
    basis = np.exp(-1j * frequency * np.arange(32, 96))
    return np.abs((out * basis).sum() / (wave[4, 32:96] * basis).sum())


@settings(max_examples=60, deadline=None)
@given(dx=st.floats(-1, 1, width=32), cycles=st.integers(1, 31))
def test_a_spline_amplifies_nothing_and_keeps_what_is_coarser_than_four_pixels(dx: float, cycles: int) -> None:
    gain = gains(dx, 2 * np.pi * cycles / 64)
    assert gain < 1 + 1e-5
    if cycles <= 16:
        assert gain > 0.97


def test_ringing_does_not_grow_when_resampled_again_and_again() -> None:
    picture = np.zeros((24, 64), np.float32)
    picture[:, 32:] = 1
    overshoot = []
    for turn in range(200):
        picture = warp(picture, constant_flow(0.3 if turn % 2 else -0.3, 0, 24, 64), method="spline")
        overshoot.append(float(np.abs(picture - 0.5).max() - 0.5))
    assert max(overshoot) < 0.15
    assert overshoot[-1] <= max(overshoot[:20])


def test_unknown_vectors_are_outside_and_read_their_own_pixel() -> None:
    picture, flow = noise(), constant_flow(2, 1)
    flow[5, 6] = np.nan
    flow[7, 8, 0] = np.inf
    out = warp(picture, flow)
    assert np.isfinite(out).all()
    np.testing.assert_array_equal(out[5, 6], picture[5, 6])
    known = inside(flow)
    assert not known[5, 6]
    assert not known[7, 8]
    assert known[0, 0]
    assert not known[:, 30:].any()
    assert not known[23].any()


@settings(max_examples=30, deadline=None)
@given(
    first=st.tuples(st.integers(-4, 4), st.integers(-4, 4)), second=st.tuples(st.integers(-4, 4), st.integers(-4, 4))
)
def test_composition_of_shifts_is_their_sum(first: tuple[int, int], second: tuple[int, int]) -> None:
    composed = compose(constant_flow(*first), constant_flow(*second))
    known = np.isfinite(composed).all(axis=-1)
    np.testing.assert_array_equal(known, inside(constant_flow(*first)))
    np.testing.assert_array_equal(composed[known], np.broadcast_to(np.float32(first) + second, composed[known].shape))


def test_composition_loses_the_way_at_unknown_vectors_only() -> None:
    second = constant_flow(1, 0)
    second[10, 10] = np.nan
    composed = compose(constant_flow(-3, 2), second)
    lost = np.isnan(composed).any(axis=-1)
    assert lost[8, 13]
    assert lost.sum() == (~inside(constant_flow(-3, 2))).sum() + 1


def test_ids_are_read_at_the_nearest_pixel_whole() -> None:
    ids = np.arange(24 * 32, dtype=np.uint32).reshape(24, 32) + np.uint32(0xF0000000)
    np.testing.assert_array_equal(sample_nearest(ids, constant_flow(1.4, -0.4))[1:, :-2], ids[1:, 1:-1])
    assert sample_nearest(ids, constant_flow(100, 100)).dtype == np.uint32


def test_many_channels_and_other_sizes() -> None:
    picture = noise(channels=7)
    np.testing.assert_array_equal(warp(picture, constant_flow(1, 0, 10, 12), method="spline"), picture[:10, 1:13])


@pytest.mark.parametrize("shape", [(24, 32), (24, 32, 3)])
def test_a_wrong_flow_is_refused_with_a_sentence(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=r"must be \(H, W, 2\)"):
        warp(noise(), np.zeros(shape, np.float32))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(0, 32, 3), (24, 32, 3, 1), (24,)])
def test_what_is_no_picture_is_refused_with_a_sentence(method: Method, shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="a picture must be"):
        warp(np.zeros(shape, np.float32), constant_flow(0, 0), method=method)


def test_a_picture_of_another_size_than_the_ends_lie_in_is_refused() -> None:
    ends, other = Ends(constant_flow(0, 0)), noise()[:-1]
    for read in (ends.linear, ends.nearest, lambda picture: ends.spline(Spline(picture))):
        with pytest.raises(UsageError, match="not 32 x 23"):
            read(other)
