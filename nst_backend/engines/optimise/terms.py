"""The losses of an optimisation, each a small object of a target and a call.

A term names the layers that it reads, and gets the picture ``(1, 3, H, W)`` in
0..1 with the activations of these layers. All answer one number that is divided
by the size of its own target (see :mod:`...styles.losses`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from ...styles.loss_networks import LossNetwork
from ...styles.losses import (
    colour_loss,
    colour_quantiles,
    content_loss,
    gram_loss,
    matrix_root,
    moment_loss,
    total_variation,
    wasserstein_loss,
)
from .guides import layer_guide

__all__ = [
    "ColourTerm",
    "ContentTerm",
    "Objective",
    "StyleDistance",
    "StyleTerm",
    "TemporalTerm",
    "Term",
    "VariationTerm",
    "WeightedTerm",
    "style_distance",
]

StyleDistance = Literal["moments", "gram", "wasserstein"]
Features = Mapping[str, Tensor]
Moments = tuple[Tensor, Tensor]
# How much each layer's style counts; the deep ones hold the strokes.
_LAYER_WEIGHTS = {"relu1_1": 0.5, "relu2_1": 0.7, "relu3_1": 1.0, "relu4_1": 2.0, "relu5_1": 2.0}


class Term(Protocol):
    """A loss. ``layers``: what it reads of the loss network."""

    @property
    def layers(self) -> Sequence[str]: ...

    def __call__(self, picture: Tensor, features: Features) -> Tensor: ...


@dataclass(frozen=True)
class WeightedTerm:
    """A term in a sum. Terms of one ``name`` are told as one number."""

    name: str
    weight: float
    term: Term


class Objective:
    """The weighted sum of terms; those that weigh nothing are not computed."""

    def __init__(self, encoder: LossNetwork, terms: Sequence[WeightedTerm]) -> None:
        self.encoder = encoder
        self.terms = [entry for entry in terms if entry.weight > 0.0]
        self.layers = tuple(dict.fromkeys(layer for entry in self.terms for layer in entry.term.layers))

    def __call__(self, picture: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum, and what each name contributes to it."""
        features = self.encoder(picture, self.layers) if self.layers else {}
        parts: dict[str, Tensor] = {}
        for entry in self.terms:
            value = entry.weight * entry.term(picture, features)
            parts[entry.name] = parts[entry.name] + value if entry.name in parts else value
        # An objective of nothing is flat.
        return sum(parts.values(), start=0.0 * picture.sum()), {name: value.detach() for name, value in parts.items()}


class ContentTerm:
    """How far the activations are from those of ``content``, on average over ``layers``."""

    def __init__(self, content: Tensor, encoder: LossNetwork, layers: Sequence[str]) -> None:
        self.layers = tuple(layers)
        with torch.no_grad():
            self._wanted = encoder(content, self.layers)

    def __call__(self, picture: Tensor, features: Features) -> Tensor:
        distances = [content_loss(features[layer], self._wanted[layer]).sum() for layer in self.layers]
        return torch.stack(distances).mean()


class StyleTerm:
    """How far the moments of the activations are from those of ``painting``.

    ``matte`` ``(H, W)``: where in the picture they are measured, everywhere without one.
    """

    def __init__(
        self,
        painting: Tensor,
        encoder: LossNetwork,
        layers: Sequence[str],
        kind: StyleDistance,
        matte: Tensor | None = None,
    ) -> None:
        self.layers = tuple(layers)
        self._encoder = encoder
        self._matte = matte
        self._guides: dict[str, Tensor | None] = {}
        with torch.no_grad():
            found = encoder(painting, self.layers)
            self._distances = {
                layer: style_distance(kind, encoder.moments(layer, value)) for layer, value in found.items()
            }

    def __call__(self, picture: Tensor, features: Features) -> Tensor:
        return torch.stack(
            [_LAYER_WEIGHTS.get(layer, 1.0) * self._distance(layer, features[layer]) for layer in self.layers]
        ).sum()

    def _distance(self, layer: str, activation: Tensor) -> Tensor:
        if self._matte is None:
            return self._distances[layer](self._encoder.moments(layer, activation))
        if layer not in self._guides:
            self._guides[layer] = layer_guide(self._matte, (activation.shape[2], activation.shape[3]))
        guide = self._guides[layer]
        if guide is None:
            return activation.new_zeros(())
        return self._distances[layer](self._encoder.moments(layer, activation, guide))


def style_distance(kind: StyleDistance, target: Moments) -> Callable[[Moments], Tensor]:
    """The distance of a layer's moments from ``target``, of mean ``(1, C)`` and covariance ``(1, C, C)``."""
    if kind == "gram":
        wanted = _raw(target)
        return lambda value: gram_loss(_raw(value), wanted).sum()
    if kind == "wasserstein":
        root = matrix_root(target[1])
        return lambda value: wasserstein_loss(value, target, root).sum()
    return lambda value: moment_loss(value, target).sum()


def _raw(value: Moments) -> Tensor:
    """Second moments about zero, which is what a Gram matrix holds."""
    mean, covariance = value
    return covariance + mean[:, :, None] * mean[:, None, :]


class ColourTerm:
    """How far the colours are from the painting's, whatever lies where; within ``matte`` where it covers half."""

    layers: Sequence[str] = ()

    def __init__(self, painting: Tensor, matte: Tensor | None = None) -> None:
        self._wanted = colour_quantiles(painting)
        inside = None if matte is None else matte > 0.5
        self._inside = inside if inside is not None and bool(inside.any()) else None

    def __call__(self, picture: Tensor, features: Features) -> Tensor:
        seen = picture if self._inside is None else picture[:, :, self._inside][..., None]
        return colour_loss(colour_quantiles(seen), self._wanted).sum()


class VariationTerm:
    """Grain."""

    layers: Sequence[str] = ()

    def __call__(self, picture: Tensor, features: Features) -> Tensor:
        return total_variation(picture).sum()


class TemporalTerm:
    """How far the picture is from ``before`` ``(1, 3, H, W)`` where that holds, by ``valid`` ``(H, W)`` in 0..1.

    Divided by the variance of ``before``. Source: Ruder, Dosovitskiy, Brox 2016,
    "Artistic style transfer for videos", equation 7.
    """

    layers: Sequence[str] = ()

    def __init__(self, before: Tensor, valid: Tensor) -> None:
        self._before = before
        spread = before.var(dim=(2, 3), correction=0).mean().clamp_min(1e-4)
        self._share = valid / (valid.numel() * spread)

    def __call__(self, picture: Tensor, features: Features) -> Tensor:
        return ((picture - self._before).square().mean(1) * self._share).sum()
