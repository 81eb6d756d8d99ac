"""Pictures into networks, coarse masks back to the plate's pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nst_backend.contract.errors import UsageError
from nst_backend.image.boxes import Box
from nst_backend.segmentation.pictures import as_batch, mask_in_box, one_size, pixels_within, working_size


def test_pictures_of_different_sizes_or_kinds_are_refused() -> None:
    small, large = np.zeros((4, 6, 3), np.float32), np.zeros((6, 4, 3), np.float32)
    assert one_size([small, small]) == (4, 6)
    for wrong in ([small, large], [small[:, :, 0]], [small[:, :, :2]], [small[:0]]):
        with pytest.raises(UsageError, match="shapes"):
            one_size(wrong)


def test_what_is_not_a_number_or_out_of_range_does_not_reach_the_network() -> None:
    picture = np.array([[[np.nan, np.inf, -np.inf], [-1, 0.25, 7]]], np.float32)
    batch = as_batch([picture], (1, 2), torch.device("cpu"))
    assert batch.shape == (1, 3, 1, 2)
    np.testing.assert_array_equal(batch[0].permute(1, 2, 0).numpy(), [[[0, 1, 0], [0, 0.25, 1]]])
    assert np.isnan(picture[0, 0, 0]), "the plate itself was changed"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1080, 1920), (750, 1333)),
        ((2160, 3840), (750, 1333)),
        ((720, 720), (800, 800)),
        ((100, 150), (200, 300)),
        ((400, 500), (800, 1000)),
        ((1, 4000), (1, 1333)),
    ],
)
def test_the_short_side_is_met_within_the_limits(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert working_size(size, short_side=800, long_side=1333, enlarge=2.0) == expected


def test_a_rectangle_has_the_pixels_that_it_touches() -> None:
    assert pixels_within((1.5, 2.0, 3.2, 4.0), (10, 10)) == Box(2, 1, 4, 4)
    assert pixels_within((-5, -5, 30, 30), (10, 12)) == Box(0, 0, 10, 12)
    assert pixels_within((4.3, 4.3, 4.4, 4.4), (10, 10)) == Box(4, 4, 5, 5)
    # A float's noise around whole pixels adds none.
    assert pixels_within((1.99999, 3.00001, 5.00001, 6.99999), (10, 10)) == Box(3, 2, 7, 5)


@pytest.mark.parametrize(
    "edges", [(3, 3, 3, 5), (5, 3, 3, 5), (12, 1, 15, 2), (-4, 1, -2, 2), (math.nan, 0, 1, 1), (0, 0, math.inf, 1)]
)
def test_a_rectangle_without_pixels_is_none(edges: tuple[float, float, float, float]) -> None:
    assert pixels_within(edges, (10, 10)) is None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**31))
def test_a_mask_over_the_whole_picture_is_resized_bilinearly(
    m: int, n: int, height: int, width: int, seed: int
) -> None:
    mask = np.random.default_rng(seed).random((m, n), dtype=np.float32)
    expected = functional.interpolate(torch.from_numpy(mask)[None, None], (height, width), mode="bilinear")[0, 0]
    whole = mask_in_box(mask, (0, 0, width, height), Box.whole(height, width), held=True)
    np.testing.assert_allclose(whole, expected.numpy(), atol=2e-5)
    part = Box(height // 3, width // 4, height, width)
    np.testing.assert_array_equal(mask_in_box(mask, (0, 0, width, height), part, held=True), whole[part.slices])


@given(st.floats(0, 30), st.floats(0, 20), st.floats(0.01, 25), st.floats(0.01, 25), st.integers(0, 2**31))
def test_a_mask_in_its_box_is_sampled_with_nothing_around_it(
    left: float, top: float, width: float, height: float, seed: int
) -> None:
    mask = np.random.default_rng(seed).random((28, 28), dtype=np.float32)
    edges = (left, top, left + width, top + height)
    box = pixels_within(edges, (64, 64))
    if box is None:
        return
    # The definition: grid_sample's coordinates, -1 and 1 at the rectangle's edges.
    columns = (np.arange(box.left, box.right) + 0.5 - left) / width * 2 - 1
    rows = (np.arange(box.top, box.bottom) + 0.5 - top) / height * 2 - 1
    grid = torch.from_numpy(np.stack(np.meshgrid(columns, rows), -1))
    source = torch.from_numpy(mask).double()[None, None]
    expected = functional.grid_sample(source, grid[None], padding_mode="zeros", align_corners=False)[0, 0]
    np.testing.assert_allclose(mask_in_box(mask, edges, box, held=False), expected.numpy(), atol=1e-4)
