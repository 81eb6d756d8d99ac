"""Blobs: patches of another colour in a painting, where the plate is smooth.

A network can slip past instance normalisation by a spike that dwarfs the rest
of its channel (Karras et al. 2020, "Analyzing and Improving the Image Quality
of StyleGAN", section 2): the painting then has a round patch of a colour that
nothing in the plate asks for. Strokes differ in lightness above all, and are
finer; so what is measured is how chroma wanders at the size of a patch.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..contract.errors import InputError
from ..image.warp import BoolArray, FloatArray

__all__ = ["BlobScore", "blob_score", "smooth_areas"]

# Patches between these parts of the shorter side (as deviations of Gaussians) count.
_FINE, _COARSE = 1 / 40, 1 / 8
# CIELAB units: change of the low-passed plate over the finer deviation, and its detail.
_GRADIENT, _DETAIL = 3.0, 12.0
# Smooth areas below this share of the picture tell nothing; with less than that in all nothing is told.
_LEAST_AREA = 0.01
# A painting without colour has no spread to measure by; CIELAB units.
_LEAST_SPREAD = 5.0


@dataclass(frozen=True, slots=True)
class BlobScore:
    """``value``: see :func:`blob_score`; None where the plate is smooth nowhere. ``area``: the share that is."""

    value: float | None
    area: float


def blob_score(painting: FloatArray, plate: FloatArray) -> BlobScore:
    """How far chroma strays within areas where the plate is smooth, in parts of the painting's own spread of chroma.

    Both are display-referred ``(H, W, 3)`` in 0..1. With c the a*, b* of the
    painting in CIELAB and G_σ the mean of the smooth area under a Gaussian:
    the 99th percentile of ‖G_f c − G_c c‖ over these areas, f and c being 1/40
    and 1/8 of the shorter side, over the RMS of G_f c about its mean (not below
    5). Slow gradients and strokes finer than f cancel out. A clean painting is
    below 1.

    Raises :class:`InputError` where the sizes differ.
    """
    if painting.shape != plate.shape:
        raise InputError(f"pictures of {painting.shape} and {plate.shape} cannot be compared", remedy="give one size")
    where = smooth_areas(plate)
    area = float(where.mean())
    if area < _LEAST_AREA:
        return BlobScore(None, area)
    chroma = _lab(painting)[..., 1:]
    fine, coarse = (min(plate.shape[:2]) * part for part in (_FINE, _COARSE))
    seen = where.astype(np.float32)[..., None]
    stray = np.linalg.norm(_within(chroma, seen, fine) - _within(chroma, seen, coarse), axis=-1)
    low = _low(chroma, fine)
    spread = float(np.sqrt(np.square(low - low.mean((0, 1))).sum(axis=-1).mean()))
    return BlobScore(float(np.percentile(stray[where], 99)) / max(spread, _LEAST_SPREAD), area)


def smooth_areas(plate: FloatArray) -> BoolArray:
    """Where a plate ``(H, W, 3)`` has neither an edge nor strong texture, ``(H, W)``.

    In CIELAB: the gradient of the low-passed plate times its deviation below 3,
    the RMS detail below 12, both at least the deviation away from where they
    are not. Areas below a hundredth of the picture are left out.
    """
    colours = _lab(plate)
    sigma = min(plate.shape[:2]) * _FINE
    low = _low(colours, sigma)
    gradient = np.sqrt(sum(np.square(np.gradient(low, axis=axis)).sum(axis=-1) for axis in (0, 1))) * sigma
    detail = np.sqrt(_low(np.square(colours - low).sum(axis=-1), sigma))
    smooth = ((gradient < _GRADIENT) & (detail < _DETAIL)).astype(np.uint8)
    side = 2 * round(sigma) + 1
    smooth = cv2.erode(smooth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), borderValue=1)
    _, labels, facts, _ = cv2.connectedComponentsWithStats(smooth, connectivity=4)
    large = facts[:, cv2.CC_STAT_AREA] >= _LEAST_AREA * smooth.size
    # Label 0 is what is not smooth.
    large[0] = False
    return np.asarray(large[labels], dtype=bool)


def _lab(picture: FloatArray) -> FloatArray:
    clipped = np.clip(picture, 0, 1).astype(np.float32)
    return np.asarray(cv2.cvtColor(clipped, cv2.COLOR_RGB2LAB), dtype=np.float32)


def _low(values: FloatArray, sigma: float) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def _within(values: FloatArray, seen: FloatArray, sigma: float) -> FloatArray:
    """The Gaussian mean over what is seen alone: colours beyond the edge of an area do not bleed into it."""
    weight = np.maximum(_low(seen[..., 0], sigma), 1e-3)
    return np.asarray(_low(values * seen, sigma) / weight[..., None], dtype=np.float32)
