"""Pictures to look at while a segmenter learns: plates with the outlines of what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ...media.images import write_image
from ...segmentation.detection import Detection, Picture, Segmenter
from .examples import Example
from .measure import detection_mask

__all__ = ["outlined", "write_samples"]

_COLOURS = ((255, 217, 26), (26, 255, 128), (51, 191, 255), (255, 89, 230), (255, 115, 51), (204, 204, 255))
_LEAST_WIDTH = 640
_ROW = 2


def write_samples(path: Path, segmenter: Segmenter, examples: Sequence[Example], *, score: float = 0.5) -> None:
    """A sheet of ``examples``, two a row, with what is found from ``score`` on."""
    seen = []
    for example in examples:
        found = [entry for entry in segmenter.detect([example.display])[0] if entry.score >= score]
        seen.append(outlined(example.display, found, segmenter.classes))
    height, width = (max(picture.shape[axis] for picture in seen) for axis in (0, 1))
    sheet = np.zeros((-(-len(seen) // _ROW) * height, min(_ROW, len(seen)) * width, 3), np.float32)
    for number, picture in enumerate(seen):
        top, left = number // _ROW * height, number % _ROW * width
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, sheet)


def outlined(picture: Picture, found: Sequence[Detection], labels: Sequence[str]) -> Picture:
    """The picture with outlines, labels and scores; small ones are enlarged first."""
    scale = max(1, -(-_LEAST_WIDTH // picture.shape[1]))
    canvas = np.rint(picture * 255.0).astype(np.uint8).repeat(scale, 0).repeat(scale, 1)
    for entry in found:
        colour = _COLOURS[labels.index(entry.label) % len(_COLOURS)]
        mask = detection_mask(entry, (picture.shape[0], picture.shape[1])).astype(np.uint8)
        large = np.ascontiguousarray(mask.repeat(scale, 0).repeat(scale, 1))
        contours, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(canvas, contours, -1, colour, 1, cv2.LINE_AA)
        at = (entry.box.left * scale + 2, max(10, entry.box.top * scale - 3))
        cv2.putText(
            canvas, f"{entry.label} {entry.score:.2f}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.35, colour, 1, cv2.LINE_AA
        )
    return np.asarray(canvas, np.float32) / np.float32(255.0)
