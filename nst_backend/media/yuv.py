"""Y'CbCr and R'G'B' in float, with the siting of chroma.

Conversion follows ITU-R BT.601-7, BT.709-6 and BT.2020-2 (non-constant
luminance); the quantisation is theirs too, or full range as in JFIF.

Chroma is interpolated linearly. The filters that reduce it are the
biorthogonal duals of that interpolation: Le Gall and Tabatabai's 5/3 pair
(ICASSP 1988) where samples coincide, the 3.1 spline pair (Cohen, Daubechies
and Feauveau 1992) where they lie between. So video that is read and written
again keeps its chroma samples exactly, before the encoder's own loss.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["MATRICES", "Matrix", "halve", "join", "rgb_to_yuv", "split", "twice", "yuv_to_rgb"]

Plane = NDArray[np.float32]
Matrix = Literal["bt601", "bt709", "bt2020", "fcc", "smpte240m"]

# Weights of red and blue in luma.
MATRICES: dict[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
}


def _quantisation(bits: int, full_range: bool) -> tuple[float, float, float, float]:
    """Offset and span of luma, offset and span of chroma, in code values."""
    unit = 1 << (bits - 8)
    if full_range:
        top = (1 << bits) - 1
        return 0.0, top, 128 * unit, top
    return 16 * unit, 219 * unit, 128 * unit, 224 * unit


def yuv_to_rgb(
    y: NDArray[Any], u: NDArray[Any], v: NDArray[Any], *, matrix: Matrix, full_range: bool, bits: int
) -> NDArray[np.float32]:
    """Code values of planes ``(H, W)`` as R'G'B' float32 ``(H, W, 3)``, nominally 0..1, not clipped."""
    y_offset, y_span, c_offset, c_span = _quantisation(bits, full_range)
    red, blue = MATRICES[matrix]
    green = 1 - red - blue
    luma = (y.astype(np.float32) - np.float32(y_offset)) * np.float32(1 / y_span)
    cb = (u.astype(np.float32) - np.float32(c_offset)) * np.float32(1 / c_span)
    cr = (v.astype(np.float32) - np.float32(c_offset)) * np.float32(1 / c_span)
    rgb = np.empty((*luma.shape, 3), np.float32)
    rgb[..., 0] = luma + np.float32(2 * (1 - red)) * cr
    rgb[..., 1] = luma - np.float32(2 * (1 - blue) * blue / green) * cb - np.float32(2 * (1 - red) * red / green) * cr
    rgb[..., 2] = luma + np.float32(2 * (1 - blue)) * cb
    return rgb


def rgb_to_yuv(rgb: NDArray[np.float32], *, matrix: Matrix, full_range: bool, bits: int) -> tuple[Plane, Plane, Plane]:
    """R'G'B' ``(H, W, 3)`` as code values of three planes ``(H, W)``, neither rounded nor clipped."""
    y_offset, y_span, c_offset, c_span = _quantisation(bits, full_range)
    red, blue = MATRICES[matrix]
    luma = rgb @ np.array([red, 1 - red - blue, blue], np.float32)
    cb = (rgb[..., 2] - luma) * np.float32(c_span / (2 * (1 - blue)))
    cr = (rgb[..., 0] - luma) * np.float32(c_span / (2 * (1 - red)))
    return luma * np.float32(y_span) + np.float32(y_offset), cb + np.float32(c_offset), cr + np.float32(c_offset)


def twice(plane: Plane, length: int, axis: int, *, cosited: bool) -> Plane:
    """Interpolate ``plane`` along ``axis`` to ``length`` samples, twice its own or one less.

    ``cosited``: every sample lies on the even one of the result (MPEG-2 and
    H.264, horizontally); else between two (MPEG-1 and JPEG; H.264, vertically).
    """
    source = np.moveaxis(plane, axis, 0)
    before, after = np.concatenate([source[:1], source[:-1]]), np.concatenate([source[1:], source[-1:]])
    result = np.empty((2 * len(source), *source.shape[1:]), np.float32)
    if cosited:
        result[0::2] = source
        result[1::2] = (source + after) * np.float32(0.5)
    else:
        result[0::2] = source * np.float32(0.75) + before * np.float32(0.25)
        result[1::2] = source * np.float32(0.75) + after * np.float32(0.25)
    return np.moveaxis(result[:length], 0, axis)


def halve(plane: Plane, axis: int, *, cosited: bool) -> Plane:
    """Reduce ``plane`` along ``axis`` to half its samples, rounded up; ``halve(twice(c)) == c``."""
    source = np.moveaxis(plane, axis, 0)
    count = -(-len(source) // 2)
    missing = 2 * count - len(source)
    if cosited:
        # Mirrored before the first sample, held after the last: the duals of how `twice` treats the ends.
        first = source[2:0:-1] if len(source) > 2 else np.concatenate([source[-1:], source[-1:]])
        padded = np.concatenate([first, source, *[source[-1:]] * (missing + 2)])
        taps: tuple[float, ...] = (-1 / 8, 2 / 8, 6 / 8, 2 / 8, -1 / 8)
    else:
        padded = np.concatenate([source[:1], source, *[source[-1:]] * (missing + 1)])
        taps = (-1 / 4, 3 / 4, 3 / 4, -1 / 4)
    result = np.zeros((count, *source.shape[1:]), np.float32)
    for index, tap in enumerate(taps):
        result += np.float32(tap) * padded[index : index + 2 * count - 1 : 2]
    return np.moveaxis(result, 0, axis)


def join(
    y: NDArray[Any],
    u: NDArray[Any],
    v: NDArray[Any],
    *,
    matrix: Matrix,
    full_range: bool,
    bits: int,
    cosited: bool = True,
) -> NDArray[np.float32]:
    """Planes as stored, chroma of full or half size either way, as R'G'B' ``(H, W, 3)``."""
    height, width = y.shape
    chroma = []
    for plane in (u, v):
        full = plane.astype(np.float32)
        if full.shape[0] != height:
            full = twice(full, height, 0, cosited=False)
        if full.shape[1] != width:
            full = twice(full, width, 1, cosited=cosited)
        chroma.append(full)
    return yuv_to_rgb(y, chroma[0], chroma[1], matrix=matrix, full_range=full_range, bits=bits)


def split(
    rgb: NDArray[np.float32], *, matrix: Matrix, full_range: bool, bits: int, subsampled: bool
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """R'G'B' ``(H, W, 3)`` as integer planes to store, 4:2:0 with chroma sited left, or 4:4:4."""
    planes = list(rgb_to_yuv(rgb, matrix=matrix, full_range=full_range, bits=bits))
    if subsampled:
        planes[1:] = [halve(halve(plane, 0, cosited=False), 1, cosited=True) for plane in planes[1:]]
    kind = np.uint8 if bits == 8 else np.uint16
    top = np.float32((1 << bits) - 1)
    y, u, v = (np.rint(np.clip(plane, 0, top)).astype(kind) for plane in planes)
    return y, u, v
