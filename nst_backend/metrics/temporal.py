"""How much a painted sequence flickers, measured along the plate's motion.

Pictures are display-referred ``(H, W, 3)`` float32 in 0..1, O painted and x the
plate; W carries a picture along the motion, bilinearly. The mask M is where the
motion is valid, eroded by a 3 x 3 square, so that neither occlusions nor the
mixed pixels at their edges count.

Every score is a mean of squares over pixels or channels, summed here pair by
pair, so that a sequence of any length needs two frames of memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from ..contract.errors import InputError
from ..flow.consistency import erode
from ..flow.source import Motion
from ..image.luma import luma
from ..image.warp import BoolArray, FloatArray, inside, warp

__all__ = [
    "PairScore",
    "TemporalScore",
    "evaluation_mask",
    "flicker_map",
    "score_pair",
    "summarise",
    "warping_error",
]

# Below this change of the plate (5 x 5 mean of the greatest channel) its light counts as unchanged.
_UNCHANGED = 0.04


@dataclass(frozen=True, slots=True)
class PairScore:
    """Sums over one pair of frames, from which the scores of a sequence are made.

    ``stab`` and ``stab_luma`` are Σ M‖·‖² / (3HW); ``consistent`` is Σ‖·‖² over
    ``consistent_samples`` pixels times channels; ``warping`` is that of
    :func:`warping_error`, None without forward motion; ``counted`` the share of
    the picture that M covers.
    """

    stab: float
    stab_luma: float
    consistent: float
    consistent_samples: int
    warping: float | None
    counted: float


@dataclass(frozen=True, slots=True)
class TemporalScore:
    """The scores of a sequence; None where no pixel counted.

    ``e_stab``: root of the mean over time of 1/(3HW) Σ M‖O_t − W O_{t−1}‖² (D. Chen
    et al., ICCV 2017; H. Huang et al., CVPR 2017), over all pixels, not only
    the valid.
    ``e_stab_luma``: the same after the plate's own change of BT.709 luma is taken
    off each channel (C. Gao et al., ReCoNet, ACCV 2018), so light is no error.
    ``e_cons``: RMS of O_t − W O_{t−1} over the channels of those pixels of M
    where the plate did not change: flicker alone.
    ``e_warp``: mean over time of Σ M‖O_t − W O_{t+1}‖² / Σ M, the mask counted
    per channel (W.-S. Lai et al., ECCV 2018).
    """

    e_stab: float | None
    e_stab_luma: float | None
    e_cons: float | None
    e_warp: float | None
    counted: float
    pairs: int


def evaluation_mask(motion: Motion) -> BoolArray:
    """M: what is seen in both frames, eroded by 3 x 3; ``(H, W)`` at t."""
    return erode(motion.valid & inside(motion.backward), 3)


def score_pair(
    output: FloatArray,
    previous_output: FloatArray,
    plate: FloatArray,
    previous_plate: FloatArray,
    motion: Motion,
    *,
    where: BoolArray | None = None,
) -> PairScore:
    """Score frame t against an earlier one, ``motion`` being the motion between them.

    ``where`` ``(H, W)`` narrows the mask, to a region for instance.

    Raises :class:`InputError` where the pictures differ in size.
    """
    size = motion.valid.shape
    shapes = {picture.shape for picture in (output, previous_output, plate, previous_plate)}
    if shapes != {(*size, 3)}:
        raise InputError(
            f"pictures of {' and '.join(sorted(map(str, shapes)))} do not fit motion of {size}",
            remedy="compare frames of one size",
        )
    mask = evaluation_mask(motion)
    if where is not None:
        mask = mask & where
    flicker = output - warp(previous_output, motion.backward)
    change = plate - warp(previous_plate, motion.backward)
    relaxed = flicker - luma(change)[..., None]
    unchanged = mask & _unchanged(change)
    warping = None
    if motion.forward is not None:
        warping = warping_error(previous_output, output, motion.forward, _forward_mask(motion, where))
    return PairScore(
        stab=_masked_sum(flicker, mask) / flicker.size,
        stab_luma=_masked_sum(relaxed, mask) / relaxed.size,
        consistent=_masked_sum(flicker, unchanged),
        consistent_samples=3 * int(np.count_nonzero(unchanged)),
        warping=warping,
        counted=float(mask.mean()),
    )


def flicker_map(
    output: FloatArray,
    previous_output: FloatArray,
    plate: FloatArray,
    previous_plate: FloatArray,
    motion: Motion,
    *,
    where: BoolArray | None = None,
) -> FloatArray:
    """What E_cons counts: the RMS over the channels of O_t − W O_{t−1}, ``(H, W)``; NaN where it does not look."""
    flicker = output - warp(previous_output, motion.backward)
    change = plate - warp(previous_plate, motion.backward)
    counted = _unchanged(change) & evaluation_mask(motion)
    if where is not None:
        counted &= where
    return np.where(counted, np.sqrt(np.square(flicker).mean(axis=-1)), np.nan).astype(np.float32)


def warping_error(output: FloatArray, following: FloatArray, forward: FloatArray, mask: BoolArray) -> float | None:
    """Σ M‖O_t − W O_{t+1}‖² / Σ M of one pair, the mask counted per channel; None where it is empty.

    ``forward`` is F(t→t+1) ``(H, W, 2)`` and ``mask`` ``(H, W)``, both at t.
    """
    samples = 3 * int(np.count_nonzero(mask))
    return _masked_sum(output - warp(following, forward), mask) / samples if samples else None


def summarise(pairs: Iterable[PairScore]) -> TemporalScore:
    """The scores of a sequence from those of its pairs."""
    scores = list(pairs)
    if not scores:
        return TemporalScore(None, None, None, None, 0.0, 0)
    counted = float(np.mean([score.counted for score in scores]))
    samples = sum(score.consistent_samples for score in scores)
    warpings = [score.warping for score in scores if score.warping is not None]
    return TemporalScore(
        e_stab=float(np.sqrt(np.mean([score.stab for score in scores]))) if counted else None,
        e_stab_luma=float(np.sqrt(np.mean([score.stab_luma for score in scores]))) if counted else None,
        e_cons=float(np.sqrt(sum(score.consistent for score in scores) / samples)) if samples else None,
        e_warp=float(np.mean(warpings)) if warpings else None,
        counted=counted,
        pairs=len(scores),
    )


def _unchanged(change: FloatArray) -> BoolArray:
    """Where the plate's light stayed as it was."""
    return np.asarray(cv2.blur(np.abs(change), (5, 5)).max(axis=-1) < _UNCHANGED)


def _masked_sum(difference: FloatArray, mask: BoolArray) -> float:
    # In double precision: a 4K frame has more samples than float32 can count.
    return float(np.square(difference[mask], dtype=np.float64).sum())


def _forward_mask(motion: Motion, where: BoolArray | None) -> BoolArray:
    """M at the earlier frame, read from the later one where the forward vectors end."""
    assert motion.forward is not None
    valid = motion.valid if where is None else motion.valid & where
    seen = warp(valid.astype(np.float32), motion.forward) >= 1
    return erode(np.asarray(seen & inside(motion.forward)), 3)
