"""PNG, TIFF and JPEG as display-referred pictures.

Colour is float32 0..1 ``(H, W, 3)`` in R, G, B; alpha is straight ``(H, W)``.
Floating-point TIFF keeps its values beyond 0..1.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError, nearest
from .atomic import write_bytes_atomic
from .image_header import ImageInfo, read_image_header

__all__ = ["IMAGE_SUFFIXES", "Depth", "read_image", "read_planes", "write_image"]

Picture = NDArray[np.float32]
Depth = Literal[8, 16, "float"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
# The last chunk of a PNG, the last marker of a JPEG; cameras append up to this much after it.
_ENDS = {"png": b"IEND", "jpeg": b"\xff\xd9"}
_TAIL = 1 << 16
_DEPTHS: dict[str, tuple[Depth, ...]] = {
    ".png": (8, 16),
    ".tif": (8, 16, "float"),
    ".tiff": (8, 16, "float"),
    ".jpg": (8,),
    ".jpeg": (8,),
}


def read_image(path: str | os.PathLike[str], *, most_pixels: int | None = None) -> tuple[Picture, Picture | None]:
    """Colour and, where the file has it, alpha of a PNG, TIFF or JPEG file.

    8 and 16 bit integers are divided by 255 and 65535. Greys become three equal
    channels. The EXIF orientation of JPEG and TIFF is applied. Colour profiles
    are not: values are taken as sRGB. A picture without alpha of more than
    ``most_pixels`` is given at a half, a quarter or an eighth of its size, in 8 bit.

    Raises :class:`InputError` where :func:`read_image_header` does, for CMYK,
    and where the pixels cannot be decoded.
    """
    colour = _decoded(Path(path), most_pixels)
    channels = colour.shape[2]
    alpha = np.ascontiguousarray(colour[..., -1]) if channels in (2, 4) else None
    rgb = colour[..., 2::-1] if channels >= 3 else colour[..., :1].repeat(3, 2)
    return np.ascontiguousarray(rgb), alpha


def read_planes(path: str | os.PathLike[str]) -> dict[str, Picture]:
    """The same by channel, ``R``, ``G``, ``B`` and perhaps ``A``, each ``(H, W)``; a grey picture is one plane thrice.

    Raises as :func:`read_image` does.
    """
    planes = [np.asarray(plane, np.float32) for plane in cv2.split(_decoded(Path(path), None))]
    colours = planes[:3] if len(planes) >= 3 else planes[:1] * 3
    found = dict(zip("BGR", colours, strict=True))
    return {**found, "A": planes[-1]} if len(planes) in (2, 4) else found


def _decoded(file: Path, most_pixels: int | None) -> Picture:
    """``(H, W, C)`` in the order of OpenCV; see :func:`read_image`."""
    info = read_image_header(file)
    if info.cmyk:
        raise InputError(f"{str(file)!r} is a CMYK picture", remedy="convert it to RGB")
    try:
        data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read, {error.strerror}", remedy="check the file") from error
    # The decoders fill what is missing with grey and say nothing.
    if info.kind in _ENDS and _ENDS[info.kind] not in data[-_TAIL:].tobytes():
        raise InputError(f"{str(file)!r} is truncated", remedy="save or copy it again")
    try:
        pixels = cv2.imdecode(data, _reduction(info, most_pixels))
    except (cv2.error, MemoryError):
        pixels = None
    if pixels is None:
        raise InputError(f"{str(file)!r} cannot be decoded", remedy="save or copy it again")
    if info.kind == "jpeg":
        # The TIFF decoder turns the picture itself; that of JPEG leaves it as stored.
        pixels = _upright(pixels, info.orientation)
    colour = _unit(pixels, str(file))
    return colour[..., None] if colour.ndim == 2 else colour


def _reduction(info: ImageInfo, most_pixels: int | None) -> int:
    """How OpenCV is to decode: whole, or coarser, which saves the memory of what would be thrown away."""
    if most_pixels is None or info.samples in (2, 4):
        return cv2.IMREAD_UNCHANGED
    sizes = {1: cv2.IMREAD_UNCHANGED, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
    pixels = info.size[0] * info.size[1]
    for part, flag in sizes.items():
        if pixels <= most_pixels * part**2:
            return flag if part == 1 else flag | cv2.IMREAD_IGNORE_ORIENTATION
    return cv2.IMREAD_REDUCED_COLOR_8 | cv2.IMREAD_IGNORE_ORIENTATION


def _unit(pixels: NDArray[Any], shown: str) -> Picture:
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) / np.float32(255)
    if pixels.dtype == np.uint16:
        return pixels.astype(np.float32) / np.float32(65535)
    if pixels.dtype in (np.float16, np.float32, np.float64):
        return pixels.astype(np.float32)
    raise InputError(
        f"{shown!r} has samples of type {pixels.dtype}", remedy="save it with 8, 16 or 32 bit float samples"
    )


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo an EXIF orientation (Exif 2.32, 4.6.4): 2 to 4 mirror and turn by 180°, 5 to 8 swap the axes."""
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def write_image(
    path: str | os.PathLike[str],
    rgb: NDArray[np.floating[Any]],
    alpha: NDArray[np.floating[Any]] | None = None,
    *,
    depth: Depth = 8,
    quality: int = 95,
) -> None:
    """Write ``(H, W, 3)`` colour 0..1 and straight ``(H, W)`` alpha, atomically; the suffix decides the format.

    PNG takes 8 and 16 bit, TIFF also float, JPEG 8 bit without alpha.
    ``quality`` is that of JPEG, 1 to 100. Integers are rounded to nearest.

    Raises :class:`UsageError` for a format, depth or shape that does not fit,
    :class:`NstError` where the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    shown = os.fspath(path)
    if suffix not in _DEPTHS:
        raise UsageError(f"{shown!r} has no known picture suffix", remedy=nearest(suffix, _DEPTHS))
    if depth not in _DEPTHS[suffix]:
        raise UsageError(
            f"{suffix} cannot hold {depth if depth == 'float' else f'{depth} bit'} samples",
            remedy="give " + " or ".join(map(str, _DEPTHS[suffix])) + ", or write EXR",
        )
    if rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape or (alpha is not None and alpha.shape != rgb.shape[:2]):
        raise UsageError(
            f"the picture for {shown!r} is {rgb.shape}, its alpha {None if alpha is None else alpha.shape}",
            remedy="give (H, W, 3) and (H, W)",
        )
    if alpha is not None and suffix in (".jpg", ".jpeg"):
        raise UsageError(f"{shown!r} cannot hold alpha", remedy="write PNG or TIFF")
    stacked = rgb[..., ::-1] if alpha is None else np.dstack([rgb[..., ::-1], alpha])
    options = []
    if suffix in (".jpg", ".jpeg"):
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR]
        options.append(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    try:
        done, data = cv2.imencode(suffix, _samples(stacked, depth), options)
    except cv2.error as error:
        raise UsageError(f"{shown!r} cannot be encoded", remedy="try another format") from error
    if not done:
        raise UsageError(f"{shown!r} cannot be encoded", remedy="try another format")
    write_bytes_atomic(path, data.tobytes())


def _samples(pixels: NDArray[np.floating[Any]], depth: Depth) -> NDArray[Any]:
    if depth == "float":
        return np.ascontiguousarray(pixels, np.float32)
    top, kind = (255, np.uint8) if depth == 8 else (65535, np.uint16)
    finite = np.nan_to_num(pixels.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    samples: NDArray[Any] = np.rint(np.clip(finite, 0, 1) * np.float32(top)).astype(kind)
    return samples
