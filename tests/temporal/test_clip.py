"""What the painting does not show any more is cut out of the history; its flicker is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_context import SIZE, disc, motion, plate
from test_stabiliser import texture

from nst_backend.contract.errors import UsageError
from nst_backend.temporal.clip import clip_range
from nst_backend.temporal.options import StabiliserOptions
from nst_backend.temporal.stabiliser import Stabiliser


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), radius=st.integers(1, 9))
def test_a_history_equal_to_the_painting_is_untouched(seed: int, radius: int) -> None:
    painting = texture(seed, 0.7, (24, 32))
    np.testing.assert_array_equal(np.clip(painting, *clip_range(painting, radius)), painting)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), radius=st.integers(1, 9))
def test_histories_never_move_apart(seed: int, radius: int) -> None:
    one, other, painting = (texture(seed + number, 1, (24, 32)) for number in range(3))
    around = clip_range(painting, radius)
    apart = np.abs(np.clip(one, *around) - np.clip(other, *around))
    assert np.all(apart <= np.abs(one - other) + 1e-6)


def test_an_old_outline_is_cut_to_the_strokes_that_took_its_place() -> None:
    painting = texture(0) * np.float32(0.1) + np.float32(0.5)
    history = painting.copy()
    history[:, 40:44] = 0.1
    clipped = np.clip(history, *clip_range(painting, 3))
    before, after = (np.abs(h - painting)[:, 40:44].mean() for h in (history, clipped))
    assert after < 0.1 * before
    np.testing.assert_array_equal(clipped[:, :40], history[:, :40])


def test_flicker_within_the_range_of_the_strokes_stays() -> None:
    painting = texture(0, 1)
    flicker = 0.02 * (texture(1, 0.7) - 0.5)
    clipped = np.clip((painting + flicker).astype(np.float32), *clip_range(painting, 3))
    untouched = np.abs(clipped - painting - flicker) < 1e-6
    assert untouched.mean() > 0.6
    assert np.abs(clipped - painting).mean() > 0.6 * np.abs(flicker).mean()


def test_a_painting_that_is_not_finite_spoils_only_itself() -> None:
    painting = texture(0)
    painting[10, 10] = np.nan
    assert np.isfinite(clip_range(painting, 3)).all()


def test_flicker_is_damped_where_things_move_apart() -> None:
    def flicker(options: StabiliserOptions) -> float:
        stabiliser, previous, jumps = Stabiliser(options), None, []
        for number in range(14):
            noise = np.random.default_rng(number).normal(0, 0.05, (*SIZE, 3)).astype(np.float32)
            painting = np.clip(0.5 + cv2.GaussianBlur(noise, (0, 0), 1), 0, 1)
            ids = disc(number).astype(np.uint32)
            made = stabiliser.step(painting, plate(number), motion(number) if number else None, ids, number).picture
            behind = np.s_[50:70, 40 + 4 * number - 34 : 40 + 4 * number - 26]
            if previous is not None and number > 6:
                jumps.append(float(np.square(made[behind] - previous[behind]).mean()))
            previous = made
        return float(np.sqrt(np.mean(jumps)))

    assert flicker(StabiliserOptions(clipped=0.4)) < 0.85 * flicker(StabiliserOptions(clipped=0))
    assert flicker(StabiliserOptions()) < 0.95 * flicker(StabiliserOptions(clipped=0))


def test_an_impossible_share_is_refused() -> None:
    with pytest.raises(UsageError, match="clipped"):
        StabiliserOptions(clipped=1.5)
