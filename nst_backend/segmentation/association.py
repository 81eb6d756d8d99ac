"""Which detection is which of the things that are followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .appearance import Histogram, likeness
from .assignment import assign
from .colours import BINS

__all__ = ["Candidates", "Expected", "pair", "similarity"]

Matrix = NDArray[np.float32]

# Masks that overlap less after the warp are of neighbours, or of things seen within one another.
_OVERLAP = 0.3
# Without that the thing must lie where its motion leads, as large as it was, and look like itself.
_NEAR = 0.4
_ALIKE = 0.6
# Found again after a gap, by its looks: histograms of two different things often reach 0.6.
_ALIKE_AFTER_GAP = 0.75


@dataclass(frozen=True, eq=False)
class Candidates:
    """The detections of a frame: centres (y, x) and sizes (height, width) of their boxes, looks, labels."""

    centres: Matrix
    sizes: Matrix
    looks: Matrix
    labels: tuple[str, ...]

    @classmethod
    def of(
        cls, boxes: list[tuple[float, float, float, float]], looks: list[Histogram], labels: list[str]
    ) -> Candidates:
        """``boxes``: centre y, centre x, height, width."""
        frame = np.asarray(boxes, np.float32).reshape(-1, 4)
        seen = np.asarray(looks, np.float32).reshape(-1, BINS)
        return cls(frame[:, :2], frame[:, 2:], seen, tuple(labels))


@dataclass(frozen=True, eq=False)
class Expected:
    """The things that are followed, where they should be in this frame.

    ``gaps`` counts the frames since each was seen; 1 is the frame before. ``speeds``
    in pixels a frame.
    """

    candidates: Candidates
    gaps: NDArray[np.float32]
    speeds: NDArray[np.float32]


def similarity(expected: Expected, found: Candidates, overlap: Matrix) -> Matrix:
    """``(things, detections)``: how well they go together, 0 where they may not.

    ``overlap`` of the same shape is the intersection over union of the masks
    once the things are carried along the flow.
    """
    thing = expected.candidates
    near = _nearness(expected, found)
    alike = likeness(thing.looks, found.looks)
    same = np.asarray(thing.labels, np.str_)[:, None] == np.asarray(found.labels, np.str_)[None]
    lost = expected.gaps[:, None] > 1
    threshold = np.where(lost, np.float32(_ALIKE_AFTER_GAP), np.float32(_ALIKE))
    may = (overlap >= _OVERLAP) | ((near >= _NEAR) & (alike >= threshold))
    total = 2 * overlap + 0.5 * near + alike + 0.3 * same
    return np.asarray(np.where(may, total, 0), np.float32)


def pair(similarities: Matrix, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The best pairs among some things and some detections."""
    things, detections = np.flatnonzero(rows), np.flatnonzero(columns)
    found = assign(similarities[np.ix_(things, detections)])
    return [(int(things[row]), int(detections[column])) for row, column in found]


def _nearness(expected: Expected, found: Candidates) -> Matrix:
    """1 where a detection lies where a thing should and is as large, falling to 0 with distance and size."""
    thing = expected.candidates
    apart = np.linalg.norm(thing.centres[:, None] - found.centres[None], axis=-1)
    ones, others = (np.sqrt(np.prod(entry.sizes, axis=-1)) for entry in (thing, found))
    size = (ones[:, None] + others[None]) / 2
    # A guess grows worse with each frame, and a thing may turn or stop; boxes of a pixel or two are off by as much.
    unseen = (expected.gaps - 1) * expected.speeds / 2
    reach = (size + 4) * np.sqrt(expected.gaps)[:, None] / 2 + unseen[:, None]
    ratio = (np.minimum(ones[:, None], others[None]) + 2) / (np.maximum(ones[:, None], others[None]) + 2)
    return np.asarray(np.exp(-np.square(apart / reach)) * ratio, np.float32)
