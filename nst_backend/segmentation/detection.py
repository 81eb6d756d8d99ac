"""What a segmenter finds in a picture, and the one protocol of all segmenters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import UsageError
from ..image.boxes import Box

__all__ = ["Detection", "Picture", "Segmenter"]

Picture = NDArray[np.float32]
"""``(H, W, 3)`` float32, display-referred sRGB in 0..1."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Detection:
    """One object in one picture.

    ``box``: the part of the picture, in whole pixels, outside of which the object
    is not. ``mask``: ``(height, width)`` of the box, float32 in 0..1, as the network
    judges it: soft, and as coarse as the network is. ``score``: 0..1.
    """

    label: str
    score: float
    box: Box
    mask: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.mask.shape != (self.box.height, self.box.width):
            raise UsageError(
                f"a mask of {self.mask.shape} does not fill a box of {self.box.height} x {self.box.width}",
                remedy="give the mask at the size of its box",
            )


class Segmenter(Protocol):
    """A network that finds objects in pictures."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that it knows, without the background."""

    @property
    def instances(self) -> bool:
        """Whether two things of one class come as two detections; else a class comes as one."""

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        """What is seen in each of some pictures of one size, the highest score first.

        All that the network holds for possible is told, down to a score of a tenth.
        """
