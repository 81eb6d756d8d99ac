"""Plates: frames by number behind one protocol, whatever they are stored as."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError, nearest
from .colour_tags import scene_linear_space
from .exr import passes, read_exr, to_float
from .exr_header import ExrHeader, read_exr_header
from .image_header import read_image_header
from .images import IMAGE_SUFFIXES, read_image
from .sequence import FramePattern, find_pattern, is_pattern, require_frames
from .video_reader import VIDEO_SUFFIXES, VideoReader

__all__ = ["Frame", "Plate", "file_fingerprint", "open_plate"]

_EXR = ".exr"
_COMPONENTS = (("R", "r", "red"), ("G", "g", "green"), ("B", "b", "blue"), ("A", "a", "alpha"))
_BEAUTY = ("rgba", "rgb", "beauty", "colour", "color", "main")


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a plate.

    ``rgb`` is float32 ``(H, W, 3)``, ``alpha`` ``(H, W)`` or None: premultiplied
    scene-linear from EXR, straight display-referred from pictures and video.
    ``channels`` are further EXR channels by full name, as stored.
    """

    number: int
    rgb: NDArray[np.float32]
    alpha: NDArray[np.float32] | None = None
    channels: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Plate(Protocol):
    """Frames by number.

    ``numbers`` are the frames on hand, ascending; ``size`` is (width, height);
    ``colour_space`` an OpenColorIO name of Blender's configuration, None where
    the files do not say; ``layer`` the EXR layer that is read ("" for plain
    channels), None for other kinds; ``motion_layer`` and ``matte_layer`` those
    whose Vector and Depth, and whose Cryptomatte belong to it: ``layer`` itself
    unless others were chosen.
    """

    @property
    def numbers(self) -> tuple[int, ...]: ...
    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def fps(self) -> Fraction | None: ...
    @property
    def colour_space(self) -> str | None: ...
    @property
    def scene_linear(self) -> bool: ...
    @property
    def layer(self) -> str | None: ...
    @property
    def motion_layer(self) -> str | None: ...
    @property
    def matte_layer(self) -> str | None: ...

    def read(self, number: int, *, extra: Callable[[str], bool] | None = None) -> Frame:
        """The frame, with the further EXR channels that ``extra`` accepts by full name; from any thread.

        Raises :class:`InputError` where it is missing, damaged or of another size.
        """
        ...

    def fingerprint(self, number: int, *, content: bool = False) -> str:
        """Changes when the frame's file does: path, size and time, or with ``content`` the SHA-256 of its bytes."""
        ...

    def close(self) -> None: ...


def open_plate(
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    motion_layer: str | None = None,
    matte_layer: str | None = None,
    base: Path | None = None,
) -> Plate:
    """Open an EXR or picture sequence, a single file, a folder with one sequence, or a video.

    Sequences are written ``shot.####.exr`` or ``shot.%04d.exr``. A single file
    is frame 1; frames of video count from 1. A relative ``path`` is taken from
    ``base``. ``layer`` chooses the layer of an EXR: a view layer ("ViewLayer",
    whose Combined pass is read), a layer with R, G and B, or "" for plain
    channels; by default the first Combined pass, else the plain channels.
    ``motion_layer`` and ``matte_layer`` choose the view layers of Vector and
    Depth, and of Cryptomatte, where they are others than the picture's.

    Raises :class:`UsageError` for an unknown kind of file or layer, :class:`InputError` for missing
    or unreadable files.
    """
    text = os.fspath(path)
    if not text or "\0" in text:
        raise UsageError("the plate has no usable path", remedy="give a file or a pattern 'shot.####.exr'")
    file = Path(text) if base is None else base / text
    if file.suffix.lower() in VIDEO_SUFFIXES or "://" in text:
        _no_layers(text, layer, motion_layer, matte_layer)
        return _VideoPlate(text if "://" in text else file)
    if file.is_dir():
        files = _Files.of(find_pattern(file, (_EXR, *IMAGE_SUFFIXES)))
    elif is_pattern(file) and not file.is_file():
        files = _Files.of(FramePattern.parse(file))
    else:
        files = _Files({1: file}, str(file))
    suffix = files.first.suffix.lower()
    if suffix == _EXR:
        return _ExrPlate(files, layer, motion_layer, matte_layer)
    if suffix in IMAGE_SUFFIXES:
        _no_layers(text, layer, motion_layer, matte_layer)
        return _ImagePlate(files)
    known = (_EXR, *IMAGE_SUFFIXES, *VIDEO_SUFFIXES)
    raise UsageError(f"{text!r} is no known kind of plate", remedy="give one of " + " ".join(known))


def _no_layers(shown: str, *layers: str | None) -> None:
    for layer in filter(None, layers):
        raise UsageError(f"{shown!r} has no layers, {layer!r} cannot be chosen", remedy="leave the layer out")


def file_fingerprint(file: Path, content: bool = False, *more: object) -> str:
    """Changes when a file does: path, size and time, or with ``content`` the SHA-256 of its bytes.

    Raises :class:`InputError` where it cannot be read.
    """
    try:
        if content:
            with file.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            return "|".join(map(str, (found, *more)))
        state = file.stat()
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read, {error.strerror}", remedy="check the file") from error
    return "|".join(map(str, (file.absolute(), state.st_size, state.st_mtime_ns, *more)))


@dataclass(frozen=True)
class _Files:
    """A file for each frame number, ascending."""

    paths: Mapping[int, Path]
    shown: str

    @classmethod
    def of(cls, pattern: FramePattern) -> _Files:
        return cls({number: pattern.path(number) for number in pattern.discover()}, str(pattern))

    @property
    def first(self) -> Path:
        return next(iter(self.paths.values()))

    def path(self, number: int) -> Path:
        require_frames([number], self.paths, repr(self.shown))
        return self.paths[number]


class _FilePlate:
    """What sequences of EXR and of pictures share."""

    fps: Fraction | None = None

    def __init__(self, files: _Files, size: tuple[int, int]) -> None:
        self._files = files
        self.numbers = tuple(files.paths)
        self.size = size

    def fingerprint(self, number: int, *, content: bool = False) -> str:
        return file_fingerprint(self._files.path(number), content)

    def close(self) -> None:
        """Nothing is held open between frames."""

    def _check_size(self, size: tuple[int, int], number: int) -> None:
        if size != self.size:
            raise InputError(
                f"frame {number} of {self._files.shown!r} is {size[0]} x {size[1]} pixels, the first is "
                f"{self.size[0]} x {self.size[1]}",
                remedy="render all frames at one size",
            )


class _ExrPlate(_FilePlate):
    scene_linear = True

    def __init__(
        self, files: _Files, layer: str | None, motion_layer: str | None = None, matte_layer: str | None = None
    ) -> None:
        header = read_exr_header(files.first)
        super().__init__(files, header.size)
        self.layer, self._colour, self._alpha = _choose(header, layer, files.shown)
        self.motion_layer, self.matte_layer = self.layer, self.layer
        if motion_layer is not None:
            self.motion_layer = _data_layer(header, motion_layer, "Vector or Depth pass", _is_motion, files.shown)
        if matte_layer is not None:
            self.matte_layer = _data_layer(header, matte_layer, "Cryptomatte", _is_rank, files.shown)
        self.colour_space = scene_linear_space(header.attributes)

    def read(self, number: int, *, extra: Callable[[str], bool] | None = None) -> Frame:
        file = self._files.path(number)
        # Judged by the header first: a frame of another size is not worth decoding.
        header = read_exr_header(file)
        self._check_size(header.size, number)
        own = {*self._colour, *filter(None, (self._alpha,))}
        missing = sorted(own - set(header.names))
        if missing:
            raise InputError(f"frame {number} of {self._files.shown!r} lacks {missing[0]!r}", remedy="render it again")
        image = read_exr(file, wanted=lambda name: name in own or (extra is not None and extra(name)))
        rgb = np.asarray(cv2.merge([to_float(image.channels[name]) for name in self._colour]), np.float32)
        alpha = None if self._alpha is None else to_float(image.channels[self._alpha])
        further = {name: pixels for name, pixels in image.channels.items() if extra is not None and extra(name)}
        return Frame(number, rgb, alpha, further, image.header)


def _choose(header: ExrHeader, layer: str | None, shown: str) -> tuple[str, tuple[str, str, str], str | None]:
    """The layer's name as given or found, its three colour channels, its alpha."""
    found: dict[str, tuple[tuple[str, str, str], str | None]] = {}
    for prefix, group in passes(header).items():
        red, green, blue, alpha = (next((group[n] for n in known if n in group), None) for known in _COMPONENTS)
        if red and green and blue:
            found[prefix] = ((red, green, blue), alpha)
        elif "Y" in group and "RY" not in group and not {"X", "Z"} & group.keys():
            found[prefix] = ((group["Y"],) * 3, alpha)
    if not found:
        raise InputError(f"{shown!r} has no colour channels", remedy="render it with a Combined pass or R, G and B")
    chosen = _default_prefix(found) if layer is None else _named_prefix(found, layer)
    if chosen is None:
        known = {name.removesuffix(".Combined") for name in found if name}
        if layer is None:
            raise UsageError(
                f"{shown!r} has several layers", remedy=f"choose one: {', '.join(map(repr, sorted(known)))}"
            )
        raise UsageError(f"{shown!r} has no layer {layer!r}", remedy=nearest(layer, known))
    return chosen.removesuffix(".Combined"), *found[chosen]


def _default_prefix(found: Mapping[str, object]) -> str | None:
    combined = [prefix for prefix in found if prefix == "Combined" or prefix.endswith(".Combined")]
    beauty = [prefix for prefix in found if prefix.casefold() in _BEAUTY]
    for candidates in (combined, [""] if "" in found else [], beauty, list(found) if len(found) == 1 else []):
        if candidates:
            return candidates[0]
    return None


def _named_prefix(found: Mapping[str, object], layer: str) -> str | None:
    return next((prefix for prefix in (f"{layer}.Combined", layer) if prefix in found), None)


def _data_layer(header: ExrHeader, layer: str, what: str, holds: Callable[[str], bool], shown: str) -> str:
    """``layer``, which has a pass that ``holds`` ``what`` is asked of it."""
    split = (prefix.rpartition(".") for prefix in passes(header))
    known = {name for name, _, entry in split if holds(entry)}
    if layer not in known:
        raise UsageError(f"{shown!r} has no {what} in a view layer {layer!r}", remedy=nearest(layer, known))
    return layer


def _is_motion(name: str) -> bool:
    return name in ("Vector", "Depth")


def _is_rank(name: str) -> bool:
    return name[-2:].isdigit()


class _ImagePlate(_FilePlate):
    scene_linear = False
    colour_space: str | None = "sRGB"
    layer: str | None = None
    motion_layer: str | None = None
    matte_layer: str | None = None

    def __init__(self, files: _Files) -> None:
        super().__init__(files, read_image_header(files.first).upright_size)

    def read(self, number: int, *, extra: Callable[[str], bool] | None = None) -> Frame:
        file = self._files.path(number)
        self._check_size(read_image_header(file).upright_size, number)
        rgb, alpha = read_image(file)
        return Frame(number, rgb, alpha)


class _VideoPlate:
    scene_linear = False
    colour_space: str | None = "sRGB"
    layer: str | None = None
    motion_layer: str | None = None
    matte_layer: str | None = None

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.video = VideoReader(path)
        self.numbers = tuple(range(1, len(self.video) + 1))
        self.size = self.video.size
        self.fps: Fraction | None = self.video.fps
        self._decoding = threading.Lock()

    def read(self, number: int, *, extra: Callable[[str], bool] | None = None) -> Frame:
        require_frames([number], self.numbers, repr(str(self.video.path)))
        # A decoder is at one frame at a time; files of their own need no turn, and one that hangs holds up no other.
        with self._decoding:
            return Frame(number, self.video.read(number - 1))

    def fingerprint(self, number: int, *, content: bool = False) -> str:
        require_frames([number], self.numbers, repr(str(self.video.path)))
        return file_fingerprint(self.video.path, content, number)

    def close(self) -> None:
        self.video.close()
