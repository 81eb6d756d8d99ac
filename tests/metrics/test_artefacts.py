"""Dots, meshes, borders and blobs: implanted faults of known size are found, clean pictures pass."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.contract.errors import InputError
from nst_backend.metrics.artefacts import border_difference, checkerboard, dots
from nst_backend.metrics.blobs import blob_score, smooth_areas
from nst_backend.metrics.charts import FLAT_AREA, flat_areas, flat_pictures, textures
from nst_backend.metrics.style_check import LIMITS

TEXTURES = textures()
seeds = st.integers(0, 2**32 - 1)


def flat(value: float = 0.5, size: tuple[int, int] = (128, 160)) -> np.ndarray:
    return np.full((*size, 3), value, np.float32)


def waves(size: tuple[int, int], period: int, amplitude: float, axis: int, phase: float = 0.5) -> np.ndarray:
    """``(H, W, 1)``, as bright as dark, of a given period in pixels along an axis."""
    along = np.arange(size[axis])
    wave = amplitude * np.sign(np.cos(2 * np.pi * along / period + phase))
    return np.broadcast_to(wave[:, None] if axis == 0 else wave[None], size)[..., None].astype(np.float32)


# ---- dots


@given(seeds, st.integers(0, 20), st.integers(1, 3), st.floats(0.3, 0.5))
def test_dots_are_counted_pixel_by_pixel(seed: int, count: int, side: int, depth: float) -> None:
    picture = flat()
    rng = np.random.default_rng(seed)
    cells = rng.choice(15 * 19, count, replace=False)
    for cell in cells:
        y, x = 8 * (1 + cell // 19) - 4, 8 * (1 + cell % 19) - 4
        picture[y : y + side, x : x + side, rng.integers(3)] += rng.choice([-1, 1]) * depth
    assert dots(picture) == pytest.approx(count * side**2 / picture[..., 0].size)


def test_one_dot_in_ten_thousand_pixels_is_outside_the_limit() -> None:
    picture = flat(size=(90, 100))
    picture[40, 50] = 1.0
    assert dots(picture) > LIMITS["dots"]
    where = np.ones(picture.shape[:2], bool)
    where[38:43, 48:53] = False
    assert dots(picture, where=where) == 0


def test_edges_strokes_and_faint_grain_are_no_dots() -> None:
    step = flat(0.1)
    step[:, 80:] = 0.9
    stroke = flat(0.1)
    stroke[:, 60:64] = 0.9
    grain = flat() + np.random.default_rng(0).normal(0, 0.03, (128, 160, 3)).astype(np.float32)
    assert [dots(picture) for picture in (step, stroke, grain)] == [0, 0, 0]
    assert max(map(dots, TEXTURES.values())) < LIMITS["dots"]


# ---- meshes


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("name", TEXTURES)
def test_a_mesh_of_two_percent_is_found_in_texture(name: str, period: int, axis: int) -> None:
    plate = TEXTURES[name]
    assert checkerboard(plate) < LIMITS["mesh"]
    assert checkerboard(plate + waves(plate.shape[:2], period, 0.02, axis)) > LIMITS["mesh"]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("period", [2, 4])
def test_on_a_flat_a_mesh_counts_from_half_a_step_of_8_bits(period: int, axis: int) -> None:
    values = [checkerboard(flat() + waves((128, 160), period, step / 255, axis)) for step in (0.0, 0.25, 1.0)]
    assert values[0] < 1e-3
    assert values[1] < LIMITS["mesh"] < values[2]


def test_a_mesh_that_follows_the_picture_is_found() -> None:
    plate = TEXTURES["texture 1"]
    board = waves(plate.shape[:2], 2, 1, 0, 0.1) * waves(plate.shape[:2], 2, 1, 1, 0.1)
    assert checkerboard(plate * (1 + 0.05 * board)) > LIMITS["mesh"]


def test_other_periods_and_noise_are_no_mesh() -> None:
    for period in (3, 5, 7, 16):
        assert checkerboard(flat() + waves((128, 160), period, 0.1, 1)) < LIMITS["mesh"]
    noise = np.random.default_rng(2).normal(0.5, 0.1, (320, 480, 3)).astype(np.float32)
    assert checkerboard(noise) < LIMITS["mesh"]


def test_a_picture_without_room_for_a_spectrum_is_refused() -> None:
    with pytest.raises(InputError, match="too small"):
        checkerboard(flat(size=(60, 200)))


# ---- borders


@given(st.floats(0.01, 0.5), st.sampled_from(["top", "bottom", "left", "right", "all"]), st.floats(0.2, 0.4))
def test_a_halo_is_measured_by_its_share_of_the_border(height: float, side: str, ground: float) -> None:
    picture = flat(ground)
    halo = np.zeros(picture.shape[:2], bool)
    rows, columns = {"top": (slice(8), slice(None)), "bottom": (slice(-8, None), slice(None)),
                     "left": (slice(None), slice(8)), "right": (slice(None), slice(-8, None)),
                     "all": (slice(None), slice(None))}[side]  # fmt: skip
    halo[rows, columns] = True
    halo[8:-8, 8:-8] &= side != "all"
    picture[halo, 1] += height
    outer = picture[..., 0].size - (128 - 16) * (160 - 16)
    assert border_difference(picture) == pytest.approx(height * halo.sum() / outer, abs=1e-5)


def test_a_halo_all_around_is_judged_by_a_tenth_of_full_scale() -> None:
    for height, outside in ((0.09, False), (0.11, True)):
        picture = flat() + height
        picture[8:-8, 8:-8] -= height
        assert (border_difference(picture) > LIMITS["border"]) is outside
    assert border_difference(flat()) == 0


def test_the_border_of_an_area_is_its_own() -> None:
    chart = flat_areas()["grey 50"]
    where = np.zeros(chart.shape[:2], bool)
    where[FLAT_AREA.slices] = True
    assert border_difference(chart, where=where) == 0
    chart[:, :8] = 1.0
    assert border_difference(chart, where=where) == 0
    chart[:, -8:] += 0.2
    assert border_difference(chart, where=where) > 0.05
    with pytest.raises(InputError, match="no inside"):
        border_difference(flat(size=(60, 60)))


# ---- blobs


def strokes(plate: np.ndarray, seed: int = 3) -> np.ndarray:
    """A painting without a fault: other colours for those of the plate, and strokes of lightness and of colour."""
    rng = np.random.default_rng(seed)
    mix = np.array([[0.5, 0.2, 0.1], [0.3, 0.6, 0.2], [0.1, 0.3, 0.7]], np.float32)
    fine = cv2.GaussianBlur(rng.standard_normal((*plate.shape[:2], 3)).astype(np.float32), (0, 0), 1.5, sigmaY=3)
    light = cv2.GaussianBlur(rng.standard_normal(plate.shape[:2]).astype(np.float32), (0, 0), 8)
    return np.clip(plate @ mix + 0.04 * fine / fine.std() + 0.04 * light[..., None] / light.std(), 0, 1)


def with_blob(painting: np.ndarray, plate: np.ndarray, radius: float, opacity: float = 0.5) -> np.ndarray:
    """A soft violet patch in the middle of the plate's smoothest area; ``radius`` in parts of the shorter side."""
    inner = np.pad(smooth_areas(plate)[24:-24, 24:-24], 24).astype(np.uint8)
    far = cv2.distanceTransform(inner, cv2.DIST_L2, 5)
    cy, cx = np.unravel_index(far.argmax(), far.shape)
    y, x = np.mgrid[: plate.shape[0], : plate.shape[1]]
    distance = np.hypot(y - cy, x - cx) / (radius * min(plate.shape[:2]))
    share = (opacity * np.clip(1.5 - distance, 0, 1))[..., None].astype(np.float32)
    return painting * (1 - share) + share * np.array([0.6, 0.1, 0.65], np.float32)


@pytest.mark.parametrize("name", TEXTURES)
@pytest.mark.parametrize("radius", [1 / 16, 1 / 10])
def test_a_blob_of_half_its_colour_is_found_where_the_plate_is_smooth(name: str, radius: float) -> None:
    plate = TEXTURES[name]
    clean = blob_score(strokes(plate), plate)
    assert clean.value is not None
    assert clean.area > 0.2
    assert clean.value < LIMITS["blobs"]
    blob = blob_score(with_blob(strokes(plate), plate, radius), plate).value
    assert blob is not None
    assert blob > max(LIMITS["blobs"], 2 * clean.value)


def test_a_stronger_blob_scores_higher() -> None:
    plate = TEXTURES["texture 1"]
    values = [
        blob_score(with_blob(strokes(plate), plate, 1 / 14, opacity), plate).value for opacity in (0.3, 0.45, 0.6, 0.75)
    ]
    assert values == sorted(values, key=lambda value: value or 0)
    assert len(set(values)) == 4


def test_a_blob_on_a_flat_is_found_and_a_tint_all_over_is_none() -> None:
    plate = flat_pictures()["grey 50"]
    tinted = np.broadcast_to(np.array([0.2, 0.3, 0.6], np.float32), plate.shape).copy()
    for painting, found in ((tinted, False), (with_blob(tinted, plate, 1 / 12), True)):
        value = blob_score(painting, plate).value
        assert value is not None
        assert (value > LIMITS["blobs"]) is found


def test_colour_that_the_plate_asks_for_is_no_blob() -> None:
    """The same patch, painted because it stands in the plate: it has an edge there, or is as strong there."""
    plate = TEXTURES["texture 2"]
    patched = with_blob(plate, plate, 1 / 12, 0.8)
    own, painted = blob_score(patched, patched).value, blob_score(strokes(patched), patched).value
    assert own is not None
    assert painted is not None
    assert painted <= max(LIMITS["blobs"], own)


def test_a_plate_without_a_smooth_area_tells_nothing() -> None:
    plate = np.random.default_rng(0).random((96, 128, 3), dtype=np.float32)
    score = blob_score(plate, plate)
    assert score.value is None
    assert score.area == 0
    with pytest.raises(InputError, match="cannot be compared"):
        blob_score(plate[:90], plate)
