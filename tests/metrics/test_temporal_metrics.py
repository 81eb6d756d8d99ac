"""Temporal scores against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nst_backend.contract.errors import InputError
from nst_backend.flow.source import Motion
from nst_backend.image.luma import luma
from nst_backend.metrics.temporal import evaluation_mask, score_pair, summarise

SIZE = (40, 50)


def still(valid: np.ndarray | None = None, dx: float = 0.0) -> Motion:
    backward = np.zeros((*SIZE, 2), np.float32)
    backward[..., 0] = dx
    valid = np.ones(SIZE, bool) if valid is None else valid
    return Motion(backward, -backward, valid, np.ones(SIZE, bool), "exact")


def flat(value: float) -> np.ndarray:
    return np.full((*SIZE, 3), value, np.float32)


def test_a_uniform_flicker_gives_its_own_size() -> None:
    score = summarise([score_pair(flat(0.6), flat(0.5), flat(0.3), flat(0.3), still())])
    assert score.e_stab == pytest.approx(0.1, rel=1e-5)
    assert score.e_stab_luma == pytest.approx(0.1, rel=1e-5)
    assert score.e_cons == pytest.approx(0.1, rel=1e-5)
    assert score.e_warp == pytest.approx(0.01, rel=1e-5)
    assert score.counted == 1


def test_masked_pixels_count_in_the_divisor_of_e_stab_only() -> None:
    valid = np.ones(SIZE, bool)
    valid[:, 25:] = False
    score = summarise([score_pair(flat(0.6), flat(0.5), flat(0.3), flat(0.3), still(valid))])
    # The evaluation mask is eroded by one pixel: 24 of 50 columns are left.
    assert score.counted == pytest.approx(24 / 50)
    assert score.e_stab == pytest.approx(0.1 * np.sqrt(24 / 50), rel=1e-5)
    assert score.e_cons == pytest.approx(0.1, rel=1e-5)
    assert score.e_warp == pytest.approx(0.01, rel=1e-5)


def test_what_follows_the_light_is_no_error_of_the_relaxed_form() -> None:
    score = summarise([score_pair(flat(0.7), flat(0.5), flat(0.5), flat(0.3), still())])
    assert score.e_stab == pytest.approx(0.2, rel=1e-5)
    assert score.e_stab_luma == pytest.approx(0, abs=1e-6)
    assert score.e_cons is None


def test_only_the_unchanged_part_counts_as_flicker() -> None:
    plate, before, output = flat(0.3), flat(0.3), flat(0.5)
    plate[:, :20] = 0.8
    output[:, :20] = 0.9
    output[:, 30:] = 0.55
    score = summarise([score_pair(output, flat(0.5), plate, before, still())])
    # Columns 22 to 49 are out of reach of the change; of these 30 to 49 flicker by 0.05.
    assert score.e_cons == pytest.approx(0.05 * np.sqrt(20 / 28), rel=1e-4)


def test_a_sequence_that_moves_as_the_plate_has_no_error() -> None:
    wide = np.random.default_rng(0).random((40, 80, 3), dtype=np.float32)
    output, previous = wide[:, 3:53], wide[:, :50]
    score = summarise([score_pair(output, previous, output, previous, still(dx=3))])
    assert (score.e_stab, score.e_stab_luma, score.e_cons) == (0, 0, 0)
    assert score.e_warp == 0
    assert score.counted == pytest.approx(46 / 50)
    wrong = summarise([score_pair(output, previous, output, previous, still(dx=-3))])
    assert wrong.e_stab is not None
    assert wrong.e_stab > 0.1


def test_scores_average_over_time_as_defined() -> None:
    pairs = [score_pair(flat(0.5 + d), flat(0.5), flat(0.3), flat(0.3), still()) for d in (0.1, 0.3)]
    score = summarise(pairs)
    assert score.e_stab == pytest.approx(np.sqrt((0.01 + 0.09) / 2), rel=1e-5)
    assert score.e_warp == pytest.approx((0.01 + 0.09) / 2, rel=1e-5)
    assert score.pairs == 2


def test_nothing_to_count_is_none() -> None:
    assert summarise([]).e_stab is None
    empty = summarise([score_pair(flat(0.6), flat(0.5), flat(0.3), flat(0.3), still(np.zeros(SIZE, bool)))])
    assert empty.e_stab is None
    assert empty.e_cons is None
    assert empty.e_warp is None


def test_a_region_narrows_the_mask_and_unknown_vectors_leave_it() -> None:
    where = np.zeros(SIZE, bool)
    where[:10] = True
    output = flat(0.5)
    output[20:] = 0.9
    assert summarise([score_pair(output, flat(0.5), flat(0.3), flat(0.3), still(), where=where)]).e_stab == 0
    motion = still()
    motion.backward[5, 5] = np.nan
    assert not evaluation_mask(motion)[4:7, 4:7].any()
    assert evaluation_mask(motion).sum() == 40 * 50 - 9


def test_luma_is_bt709() -> None:
    np.testing.assert_allclose(luma(np.eye(3, dtype=np.float32)[None]), [[0.2126, 0.7152, 0.0722]], atol=1e-6)


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        score_pair(flat(0), flat(0), flat(0), flat(0)[:10], still())
