"""How much of its style a painted frame shows: Gram matrices against the artwork, region by region."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import torch

from nst_backend.contract.errors import InputError
from nst_backend.image.warp import FloatArray
from nst_backend.styles.loss_networks import load_loss_network
from nst_backend.styles.losses import gram_loss

__all__ = ["StyleLoss"]

_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
# The longer side at which an artwork is looked at.
_ARTWORK = 512


class StyleLoss:
    """The Gram loss of L. Gatys et al., CVPR 2016, each layer relative to its artwork's own Gram matrix.

    ``network`` is a file of weights that :func:`load_loss_network` knows;
    ``artworks`` a folder of pictures, each named after its style: ``*<style>.jpg``.

    Raises :class:`InputError` where one is missing.
    """

    def __init__(self, network: Path, artworks: Path, styles: set[str]) -> None:
        self._network = load_loss_network(network)
        self._targets = {style: self._grams(_artwork(artworks, style), None) for style in styles}

    def of(self, picture: FloatArray, weights: Mapping[str, FloatArray]) -> float:
        """The loss of ``picture`` ``(H, W, 3)``, the mean over regions by area and over layers.

        ``weights`` ``(H, W)`` 0..1 tells where each style was painted.
        """
        total = area = 0.0
        for style, weight in weights.items():
            found, share = self._grams(picture, weight), float(weight.mean())
            losses = [gram_loss(g[None], t[None]) for g, t in zip(found, self._targets[style], strict=True)]
            total += share * float(torch.stack(losses).mean())
            area += share
        return total / area

    def _grams(self, picture: FloatArray, weight: FloatArray | None) -> list[torch.Tensor]:
        batch = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
        with torch.inference_mode():
            activations = self._network(batch, _LAYERS)
            return [_gram(activations[layer][0], weight) for layer in _LAYERS]


def _gram(features: torch.Tensor, weight: FloatArray | None) -> torch.Tensor:
    """Second moments ``(C, C)`` of ``(C, h, w)``, weighted by place."""
    _, height, width = features.shape
    if weight is None:
        weight = np.ones((height, width), np.float32)
    share = torch.from_numpy(cv2.resize(weight, (width, height), interpolation=cv2.INTER_AREA)).flatten()
    flat = features.flatten(1)
    return (flat * share) @ flat.T / share.sum().clamp_min(1e-6)


def _artwork(folder: Path, style: str) -> FloatArray:
    found = sorted(folder.glob(f"*{style}.jpg"))
    picture = cv2.imread(str(found[0])) if found else None
    if picture is None:
        raise InputError(f"no artwork of {style} in {folder}", remedy=f"put a picture there named {style}.jpg")
    scale = _ARTWORK / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., ::-1], dtype=np.float32) / np.float32(255)
