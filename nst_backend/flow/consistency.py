"""Where a flow vector can be trusted: occlusion, motion boundaries, ids, depth.

All tests return ``(H, W)`` bool, True where the vector at that pixel holds.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..image.channels import all_finite, finite, total
from ..image.warp import BoolArray, FloatArray, inside, sample_nearest, warp

__all__ = ["IdArray", "erode", "forward_backward", "same_depth", "same_ids", "smooth_motion"]

IdArray = npt.NDArray[np.uint32]


def forward_backward(backward: FloatArray, forward: FloatArray) -> BoolArray:
    """The way there and back ends where it began.

    ``backward`` F(a→b) sampled at a, ``forward`` F(b→a) sampled at b, both
    ``(H, W, 2)``: |F(a→b) + F(b→a)|² < 0.01 (|F(a→b)|² + |F(b→a)|²) + 0.5 with
    the second read bilinearly where the first ends. False where a vector is
    unknown or leaves the frame. N. Sundaram, T. Brox, K. Keutzer, "Dense point
    trajectories by GPU-accelerated large displacement optical flow", ECCV 2010.
    """
    back_again = warp(finite(forward, otherwise=np.inf), backward)
    with np.errstate(invalid="ignore", over="ignore"):
        miss = total(np.square(backward + back_again))
        allowed = 0.01 * (total(np.square(backward)) + total(np.square(back_again))) + 0.5
        # Written so that NaN and inf compare False.
        return np.asarray((miss < allowed) & np.isfinite(miss) & inside(backward))


def smooth_motion(flow: FloatArray) -> BoolArray:
    """Away from motion boundaries: |∇u|² + |∇v|² ≤ 0.01 |F|² + 0.002.

    For estimated flow ``(H, W, 2)``, which smears the boundary over several
    pixels; exact flow does not need it. Sundaram 2010, as used by M. Ruder,
    A. Dosovitskiy, T. Brox, "Artistic style transfer for videos", GCPR 2016.
    """
    steepness = np.zeros(flow.shape[:2], np.float32)
    known = finite(flow)
    for axis in (0, 1):
        if flow.shape[axis] > 1:
            steepness += total(np.square(np.gradient(known, axis=axis)))
    allowed = 0.01 * total(np.square(known)) + 0.002
    return np.asarray((steepness <= allowed) & all_finite(flow))


def same_ids(ids: IdArray, previous_ids: IdArray, backward: FloatArray) -> BoolArray:
    """The same object is seen at both ends.

    ``ids`` ``(H, W)`` uint32 at t, ``previous_ids`` at t−1 (rank-0 Cryptomatte
    ids, or instance numbers for footage), compared at the pixel nearest to the
    vector's end.
    """
    return np.asarray(ids == sample_nearest(previous_ids, backward))


def same_depth(
    expected: FloatArray, previous_depth: FloatArray, backward: FloatArray, *, tolerance: float = 0.02
) -> BoolArray:
    """The surface at the vector's end lies as deep as this point did.

    ``expected`` ``(H, W)`` is the depth that the point seen at p in t has in
    t−1, ``previous_depth`` the Depth pass of t−1, in the same unit; they may
    differ by ``tolerance`` of the expected. Points at infinity match points at
    infinity.
    """
    found = sample_nearest(previous_depth, backward)
    far = np.float32(1e9)
    with np.errstate(invalid="ignore"):
        near = np.abs(found - expected) < tolerance * expected
    return np.asarray(near | ((found > far) & (expected > far)))


def erode(mask: BoolArray, size: int = 3) -> BoolArray:
    """True where the whole ``size`` x ``size`` neighbourhood is; outside the picture counts as True."""
    if size <= 1:
        return mask
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((size, size), np.uint8)), dtype=np.bool_)
