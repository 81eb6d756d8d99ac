"""A network that is wrong in known ways: the detections of masks that are known.

An object's mask comes as Mask R-CNN's does, 28 x 28 values in a box that is
somewhat off, with smooth errors where a cell holds both object and background.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_backend.image.boxes import Box, bounding_box
from nst_backend.segmentation.detection import Detection, Picture

__all__ = ["EmulatedNetwork", "coarse_mask"]

CELLS = 28
Matte = NDArray[np.float32]


def coarse_mask(mask: Matte, rng: np.random.Generator) -> tuple[Box, Matte] | None:
    """``mask`` ``(H, W)`` as a network with 28 x 28 cells sees it; None for an empty one."""
    tight = bounding_box(mask, above=0.5)
    if tight is None:
        return None
    height, width = mask.shape
    top, bottom = (round(tight.height * (0.04 + 0.03 * shift)) for shift in rng.standard_normal(2))
    left, right = (round(tight.width * (0.04 + 0.03 * shift)) for shift in rng.standard_normal(2))
    box = Box(
        max(0, tight.top - top),
        max(0, tight.left - left),
        min(height, max(tight.bottom + bottom, tight.top - top + 1)),
        min(width, max(tight.right + right, tight.left - left + 1)),
    )
    cells = cv2.resize(mask[box.slices], (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    cells = cv2.GaussianBlur(cells, (0, 0), 0.6)
    error = cv2.GaussianBlur(rng.standard_normal((CELLS, CELLS)).astype(np.float32), (0, 0), 1.5)
    cells = np.clip(cells + 1.8 * error * cells * (1 - cells), 0, 1)
    pasted = cv2.resize(cells, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    return box, np.clip(pasted, 0, 1).astype(np.float32)


@dataclass
class EmulatedNetwork:
    """Sees the frames one after the other, whatever the pictures show.

    ``masks`` gives what lies in a frame, by its place: full masks ``(H, W)`` by name.
    A detection is missing with the chance ``missed``, has another label with the
    chance ``confused``, comes twice with ``doubled``; ``invented`` is the mean number
    of detections a frame of what is not there. All drawn from ``seed``.
    """

    masks: Callable[[int], Mapping[str, Matte]]
    missed: float = 0.1
    confused: float = 0.1
    doubled: float = 0.05
    invented: float = 0.5
    seed: int = 0
    label: str = "thing"
    instances: bool = True
    classes: tuple[str, ...] = ("thing", "another thing")
    _next: int = field(default=0, init=False)

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        """The detections of the next frames."""
        found = []
        for picture in pictures:
            rng = np.random.default_rng([self.seed, self._next])
            found.append(self._detect(self.masks(self._next), picture.shape[:2], rng))
            self._next += 1
        return found

    def _detect(self, masks: Mapping[str, Matte], size: tuple[int, ...], rng: np.random.Generator) -> list[Detection]:
        found = []
        for mask in masks.values():
            missed, confused, doubled = rng.random(3) < (self.missed, self.confused, self.doubled)
            for score in [] if missed else [0.95, 0.7][: 1 + doubled]:
                seen = coarse_mask(mask, rng)
                if seen is not None:
                    label = self.classes[1] if confused else self.label
                    score += 0.04 * rng.random()
                    found.append(Detection(label=label, score=float(score), box=seen[0], mask=seen[1]))
        for _ in range(rng.poisson(self.invented)):
            height, width = (int(rng.integers(side // 20 + 1, side // 5 + 2)) for side in size)
            top, left = int(rng.integers(0, size[0] - height)), int(rng.integers(0, size[1] - width))
            box = Box(top, left, top + height, left + width)
            found.append(Detection(label=self.label, score=0.6, box=box, mask=np.ones((height, width), np.float32)))
        order = rng.permutation(len(found))
        return sorted((found[index] for index in order), key=lambda entry: -entry.score)
