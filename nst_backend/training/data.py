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
from ..media.atomic import write_bytes_atomic
from ..media.images import read_image

__all__ = ["ContentPictures", "LeftOut", "find_pictures", "read_picture"]

log = logging.getLogger(__name__)
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}
SMALLEST = 64
"""Least side of a picture that there is something to learn from, in pixels: a crop of it is enlarged at most so far."""
MOST_PIXELS = 1 << 25
"""Larger pictures are decoded coarser: no training looks at so many."""
TRIES = 20
"""Draws before a photo folder counts as useless; with half of its pictures damaged, that is one in a million."""


def find_pictures(folders: Sequence[Path]) -> list[Path]:
    """Every picture below ``folders``, in a fixed order.

    Raises :class:`InputError` where there is none, or no such folder.
    """
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"no folder {folder}", remedy="give a folder of photographs")
    found = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not found:
        names = ", ".join(str(folder) for folder in folders) or "no folder"
        raise InputError(f"no photographs in {names}", remedy="give a folder with JPEG or PNG pictures")
    return found


def read_picture(path: Path) -> NDArray[np.float32]:
    """A picture as ``(H, W, 3)`` float32 sRGB in 0..1, upright, by what the file holds rather than by its suffix.

    8 or 16 bit, or floats, cut to 0..1. Alpha is laid over white, greys become three
    equal channels, an animated WebP gives its first frame.

    Raises :class:`InputError` for GIF and CMYK, for less than :data:`SMALLEST` pixels a
    side, and for a file that cannot be decoded.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(12)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read, {error.strerror}", remedy="check the file") from error
    if start.startswith(b"GIF8"):
        # 256 colours in a dither, perhaps of several frames, none of which is the one that is meant.
        raise InputError(f"{path.name} is a GIF", remedy="save the picture that is meant as PNG, in full colour")
    if start[8:] == b"WEBP":
        colour, alpha = _decoded(path, cv2.IMREAD_UNCHANGED)
    elif start.startswith(b"BM"):
        # The fourth channel of a BMP is mostly padding.
        colour, alpha = _decoded(path, cv2.IMREAD_COLOR)
    else:
        colour, alpha = read_image(path, most_pixels=MOST_PIXELS)
    height, width = colour.shape[:2]
    if min(height, width) < SMALLEST:
        raise InputError(
            f"{path.name} is {width} x {height} pixels, too small to learn from",
            remedy=f"give a picture of at least {SMALLEST} pixels a side",
        )
    if not (np.isfinite(colour).all() and (alpha is None or np.isfinite(alpha).all())):
        raise InputError(f"{path.name} holds values that are not finite", remedy="save it with 8 or 16 bits")
    colour = np.clip(colour, 0.0, 1.0)
    if alpha is not None:
        share = np.clip(alpha, 0.0, 1.0)[..., None]
        colour = colour * share + (1.0 - share)
    return np.ascontiguousarray(colour, np.float32)


def _decoded(path: Path, flags: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Colour and alpha of an 8-bit file with three or four channels."""
    try:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    except (cv2.error, MemoryError):
        pixels = None
    if pixels is None or pixels.ndim != 3:
        raise InputError(f"{path.name} cannot be decoded", remedy="save it as PNG or JPEG")
    values = pixels.astype(np.float32) / np.float32(255)
    return values[..., 2::-1], values[..., 3] if values.shape[2] == 4 else None


class LeftOut:
    """Photographs that were skipped, with the reason; where there is a ``record``, across resumed runs.

    Those of earlier runs are not tried again: a resumed run draws what an uninterrupted one would.
    """

    def __init__(self, record: Path | None = None) -> None:
        self._record = record
        self._reasons: dict[Path, str] = {}
        if record is not None and record.is_file():
            for line in record.read_text(encoding="utf-8", errors="replace").splitlines():
                path, _, reason = line.partition("\t")
                self._reasons[Path(path)] = reason

    def __len__(self) -> int:
        return len(self._reasons)

    def __contains__(self, path: Path) -> bool:
        return path in self._reasons

    def __str__(self) -> str:
        """How many, and why the first."""
        count = len(self._reasons)
        first = next(iter(self._reasons.values()), "")
        return f"{count} photograph{'s' * (count != 1)} left out" + (f" ({first})" if first else "")

    def add(self, path: Path, error: InputError) -> None:
        """Leave ``path`` out from here on."""
        if path in self._reasons:
            return
        log.warning("skipped: %s", error.problem)
        self._reasons[path] = error.problem
        if self._record is not None:
            lines = (f"{path}\t{' '.join(reason.split())}\n" for path, reason in self._reasons.items())
            write_bytes_atomic(self._record, "".join(lines).encode(errors="replace"))


class ContentPictures:
    """Random crops of photographs, some with a flat colour or gradient over a part."""

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        side: int,
        flats: float,
        seed: int,
        dark: float = 0.0,
        left_out: LeftOut | None = None,
    ) -> None:
        self.paths = list(paths)
        self.side = side
        self.flats = flats
        self.dark = dark
        self.seed = seed
        self.left_out = LeftOut() if left_out is None else left_out

    def __call__(self, step: int, count: int) -> Tensor:
        """``(count, 3, side, side)`` in 0..1 for step number ``step``."""
        rng = random.Random(f"{self.seed}/{step}")
        return torch.stack([self._one(rng) for _ in range(count)])

    def _one(self, rng: random.Random) -> Tensor:
        picture = self.photograph(rng)
        if rng.random() < self.flats:
            picture = self._with_flat(picture, rng)
        # Asked for last, so that runs without it practise on what they did.
        if self.dark > 0.0 and rng.random() < self.dark:
            picture = self._with_night(picture, rng)
        return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))

    def photograph(self, rng: random.Random) -> NDArray[np.float32]:
        """A random crop ``(side, side, 3)`` of a photograph; those that cannot be read are left out and counted."""
        for _ in range(TRIES):
            path = rng.choice(self.paths)
            if path in self.left_out:
                continue
            try:
                return self._crop(read_picture(path), rng)
            except InputError as error:
                self.left_out.add(path, error)
        raise InputError(
            f"too few of the {len(self.paths)} photographs can be used, {self.left_out}",
            remedy="check the photo folder",
        )

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

    def _with_night(self, picture: NDArray[np.float32], rng: random.Random) -> NDArray[np.float32]:
        """All but a part of the picture near black, with a sensor's noise: what strokes find nothing to follow in."""
        y, x = np.mgrid[0 : self.side, 0 : self.side].astype(np.float32) / self.side - 0.5
        angle, edge, soft = rng.uniform(0.0, 6.283), rng.uniform(0.0, 0.35), rng.uniform(0.02, 0.3)
        lit = np.clip((x * np.cos(angle) + y * np.sin(angle) - edge) / soft + 0.5, 0.0, 1.0)[:, :, None]
        gain = 2.0 ** rng.uniform(-7.0, -2.0)
        noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(picture.shape).astype(np.float32)
        night = picture * (gain + (1.0 - gain) * lit) + noise * np.float32(rng.uniform(0.0, 0.01))
        return np.asarray(np.clip(night, 0.0, 1.0), np.float32)

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
