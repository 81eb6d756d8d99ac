"""Finished frames to files: EXR, pictures, or a video muxed last from lossless frames."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import UsageError, nearest
from ..contract.recipe import OutputOptions
from ..image.alpha import unpremultiply
from ..image.resample import resize
from ..image.transfer import srgb_decode, srgb_encode
from ..media.atomic import write_fault
from ..media.exr import to_half, write_exr
from ..media.images import read_image, write_image
from ..media.sequence import FramePattern, is_pattern
from .shot import Shot
from .styling import StyledFrame
from .working import StoredFrame

__all__ = ["FrameFiles", "frame_rate", "is_video", "read_lossless"]

Array = NDArray[np.float32]
VIDEO_SUFFIXES = {".mp4", ".mov", ".mkv", ".m4v"}
PICTURE_SUFFIXES = {".png", ".tif", ".tiff", ".jpg", ".jpeg"}
# The largest value that half float holds.
HALF_MAX = 65504.0
# Footage has values above white and below black; the lossless frames of a video hold -1 to 2.
HEADROOM = 1.0


def is_video(path: str) -> bool:
    """Whether an output path names a video container that can be written."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def read_lossless(path: Path) -> Array:
    """A frame that waits for its video, ``(H, W, 3)`` display-referred."""
    return read_image(path)[0] * np.float32(1.0 + 2.0 * HEADROOM) - np.float32(HEADROOM)


class FrameFiles:
    """Writes the frames of one output pattern.

    Raises :class:`UsageError` for a pattern or depth that cannot be written.
    """

    def __init__(
        self,
        shot: Shot,
        pattern: str,
        options: OutputOptions,
        *,
        count: int,
        side_channels: bool = True,
        lossless: bool = False,
    ) -> None:
        self.shot = shot
        self.options = options
        self.side_channels = side_channels
        self.lossless = lossless
        self.path = shot.base / pattern
        suffix = self.path.suffix.lower()
        if suffix != ".exr" and suffix not in PICTURE_SUFFIXES:
            known = [".exr", *PICTURE_SUFFIXES, *VIDEO_SUFFIXES]
            raise UsageError(f"output {pattern!r} has no known suffix", remedy=nearest(suffix, known))
        self.exr = suffix == ".exr"
        default = "half" if self.exr else "16" if lossless else "8"
        self.depth = default if lossless else options.depth or default
        if self.exr != (self.depth in ("half", "float")):
            raise UsageError(
                f"output.depth is {self.depth!r} for {suffix} files",
                remedy="half or float for EXR, 8 or 16 for pictures",
            )
        self.pattern = FramePattern.parse(str(self.path)) if is_pattern(pattern) else None
        if self.pattern is None and count > 1:
            raise UsageError(
                f"output {pattern!r} names one file for {count} frames", remedy="put #### where the frame number goes"
            )
        if not self.exr and (options.keep_channels or options.mattes) and side_channels:
            raise UsageError("only EXR carries channels and mattes", remedy="write .exr, or leave them out")

    def file(self, number: int) -> Path:
        """The file of a frame."""
        return self.pattern.path(number) if self.pattern else self.path

    def make_folder(self) -> None:
        """Make the folder of the files; raises :class:`NstError` where that cannot be."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def write(self, number: int, picture: Array, styled: StyledFrame) -> Path:
        """Write one frame atomically into its folder, which is there; ``picture`` as the plate stores it.

        Raises :class:`NstError` where it cannot be written.
        """
        path = self.file(number)
        if self.exr:
            self._write_exr(path, picture, styled)
        else:
            self._write_picture(path, picture, styled)
        return path

    def write_matte(self, number: int, matte: Array) -> Path:
        """Write a matte ``(H, W)``, 0 to 1, in place of a frame: channel Y of an EXR, or a grey picture.

        Raises :class:`NstError` where it cannot be written.
        """
        path = self.file(number)
        if self.exr:
            write_exr(path, {"Y": to_half(matte) if self.depth == "half" else np.asarray(matte, np.float32)})
        else:
            grey = np.repeat(np.clip(matte, 0.0, 1.0)[:, :, None], 3, axis=2)
            write_image(path, grey, depth=16 if self.depth == "16" else 8)
        return path

    def _write_exr(self, path: Path, picture: Array, styled: StyledFrame) -> None:
        frame = styled.working.frame
        linear = picture if self.shot.plate.scene_linear else srgb_decode(picture)
        half = self.depth == "half"

        def store(values: NDArray[Any]) -> NDArray[np.floating]:
            return to_half(values) if half else np.asarray(values, np.float32)

        if half:
            linear = np.clip(linear, -HALF_MAX, HALF_MAX)
        colour = {name: store(plane) for name, plane in zip("RGB", cv2.split(linear), strict=True)}
        if frame.alpha is not None:
            colour["A"] = store(_alpha(styled.working, frame.alpha))
        channels: dict[str, NDArray[np.floating]] = {}
        keeps = self.options.keep_channels and self.side_channels
        layer = self.shot.plate.layer if keeps else None
        prefix = f"{layer}.Combined." if layer else ""
        channels.update({prefix + name: values for name, values in colour.items()})
        if keeps:
            for name, values in frame.channels.items():
                channels.setdefault(name, np.asarray(values, np.float32))
        if self.options.mattes and self.side_channels:
            for name, weight in styled.weights.items():
                channels[f"matte.{_channel_name(name)}"] = np.asarray(weight, np.float32)
        write_exr(path, channels, attributes=self._attributes(frame.header, keeps))

    def _attributes(self, header: Mapping[str, object], keeps: bool) -> dict[str, object]:
        """Colour and timing travel on; Cryptomatte manifests only with their channels."""
        kept = ("chromaticities", "colorInteropID", "framesPerSecond", "timeCode", "whiteLuminance")
        return {
            name: value for name, value in header.items() if name in kept or (keeps and name.startswith("cryptomatte/"))
        }

    def _write_picture(self, path: Path, picture: Array, styled: StyledFrame) -> None:
        space, working = self.shot.space, styled.working
        alpha = None if working.frame.alpha is None else _alpha(working, working.frame.alpha)
        bare = self.lossless or path.suffix.lower() in (".jpg", ".jpeg")
        shown = picture
        if self.shot.plate.scene_linear:
            # Without alpha the picture stands on black, which premultiplied colour already does.
            light = space.to_linear(picture if bare else unpremultiply(picture, alpha))
            shown = np.clip(srgb_encode(space.to_srgb_primaries(light)), 0.0, 1.0)
        elif bare and alpha is not None:
            shown = space.from_linear(space.to_linear(picture) * alpha[:, :, None])
        if self.lossless:
            shown = (shown + HEADROOM) / (1.0 + 2.0 * HEADROOM)
        depth: Literal[8, 16] = 16 if self.depth == "16" else 8
        write_image(path, np.clip(shown, 0.0, 1.0), None if bare else alpha, depth=depth)


def _alpha(working: StoredFrame, stored: Array) -> Array:
    """A frame's alpha at the working size, ``stored`` as in the plate."""
    return resize(stored, working.size) if working.alpha is None else working.alpha


def _channel_name(name: str) -> str:
    """A region's name as an EXR channel: a dot would start a layer."""
    return name.replace(".", "_").replace(" ", "_")


def frame_rate(shot: Shot) -> Fraction:
    """Frames a second: the recipe's, the plate's, or 24."""
    if shot.recipe.plate.fps is not None:
        return Fraction(shot.recipe.plate.fps).limit_denominator(1001)
    return shot.plate.fps or Fraction(24)
