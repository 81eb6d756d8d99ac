"""What a recipe asks of its plate: which layers, which frames, in which colour space."""

from __future__ import annotations

from pathlib import Path

from ..contract.errors import InputError
from ..contract.frames import FrameRange
from ..contract.recipe import PlateOptions, Recipe
from ..image.spaces import ColourSpace, colour_space
from ..media.plate import Plate, open_plate

__all__ = ["open_recipe_plate", "recipe_frames", "recipe_space"]


def open_recipe_plate(options: PlateOptions, base: Path | None) -> Plate:
    """The plate with the layers that a recipe names; raises what :func:`open_plate` does."""
    return open_plate(
        options.path,
        layer=options.layer,
        motion_layer=options.motion_layer,
        matte_layer=options.matte_layer,
        base=base,
    )


def recipe_frames(recipe: Recipe, plate: Plate) -> tuple[int, ...]:
    """The shot's frames: those that the recipe asks for, whether the plate has each or not, or all of the plate's.

    Raises :class:`InputError` where the plate has none of them.
    """
    if recipe.plate.frames is None:
        numbers = tuple(plate.numbers)
    else:
        numbers = FrameRange.parse(recipe.plate.frames, "plate.frames").numbers
    if not numbers:
        raise InputError(f"{recipe.plate.path} has no frames", remedy="check plate.path")
    if not set(numbers) & set(plate.numbers):
        there = FrameRange.of(plate.numbers)
        raise InputError(
            f"plate.frames is {recipe.plate.frames}, but the plate has {there}", remedy="give frames that are there"
        )
    return numbers


def recipe_space(recipe: Recipe, plate: Plate) -> ColourSpace:
    """The plate's colour space: as the recipe says, else as the files say, else what is usual for their kind.

    Raises :class:`UsageError` for a space that the configuration lacks.
    """
    given = recipe.plate.colour_space or plate.colour_space
    if given is not None:
        return colour_space(given)
    return colour_space("Linear Rec.709" if plate.scene_linear else "sRGB")
