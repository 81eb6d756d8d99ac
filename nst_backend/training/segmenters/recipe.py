"""A segmenter's training recipe: everything that determines the trained network but the pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...contract.codec import option
from ...segmentation.mask_rcnn_options import MaskRCNNOptions

__all__ = ["Augmentation", "ClassRule", "SegmenterRecipe"]


@dataclass(frozen=True, kw_only=True)
class ClassRule:
    """One label, and which names of a Cryptomatte or which categories of annotations it stands for."""

    name: str = option(help="the label, such as 'hero'")
    names: tuple[str, ...] = option(
        help="names of the Cryptomatte layer, wildcards allowed; or categories of the annotations"
    )
    each: bool = option(
        False, help="every name that matches is an object of its own, rather than all of them together being one"
    )

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a class needs a name")
        if not self.names or not all(self.names):
            raise ValueError(f"class {self.name!r} needs the names of what belongs to it")


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How pictures are varied, so that clean renders teach what holds for footage too."""

    flip: float = option(0.5, help="part of the pictures that are mirrored", minimum=0.0, maximum=1.0)
    zoom_out: float = option(0.7, help="smallest scale", minimum=0.2, maximum=1.0)
    zoom_in: float = option(1.5, help="largest scale; what is larger than the picture is cut", minimum=1.0, maximum=4.0)
    exposure: float = option(0.7, help="largest change of exposure", minimum=0.0, maximum=4.0, unit="stops")
    colour: float = option(0.12, help="largest change of a channel's gain", minimum=0.0, maximum=1.0)
    contrast: float = option(0.2, help="largest change of contrast", minimum=0.0, maximum=0.9)
    noise: float = option(0.04, help="largest noise, of pictures in 0..1", minimum=0.0, maximum=0.3)
    blur: float = option(0.8, help="largest standard deviation of a blur", minimum=0.0, maximum=5.0, unit="px")


@dataclass(frozen=True, kw_only=True)
class SegmenterRecipe:
    """What ``nst train-mattes`` reads, and copies into the card it writes."""

    name: str = option(help="file stem of the card and the weights")
    classes: tuple[ClassRule, ...] = option(help="what is to be found")
    layer: str = option("CryptoObject", help="Cryptomatte layer of the plates: CryptoObject, CryptoAsset, ...")
    network: MaskRCNNOptions = field(default_factory=MaskRCNNOptions)
    augmentation: Augmentation = field(default_factory=Augmentation)
    least_area: float = option(
        40.0, help="objects that show less are left out, neither taught nor judged", minimum=1.0, unit="px"
    )
    held_out: float = option(
        0.1, help="part of every plate, its end, that is kept to judge by where no other is", minimum=0.0, maximum=0.5
    )
    steps: int = option(4000, help="optimiser steps in all", minimum=1)
    batch: int = option(2, help="pictures a step", minimum=1, maximum=64)
    rate: float = option(
        1e-3, help="AdamW's learning rate; a tenth of it suits a network that is tuned", minimum=1e-7, maximum=1.0
    )
    warm: int = option(200, help="steps over which the rate rises", minimum=0)
    decay: float = option(1e-2, help="weight decay", minimum=0.0, maximum=1.0)
    gradient_limit: float = option(5.0, help="longer gradients are cut to this length", minimum=1e-3)
    average: float = option(0.998, help="decay of the averaged weights that are kept", minimum=0.0, maximum=0.99999)
    seed: int = option(0, help="seed of pictures, variations and initial weights", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        labels = [rule.name for rule in self.classes]
        if not labels:
            raise ValueError("classes must name at least one")
        if len(set(labels)) != len(labels):
            raise ValueError("two classes have the same name")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the network's order."""
        return tuple(rule.name for rule in self.classes)
