"""How much of its style a painted frame shows: Gram matrices against the artwork, region by region."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import torch

from nst_backend.contract.errors import InputError
from nst_backend.image.warp import FloatArray
from nst_backend.metrics.style_loss import GramDistance, as_batch
from nst_backend.styles.loss_networks import load_loss_network

__all__ = ["StyleLoss"]

_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
# The longer side at which an artwork is looked at.
_ARTWORK = 512


class StyleLoss:
    """:class:`GramDistance` of each style's regions to its artwork.

    ``network`` is a file of weights that :func:`load_loss_network` knows;
    ``artworks`` a folder of pictures, each named after its style: ``*<style>.jpg``.

    Raises :class:`InputError` where one is missing.
    """

    def __init__(self, network: Path, artworks: Path, styles: set[str]) -> None:
        self._network = load_loss_network(network)
        self._distances = {
            style: GramDistance(self._network, _LAYERS, {style: _artwork(artworks, style)}) for style in styles
        }

    def of(self, picture: FloatArray, weights: Mapping[str, FloatArray]) -> float:
        """The loss of ``picture`` ``(H, W, 3)``, the mean over regions by area and over layers.

        ``weights`` ``(H, W)`` 0..1 tells where each style was painted.
        """
        with torch.inference_mode():
            found = self._network(as_batch(picture), _LAYERS)
        total = area = 0.0
        for style, weight in weights.items():
            share = float(weight.mean())
            total += share * self._distances[style].of_activations(found, where=weight)[style]
            area += share
        return total / area


def _artwork(folder: Path, style: str) -> FloatArray:
    found = sorted(folder.glob(f"*{style}.jpg"))
    picture = cv2.imread(str(found[0])) if found else None
    if picture is None:
        raise InputError(f"no artwork of {style} in {folder}", remedy=f"put a picture there named {style}.jpg")
    scale = _ARTWORK / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., ::-1], dtype=np.float32) / np.float32(255)
