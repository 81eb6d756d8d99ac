"""A coarse mask made to fit the edges of the plate.

A network judges some 28 x 28 cells of an object's box; the mask is soft where a
cell holds both object and background. Within that band each pixel is judged anew:
Bayes' rule with the mask as what is known before, and with the colours that the
object and what is behind it have nearby, counted on a bilateral grid (J. Chen,
S. Paris, F. Durand, "Real-time edge-aware image processing with the bilateral
grid", SIGGRAPH 2007; local colour models as in X. Bai et al., "Video SnapCut",
SIGGRAPH 2009). Where the colours of both are alike the mask stands. A guided
filter of the edge's own width makes it soft as the plate's edge is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from ..image.warp import BoolArray, FloatArray
from .colours import BINS, SHAPE, blurred, colour_bins
from .detection import Picture
from .guided import guided_filter

__all__ = ["refine", "softness"]

# What is surer than this is not asked again.
_SURE = 0.02
# A mask whose edges are this narrow, in pixels, is as sharp as the plate.
_SHARP = 1.5
# Cells of the grid, in widths of the band: nearer, too few colours are counted; farther, they are of other things.
_CELL = 1.5
_MOST_CELLS = 24
_MOST_COUNTED = 160_000
# Colours of neighbouring pixels are alike: their evidence counts less than that of as many independent ones.
_WEIGHT = 0.6
_MOST_EVIDENCE = 3.0
# Counts that are worth nothing, as a part of a cell.
_CHANCE = 0.02
# Steeper than the mask by this: an edge of the plate is narrower than the band.
_STEEPNESS = 4.0
_RADIUS, _EPSILON = 2, 1e-4
# Part of a mask that must be left.
_LEAST = 0.5


def refine(picture: Picture, box: Box, mask: FloatArray) -> tuple[Box, FloatArray]:
    """A mask ``(height, width)`` of ``box``, fitted to ``picture`` ``(H, W, 3)``; both as a matte again.

    Pixels that the mask is sure of keep their side. A mask comes back as it is where
    it is as sharp as the plate already, where it is faint throughout, and where less
    than half of it would be left: the colours speak against all of a thing that is thin.
    """
    width = softness(mask)
    if width < _SHARP or float(mask.max(initial=0.0)) < 0.5:
        return box, mask
    around = box.grown(int(2 * width) + _RADIUS, Box.whole(*picture.shape[:2]))
    prior = np.zeros((around.height, around.width), np.float32)
    prior[box.relative_to(around).slices] = mask
    band = (prior > _SURE) & (prior < 1 - _SURE)
    guide = np.ascontiguousarray(picture[around.slices], np.float32)
    judged = np.where(prior >= 0.5, np.float32(1), np.float32(0))
    odds = _log_odds(prior[band]) + _WEIGHT * _evidence(colour_bins(guide), prior, band, _CELL * width)
    judged[band] = 1 / (1 + np.exp(-_STEEPNESS * odds))
    fitted = np.clip(guided_filter(guide, judged, radius=_RADIUS, epsilon=_EPSILON), 0, 1)
    matte = np.asarray(np.where(band, fitted, judged), np.float32)
    return (around, matte) if float(matte.sum()) >= _LEAST * float(mask.sum()) else (box, mask)


def softness(mask: FloatArray) -> float:
    """How wide, in pixels, the edge of a mask is; 0 for one without."""
    inside = mask >= 0.5
    edge = int((inside[:, 1:] != inside[:, :-1]).sum() + (inside[1:] != inside[:-1]).sum())
    soft = int(((mask > 0.1) & (mask < 0.9)).sum())
    return soft / max(edge, 1) * 1.25


def _log_odds(part: FloatArray) -> FloatArray:
    return np.asarray(np.log((part + 0.01) / (1.01 - part)), np.float32)


def _evidence(bins: NDArray[np.int32], prior: FloatArray, band: BoolArray, cell: float) -> FloatArray:
    """log p(colour | object nearby) − log p(colour | background nearby), for the pixels of ``band`` in order."""
    height, width = prior.shape
    cell = max(cell, 8.0, max(height, width) / _MOST_CELLS)
    rows, columns = int(np.ceil(height / cell)) + 1, int(np.ceil(width / cell)) + 1
    step = max(1, int(np.sqrt(prior.size / _MOST_COUNTED)))
    counted = prior[::step, ::step]
    at = np.rint(np.arange(0, height, step) / cell).astype(np.int32)[:, None] * columns
    at = (at + np.rint(np.arange(0, width, step) / cell).astype(np.int32)[None]) * BINS + bins[::step, ::step]
    mine, others = (_counts(at, np.square(weight), (rows, columns)) for weight in (counted, 1 - counted))
    all_mine, all_others = mine.sum(axis=-1, keepdims=True), others.sum(axis=-1, keepdims=True)
    # Chance counts are drawn from both together, so that a colour that was hardly seen speaks for neither.
    expected = (mine + others) / (all_mine + all_others + 1e-6) * (_CHANCE * (cell / step) ** 2)
    chance = _CHANCE * (cell / step) ** 2
    ratio = np.log((mine + expected + 1e-6) / (all_mine + chance)) - np.log(
        (others + expected + 1e-6) / (all_others + chance)
    )
    return _read(np.clip(ratio, -_MOST_EVIDENCE, _MOST_EVIDENCE), bins[band], np.nonzero(band), cell)


def _counts(at: NDArray[np.int32], weight: FloatArray, cells: tuple[int, int]) -> FloatArray:
    """Weighted counts ``(rows, columns, BINS)``, spread over neighbouring cells and colours."""
    counted = np.bincount(at.ravel(), weight.ravel(), cells[0] * cells[1] * BINS)
    grid = counted.astype(np.float32).reshape(*cells, *SHAPE)
    for axis in range(grid.ndim):
        grid = blurred(grid, axis)
    return grid.reshape(*cells, BINS)


def _read(grid: FloatArray, bins: NDArray[np.int32], at: tuple[NDArray[np.intp], ...], cell: float) -> FloatArray:
    """``grid`` at pixels (rows, columns), between its cells."""
    down, across = (part / np.float32(cell) for part in at)
    top, left = (
        np.minimum(part.astype(np.intp), side - 2) for part, side in ((down, grid.shape[0]), (across, grid.shape[1]))
    )
    lower, right = (down - top).astype(np.float32), (across - left).astype(np.float32)
    upper_part = grid[top, left, bins] * (1 - right) + grid[top, left + 1, bins] * right
    lower_part = grid[top + 1, left, bins] * (1 - right) + grid[top + 1, left + 1, bins] * right
    return np.asarray(upper_part * (1 - lower) + lower_part * lower, np.float32)
