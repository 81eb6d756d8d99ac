"""Content pictures for training, each step's fixed by the recipe's seed.

A step's pictures depend only on the seed and the step's number, so that a run
that was killed and resumed sees exactly what an uninterrupted one sees.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..contract.errors import InputError

__all__ = ["ContentPictures", "find_pictures", "read_picture"]

log = logging.getLogger(__name__)
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}


def find_pictures(folders: Sequence[Path]) -> list[Path]:
    """Every picture below ``folders``, in a fixed order.

    Raises :class:`InputError` where there is none.
    """
    found = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not found:
        names = ", ".join(str(folder) for folder in folders) or "no folder"
        raise InputError(f"no photographs in {names}", remedy="give a folder with JPEG or PNG pictures")
    return found


def read_picture(path: Path) -> NDArray[np.float32]:
    """An 8- or 16-bit picture as ``(H, W, 3)`` float32 sRGB in 0..1; alpha is laid over white.

    Raises :class:`InputError` for a file that cannot be decoded.
    """
    data = np.fromfile(path, np.uint8) if path.is_file() else np.zeros(0, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise InputError(f"{path.name} cannot be read as a picture", remedy="give a JPEG, PNG or TIFF file")
    scaled = image.astype(np.float32) / (65535.0 if image.dtype == np.uint16 else 255.0)
    if scaled.ndim == 2:
        return np.repeat(scaled[:, :, None], 3, axis=2)
    colour = scaled[:, :, 2::-1] if scaled.shape[2] >= 3 else np.repeat(scaled[:, :, :1], 3, axis=2)
    if scaled.shape[2] == 4:
        colour = colour * scaled[:, :, 3:] + (1.0 - scaled[:, :, 3:])
    return np.ascontiguousarray(colour, np.float32)


class ContentPictures:
    """Random crops of photographs, some with a flat colour or gradient over a part."""

    def __init__(self, paths: Sequence[Path], *, side: int, flats: float, seed: int) -> None:
        self.paths = list(paths)
        self.side = side
        self.flats = flats
        self.seed = seed
        self.unreadable: set[Path] = set()

    def __call__(self, step: int, count: int) -> Tensor:
        """``(count, 3, side, side)`` in 0..1 for step number ``step``."""
        rng = random.Random(f"{self.seed}/{step}")
        return torch.stack([self._one(rng) for _ in range(count)])

    def _one(self, rng: random.Random) -> Tensor:
        picture = self.photograph(rng)
        if rng.random() < self.flats:
            picture = self._with_flat(picture, rng)
        return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))

    def photograph(self, rng: random.Random) -> NDArray[np.float32]:
        """A random crop ``(side, side, 3)`` of a photograph; those that cannot be read are left out and counted."""
        for _ in range(20):
            path = rng.choice(self.paths)
            if path in self.unreadable:
                continue
            try:
                return self._crop(read_picture(path), rng)
            except InputError as error:
                self.unreadable.add(path)
                log.warning("skipped: %s", error.problem)
        raise InputError("too many photographs cannot be read", remedy="check the photo folder")

    def _crop(self, picture: NDArray[np.float32], rng: random.Random) -> NDArray[np.float32]:
        height, width = picture.shape[:2]
        largest = min(height, width)
        window = min(largest, round(self.side * rng.uniform(1.0, max(1.0, 0.999 * largest / self.side))))
        top, left = rng.randint(0, height - window), rng.randint(0, width - window)
        crop = picture[top : top + window, left : left + window]
        if window != self.side:
            method = cv2.INTER_AREA if window > self.side else cv2.INTER_CUBIC
            crop = np.asarray(cv2.resize(crop, (self.side, self.side), interpolation=method), np.float32)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        # Renders are darker and cleaner than photographs; exposure covers both.
        return np.asarray(np.clip(crop * 2.0 ** rng.uniform(-1.2, 0.3), 0.0, 1.0), np.float32)

    def _with_flat(self, picture: NDArray[np.float32], rng: random.Random) -> NDArray[np.float32]:
        """A flat colour or gradient over part of the picture.

        Never over all of it: the features of a wholly flat picture have no
        variance, and the gradient through fifteen normalisations of them is
        noise of any size.
        """
        y, x = np.mgrid[0 : self.side, 0 : self.side].astype(np.float32) / self.side - 0.5
        angle, edge = rng.uniform(0.0, 6.283), rng.uniform(-0.25, 0.25)
        inside = (x * np.cos(angle) + y * np.sin(angle) > edge)[:, :, None]
        first, second = self._colour(rng), self._colour(rng)
        if rng.random() < 0.5:
            second = first
        ramp = np.clip(0.5 + y, 0.0, 1.0)[:, :, None]
        return np.where(inside, first * (1 - ramp) + second * ramp, picture).astype(np.float32)

    @staticmethod
    def _colour(rng: random.Random) -> NDArray[np.float32]:
        grey, part = rng.random(), rng.random()
        return np.array([grey * part + rng.random() * (1 - part) for _ in range(3)], np.float32)
