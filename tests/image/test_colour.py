"""Transfer curve, colour spaces, highlights and alpha as properties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.image.alpha import fill, unpremultiply
from nst_backend.image.highlights import encode, knee
from nst_backend.image.spaces import colour_space
from nst_backend.image.transfer import srgb_decode, srgb_encode

finite = st.floats(-64.0, 64.0, width=32)
pictures = hnp.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)), elements=finite)


@given(pictures)
def test_srgb_curve_is_its_own_inverse(values: np.ndarray) -> None:
    back = srgb_decode(srgb_encode(values))
    assert np.all(np.abs(back - values) <= 2e-6 * np.maximum(1.0, np.abs(values)))


def test_srgb_curve_meets_the_standard() -> None:
    # IEC 61966-2-1: the joint, mid grey and the ends.
    values = np.array([0.0, 0.0031308, 0.18, 1.0], np.float32)
    np.testing.assert_allclose(srgb_encode(values), [0.0, 0.04045, 0.46135613, 1.0], atol=2e-5)


def test_srgb_curve_rises_without_a_step_at_the_joint() -> None:
    x = np.linspace(0.0025, 0.004, 20001, dtype=np.float32)
    steps = np.diff(srgb_encode(x))
    assert steps.min() >= 0.0
    assert steps.max() < 4e-6


@pytest.mark.parametrize("name", ["Linear Rec.709", "Linear Rec.2020", "ACEScg", "ACES2065-1", "sRGB"])
@settings(deadline=None, max_examples=20)
@given(values=pictures)
def test_spaces_come_back(name: str, values: np.ndarray) -> None:
    space = colour_space(name)
    there = space.to_srgb_primaries(space.to_linear(values))
    back = space.from_linear(space.from_srgb_primaries(there))
    assert np.all(np.abs(back - values) <= 1e-4 * np.maximum(1.0, np.abs(values).max()))


@pytest.mark.parametrize("name", ["Linear Rec.2020", "ACEScg"])
def test_white_stays_white(name: str) -> None:
    space = colour_space(name)
    np.testing.assert_allclose(space.to_srgb_primaries(np.ones((1, 1, 3), np.float32)), 1.0, atol=2e-4)


def test_rec2020_green_is_outside_srgb() -> None:
    green = colour_space("Linear Rec.2020").to_srgb_primaries(np.array([[[0.0, 1.0, 0.0]]], np.float32))
    # ITU-R BT.2087: the matrix's middle column.
    np.testing.assert_allclose(green[0, 0], [-0.5876, 1.1329, -0.1006], atol=1e-3)


def test_unknown_space_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="ACEScg"):
        colour_space("ACESgc")


@pytest.mark.parametrize("content", [None, "no configuration"])
def test_a_configuration_that_cannot_be_read_is_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "config.ocio"
    if content is not None:
        place.write_text(content)
    monkeypatch.setenv("OCIO", str(place))
    colour_space.cache_clear()
    with pytest.raises(InputError, match=r"config\.ocio cannot be read: correct or unset OCIO"):
        colour_space("ACEScg")


def test_camera_log_is_refused() -> None:
    with pytest.raises(UsageError, match="neither linear nor sRGB"):
        colour_space("ACEScct")


@given(hnp.arrays(np.float32, st.integers(2, 50), elements=st.floats(0.0, 60000.0, width=32)))
def test_knee_is_identity_below_and_rises_to_one(values: np.ndarray) -> None:
    ordered = np.sort(values)
    bent = knee(torch.from_numpy(ordered)).numpy()
    assert np.all(bent <= 1.0)
    assert np.all(np.diff(bent) >= 0.0)
    assert np.array_equal(bent[ordered <= 0.8], ordered[ordered <= 0.8])


@given(pictures)
def test_ordinary_pixels_have_gain_one(values: np.ndarray) -> None:
    encoded = encode(values)
    ordinary = values.max(axis=2) <= 0.8
    assert np.all(encoded.gain[ordinary] == 1.0)
    assert np.all(encoded.gain >= 1.0)
    assert encoded.display.min() >= 0.0
    assert encoded.display.max() <= 1.0


def test_gain_restores_bright_pixels() -> None:
    sky = np.full((2, 2, 3), 4.0, np.float32)
    encoded = encode(sky)
    np.testing.assert_allclose(encoded.linear * encoded.gain[:, :, None], sky, rtol=1e-5)


def test_broken_pixels_do_not_reach_the_network() -> None:
    values = np.full((2, 2, 3), np.nan, np.float32)
    values[0, 0] = np.inf
    assert np.isfinite(encode(values).display).all()


@given(pictures, st.integers(0, 2**32 - 1))
def test_fill_keeps_known_pixels_and_stays_within_their_range(values: np.ndarray, seed: int) -> None:
    weight = (np.random.default_rng(seed).random(values.shape[:2]) > 0.5).astype(np.float32)
    filled = fill(values, weight)
    known = weight == 1.0
    assert np.array_equal(filled[known], values[known])
    if known.any():
        low, high = values[known].min(axis=0), values[known].max(axis=0)
        slack = 1e-3 * np.maximum(1.0, np.abs(values).max())
        assert np.all(filled >= low - slack)
        assert np.all(filled <= high + slack)


def test_unpremultiply_continues_colour_into_emptiness() -> None:
    alpha = np.zeros((16, 16), np.float32)
    alpha[:, :8] = 0.5
    rgb = alpha[:, :, None] * np.array([0.2, 0.4, 0.6], np.float32)
    straight = unpremultiply(rgb, alpha)
    np.testing.assert_allclose(straight, np.broadcast_to([0.2, 0.4, 0.6], straight.shape), atol=1e-5)
