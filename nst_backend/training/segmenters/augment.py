"""Pictures varied, with their truth, so that clean renders teach what holds for footage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...image.transfer import srgb_decode, srgb_encode
from ...segmentation.detection import Picture
from .examples import Example, Masks
from .recipe import Augmentation

__all__ = ["Varied", "augmented"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Varied:
    """What a step sees of an example: ``(H, W, 3)`` in 0..1, labels, masks ``(N, H, W)``."""

    picture: Picture
    labels: tuple[int, ...]
    masks: Masks


def augmented(
    example: Example, size: tuple[int, int], options: Augmentation, rng: np.random.Generator, *, least_area: float
) -> Varied:
    """A variation of an example at ``size`` (height, width), whose aspect is the example's.

    What is cut or shrunk below ``least_area`` pixels is left out of the truth.
    """
    picture, masks = example.display, example.masks.astype(np.uint8)
    if rng.random() < options.flip:
        picture, masks = picture[:, ::-1], masks[:, :, ::-1]
    transform = _zoom(size, options, rng) @ np.diag([size[1] / picture.shape[1], size[0] / picture.shape[0], 1.0])
    moved = np.asarray(_warped(picture, transform, size, cv2.INTER_LINEAR), np.float32)
    kept = [
        (label, mask > 0)
        for label, mask in zip(
            example.labels, (_warped(mask, transform, size, cv2.INTER_NEAREST) for mask in masks), strict=True
        )
        if mask.sum() >= least_area
    ]
    return Varied(
        picture=_graded(moved, options, rng),
        labels=tuple(label for label, _ in kept),
        masks=np.stack([mask for _, mask in kept]) if kept else np.zeros((0, *size), np.bool_),
    )


def _zoom(size: tuple[int, int], options: Augmentation, rng: np.random.Generator) -> NDArray[np.float64]:
    """``(2, 3)``: a scale and a shift that keeps as much in the frame as it can hold."""
    scale = float(np.exp(rng.uniform(np.log(options.zoom_out), np.log(options.zoom_in))))
    y, x = rng.uniform(0.0, 1.0, 2) * (1.0 - scale) * size
    return np.array([[scale, 0.0, x], [0.0, scale, y]])


def _warped(
    pixels: NDArray[np.generic], transform: NDArray[np.float64], size: tuple[int, int], method: int
) -> NDArray[Any]:
    # Mirrored margins would show objects that the truth has not.
    margin = pixels.mean(axis=(0, 1)).tolist() if pixels.ndim == 3 else 0
    height, width = size
    return np.asarray(
        cv2.warpAffine(np.ascontiguousarray(pixels), transform, (width, height), flags=method, borderValue=margin)
    )


def _graded(picture: Picture, options: Augmentation, rng: np.random.Generator) -> Picture:
    """Exposure and white balance in linear light, contrast, blur and noise as a camera's."""
    gains = 2.0 ** rng.uniform(-options.exposure, options.exposure) * rng.uniform(
        1.0 - options.colour, 1.0 + options.colour, 3
    )
    graded = srgb_encode(np.clip(srgb_decode(picture) * np.asarray(gains, np.float32), 0.0, 1.0))
    graded = 0.5 + (graded - 0.5) * (1.0 + rng.uniform(-options.contrast, options.contrast))
    sigma = rng.uniform(0.0, options.blur)
    if sigma > 0.2:
        graded = np.asarray(cv2.GaussianBlur(graded, (0, 0), sigma), np.float32)
    amount = rng.uniform(0.0, options.noise)
    graded = graded + rng.standard_normal(graded.shape, np.float32) * np.float32(amount)
    return np.asarray(np.clip(graded, 0.0, 1.0), np.float32)
