"""A picture with the objects in it: what a segmenter learns from and is judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ...segmentation.detection import Picture
from ...segmentation.mask_rcnn_options import MaskRCNNOptions
from ...segmentation.pictures import working_size

__all__ = ["Example", "ExampleSource", "Masks", "make_example", "seen_size"]

Masks = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Example:
    """One picture's truth.

    ``picture``: ``(H, W, 3)`` uint8 sRGB. ``labels``: an index into the recipe's classes for
    each object. ``masks``: ``(N, H, W)``, what is at least half covered. ``ignored``:
    ``(H, W)``, the objects too small to be taught, which nobody is judged by.
    """

    name: str
    picture: NDArray[np.uint8]
    labels: tuple[int, ...]
    masks: Masks
    ignored: NDArray[np.bool_]

    @property
    def display(self) -> Picture:
        """The picture as segmenters take it: float32 in 0..1."""
        return np.asarray(self.picture, np.float32) / np.float32(255.0)


class ExampleSource(Protocol):
    """Pictures with their objects, one by one: a plate, or a file of annotations."""

    @property
    def name(self) -> str:
        """For sentences and lists."""

    def __len__(self) -> int: ...

    def fingerprint(self, index: int) -> str:
        """Changes when what the example is made from does."""

    def read(self, index: int) -> Example:
        """Raises :class:`InputError` for what is missing, damaged or of another size."""


def make_example(
    name: str,
    picture: Picture,
    found: Sequence[tuple[int, Callable[[], NDArray[np.float32]]]],
    *,
    network: MaskRCNNOptions,
    least_area: float,
) -> Example:
    """Picture and coverages ``(H, W)`` by label, reduced to what ``network`` would look at; never enlarged.

    ``least_area`` in pixels of that size. Coverages are asked for one at a time.
    """
    height, width = picture.shape[:2]
    seen = seen_size(network, height, width)
    size = (width, height) if seen[0] >= height else (seen[1], seen[0])
    labels, masks = [], []
    ignored = np.zeros((size[1], size[0]), np.bool_)
    for label, coverage in found:
        mask = _reduced(coverage(), size) >= 0.5
        area = int(mask.sum())
        if area >= least_area:
            labels.append(label)
            masks.append(mask)
        elif area:
            ignored |= mask
    return Example(
        name=name,
        picture=np.asarray(np.rint(np.clip(_reduced(picture, size), 0.0, 1.0) * 255.0), np.uint8),
        labels=tuple(labels),
        masks=np.stack(masks) if masks else np.zeros((0, size[1], size[0]), np.bool_),
        ignored=ignored,
    )


def seen_size(network: MaskRCNNOptions, height: int, width: int) -> tuple[int, int]:
    """Height and width at which a segmenter of these options looks at a picture."""
    return working_size(
        (height, width), short_side=network.short_side, long_side=network.long_side, enlarge=network.enlarge
    )


def _reduced(pixels: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
