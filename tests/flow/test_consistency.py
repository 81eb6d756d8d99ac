"""Occlusion tests on motion whose occlusions are known by construction."""

from __future__ import annotations

import numpy as np

from nst_backend.flow.consistency import erode, forward_backward, same_depth, same_ids, smooth_motion


def moving_square(step: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backward flow, forward flow and uncovered pixels of a square that moves right over a still ground."""
    before, after = np.zeros((40, 60), bool), np.zeros((40, 60), bool)
    before[10:25, 15:30] = True
    after[10:25, 15 + step : 30 + step] = True
    backward, forward = np.zeros((40, 60, 2), np.float32), np.zeros((40, 60, 2), np.float32)
    backward[after, 0] = -step
    forward[before, 0] = step
    return backward, forward, before & ~after


def test_exactly_the_uncovered_ground_fails() -> None:
    backward, forward, uncovered = moving_square()
    np.testing.assert_array_equal(forward_backward(backward, forward), ~uncovered)


def test_leaving_the_frame_and_unknown_vectors_fail() -> None:
    backward = np.full((20, 30, 2), (-4, 0), np.float32)
    forward = -backward
    backward[5, 9] = np.nan
    forward[8, 10] = np.nan
    valid = forward_backward(backward, forward)
    assert not valid[:, :4].any()
    assert not valid[5, 9]
    assert not valid[8, 14]
    assert valid[15:, 4:].all()


def test_small_disagreement_passes_and_large_fails() -> None:
    backward = np.zeros((10, 10, 2), np.float32)
    assert forward_backward(backward, backward + np.float32((0.5, 0.4))).all()
    assert not forward_backward(backward, backward + np.float32((0.6, 0.5))).any()


def test_motion_boundaries_are_marked_and_a_slow_zoom_is_not() -> None:
    backward, _, _ = moving_square()
    smooth = smooth_motion(backward)
    assert not smooth[15, 20:22].any()
    assert smooth[2:8].all()
    y, x = np.mgrid[-20:20, -30:30].astype(np.float32)
    assert smooth_motion(np.stack([0.02 * x, 0.02 * y], axis=-1)).all()


def test_ids_are_compared_at_the_end_of_the_vector() -> None:
    backward, _, uncovered = moving_square()
    ids, previous = np.full((40, 60), 0xDEADBEEF, np.uint32), np.full((40, 60), 0xDEADBEEF, np.uint32)
    ids[10:25, 21:36] = 7
    previous[10:25, 15:30] = 7
    np.testing.assert_array_equal(same_ids(ids, previous, backward), ~uncovered)


def test_depth_within_two_percent_or_both_at_infinity() -> None:
    still = np.zeros((2, 2, 2), np.float32)
    expected = np.float32([[10, 10], [1e10, 1e10]])
    found = np.float32([[10.1, 10.3], [1e10, 10]])
    np.testing.assert_array_equal(same_depth(expected, found, still), [[True, False], [True, False]])


def test_erosion_keeps_the_border() -> None:
    mask = np.ones((9, 9), bool)
    assert erode(mask).all()
    mask[4, 4] = False
    assert (~erode(mask)).sum() == 9
    assert (~erode(mask, 7)).sum() == 49
