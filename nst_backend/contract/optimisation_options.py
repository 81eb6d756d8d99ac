"""The options of an optimisation: of ``nst optimize``, and of a recipe's region that is painted by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .codec import option

__all__ = ["SMALLEST_SIDE", "STYLE_LAYERS", "OptimisationOptions", "RegionOptimisation"]

SMALLEST_SIDE = 32
"""Of a picture at its coarsest: VGG-19 halves four times."""
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@dataclass(frozen=True, kw_only=True)
class OptimisationOptions:
    """What an optimisation minimises, from where, at which sizes and how long.

    Every weight counts a loss that is divided by the size of its own target, so
    that it means the same for every picture, painting and loss network.
    """

    size: int = option(512, help="longer side of the painted picture", minimum=SMALLEST_SIDE, maximum=4096, unit="px")
    style_size: int = option(
        512,
        help="shorter side of the painting beside it; larger gives larger strokes",
        minimum=SMALLEST_SIDE,
        maximum=4096,
        unit="px",
    )
    scales: int = option(3, help="sizes worked through, each twice the one before", minimum=1, maximum=6)
    steps: int = option(150, help="steps at each size", minimum=1, maximum=100_000)
    start: Literal["auto", "content", "noise", "feed_forward"] = option(
        "auto", help="the first picture: auto is noise for a reconstruction and else the content"
    )
    reconstruct: Literal["none", "content", "style"] = option(
        "none", help="paint from the content layers alone, or from the style layers alone"
    )
    optimiser: Literal["adam", "lbfgs"] = option("adam", help="how the pixels descend")
    rate: float = option(0.03, help="Adam's step, in parts of full scale", minimum=1e-4, maximum=1.0)
    loss: Literal["moments", "gram", "wasserstein"] = option(
        "moments",
        help="distance of styles: of mean and covariance, of Gram matrices, or Wasserstein's between Gaussians",
    )
    content: float = option(2.0, help="weight of the content", minimum=0.0, maximum=1e6)
    style: float = option(4.0, help="weight of the style", minimum=0.0, maximum=1e6)
    colour: float = option(2.0, help="weight of the painting's colours", minimum=0.0, maximum=1e6)
    variation: float = option(1.0, help="weight against grain", minimum=0.0, maximum=1e6)
    content_layers: tuple[str, ...] = option(("relu3_3",), help="layers of the loss network that hold the content")
    style_layers: tuple[str, ...] = option(STYLE_LAYERS, help="layers of the loss network that hold the style")
    style_weights: tuple[float, ...] = option(
        (), help="how much each painting counts, in their order; all the same", minimum=0.0
    )
    luminance_only: bool = option(False, help="paint the brightness and keep the picture's colours")
    match_colour: bool = option(False, help="give the painting the picture's colours first")
    temporal: float = option(
        20.0, help="film: weight of what the frame before, moved along, looked like", minimum=0.0, maximum=1e6
    )
    following_steps: int = option(
        60, help="film: steps of a frame that starts from the one before", minimum=1, maximum=100_000
    )
    seed: int = option(0, help="seed of the noise", minimum=0)

    def __post_init__(self) -> None:
        if not self.content_layers or not self.style_layers:
            raise ValueError("content_layers and style_layers each name one layer at least")
        if any(not 0.0 <= weight < float("inf") for weight in self.style_weights) or (
            self.style_weights and not any(self.style_weights)
        ):
            raise ValueError("style_weights must not be negative, nor all zero")


@dataclass(frozen=True, kw_only=True)
class RegionOptimisation(OptimisationOptions):
    """A region that is painted by optimisation."""

    paintings: tuple[str, ...] = option(help="pictures of the paintings, relative to the recipe")
    loss_network: str = option(help="VGG-19 or VGG-16 weights, or the distilled VGG-19, relative to the recipe")
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.paintings and self.reconstruct != "content":
            raise ValueError("paintings names none")
        if self.style_weights and len(self.style_weights) != len(self.paintings):
            raise ValueError("style_weights and paintings differ in number")
