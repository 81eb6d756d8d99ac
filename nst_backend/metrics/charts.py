"""Test charts: made pictures that show what is wrong with a style.

All are display-referred ``(H, W, 3)`` float32 in 0..1, and the same at every call.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..image.boxes import Box
from ..image.warp import FloatArray

__all__ = ["FLAT_AREA", "flat_areas", "flat_pictures", "textures"]

_CHART = (288, 448)
_GROUND_WIDTH = 128
# The flat part of a chart, out of reach of the strokes that belong to the ground beside it.
FLAT_AREA = Box(0, _GROUND_WIDTH + 64, *_CHART)
"""The part of a :func:`flat_areas` chart that is judged; three of its sides are the picture's border."""

_SATURATED = {
    "red": (0.9, 0.05, 0.05),
    "green": (0.05, 0.8, 0.1),
    "blue": (0.05, 0.1, 0.9),
    "cyan": (0.05, 0.8, 0.8),
    "magenta": (0.8, 0.05, 0.8),
    "yellow": (0.9, 0.85, 0.05),
}


def flat_pictures(height: int = 256, width: int = 256) -> dict[str, FloatArray]:
    """Eleven greys and six saturated colours, by name, each all over a picture.

    Instance normalisation finds no variance there and divides by its eps alone:
    the hardest case, and one that a fade or a title card brings about.
    """
    return {
        name: np.broadcast_to(np.array(colour, np.float32), (height, width, 3)).copy()
        for name, colour in _colours().items()
    }


def flat_areas() -> dict[str, FloatArray]:
    """The colours of :func:`flat_pictures` beside a textured ground, which gives the layers their variance."""
    rng = np.random.default_rng(1)
    ground = _ground(rng, _CHART)[:, :_GROUND_WIDTH]
    charts = flat_pictures(*_CHART)
    for chart in charts.values():
        chart[:, :_GROUND_WIDTH] = ground
    return charts


def textures(count: int = 4, size: tuple[int, int] = (320, 480)) -> dict[str, FloatArray]:
    """Pictures with the spectrum of photographs (amplitude as 1/f), under a smooth sky, by name.

    ``size`` is height and width. They stand in where no photographs are at hand.
    Source of the spectrum: Field 1987, "Relations between the statistics of
    natural images and the response properties of cortical cells".
    """
    made = {}
    for seed in range(count):
        rng = np.random.default_rng(100 + seed)
        picture = _ground(rng, size)
        horizon = size[0] // 2 + int(rng.integers(-size[0] // 8, size[0] // 8 + 1))
        top, low = rng.uniform(0.15, 0.9, (2, 3))
        height = np.linspace(0, 1, horizon)[:, None, None]
        picture[:horizon] = top * (1 - height) + (0.75 * top + 0.25 * low) * height
        made[f"texture {seed + 1}"] = picture.astype(np.float32)
    return made


def _colours() -> dict[str, tuple[float, float, float]]:
    greys = {f"grey {step * 10}": (step / 10, step / 10, step / 10) for step in range(11)}
    return greys | _SATURATED


def _ground(rng: np.random.Generator, size: tuple[int, int]) -> FloatArray:
    """Noise with an amplitude of 1/f, its channels alike but not the same, with hard-edged patches."""
    height, width = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    layers = [np.fft.irfft2(np.fft.rfft2(rng.standard_normal(size)) / frequency, s=size) for _ in range(4)]
    shared, *own = (layer / layer.std() for layer in layers)
    picture = 0.5 + 0.17 * shared[..., None] + 0.08 * np.stack(own, axis=-1)
    for _ in range(6):
        corner = rng.uniform((0, 0), (width, height))
        side = rng.uniform(height / 16, height / 4, 2)
        patch = cv2.boxPoints((tuple(corner), tuple(side), float(rng.uniform(0, 90))))
        mask = cv2.fillConvexPoly(np.zeros(size, np.uint8), np.round(patch).astype(np.int32), 1)
        picture = np.where(mask[..., None] == 1, 0.5 * picture + 0.5 * rng.uniform(0, 1, 3), picture)
    # As soft as a lens and a sensor make it.
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.8)
    return np.asarray(np.clip(soft, 0, 1), dtype=np.float32)
