"""OpenEXR headers, read and judged before a pixel is decoded.

Follows "OpenEXR File Layout" (openexr.com): magic and version, one attribute
list a part, then one table of chunk offsets a part. What the header promises is
compared with limits and with the length of the file, so that a few crafted
bytes never make us allocate gigabytes, and so that a render which was cut short
is named as such.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from ..contract.errors import InputError

__all__ = ["MAX_BYTES", "MAX_CHANNELS", "MAX_SIDE", "Box", "ExrChannel", "ExrHeader", "ExrPart", "read_exr_header"]

MAX_SIDE = 16384
MAX_CHANNELS = 512
MAX_BYTES = 16 << 30
_MAX_PARTS = 512
_MAX_HEADER = 64 << 20
_MAX_NAME = 255

_MAGIC = 20000630
_TILED, _LONG_NAMES, _DEEP, _MULTI_PART = 0x200, 0x400, 0x800, 0x1000

# Lines a chunk, by the number of the compression in the file.
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256, 10: 256, 11: 32, 12: 256, 13: 1}
# The most that a method can expand a byte: runs of 128 in two bytes, deflate's
# 1032 : 1, and PXR24's three stored bytes of four on top. Others have no bound.
_EXPANSION = {0: 1, 1: 64, 2: 1032, 3: 1032, 5: 1376}
_PIXEL_BYTES = {0: 4, 1: 2, 2: 4}
_PIXEL_NAMES = {0: "uint", 1: "half", 2: "float"}

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class ExrChannel:
    """One channel: ``name`` as in the file, ``pixel_type`` half, float or uint, subsampling in x and y."""

    name: str
    pixel_type: str
    x_sampling: int
    y_sampling: int


@dataclass(frozen=True)
class ExrPart:
    """One part. Windows are ``(x0, y0, x1, y1)``, ends excluded, y down."""

    name: str
    channels: tuple[ExrChannel, ...]
    data_window: Box
    display_window: Box
    attributes: Mapping[str, Any] = field(repr=False)

    def full_name(self, channel: str, *, multi_part: bool) -> str:
        """The channel's name with its layer.

        In a file of many parts the layer may stand in the part's name alone
        ("ViewLayer.Depth" and "Z"), in the channel's alone, or in both.
        """
        if not multi_part or "." in channel or not self.name:
            return channel
        return f"{self.name}.{channel}"


@dataclass(frozen=True)
class ExrHeader:
    """All parts of a file."""

    path: Path
    parts: tuple[ExrPart, ...]

    @property
    def multi_part(self) -> bool:
        return len(self.parts) > 1

    @property
    def names(self) -> tuple[str, ...]:
        """Full channel names in the order of the file, each once."""
        found = (part.full_name(c.name, multi_part=self.multi_part) for part in self.parts for c in part.channels)
        return tuple(dict.fromkeys(found))

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of all parts; the first part that has a key wins."""
        merged: dict[str, Any] = {}
        for part in self.parts:
            for key, value in part.attributes.items():
                merged.setdefault(key, value)
        return merged

    @property
    def display_window(self) -> Box:
        return self.parts[0].display_window

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the display window."""
        x0, y0, x1, y1 = self.display_window
        return x1 - x0, y1 - y0


def read_exr_header(path: str | os.PathLike[str]) -> ExrHeader:
    """Parts, channels and attributes of an EXR file, without its pixels.

    Attribute values are plain Python: ``str``, ``int``, ``float``,
    ``Fraction``, tuples of numbers, and ``bytes`` for types that this project has no use for.

    Raises :class:`InputError` where the file is missing, empty, not an EXR,
    truncated, deep, or promises more than ``MAX_SIDE`` pixels a side,
    ``MAX_CHANNELS`` channels or ``MAX_BYTES`` decoded bytes.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            length = os.fstat(stream.fileno()).st_size
            return _Parser(file, stream, length).header()
    except FileNotFoundError as error:
        raise InputError(f"{str(file)!r} does not exist", remedy="check the path and the frame numbers") from error
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read, {error.strerror}", remedy="check the file") from error
    except ValueError as error:
        raise InputError(f"{str(file)!r} cannot be a path, {error}", remedy="correct the path") from error


class _Parser:
    """Reads within the file's length and the header's limit, never past them."""

    def __init__(self, path: Path, stream: BinaryIO, length: int) -> None:
        self.path, self.stream, self.length = path, stream, length
        self.left = min(length, _MAX_HEADER)

    def damaged(self, how: str) -> InputError:
        return InputError(f"{str(self.path)!r} is not a sound EXR file, {how}", remedy="render or copy it again")

    def too_large(self, how: str) -> InputError:
        return InputError(f"{str(self.path)!r} is larger than can be read, {how}", remedy="render it smaller")

    def truncated(self) -> InputError:
        return InputError(f"{str(self.path)!r} is truncated", remedy="render or copy it again")

    def take(self, count: int) -> bytes:
        if count < 0 or count > self.left:
            raise self.truncated() if self.left < _MAX_HEADER else self.damaged("its header has no end")
        self.left -= count
        data = self.stream.read(count)
        if len(data) != count:
            raise self.truncated()
        return data

    def name(self) -> str:
        text = bytearray()
        while (byte := self.take(1)) != b"\0":
            text += byte
            if len(text) > _MAX_NAME:
                raise self.damaged("a name in its header has no end")
        return _text(bytes(text))

    def header(self) -> ExrHeader:
        if self.length == 0:
            raise InputError(f"{str(self.path)!r} is empty", remedy="render or copy it again")
        start = self.stream.read(8)
        if len(start) < 8 or struct.unpack("<I", start[:4])[0] != _MAGIC:
            raise InputError(f"{str(self.path)!r} is not an EXR file", remedy="give an OpenEXR image")
        self.left -= 8
        (version,) = struct.unpack("<I", start[4:])
        if version & 0xFF != 2 or version & ~(0xFF | _TILED | _LONG_NAMES | _DEEP | _MULTI_PART):
            raise self.damaged("its version is unknown")
        if version & _DEEP:
            raise InputError(f"{str(self.path)!r} holds deep pixels", remedy="flatten it or render without deep data")
        parts: list[ExrPart] = []
        while (attributes := self.attributes()) or not parts:
            parts.append(self.part(attributes))
            if not version & _MULTI_PART:
                break
            if len(parts) > _MAX_PARTS:
                raise self.too_large(f"more than {_MAX_PARTS} parts")
        self.check(parts)
        self.check_chunks(parts, multi_part=bool(version & _MULTI_PART), tiled=bool(version & _TILED))
        return ExrHeader(self.path, tuple(parts))

    def attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while name := self.name():
            kind = self.name()
            (size,) = struct.unpack("<i", self.take(4))
            raw = self.take(size)
            try:
                found[name] = _value(kind, raw)
            except (struct.error, ValueError, IndexError, ZeroDivisionError) as error:
                raise self.damaged(f"its attribute {name!r} is damaged") from error
        return found

    def part(self, attributes: dict[str, Any]) -> ExrPart:
        for key, kind in (("channels", tuple), ("dataWindow", tuple), ("displayWindow", tuple), ("compression", int)):
            if not isinstance(attributes.get(key), kind):
                raise self.damaged(f"its header lacks {key!r}")
        storage = attributes.get("type", "scanlineimage")
        if isinstance(storage, str) and storage.startswith("deep"):
            raise InputError(f"{str(self.path)!r} holds deep pixels", remedy="flatten it or render without deep data")
        channels = attributes.pop("channels")
        windows = []
        for key in ("dataWindow", "displayWindow"):
            x0, y0, x1, y1 = attributes[key]
            width, height = x1 - x0 + 1, y1 - y0 + 1
            if width < 1 or height < 1:
                raise self.damaged(f"its {key} is empty")
            if max(width, height) > MAX_SIDE:
                raise self.too_large(f"{width} x {height} pixels, the limit is {MAX_SIDE} x {MAX_SIDE}")
            windows.append((x0, y0, x1 + 1, y1 + 1))
        if not channels:
            raise self.damaged("it has no channels")
        name = attributes.get("name", "")
        return ExrPart(name if isinstance(name, str) else "", channels, windows[0], windows[1], attributes)

    def check(self, parts: list[ExrPart]) -> None:
        count = sum(len(part.channels) for part in parts)
        if count > MAX_CHANNELS:
            raise self.too_large(f"{count} channels, the limit is {MAX_CHANNELS}")
        total = sum(_decoded(part) for part in parts)
        if total > MAX_BYTES:
            raise self.too_large(f"{total / 2**30:.1f} GiB of pixels, the limit is {MAX_BYTES >> 30} GiB")
        bounded = [part for part in parts if part.attributes["compression"] in _EXPANSION]
        least = sum(_decoded(part) // _EXPANSION[part.attributes["compression"]] for part in bounded)
        if least > self.length:
            raise self.truncated()

    def check_chunks(self, parts: list[ExrPart], *, multi_part: bool, tiled: bool) -> None:
        counts = []
        for part in parts:
            is_tiled = part.attributes.get("type", "tiledimage" if tiled else "scanlineimage") == "tiledimage"
            counts.append(self.chunk_count(part, is_tiled))
        total = sum(counts)
        table = self.stream.tell()
        if total * 8 > self.length - table:
            raise self.truncated()
        offsets = struct.unpack(f"<{total}Q", self.stream.read(total * 8))
        # The renderer fills the table last: a zero is a chunk that was never written.
        if min(offsets) < table + total * 8 or max(offsets) >= self.length:
            raise self.truncated()
        last = max(offsets)
        part_index = next(i for i, end in enumerate(_ends(counts)) if offsets.index(last) < end)
        tiled_last = "tiles" in parts[part_index].attributes
        lead = (4 if multi_part else 0) + (16 if tiled_last else 4)
        self.stream.seek(last + lead)
        size = self.stream.read(4)
        if len(size) < 4 or last + lead + 4 + struct.unpack("<I", size)[0] > self.length:
            raise self.truncated()

    def chunk_count(self, part: ExrPart, tiled: bool) -> int:
        x0, y0, x1, y1 = part.data_window
        if not tiled:
            lines = _LINES.get(part.attributes["compression"])
            if lines is None:
                raise InputError(
                    f"{str(self.path)!r} is compressed by an unknown method", remedy="save it with ZIP compression"
                )
            return -(-(y1 - y0) // lines)
        tiles = part.attributes.get("tiles")
        if not isinstance(tiles, tuple) or min(tiles[:2]) < 1 or max(tiles[:2]) > MAX_SIDE * 4:
            raise self.damaged("its tiles are impossible")
        wide, high, mode = tiles
        across, down = _levels(x1 - x0, mode), _levels(y1 - y0, mode)
        pairs: Iterable[tuple[int, int]]
        if mode & 15 == 1:
            count = max(len(across), len(down))
            pairs = [(across[min(i, len(across) - 1)], down[min(i, len(down) - 1)]) for i in range(count)]
        else:
            pairs = [(w, h) for h in down for w in across]
        return sum(-(-w // wide) * -(-h // high) for w, h in pairs)


def _levels(side: int, mode: int) -> list[int]:
    """Sides of all mip-map levels; mode's low nibble is the kind, the high one the rounding."""
    if mode & 15 == 0:
        return [side]
    sides = [side]
    while sides[-1] > 1:
        sides.append((sides[-1] + 1) // 2 if mode >> 4 else sides[-1] // 2)
    return sides


def _ends(counts: list[int]) -> list[int]:
    ends, total = [], 0
    for count in counts:
        total += count
        ends.append(total)
    return ends


def _decoded(part: ExrPart) -> int:
    x0, y0, x1, y1 = part.data_window
    sizes = {name: _PIXEL_BYTES[number] for number, name in _PIXEL_NAMES.items()}
    return sum(
        ((x1 - x0) // channel.x_sampling) * ((y1 - y0) // channel.y_sampling) * sizes[channel.pixel_type]
        for channel in part.channels
    )


_NUMBERS = {
    "int": "i", "float": "f", "double": "d", "compression": "B", "lineOrder": "B",
    "v2i": "2i", "v2f": "2f", "v2d": "2d", "v3i": "3i", "v3f": "3f", "v3d": "3d", "box2i": "4i",
    "chromaticities": "8f", "m33f": "9f", "m44f": "16f", "m33d": "9d", "m44d": "16d", "rational": "iI",
    "tiledesc": "2IB",
}  # fmt: skip


def _value(kind: str, raw: bytes) -> Any:
    if kind == "string":
        return _text(raw)
    if kind == "stringvector":
        return _strings(raw)
    if kind == "chlist":
        return _channels(raw)
    if kind in _NUMBERS:
        numbers = struct.unpack("<" + _NUMBERS[kind], raw)
        if kind == "rational":
            return Fraction(*numbers)
        return numbers[0] if len(numbers) == 1 else numbers
    return raw


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _strings(raw: bytes) -> tuple[str, ...]:
    found, at = [], 0
    while at < len(raw):
        (size,) = struct.unpack_from("<i", raw, at)
        if size < 0 or at + 4 + size > len(raw):
            raise ValueError("string past the end")
        found.append(_text(raw[at + 4 : at + 4 + size]))
        at += 4 + size
    return tuple(found)


def _channels(raw: bytes) -> tuple[ExrChannel, ...]:
    found, at = [], 0
    while raw[at] != 0:
        end = raw.index(0, at)
        pixel_type, _linear, x_sampling, y_sampling = struct.unpack_from("<iIii", raw, end + 1)
        if pixel_type not in _PIXEL_NAMES or not (1 <= x_sampling <= 4 and 1 <= y_sampling <= 4):
            raise ValueError("impossible channel")
        found.append(ExrChannel(_text(raw[at:end]), _PIXEL_NAMES[pixel_type], x_sampling, y_sampling))
        at = end + 17
    return tuple(found)
