"""A training recipe: everything that determines a trained network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..contract.codec import option
from ..contract.keyframes import Curve
from ..styles.config import NetworkConfig

__all__ = ["LossWeights", "StyleSource", "TrainingRecipe"]


@dataclass(frozen=True, kw_only=True)
class StyleSource:
    """One painting to learn."""

    name: str = option(help="the style's name in recipes, such as 'starry_night'")
    title: str = option(help="the artwork's title")
    artist: str = option(help="who painted it, and when")
    painting: str = option(help="file name in the paintings folder")
    size: int = option(
        512, help="short side that the painting is resized to; larger gives larger strokes", minimum=64, maximum=2048
    )
    strength: float = option(1.0, help="factor on the style weight", minimum=0.0, maximum=100.0)
    steadiness: float = option(
        1.0, help="factor on the weights of shift, flow and features", minimum=0.0, maximum=100.0
    )


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Weights of terms that are each divided by the size of their target.

    Numbers, or keyframes over the steps: strokes are learnt fastest with little
    content, and faces come back when content is raised later.
    """

    content: Curve = option(Curve.constant(1.0), help="distance of the content layer to the photograph's", minimum=0.0)
    style: Curve = option(Curve.constant(5.0), help="distance of feature moments to the painting's", minimum=0.0)
    colour: Curve = option(
        Curve.constant(2.0), help="distance of the colour distribution to the painting's", minimum=0.0
    )
    variation: Curve = option(Curve.constant(0.0), help="total variation", minimum=0.0)
    shift: Curve = option(Curve.constant(40.0), help="shifted picture against shifted painting", minimum=0.0)
    flow: Curve = option(
        Curve.constant(0.0),
        help="painted frame against the one before it, moved along, less the change of light",
        minimum=0.0,
    )
    features: Curve = option(
        Curve.constant(0.0), help="the same of the network's features before its residual blocks", minimum=0.0
    )
    teacher: Curve = option(
        Curve.constant(1.0), help="distance to the painting of the network that this one distils", minimum=0.0
    )
    detail: Curve = option(Curve.constant(1.0), help="the same of its strokes alone", minimum=0.0)
    peaks: Curve = option(Curve.constant(0.0), help="spikes in normalised features, which show as blobs", minimum=0.0)
    mesh: Curve = option(Curve.constant(0.0), help="what repeats every 2 or 4 pixels", minimum=0.0)
    layers: Mapping[str, float] = option(
        help="style weight by layer of the loss network",
    )


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """What ``nst train`` reads and copies into every card it writes."""

    name: str = option(help="file stem of the network")
    styles: tuple[StyleSource, ...] = option(help="the paintings, in the order of the network's style tables")
    weights: LossWeights = option(help="loss weights")
    network: NetworkConfig = field(default_factory=NetworkConfig)
    joins: str = option(
        "",
        help="a style whose network these join: only their own scales and shifts are trained, in minutes; with "
        "distils, its small network",
    )
    rows: Literal["new", "own"] = option(
        "new",
        help="what styles that join begin with: new rows, or their own, where the network paints them: these go on "
        "being trained, and take the place of what they were",
    )
    starts_from: str = option(
        "",
        help="stem of the network file whose weights are the first ones, given by --start; all of them are trained",
    )
    distils: str = option(
        "",
        help="stem of the network file that this one learns to paint like, given by --start, as its small one",
    )
    content_layer: str = option("relu3_3", help="layer of the loss network that holds the content")
    steps: int = option(10000, help="optimiser steps in all", minimum=1)
    batch: int = option(2, help="pictures a step; even, since half of the steps use pairs", minimum=2, maximum=64)
    crop: int = option(192, help="side of the training crops", minimum=64, maximum=1024, unit="px")
    rate: float = option(1e-3, help="Adam's learning rate", minimum=1e-6, maximum=1.0)
    decay_from: float = option(
        0.7, help="part of the steps after which the rate falls linearly to a twentieth", minimum=0.0, maximum=1.0
    )
    precision: Literal["float32", "bfloat16"] = option(
        "float32",
        help="of the features while training; with bfloat16 weights and losses stay float32",
    )
    warm: float = option(
        0.03,
        help="part of the steps in which the network first learns to copy; the style comes in over as many again",
        minimum=0.0,
        maximum=0.5,
    )
    gradient_limit: float = option(1e6, help="a step whose gradient is longer is left out", minimum=1.0)
    average: float = option(0.999, help="decay of the averaged weights that are kept", minimum=0.0, maximum=0.99999)
    shift_from: float = option(
        0.05, help="part of the steps after which the shift term starts", minimum=0.0, maximum=1.0
    )
    shift_reach: float = option(4.0, help="largest shift", minimum=0.0, maximum=16.0, unit="px")
    synthetic: float = option(
        0.4, help="part of the pairs of frames that are a photograph and the same moved", minimum=0.0, maximum=1.0
    )
    noise: float = option(0.02, help="largest noise on the shifted picture", minimum=0.0, maximum=0.2)
    flats: float = option(
        0.08, help="part of the pictures that have a flat colour or gradient over a part", minimum=0.0, maximum=1.0
    )
    dark: float = option(
        0.0, help="part of the pictures that are near black but for a part, as nights are", minimum=0.0, maximum=1.0
    )
    seed: int = option(0, help="seed of crops, shifts and initial weights", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        if not self.styles:
            raise ValueError("styles must hold at least one painting")
        if self.network.styles != len(self.styles):
            raise ValueError(f"network.styles is {self.network.styles} but {len(self.styles)} paintings are listed")
        if self.rows == "own" and not self.joins:
            raise ValueError("rows is 'own', which goes with joins")
        if self.starts_from and (self.joins or self.distils):
            raise ValueError("starts_from goes with neither joins nor distils")
        if self.batch % 2:
            raise ValueError("batch must be even")
        names = [style.name for style in self.styles]
        if len(set(names)) != len(names):
            raise ValueError("two styles have the same name")
