"""Brightness and colour of display-referred pictures, apart from each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LUMA", "luma", "match_colours", "with_luma"]

Array = NDArray[np.float32]
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""BT.709 luma (ITU-R BT.709-6, item 3.2)."""
# Of a covariance, so that a picture of few colours has a root that can be inverted.
_FLOOR = 1e-5


def luma(picture: Array) -> Array:
    """``(H, W, 3)`` to ``(H, W)``."""
    return np.asarray(picture @ LUMA, np.float32)


def with_luma(picture: Array, values: Array) -> Array:
    """``picture`` ``(H, W, 3)`` with its colour differences and other luma ``(H, W)``, clipped to 0..1."""
    return np.asarray(np.clip(picture + (values - luma(picture))[:, :, None], 0.0, 1.0), np.float32)


def match_colours(picture: Array, like: Array) -> Array:
    """``picture`` with the mean and covariance of the channels of ``like``, clipped to 0..1.

    Both ``(H, W, C)`` of any size, C the same. The linear map between two covariances
    that moves colours least. Source: Gatys et al. 2016, "Preserving Color in Neural
    Artistic Style Transfer"; the map is Pitié and Kokaram's Monge-Kantorovich one (2007).
    """
    flat, other = (entry.reshape(-1, entry.shape[2]).astype(np.float64) for entry in (picture, like))
    own, wanted = (np.cov(entry, rowvar=False, bias=True).reshape(entry.shape[1], -1) for entry in (flat, other))
    floor = _FLOOR * np.eye(own.shape[0])
    root = _root(own + floor)
    inverse = np.linalg.inv(root)
    change = inverse @ _root(root @ (wanted + floor) @ root) @ inverse
    matched = (flat - flat.mean(0)) @ change + other.mean(0)
    return np.asarray(np.clip(matched, 0.0, 1.0).reshape(picture.shape), np.float32)


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
