"""Examples from renders: their Cryptomatte is the truth, to the pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...contract.errors import UsageError
from ...image.alpha import unpremultiply
from ...image.highlights import encode
from ...image.spaces import colour_space
from ...mattes.cryptomatte import (
    CryptomatteLayer,
    check_names,
    coverage_of,
    find_layer,
    ids_of,
    is_layer_channel,
    list_layers,
    names_in,
)
from ...media.plate import Frame, Plate, open_plate
from ...segmentation.detection import Picture
from .examples import Example, make_example
from .recipe import ClassRule, SegmenterRecipe

__all__ = ["PlateExamples", "check_plates", "network_view", "open_plates"]

_CHECKED = 12
"""Frames of a plate that names are looked for in; manifests mostly list the whole scene."""


def network_view(frame: Frame, space: str, *, premultiplied: bool) -> Picture:
    """A plate's frame as segmenters see it: sRGB in 0..1, without its alpha."""
    colours = colour_space(space)
    linear = colours.to_linear(frame.rgb)
    straight = unpremultiply(linear, frame.alpha) if premultiplied else linear
    return encode(colours.to_srgb_primaries(straight)).display


class PlateExamples:
    """The frames of one plate with Cryptomatte."""

    def __init__(self, path: Path, plate: Plate, recipe: SegmenterRecipe) -> None:
        self.path = path
        self.plate = plate
        self.recipe = recipe
        self.folder = path if path.is_dir() else path.parent

    @property
    def name(self) -> str:
        return str(self.path)

    def __len__(self) -> int:
        return len(self.plate.numbers)

    def fingerprint(self, index: int) -> str:
        return self.plate.fingerprint(self.plate.numbers[index])

    def read(self, index: int) -> Example:
        frame, layer = self.frame(index)
        found = [
            (label, partial(coverage_of, layer, frame.channels, ids))
            for label, rule in enumerate(self.recipe.classes)
            for ids in _objects(rule, layer, frame.channels)
        ]
        space = self.plate.colour_space or "Linear Rec.709"
        return make_example(
            f"{self.folder.name}/{frame.number}",
            network_view(frame, space, premultiplied=self.plate.scene_linear),
            found,
            network=self.recipe.network,
            least_area=self.recipe.least_area,
        )

    def frame(self, index: int) -> tuple[Frame, CryptomatteLayer]:
        """The frame with its Cryptomatte.

        Raises :class:`InputError` and :class:`UsageError` for a plate without the layer.
        """
        number = self.plate.numbers[index]
        frame = self.plate.read(number, extra=lambda name: is_layer_channel(name, self.recipe.layer))
        try:
            layers = list_layers(frame.header, frame.channels, self.folder)
            return frame, find_layer(layers, self.recipe.layer, self.plate.layer)
        except UsageError as error:
            raise UsageError(f"{self.path}: {error.problem}", remedy=error.remedy) from error


def open_plates(paths: Sequence[Path], recipe: SegmenterRecipe) -> list[PlateExamples]:
    """The plates of ``paths``: patterns, folders or files.

    Raises :class:`UsageError` for what can hold no Cryptomatte, :class:`InputError` for missing files.
    """
    found = []
    for path in paths:
        plate = open_plate(path)
        if not plate.scene_linear:
            plate.close()
            raise UsageError(
                f"{path} has no Cryptomatte", remedy="give multilayer EXR, or annotate it and give --annotations"
            )
        found.append(PlateExamples(path, plate, recipe))
    return found


def check_plates(plates: Sequence[PlateExamples], recipe: SegmenterRecipe) -> tuple[str, ...]:
    """Look for every class's names before anything is learnt; returns warnings.

    Raises :class:`UsageError` with the nearest names for a name that no plate has.
    """
    images: list[tuple[CryptomatteLayer, Mapping[str, NDArray[np.float32]]]] = []
    for plate in plates:
        chosen = np.unique(np.linspace(0, len(plate) - 1, min(len(plate), max(1, _CHECKED // len(plates)))).astype(int))
        for index in chosen.tolist():
            frame, layer = plate.frame(index)
            images.append((layer, frame.channels))
    warnings: list[str] = []
    for rule in recipe.classes:
        try:
            warnings += check_names(rule.names, images) if images else ()
        except UsageError as error:
            raise UsageError(f"class {rule.name!r}: {error.problem}", remedy=error.remedy) from error
    return tuple(warnings)


def _objects(
    rule: ClassRule, layer: CryptomatteLayer, channels: Mapping[str, NDArray[np.float32]]
) -> list[frozenset[int]]:
    """The ids of each object of a class in one frame."""
    wanted = ids_of(layer, rule.names)
    if not rule.each:
        return [wanted]
    found = [ids_of(layer, [_literal(name)]) for name in sorted(names_in(layer, channels))]
    return [ids for ids in found if ids and ids <= wanted]


def _literal(name: str) -> str:
    return name.replace("*", "\\*").replace("?", "\\?")
