"""Where strokes belong to something else than the surface they lie on.

A network paints outlines and halos *around* an object, onto the background, and
they go with the object. When the two move apart, the background's history still
holds them: left alone they stay behind as a comb of old outlines or a dark
smudge. The plate tells nothing at such a pixel, for nothing changed there; what
changed is its surroundings, as far as a stroke reaches.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from ..flow.source import Motion
from ..image.channels import all_finite, finite, largest
from ..image.warp import FloatArray, warp
from .options import StabiliserOptions

__all__ = ["context_change", "context_limit", "plate_cells", "separation"]

# A change of the surroundings that draws an outline in full.
_OUTLINED = 0.06
# One that is render noise.
_NOISE = 0.01
# Cells of a fifth of the reach, with rings of points a third of it apart: no outline slips through.
_CELLS_A_REACH = 5
_RINGS = (6, 12, 18)


def plate_cells(plate: FloatArray, options: StabiliserOptions) -> FloatArray:
    """A display-referred plate ``(H, W, 3)`` as the means of the cells in which surroundings are looked at."""
    return _reduced(plate, _cells(plate.shape[0], plate.shape[1], options)[1])


def context_limit(plate: FloatArray, before: FloatArray, motion: Motion, options: StabiliserOptions) -> FloatArray:
    """The greatest share of history that leaves no visible trail; ``(H, W)`` in 0..1.

    ``plate`` and ``before`` are the plates of the two frames in cells, as :func:`plate_cells`
    gives them. With a share a, what moves away by v each frame trails by
    v·a / (1 − a) ≈ v / (1 − a); the share is held so low that this stays near
    ``options.trail``. It counts only where things move apart (what is about to
    be covered has no outline in its history) and where the surroundings show a
    contrast to be outlined. Outlines of the frame before count as those of this
    one, where the motion tells them: something fast is gone before the next frame.
    """
    height, width = motion.backward.shape[:2]
    lines = height / 1080
    reach = options.reach * lines
    cell, size = _cells(height, width, options)
    sigma = reach / 2.5 / cell
    # A vector of each cell rather than their mean: mixed motion is nobody's.
    nearest = _zeroed(np.asarray(cv2.resize(motion.backward, size, interpolation=cv2.INTER_NEAREST), np.float32))
    single = np.asarray(nearest / cell, dtype=np.float32)
    apart = -separation(*_reduced_flow(motion.backward, size), sigma)
    if motion.forward is not None:
        earlier = separation(*_reduced_flow(motion.forward, size), sigma)
        apart = np.maximum(apart, warp(earlier, single))
    change = context_change(plate, before, single, reach / cell)
    pace = np.maximum(apart / np.float32(lines * options.trail) - np.float32(0.75), 0)
    limit = 1 / (1 + pace * np.clip((change - _NOISE) / (_OUTLINED - _NOISE), 0, 1))
    return np.asarray(cv2.resize(limit, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def separation(flow: FloatArray, known: FloatArray, sigma: float) -> FloatArray:
    """How fast a flow leads the surroundings of each pixel away from it, in ``flow``'s unit; ``(H, W)``.

    The mean over a Gaussian of deviation ``sigma`` of (relative vector · direction
    outward) / sigma; by Stein's lemma that is σ times the divergence of the
    blurred flow. Negative where it leads them nearer. ``known`` ``(H, W)`` 0..1
    tells how far each vector counts.
    """
    weight = np.maximum(_gauss(known, sigma), np.float32(1e-3))
    mean = _gauss(flow * known[..., None], sigma) / weight[..., None]
    return np.asarray(sigma * (_slope(mean, 0, 1) + _slope(mean, 1, 0)), dtype=np.float32)


def context_change(plate: FloatArray, before: FloatArray, flow: FloatArray, reach: float) -> FloatArray:
    """The greatest change within ``reach`` pixels, were the surroundings to move as each pixel does; ``(H, W)``.

    max over offsets d of w(d) · max_c |x_t(p + d) − x_{t−1}(p + F(p) + d)|, w a
    Gaussian falling to a quarter at ``reach``. What lies outside the picture
    does not count.
    """
    height, width = plate.shape[:2]
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    x, y = np.broadcast_to(x, (height, width)), np.broadcast_to(y, (height, width))
    greatest = np.zeros((height, width), np.float32)
    for dx, dy in _disc(reach):
        there, back = (x + dx, y + dy), (x + dx + flow[..., 0], y + dy + flow[..., 1])
        change = largest(np.abs(_read(plate, *there) - _read(before, *back)))
        seen = _within(*there, (height, width)) & _within(*back, (height, width))
        weight = np.float32(math.exp(-0.5 * (math.hypot(dx, dy) / (0.6 * reach)) ** 2))
        np.maximum(greatest, np.where(seen, weight * change, np.float32(0)), out=greatest)
    return greatest


def _cells(height: int, width: int, options: StabiliserOptions) -> tuple[int, tuple[int, int]]:
    """The side of a cell in pixels, and how many there are across and down."""
    cell = max(1, int(options.reach * height / 1080 / _CELLS_A_REACH))
    return cell, (max(1, -(-width // cell)), max(1, -(-height // cell)))


def _disc(reach: float) -> list[tuple[np.float32, np.float32]]:
    """The centre and rings of points around it, each turned against the last."""
    points = [(np.float32(0), np.float32(0))]
    for ring, count in enumerate(_RINGS, start=1):
        radius = reach * ring / len(_RINGS)
        angles = 2 * np.pi * (np.arange(count) / count) + 0.3 * ring
        points += [(np.float32(radius * np.cos(angle)), np.float32(radius * np.sin(angle))) for angle in angles]
    return points


def _read(picture: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def _within(x: FloatArray, y: FloatArray, size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray((x >= 0) & (x <= size[1] - 1) & (y >= 0) & (y <= size[0] - 1))


def _reduced(picture: FloatArray, size: tuple[int, int]) -> FloatArray:
    return np.asarray(cv2.resize(finite(picture), size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _reduced_flow(flow: FloatArray, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """A flow field as cell means in its own unit, and the share of each cell that is known."""
    known = all_finite(flow)
    if known.all():
        return np.asarray(cv2.resize(flow, size, interpolation=cv2.INTER_AREA), np.float32), np.ones(
            size[::-1], np.float32
        )
    share = _reduced(known.astype(np.float32), size)
    mean = _reduced(_zeroed(flow), size) / np.maximum(share, np.float32(1e-3))[..., None]
    return np.asarray(mean, dtype=np.float32), share


def _zeroed(flow: FloatArray) -> FloatArray:
    known = all_finite(flow)
    return np.asarray(np.where(known[..., None], flow, np.float32(0)), dtype=np.float32)


def _gauss(picture: FloatArray, sigma: float) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(sigma, 0.5)), dtype=np.float32)


def _slope(vectors: npt.NDArray[np.floating], component: int, axis: int) -> FloatArray:
    """The derivative of one component of a field along an axis."""
    values = np.asarray(vectors[..., component], dtype=np.float32)
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=axis), dtype=np.float32)
