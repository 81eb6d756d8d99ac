"""How well objects are found: every visible one, at the very pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...segmentation.detection import Detection, Segmenter
from .examples import Example

__all__ = ["Judgement", "detection_mask", "judge", "judge_picture"]

FOUND = 0.5
"""Intersection over union from which an object counts as found."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a network does on pictures that it has not learnt from.

    ``mean_iou``: intersection over union of the masks, mean over all visible objects; one that was
    missed counts 0. ``detected``: the part of them with at least 0.5. ``false_positives``:
    detections a frame that are no object's, or another label's.
    """

    mean_iou: float
    detected: float
    false_positives: float
    objects: int
    frames: int


def judge(segmenter: Segmenter, examples: Iterable[Example], labels: Sequence[str], *, score: float = 0.5) -> Judgement:
    """Judge the detections from ``score`` on by the examples' truth, each label by itself."""
    overlaps: list[float] = []
    wrong = frames = 0
    for example in examples:
        detections = [found for found in segmenter.detect([example.display])[0] if found.score >= score]
        found, more = judge_picture(detections, example, labels)
        overlaps += found
        wrong += more
        frames += 1
    return Judgement(
        mean_iou=float(np.mean(overlaps)) if overlaps else 0.0,
        detected=float(np.mean([overlap >= FOUND for overlap in overlaps])) if overlaps else 0.0,
        false_positives=wrong / max(1, frames),
        objects=len(overlaps),
        frames=frames,
    )


def judge_picture(detections: Sequence[Detection], example: Example, labels: Sequence[str]) -> tuple[list[float], int]:
    """Intersection over union for each object (0 for none), and how many detections are wrong.

    Each detection belongs to one object at most, the best pairs first. What lies mostly on objects too
    small to be judged is not wrong.
    """
    size = example.ignored.shape
    masks = [detection_mask(found, size) for found in detections]
    table = np.array(
        [
            [
                _overlap(mask, truth) if found.label == labels[label] else 0.0
                for found, mask in zip(detections, masks, strict=True)
            ]
            for label, truth in zip(example.labels, example.masks, strict=True)
        ]
    ).reshape(len(example.labels), len(detections))
    result, right = [0.0] * len(example.labels), set[int]()
    while table.size and table.max() > 0:
        row, column = map(int, np.unravel_index(int(table.argmax()), table.shape))
        result[row] = float(table[row, column])
        if result[row] >= FOUND:
            right.add(column)
        table[row, :] = table[:, column] = 0.0
    wrong = [mask for number, mask in enumerate(masks) if number not in right]
    return result, sum(1 for mask in wrong if (mask & example.ignored).sum() <= 0.5 * mask.sum())


def detection_mask(found: Detection, size: tuple[int, int]) -> NDArray[np.bool_]:
    """``(H, W)``: where the network holds the object for more likely than not."""
    mask = np.zeros(size, np.bool_)
    mask[found.box.slices] = found.mask >= 0.5
    return mask


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 0.0
