"""OpenEXR images: every channel of every part by its full name, and back.

Reading places the data window into the display window. Writing keeps the type
of each array: float16 becomes half, float32 float, uint32 uint.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import OpenEXR
import torch
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError, nearest
from .atomic import atomic_path
from .exr_header import Box, ExrHeader, ExrPart, read_exr_header

__all__ = [
    "Compression",
    "ExrImage",
    "find_pass",
    "passes",
    "read_exr",
    "to_float",
    "to_half",
    "view_layers",
    "write_exr",
]

Channel = NDArray[Any]
Compression = Literal["none", "rle", "zips", "zip", "piz", "pxr24", "dwaa"]

_COMPRESSIONS: dict[str, Any] = {
    "none": OpenEXR.NO_COMPRESSION,
    "rle": OpenEXR.RLE_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
    "pxr24": OpenEXR.PXR24_COMPRESSION,
    "dwaa": OpenEXR.DWAA_COMPRESSION,
}
# How a file is laid out is decided by the file that is written, not by the one
# from which attributes are carried over.
_STRUCTURE = frozenset({
    "channels", "compression", "dataWindow", "displayWindow", "lineOrder", "tiles", "type", "version", "name", "view",
    "multiView", "chunkCount", "preview", "maxSamplesPerPixel", "deepImageState", "dwaCompressionLevel",
})  # fmt: skip
_HALF_MAX = 65504.0


@dataclass(frozen=True)
class ExrImage:
    """A decoded EXR file.

    ``channels`` maps full names ("ViewLayer.Combined.R", "R") to ``(H, W)``
    arrays of float16, float32 or uint32 in the size of the display window:
    zero outside the data window, overscan cut off. ``header`` holds the
    attributes of all parts, the first part that has a key wins. Windows are
    ``(x0, y0, x1, y1)``, ends excluded; ``data_window`` encloses those of the
    parts that were read.
    """

    channels: dict[str, Channel]
    header: dict[str, Any] = field(repr=False)
    data_window: Box
    display_window: Box

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the display window."""
        x0, y0, x1, y1 = self.display_window
        return x1 - x0, y1 - y0


def read_exr(path: str | os.PathLike[str], *, wanted: Callable[[str], bool] | None = None) -> ExrImage:
    """Read an EXR file of one part or many, scanlines or tiles.

    ``wanted`` chooses channels by full name; all are read without it. Of parts
    that hold a channel of the same full name (stereo views) the first counts.

    Raises :class:`InputError` as :func:`read_exr_header` does, and where the
    pixels cannot be decoded.
    """
    header = read_exr_header(path)
    chosen = [
        [
            c.name
            for c in part.channels
            if wanted is None or wanted(part.full_name(c.name, multi_part=header.multi_part))
        ]
        for part in header.parts
    ]
    channels: dict[str, Channel] = {}
    windows: list[Box] = []
    if any(chosen):
        for part, names, decoded in zip(header.parts, chosen, _decode(header), strict=True):
            if names:
                windows.append(part.data_window)
            for name in names:
                full = part.full_name(name, multi_part=header.multi_part)
                if full not in channels:
                    channels[full] = _placed(decoded[name], part, header)
    return ExrImage(
        channels, header.attributes, _enclosing(windows or [header.parts[0].data_window]), header.display_window
    )


def _decode(header: ExrHeader) -> list[dict[str, Channel]]:
    damaged = InputError(f"the pixels of {str(header.path)!r} cannot be decoded", remedy="render or copy it again")
    try:
        with OpenEXR.File(str(header.path), separate_channels=True) as file:
            parts = [{name: channel.pixels for name, channel in part.channels.items()} for part in file.parts]
    except MemoryError as error:
        raise InputError(
            f"there is not enough memory for {str(header.path)!r}", remedy="close other programs"
        ) from error
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise damaged from error
    # A part whose pixels are damaged is left out by the library without an error.
    expected = [{channel.name for channel in part.channels} for part in header.parts]
    if [set(part) for part in parts] != expected:
        raise damaged
    return parts


def _placed(pixels: Channel, part: ExrPart, header: ExrHeader) -> Channel:
    """``pixels`` of the part's data window, in the display window of the file."""
    x0, y0, x1, y1 = part.data_window
    if pixels.shape != (y1 - y0, x1 - x0):
        # Subsampled chroma: each sample stands for its block.
        down, across = -(-(y1 - y0) // pixels.shape[0]), -(-(x1 - x0) // pixels.shape[1])
        pixels = pixels.repeat(down, 0).repeat(across, 1)[: y1 - y0, : x1 - x0]
    if part.data_window == header.display_window:
        return np.ascontiguousarray(pixels)
    u0, v0, u1, v1 = header.display_window
    left, top, right, bottom = max(x0, u0), max(y0, v0), min(x1, u1), min(y1, v1)
    canvas = np.zeros((v1 - v0, u1 - u0), pixels.dtype)
    if left < right and top < bottom:
        canvas[top - v0 : bottom - v0, left - u0 : right - u0] = pixels[top - y0 : bottom - y0, left - x0 : right - x0]
    return canvas


def _enclosing(windows: list[Box]) -> Box:
    x0, y0, x1, y1 = zip(*windows, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def write_exr(
    path: str | os.PathLike[str],
    channels: Mapping[str, Channel],
    *,
    compression: Compression = "zips",
    attributes: Mapping[str, Any] | None = None,
    origin: tuple[int, int] = (0, 0),
    display_window: Box | None = None,
) -> None:
    """Write a scanline EXR of one part, atomically.

    ``channels`` are ``(H, W)`` arrays of one size in float16, float32 or
    uint32, by full name, written in that type (:func:`to_half` makes a half).
    ``origin`` is the data window's upper left corner; the display window is
    the data window unless given.

    ``attributes`` may be the header of an image that was read: what describes
    the layout of that file is left out, and so are types that the OpenEXR
    package cannot write (opaque bytes, rationals).

    Raises :class:`UsageError` for arrays that do not fit together,
    :class:`NstError` where the file cannot be written.
    """
    if compression not in _COMPRESSIONS:
        raise UsageError(f"unknown EXR compression {compression!r}", remedy=nearest(str(compression), _COMPRESSIONS))
    shapes = {array.shape for array in channels.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2 or 0 in next(iter(shapes)):
        raise UsageError(f"the channels of {os.fspath(path)!r} are {_listed(shapes)}", remedy="give (H, W) of one size")
    odd = {str(array.dtype) for array in channels.values()} - {"float16", "float32", "uint32"}
    if odd:
        raise UsageError(f"an EXR channel cannot hold {_listed(odd)}", remedy="give float16, float32 or uint32")
    (height, width) = next(iter(shapes))
    x, y = origin
    x0, y0, x1, y1 = display_window or (x, y, x + width, y + height)
    header = _writable(attributes or {})
    header |= {
        "compression": _COMPRESSIONS[compression],
        "type": OpenEXR.scanlineimage,
        "dataWindow": ((x, y), (x + width - 1, y + height - 1)),
        "displayWindow": ((x0, y0), (x1 - 1, y1 - 1)),
    }
    pixels = {name: np.ascontiguousarray(array) for name, array in channels.items()}
    with atomic_path(path) as temporary:
        try:
            OpenEXR.File(header, pixels).write(str(temporary))
        except RuntimeError as error:
            raise _system_error(error) from error


def _system_error(error: RuntimeError) -> OSError:
    """The operating-system error that the library has put into words."""
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.EIO):
        if os.strerror(code) in str(error):
            return OSError(code, os.strerror(code))
    return OSError(errno.EIO, str(error))


def _writable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: converted
        for key, value in attributes.items()
        if key not in _STRUCTURE and (converted := _attribute(value)) is not None
    }


def _attribute(value: Any) -> Any:
    """The value in the form from which OpenEXR infers its type, None if there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, np.integer)):
        return int(value) if -(2**31) <= int(value) < 2**31 else None
    if isinstance(value, (float, np.floating)):
        return float(value)
    if isinstance(value, tuple):
        if value and all(isinstance(entry, str) for entry in value):
            return list(value)
        if len(value) in (9, 16) and all(isinstance(entry, float) for entry in value):
            side = 3 if len(value) == 9 else 4
            return np.array(value, np.float32).reshape(side, side)
        numbers = all(isinstance(entry, (int, float)) for entry in value)
        return value if numbers and len(value) in (2, 3, 8) else None
    return None


def to_half(array: NDArray[Any]) -> NDArray[np.float16]:
    """``array`` as float16; finite values beyond half's range become its largest value, not infinity."""
    values = np.ascontiguousarray(array, np.float32)
    # numpy takes ten times as long.
    tensor = torch.from_numpy(values)
    half = np.asarray(tensor.half().numpy(), np.float16)
    if values.size:
        least, greatest = torch.aminmax(tensor)
        if float(least) >= -_HALF_MAX and float(greatest) <= _HALF_MAX:
            return half
    beyond = np.isinf(half)
    if beyond.any():
        beyond &= np.isfinite(values)
        half[beyond] = np.copysign(_HALF_MAX, values[beyond])
    return half


def to_float(array: NDArray[Any]) -> NDArray[np.float32]:
    """``array`` as float32."""
    if array.dtype == np.float16:
        # numpy takes ten times as long.
        return np.asarray(torch.from_numpy(np.ascontiguousarray(array)).float().numpy(), np.float32)
    return np.asarray(array, np.float32)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, values))) or "none"


# --- Layers and passes by name: "<view layer>.<pass>.<component>" ---


def _names(source: ExrImage | ExrHeader | Iterable[str]) -> list[str]:
    if isinstance(source, ExrImage):
        return list(source.channels)
    if isinstance(source, ExrHeader):
        return list(source.names)
    return list(source)


def passes(source: ExrImage | ExrHeader | Iterable[str]) -> dict[str, dict[str, str]]:
    """Full channel names by prefix and component.

    ``{"ViewLayer.Combined": {"R": "ViewLayer.Combined.R", ...}, "": {"R": "R"}}``
    in the order of the file; the prefix of plain channels is empty.
    """
    found: dict[str, dict[str, str]] = {}
    for name in _names(source):
        prefix, _, component = name.rpartition(".")
        found.setdefault(prefix, {})[component] = name
    return found


def view_layers(source: ExrImage | ExrHeader | Iterable[str]) -> tuple[str, ...]:
    """Names of Blender's view layers: what stands before the pass, in the order of the file."""
    layers = (prefix.rpartition(".")[0] for prefix in passes(source))
    return tuple(dict.fromkeys(layer for layer in layers if layer))


def find_pass(image: ExrImage, layer: str | None, name: str) -> dict[str, Channel]:
    """The channels of one pass by component, ``{"X": (H, W), ...}``.

    ``layer`` is the view layer; None takes the first that has the pass, or the
    pass without a layer.

    Raises :class:`UsageError` with the nearest names where there is none.
    """
    groups = passes(image)
    if layer is not None:
        prefix: str | None = f"{layer}.{name}"
    else:
        prefix = next((p for p in groups if p == name or p.endswith(f".{name}")), None)
    if prefix is None or prefix not in groups:
        missing = name if layer is None else f"{layer}.{name}"
        raise UsageError(f"the image has no pass {missing!r}", remedy=nearest(missing, (p for p in groups if p)))
    return {component: image.channels[full] for component, full in groups[prefix].items()}
