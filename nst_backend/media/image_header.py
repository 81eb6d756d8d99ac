"""Size and kind of PNG, JPEG and TIFF files, read before a decoder sees them.

Only what decides whether a file may be decoded, and how: dimensions, samples
a pixel, CMYK, and the EXIF orientation. Sources: PNG (W3C, third edition) 11.2.1;
JPEG, ITU-T T.81 annex B; TIFF 6.0 section 2 and BigTIFF; Exif 2.32, 4.6.4.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..contract.errors import InputError
from .exr_header import MAX_SIDE

__all__ = ["ImageInfo", "read_image_header"]

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_TIFF_TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
_MAX_ENTRIES = 4096


@dataclass(frozen=True)
class ImageInfo:
    """``kind`` is png, jpeg or tiff; ``size`` (width, height) as stored; ``orientation`` the EXIF value 1 to 8."""

    kind: str
    size: tuple[int, int]
    samples: int
    cmyk: bool = False
    orientation: int = 1

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height after the orientation is applied."""
        return self.size[::-1] if self.orientation > 4 else self.size


def read_image_header(path: str | os.PathLike[str]) -> ImageInfo:
    """What a PNG, JPEG or TIFF file says it is.

    Raises :class:`InputError` where it is missing, empty, of another kind,
    damaged, or larger than ``MAX_SIDE`` a side.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            info = _parse(stream, str(file))
    except FileNotFoundError as error:
        raise InputError(f"{str(file)!r} does not exist", remedy="check the path and the frame numbers") from error
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read, {error.strerror}", remedy="check the file") from error
    except (struct.error, IndexError, KeyError, OverflowError, ValueError) as error:
        raise InputError(f"{str(file)!r} is truncated or damaged", remedy="save or copy it again") from error
    width, height = info.size
    if width < 1 or height < 1:
        raise InputError(f"{str(file)!r} has no pixels", remedy="save or copy it again")
    if max(width, height) > MAX_SIDE:
        raise InputError(
            f"{str(file)!r} is {width} x {height} pixels, the limit is {MAX_SIDE} x {MAX_SIDE}",
            remedy="make it smaller",
        )
    return info


def _parse(stream: BinaryIO, shown: str) -> ImageInfo:
    start = stream.read(16)
    if not start:
        raise InputError(f"{shown!r} is empty", remedy="save or copy it again")
    if start.startswith(_PNG):
        width, height, _depth, colour = struct.unpack(">IIBB", stream.read(10))
        return ImageInfo("png", (width, height), _PNG_SAMPLES[colour])
    if start.startswith(b"\xff\xd8"):
        return _jpeg(stream)
    if start[:2] in (b"II", b"MM"):
        return _tiff(stream)
    raise InputError(f"{shown!r} is not a PNG, JPEG or TIFF picture", remedy="save it as PNG, TIFF or EXR")


def _jpeg(stream: BinaryIO) -> ImageInfo:
    stream.seek(2)
    orientation = 1
    while True:
        if stream.read(1) != b"\xff":
            raise ValueError("no marker")
        marker = stream.read(1)[0]
        while marker == 0xFF:
            marker = stream.read(1)[0]
        (length,) = struct.unpack(">H", stream.read(2))
        # SOF0 to SOF15 without the tables (C4, C8, CC) that share their range.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            _precision, height, width, samples = struct.unpack(">BHHB", stream.read(6))
            return ImageInfo("jpeg", (width, height), samples, samples == 4, orientation)
        body = stream.read(length - 2)
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = _exif_orientation(body[6:])


def _exif_orientation(body: bytes) -> int:
    try:
        order = "<" if body[:2] == b"II" else ">"
        (at,) = struct.unpack_from(order + "I", body, 4)
        (count,) = struct.unpack_from(order + "H", body, at)
        for index in range(min(count, _MAX_ENTRIES)):
            tag, _kind, _count, value = struct.unpack_from(order + "HHIH", body, at + 2 + 12 * index)
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _tiff(stream: BinaryIO) -> ImageInfo:
    stream.seek(0)
    order = "<" if stream.read(2) == b"II" else ">"

    def number(layout: str) -> int:
        found: int = struct.unpack(order + layout, stream.read(struct.calcsize(layout)))[0]
        return found

    version = number("H")
    if version == 43:
        stream.seek(8)
        stream.seek(number("Q"))
        tags = _tags(stream, number, order, number("Q"), big=True)
    elif version == 42:
        stream.seek(number("I"))
        tags = _tags(stream, number, order, number("H"), big=False)
    else:
        raise ValueError("no TIFF version")
    orientation = tags.get(274, 1)
    return ImageInfo(
        "tiff",
        (tags[256], tags[257]),
        tags.get(277, 1),
        tags.get(262) == 5,
        orientation if 1 <= orientation <= 8 else 1,
    )


def _tags(stream: BinaryIO, number: Callable[[str], int], order: str, count: int, *, big: bool) -> dict[int, int]:
    """The first value of each tag whose value stands in the directory itself."""
    found: dict[int, int] = {}
    for _ in range(min(count, _MAX_ENTRIES)):
        tag, kind = number("H"), number("H")
        values = number("Q" if big else "I")
        field = stream.read(8 if big else 4)
        layout = _TIFF_TYPES.get(kind)
        if layout and values == 1 and struct.calcsize(layout) <= len(field):
            found[tag] = struct.unpack_from(order + layout, field)[0]
    return found
