"""The optimisation engine: one still, painted by descending the losses on its own pixels.

Source: Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional
Neural Networks"; from coarse to fine as in Gatys et al. 2017, "Controlling
Perceptual Factors in Neural Style Transfer". Minutes a picture where the
feed-forward engine takes a blink, and the reference that it is judged by.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..contract.errors import NstError, OutOfMemory, UsageError
from ..image.resample import resize
from ..styles.loss_networks import LossNetwork
from ..styles.losses import (
    colour_loss,
    colour_quantiles,
    content_loss,
    gram,
    gram_loss,
    moment_loss,
    total_variation,
)
from ..contract.optimisation_options import SMALLEST_SIDE, OptimisationOptions

__all__ = ["OptimisationStep", "PaintedStill", "optimise", "scale_sizes"]

Array = NDArray[np.float32]
# How much each layer's style counts; the deep ones hold the strokes.
_LAYERS = {"relu1_1": 0.5, "relu2_1": 0.7, "relu3_1": 1.0, "relu4_1": 2.0, "relu5_1": 2.0}


@dataclass(frozen=True)
class OptimisationStep:
    """What a callback hears after each step: ``done`` of ``total`` over all sizes, and the loss."""

    done: int
    total: int
    size: tuple[int, int]
    loss: float


@dataclass(frozen=True)
class PaintedStill:
    """``picture``: ``(H, W, 3)`` sRGB in 0..1; ``done`` of ``total`` steps were made."""

    picture: Array
    done: int
    total: int

    @property
    def finished(self) -> bool:
        """Whether every step was made."""
        return self.done == self.total


class _Term(Protocol):
    def __call__(self, picture: Tensor) -> Tensor: ...


def scale_sizes(size: tuple[int, int], scales: int) -> list[tuple[int, int]]:
    """``(width, height)`` of each scale, coarse to fine, each half the next; those too small are left out."""
    halved = [(max(1, round(size[0] / 2**k)), max(1, round(size[1] / 2**k))) for k in reversed(range(scales))]
    return [entry for entry in halved[:-1] if min(entry) >= SMALLEST_SIDE] + halved[-1:]


def optimise(
    content: Array,
    style: Array,
    encoder: LossNetwork,
    options: OptimisationOptions,
    *,
    device: torch.device | None = None,
    on_step: Callable[[OptimisationStep], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> PaintedStill:
    """Paint ``content`` like ``style``, both ``(H, W, 3)`` sRGB in 0..1.

    Starts from the content at the coarsest size; each size starts from the one
    before, enlarged. ``encoder`` must be on ``device``. Where ``cancelled``
    answers yes the picture so far is returned, at its final size.

    Raises :class:`OutOfMemory` where a size does not fit, :class:`UsageError`
    for pictures of other shapes, :class:`NstError` where the loss stops being a number.
    """
    for name, picture in (("content", content), ("style", style)):
        if picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
            raise UsageError(f"the {name} picture has shape {picture.shape}", remedy="give (H, W, 3)")
    device = device or torch.device("cpu")
    height, width = content.shape[:2]
    final = _fitted((width, height), options.size, max)
    sizes = scale_sizes(final, options.scales)
    total = len(sizes) * options.steps
    done = 0
    painted = _tensor(resize(content, sizes[0]), device)
    try:
        for size in sizes:
            part = max(size) / max(final)
            painting = resize(style, _fitted((style.shape[1], style.shape[0]), options.style_size * part, min))
            loss = _Loss(_tensor(resize(content, size), device), _tensor(painting, device), encoder, options)
            painted = _tensor(resize(_array(painted), size), device).requires_grad_(True)
            descend = _descent(painted, loss, options)
            for _ in range(options.steps):
                if cancelled():
                    return PaintedStill(_finished(painted, final), done, total)
                value = descend()
                if not math.isfinite(value):
                    raise NstError("the loss is not a number any more", remedy="lower rate or the weight of the style")
                done += 1
                if on_step is not None:
                    on_step(OptimisationStep(done, total, size, value))
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfMemory(
            f"{final[0]}x{final[1]} pixels do not fit into memory", remedy="lower size or style_size"
        ) from error
    return PaintedStill(_finished(painted, final), done, total)


class _Loss:
    """The weighted sum for one size."""

    def __init__(self, content: Tensor, style: Tensor, encoder: LossNetwork, options: OptimisationOptions) -> None:
        self.encoder = encoder
        self.options = options
        with torch.no_grad():
            painted = encoder(style, list(_LAYERS))
            self.wanted = {layer: self._moments(layer, value) for layer, value in painted.items()}
            self.content = encoder(content, [options.content_layer])[options.content_layer]
            self.colours = colour_quantiles(style)

    def _moments(self, layer: str, value: Tensor) -> tuple[Tensor, ...]:
        return self.encoder.moments(layer, value) if self.options.loss == "moments" else (gram(value),)

    def _distance(self, found: tuple[Tensor, ...], wanted: tuple[Tensor, ...]) -> Tensor:
        if self.options.loss == "gram":
            return gram_loss(found[0], wanted[0])
        return moment_loss((found[0], found[1]), (wanted[0], wanted[1]))

    def __call__(self, picture: Tensor) -> Tensor:
        options = self.options
        found = self.encoder(picture, [*_LAYERS, options.content_layer])
        distances = [
            weight * self._distance(self._moments(layer, found[layer]), self.wanted[layer]).sum()
            for layer, weight in _LAYERS.items()
        ]
        return (
            options.style * torch.stack(distances).sum()
            + options.content * content_loss(found[options.content_layer], self.content).sum()
            + options.colour * colour_loss(colour_quantiles(picture), self.colours).sum()
            + options.variation * total_variation(picture).sum()
        )


def _descent(picture: Tensor, loss: _Term, options: OptimisationOptions) -> Callable[[], float]:
    """A function that makes one step and returns the loss before it."""
    optimiser: torch.optim.Optimizer
    if options.optimiser == "lbfgs":
        optimiser = torch.optim.LBFGS([picture], max_iter=1, max_eval=8, history_size=20, line_search_fn="strong_wolfe")
    else:
        optimiser = torch.optim.Adam([picture], lr=options.rate)

    def closure() -> float:
        optimiser.zero_grad(set_to_none=True)
        value = loss(picture)
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    def step() -> float:
        value = float(optimiser.step(closure))  # type: ignore[no-untyped-call]
        with torch.no_grad():
            picture.clamp_(0.0, 1.0)
        return value

    return step


def _fitted(size: tuple[int, int], side: float, which: Callable[[tuple[int, int]], int]) -> tuple[int, int]:
    """``size`` scaled so that its longer (``max``) or shorter (``min``) side is ``side``."""
    part = side / which(size)
    return max(SMALLEST_SIDE, round(size[0] * part)), max(SMALLEST_SIDE, round(size[1] * part))


def _tensor(picture: Array, device: torch.device) -> Tensor:
    values = np.clip(np.asarray(picture, np.float32), 0.0, 1.0).transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(values))[None].to(device)


def _array(picture: Tensor) -> Array:
    return np.ascontiguousarray(picture.detach()[0].permute(1, 2, 0).cpu().numpy())


def _finished(picture: Tensor, size: tuple[int, int]) -> Array:
    return np.clip(resize(_array(picture), size), 0.0, 1.0)
