"""Pictures as mattes: roto, painted masks, keys from elsewhere.

A matte is data: values are taken as they are in the file, without any colour
transform, and clipped to 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..media.exr import passes, read_exr
from ..media.images import read_planes
from ..media.sequence import FramePattern, is_pattern
from .source import Coverage, MatteFrame, check_coverage_size

__all__ = ["ImagesSource", "MatteChannel", "read_matte"]

MatteChannel = Literal["luma", "red", "green", "blue", "alpha"]


class ImagesSource:
    """Coverage from one channel of a picture for each frame, or of one still for all.

    ``path`` is a picture or a pattern with ``####`` or ``%04d``.
    """

    def __init__(self, path: Path, channel: MatteChannel = "luma") -> None:
        self._path = path
        self._pattern = FramePattern.parse(path) if is_pattern(path) else None
        self._channel = channel
        self._held: Coverage | None = None

    def coverage(self, frame: MatteFrame) -> Coverage:
        path = self._file(frame.number)
        if self._pattern is not None:
            matte = read_matte(path, self._channel)
        else:
            matte = self._held = read_matte(path, self._channel) if self._held is None else self._held
        check_coverage_size(f"the matte {path.name}", matte.shape, frame)
        return matte

    def channels_needed(self, name: str) -> bool:
        return False

    def files(self, number: int) -> tuple[Path, ...]:
        return (self._path if self._pattern is None else self._pattern.path(number),)

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        for frame in frames:
            self.coverage(frame)
        return ()

    def describe(self) -> str:
        return f"{self._path.name}, {self._channel}"

    def _file(self, number: int) -> Path:
        (path,) = self.files(number)
        if not path.is_file():
            of_frame = f" for frame {number}" if self._pattern else ""
            raise InputError(f"there is no matte {str(path)!r}{of_frame}", remedy="check the path, or add the picture")
        return path


def read_matte(path: Path, channel: MatteChannel) -> Coverage:
    """One channel of a PNG, TIFF, JPEG or EXR file, ``(H, W)`` float32 in 0..1; NaN is 0.

    Luma is that of Rec. 709, and exactly the grey where the three are equal. An
    EXR with a single channel is a matte whatever that is called.

    Raises :class:`InputError` for a file that cannot be read or lacks the channel.
    """
    planes = _exr_planes(path) if path.suffix.lower() == ".exr" else read_planes(path)
    if channel == "luma" and planes.keys() >= {"R", "G", "B"}:
        red, green, blue = (planes[name] for name in "RGB")
        matte = np.asarray(green, np.float32)
        if red is not green:
            # Differences from green, so that rounding cannot tint a grey.
            matte = matte + np.float32(0.2126) * (red - matte) + np.float32(0.0722) * (blue - matte)
    else:
        name = {"luma": "Y", "red": "R", "green": "G", "blue": "B", "alpha": "A"}[channel]
        if name not in planes:
            raise InputError(f"the matte {path.name} has no {channel}", remedy="choose another channel")
        matte = np.asarray(planes[name], np.float32)
    # Of NaN and a number these two take the number.
    result: Coverage = np.fmin(np.fmax(matte, 0.0), 1.0)
    return result


def _exr_planes(path: Path) -> Mapping[str, NDArray[np.floating]]:
    channels = read_exr(path).channels
    if len(channels) == 1:
        only = next(iter(channels.values()))
        return dict.fromkeys("YRGBA", only)
    layers = passes(channels)
    # The picture itself: bare channels, else Blender's combined pass, else whatever comes first.
    name = min(layers, key=lambda layer: (layer != "", layer.rpartition(".")[2] != "Combined"), default="")
    return {part.upper(): channels[full] for part, full in layers.get(name, {}).items()}
