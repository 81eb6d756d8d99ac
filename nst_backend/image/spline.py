"""Reading a picture between its pixels with a cubic B-spline.

For pictures that are resampled again and again. The gain of an interpolating
B-spline of odd degree never exceeds 1, at no frequency and for no fraction of a
pixel, since the spectrum of the B-spline is nowhere negative; so nothing can
build up, whereas Lanczos and Keys kernels amplify some frequencies a little
each time. Below half the Nyquist frequency it loses less than either.

M. Unser, "Splines: a perfect fit for signal and image processing", IEEE Signal
Processing Magazine 16(6), 1999. The sum of 4 x 4 samples is read as four
bilinear ones: C. Sigg, M. Hadwiger, "Fast third-order texture filtering", GPU
Gems 2, 2005.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

__all__ = ["Spline"]

FloatArray = npt.NDArray[np.float32]

# The inverse of the sampled B-spline (1/6, 2/3, 1/6) is a geometric series in this pole.
_POLE = 3**0.5 - 2
# Its 13th power is below the precision of float32.
_TAPS = -6 * _POLE / (1 - _POLE**2) * _POLE ** np.abs(np.arange(-13, 14))
_PAD = 2
# Positions sampled at a time: all that is computed for them stays in the processor's cache.
_CHUNK = 1 << 14


class Spline:
    """The curve through the samples of a picture ``(H, W)`` or ``(H, W, C)``, to be read at many places."""

    def __init__(self, picture: FloatArray) -> None:
        self.picture = np.ascontiguousarray(picture, dtype=np.float32)
        height, width = picture.shape[:2]
        coefficients = cv2.sepFilter2D(self.picture, cv2.CV_32F, _TAPS, _TAPS, borderType=cv2.BORDER_REFLECT_101)
        padded = cv2.copyMakeBorder(coefficients, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REFLECT_101).reshape(
            height + 2 * _PAD, width + 2 * _PAD, -1
        )
        self._source = torch.from_numpy(padded).permute(2, 0, 1)[None]

    def at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """The values at the positions ``x``, ``y`` ``(h, w)`` in pixels, within the picture.

        Positions count as the floats they are. At whole pixels the samples come
        back bit for bit; between them the curve may overshoot by a tenth of a step.
        """
        height, width = self.picture.shape[:2]
        sampled = np.empty((*x.shape, self._source.shape[1]), np.float32)
        rows = max(1, _CHUNK // max(1, x.shape[1]))
        for top in range(0, x.shape[0], rows):
            part = slice(top, top + rows)
            sampled[part] = _read(self._source, x[part], y[part], (height, width))
        columns, lines = np.floor(x), np.floor(y)
        whole = (columns == x) & (lines == y)
        if whole.any():
            sampled[whole] = self.picture.reshape(height, width, -1)[
                lines[whole].astype(np.intp), columns[whole].astype(np.intp)
            ]
        return sampled.reshape(x.shape + self.picture.shape[2:])


def _read(source: torch.Tensor, x: FloatArray, y: FloatArray, size: tuple[int, int]) -> FloatArray:
    """The curve through the padded coefficients ``(1, C, H, W)`` of a picture of ``size``, as ``(h, w, C)``."""
    grid = np.empty((1, *x.shape, 2), np.float32)
    columns = _pairs(x, size[1])
    out: torch.Tensor | None = None
    for row, share in _pairs(y, size[0]):
        grid[0, ..., 1] = row
        for column, part in columns:
            grid[0, ..., 0] = column
            read = torch.nn.functional.grid_sample(
                source, torch.from_numpy(grid), padding_mode="border", align_corners=True
            )
            weight = torch.from_numpy(share * part)
            out = read.mul_(weight) if out is None else out.addcmul_(read, weight)
    assert out is not None
    return np.asarray(out[0].permute(1, 2, 0).numpy(), np.float32)


def _pairs(position: FloatArray, length: int) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """The four weights along one axis as two bilinear reads: place (−1..1 over the padded axis) and share."""
    first = np.floor(position)
    f = position - first
    g = 1 - f
    # At offsets −1 and 2: g³ / 6 and f³ / 6; at 0: 2/3 − f² + f³ / 2; the four sum to 1.
    before = g * g * g * np.float32(1 / 6)
    after = f * f * f * np.float32(1 / 6)
    near = 3 * after
    near -= f * f
    near += np.float32(2 / 3)
    left = before + near
    right = 1 - left
    scale = np.float32(2 / (length + 2 * _PAD - 1))
    first += np.float32(_PAD)
    near /= left
    after /= right
    return (_place(near, first - 1, scale), left), (_place(after, first + 1, scale), right)


def _place(fraction: FloatArray, base: FloatArray, scale: np.float32) -> FloatArray:
    fraction += base
    fraction *= scale
    fraction -= 1
    return fraction
