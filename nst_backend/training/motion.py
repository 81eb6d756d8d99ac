"""Pairs of neighbouring frames with the motion between them: renders, footage and moved photographs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..contract.errors import InputError
from ..flow.consistency import erode
from ..flow.dis import DisSource
from ..flow.source import Display, FlowSource, Motion
from ..flow.vector import VectorSource
from ..image.transfer import srgb_encode
from ..image.warp import inside, warp
from ..media.plate import Frame, Plate, open_plate

__all__ = ["MotionPairs", "Pair", "Shots", "moved_picture", "open_shots", "warped"]

# A crop in which less than this is seen in both frames says little.
_LEAST_SEEN = 0.3
_TRIES = 8


@dataclass(frozen=True)
class Pair:
    """Frames t−1 and t, ``(3, H, W)`` in 0..1, and F(t→t−1), ``(2, H, W)`` in pixels.

    ``seen`` ``(1, H, W)``: 1 where what is seen at t is seen in t−1 too.
    """

    previous: Tensor
    current: Tensor
    flow: Tensor
    seen: Tensor


@dataclass(frozen=True)
class Shots:
    """Plates, and every pair of neighbouring frames in them."""

    plates: tuple[Plate, ...]
    pairs: tuple[tuple[int, int], ...]
    """Index of the plate, number of the later frame."""

    def frame(self, index: int) -> NDArray[np.float32]:
        """The later picture of pair ``index``, display-referred."""
        plate, number = self._at(index)
        return _display(plate)(plate.read(number))

    def motion(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32], Motion]:
        """Display-referred pictures t−1 and t of pair ``index``, and the motion between them."""
        plate, number = self._at(index)
        display = _display(plate)
        previous, current = (plate.read(each, extra=_wanted) for each in (number - 1, number))
        estimated: FlowSource = DisSource(display=display, preset="fast")
        source = VectorSource(display=display, fallback=estimated) if plate.scene_linear else estimated
        return display(previous), display(current), source.between(previous, current)

    def _at(self, index: int) -> tuple[Plate, int]:
        shot, number = self.pairs[index]
        return self.plates[shot], number


def open_shots(paths: Sequence[Path]) -> Shots:
    """Folders of frames, frame patterns and videos; multilayer EXR brings its Vector pass along.

    Raises :class:`InputError` for what cannot be read, and where no two neighbouring frames are found.
    """
    plates = tuple(open_plate(path) for path in paths)
    pairs = tuple(
        (index, later)
        for index, plate in enumerate(plates)
        for earlier, later in pairwise(plate.numbers)
        if later == earlier + 1
    )
    if not pairs:
        raise InputError("no two neighbouring frames in the shots", remedy="give folders of numbered frames, or videos")
    return Shots(plates, pairs)


class MotionPairs:
    """Pairs for training, each step's fixed by the seed and the step's number."""

    def __init__(
        self,
        photographs: Callable[[random.Random], NDArray[np.float32]],
        shots: Shots | None,
        *,
        side: int,
        synthetic: float,
        seed: int,
    ) -> None:
        """``photographs`` draws a picture ``(side, side, 3)``; the part ``synthetic`` of the pairs is one, moved."""
        self.photographs = photographs
        self.shots = shots
        self.side = side
        self.synthetic = synthetic
        self.seed = seed

    def __call__(self, step: int, count: int) -> Pair:
        """``count`` pairs in one, every tensor with a first dimension of ``count``."""
        rng = random.Random(f"{self.seed}/pair/{step}")
        pairs = [self._one(rng) for _ in range(count)]
        return Pair(*(torch.stack(list(parts)) for parts in zip(*map(_parts, pairs), strict=True)))

    def _one(self, rng: random.Random) -> Pair:
        if self.shots is None or rng.random() < self.synthetic:
            return moved_picture(self.photographs(rng), rng)
        for _ in range(_TRIES):
            found = self._cropped(*self.shots.motion(rng.randrange(len(self.shots.pairs))), rng)
            if float(found.seen.mean()) >= _LEAST_SEEN:
                return found
        return moved_picture(self.photographs(rng), rng)

    def _cropped(
        self, previous: NDArray[np.float32], current: NDArray[np.float32], motion: Motion, rng: random.Random
    ) -> Pair:
        height, width = current.shape[:2]
        window = round(rng.uniform(min(self.side, height, width), min(height, width)))
        top, left = rng.randint(0, height - window), rng.randint(0, width - window)
        gain = 2.0 ** rng.uniform(-1.0, 0.3)

        def cut(picture: NDArray[np.float32]) -> NDArray[np.float32]:
            crop = np.ascontiguousarray(picture[top : top + window, left : left + window], np.float32)
            method = cv2.INTER_AREA if window > self.side else cv2.INTER_LINEAR
            return np.asarray(cv2.resize(crop, (self.side, self.side), interpolation=method), np.float32)

        flow = cut(np.nan_to_num(motion.backward, nan=0.0, posinf=0.0, neginf=0.0)) * np.float32(self.side / window)
        seen = cut(erode(motion.valid).astype(np.float32)) > 0.99
        pictures = [np.clip(cut(picture) * gain, 0.0, 1.0).astype(np.float32) for picture in (previous, current)]
        if rng.random() < 0.5:
            pictures = [picture[:, ::-1] for picture in pictures]
            flow = flow[:, ::-1] * np.array([-1.0, 1.0], np.float32)
            seen = seen[:, ::-1]
        return _pair(pictures[0], pictures[1], flow, seen & inside(np.ascontiguousarray(flow)))


def moved_picture(picture: NDArray[np.float32], rng: random.Random) -> Pair:
    """A picture ``(H, W, 3)`` and the same moved by an exact smooth flow.

    Shift up to 10 px, zoom 0.95..1.05, and a displacement that varies over 8 px at the finest, as the photographs
    of Ruder et al. 2018 ("Artistic style transfer for videos and spherical images", section 4) and of Wang et al.
    2020 (ReReVST) are moved.
    """
    height, width = picture.shape[:2]
    noise = np.random.default_rng(rng.getrandbits(32))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    zoom, turn = rng.uniform(0.95, 1.05), rng.uniform(-0.03, 0.03)
    across, down = x - width / 2, y - height / 2
    flow = np.stack(
        [
            (zoom * np.cos(turn) - 1.0) * across - zoom * np.sin(turn) * down + rng.uniform(-10, 10),
            zoom * np.sin(turn) * across + (zoom * np.cos(turn) - 1.0) * down + rng.uniform(-10, 10),
        ],
        axis=-1,
    )
    wave = cv2.GaussianBlur(noise.standard_normal((height, width, 2)).astype(np.float32), (0, 0), 8.0)
    flow = (flow + wave * (rng.uniform(0.0, 4.0) / max(float(wave.std()), 1e-6))).astype(np.float32)
    current = np.clip(warp(picture, flow, method="spline"), 0.0, 1.0)
    return _pair(picture, current, flow, inside(flow))


def warped(picture: Tensor, flow: Tensor) -> Tensor:
    """``W(I)(p) = I(p + F(p))``, bilinear, border repeated: ``(B, C, H, W)`` by ``(B, 2, H, W)`` in pixels."""
    height, width = picture.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij"
    )
    grid = torch.stack(
        [2.0 * (x + flow[:, 0]) / max(1, width - 1) - 1.0, 2.0 * (y + flow[:, 1]) / max(1, height - 1) - 1.0], dim=3
    )
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _pair(
    previous: NDArray[np.float32], current: NDArray[np.float32], flow: NDArray[np.float32], seen: NDArray[np.bool_]
) -> Pair:
    return Pair(_planes(previous), _planes(current), _planes(flow), torch.from_numpy(seen[None].astype(np.float32)))


def _planes(picture: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32))


def _parts(pair: Pair) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return pair.previous, pair.current, pair.flow, pair.seen


def _wanted(name: str) -> bool:
    return ".Vector." in name or name.endswith(("Depth.Z", "Object00.g"))


def _display(plate: Plate) -> Display:
    return _encoded if plate.scene_linear else _as_is


def _as_is(frame: Frame) -> NDArray[np.float32]:
    return np.clip(frame.rgb, 0.0, 1.0).astype(np.float32)


def _encoded(frame: Frame) -> NDArray[np.float32]:
    return srgb_encode(np.clip(frame.rgb, 0.0, 1.0)).astype(np.float32)
