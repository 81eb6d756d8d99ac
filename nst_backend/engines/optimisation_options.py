"""The options of an optimisation, apart from the engine so that a command line need not wait for torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..contract.codec import option

__all__ = ["SMALLEST_SIDE", "OptimisationOptions"]

SMALLEST_SIDE = 32
"""Of a picture at its coarsest: VGG-19 halves four times."""


@dataclass(frozen=True, kw_only=True)
class OptimisationOptions:
    """What an optimisation minimises, at which sizes and how long."""

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
    optimiser: Literal["adam", "lbfgs"] = option("adam", help="how the pixels descend")
    rate: float = option(0.03, help="Adam's step, in parts of full scale", minimum=1e-4, maximum=1.0)
    loss: Literal["moments", "gram"] = option("moments", help="what style is: mean and covariance, or the Gram matrix")
    content: float = option(2.0, help="weight of the content", minimum=0.0, maximum=1e6)
    style: float = option(4.0, help="weight of the style", minimum=0.0, maximum=1e6)
    colour: float = option(2.0, help="weight of the painting's colours", minimum=0.0, maximum=1e6)
    variation: float = option(1.0, help="weight against grain", minimum=0.0, maximum=1e6)
    content_layer: str = option("relu3_3", help="layer of the loss network that holds the content")
