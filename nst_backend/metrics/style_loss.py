"""How near a picture comes to a painting, as a network sees their textures and colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..contract.errors import UsageError
from ..image.resample import resize
from ..image.warp import BoolArray, FloatArray
from ..media.images import read_image
from ..styles.losses import gram

__all__ = ["PAINTING_SIDE", "Encoder", "GramDistance", "as_batch", "gram_under", "painting_at"]

PAINTING_SIDE = 512
"""The shorter side at which paintings are looked at: that of training, since strokes are matched pixel by pixel."""


class Encoder(Protocol):
    """A network whose activations are compared: a loss network or a :class:`~.trunks.Trunk`."""

    name: str
    layers: tuple[str, ...]

    def __call__(self, picture: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Activations ``(B, C, h, w)`` by layer name, for ``(B, 3, H, W)`` sRGB in 0..1."""
        ...


class GramDistance:
    """Distances of pictures to ``paintings``, by the Gram matrices of ``layers``.

    d(O, s) = mean over layers of ‖G(O) − G(s)‖² / mean over paintings of ‖G‖², with G = φφᵀ / (C h w)
    (L. Gatys, A. Ecker, M. Bethge, CVPR 2016). The divisor is one for all paintings of a layer, so that d ranks
    them by distance and no layer drowns the others; with one painting it is that painting's own.

    Raises :class:`UsageError` without paintings.
    """

    def __init__(
        self,
        encoder: Encoder,
        layers: tuple[str, ...],
        paintings: Mapping[str, FloatArray],
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        if not paintings:
            raise UsageError("there is no painting to compare with", remedy="give at least one")
        self.encoder, self.layers, self.names = encoder, layers, tuple(paintings)
        self._device = torch.device(device)
        grams = [self._grams(picture) for picture in paintings.values()]
        self._targets = {layer: torch.stack([found[layer] for found in grams]) for layer in layers}
        self._scale = {
            layer: target.square().sum((1, 2)).mean().clamp_min(1e-12) for layer, target in self._targets.items()
        }

    def of(self, picture: FloatArray, *, where: BoolArray | FloatArray | None = None) -> dict[str, float]:
        """d by the painting's name, for ``(H, W, 3)`` sRGB in 0..1.

        ``where`` ``(H, W)``, in 0..1, is how much each place counts.
        """
        return self.of_activations(self._activations(picture), where=where)

    def of_activations(
        self, found: Mapping[str, Tensor], *, where: BoolArray | FloatArray | None = None
    ) -> dict[str, float]:
        """As :meth:`of`, from activations ``(1, C, h, w)`` that were made before."""
        total = torch.zeros(len(self.names), device=self._device)
        for layer in self.layers:
            apart = (gram_under(found[layer], where) - self._targets[layer]).square().sum((1, 2))
            total += apart / self._scale[layer]
        return dict(zip(self.names, (total / len(self.layers)).tolist(), strict=True))

    def _grams(self, picture: FloatArray) -> dict[str, Tensor]:
        return {layer: gram_under(value)[0] for layer, value in self._activations(picture).items()}

    def _activations(self, picture: FloatArray) -> dict[str, Tensor]:
        with torch.inference_mode():
            return self.encoder(as_batch(picture, self._device), self.layers)


def gram_under(features: Tensor, where: BoolArray | FloatArray | None = None) -> Tensor:
    """φφᵀ / (C h w) of ``(1, C, h, w)``, ``(1, C, C)``; with ``where`` the places count by how much of them it covers.

    A place's own receptive field reaches beyond it: near the border of ``where`` the other side is seen a little.
    """
    if where is None:
        return gram(features)
    mask = torch.from_numpy(where.astype(np.float32))[None, None].to(features.device)
    return gram(features, F.interpolate(mask, size=features.shape[2:], mode="area")[0, 0])


def as_batch(picture: FloatArray, device: torch.device | str = "cpu") -> Tensor:
    """``(H, W, 3)`` as ``(1, 3, H, W)``."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32))[None].to(device)


def painting_at(path: Path, side: int = PAINTING_SIDE) -> FloatArray:
    """A painting ``(H, W, 3)`` with a shorter side of ``side`` pixels, never enlarged.

    Raises what :func:`read_image` does.
    """
    picture = read_image(path)[0]
    height, width = picture.shape[:2]
    part = min(1.0, side / min(height, width))
    return np.clip(resize(picture, (max(1, round(width * part)), max(1, round(height * part)))), 0, 1)
