"""One frame of a shot, quickly: what the recipe will give, before the film is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..contract.frames import FrameRange
from ..contract.messages import Reporter, stop_if_cancelled
from ..contract.recipe import Recipe
from ..image.alpha import unpremultiply
from ..image.transfer import srgb_encode
from ..styles.library import StyleLibrary
from ..temporal.preroll import preroll_frames
from .inputs import refuse_inputs
from .shot import Shot, open_shot
from .stabilising import ShotStabiliser
from .styling import finish, style_frame
from .working import WorkingFrame

__all__ = ["Preview", "preview_frame", "preview_shot", "shown", "sized"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Preview:
    """A previewed frame.

    ``picture`` and ``plate``: ``(H, W, 3)`` display-referred, straight; ``alpha``:
    ``(H, W)`` or None. ``mattes``: each region's weight by name. ``prerolled``: frames styled before it for the
    stabiliser; 0 means that it stands as painted. ``notes``: sentences.
    """

    picture: Array
    plate: Array
    alpha: Array | None
    mattes: Mapping[str, Array]
    prerolled: int
    notes: tuple[str, ...]


def shown(shot: Shot, stored: Array, alpha: Array | None) -> Array:
    """A stored picture as a screen shows it: straight, sRGB-encoded, 0..1."""
    if not shot.plate.scene_linear:
        return np.clip(stored, 0.0, 1.0)
    straight = shot.space.to_srgb_primaries(unpremultiply(shot.space.to_linear(stored), alpha))
    return np.clip(srgb_encode(straight), 0.0, 1.0)


def preview_frame(
    recipe: Recipe,
    *,
    base: Path,
    number: int,
    size: str | None = None,
    preroll: bool = False,
    output: Path | None = None,
    reporter: Reporter,
    library: StyleLibrary | None = None,
) -> Preview:
    """Style one frame, reduced to ``size`` if given.

    With ``preroll`` the frames before it are styled as well, so that it is
    stabilised as in the film; without, it stands as painted and a note says so.

    ``output``: where the caller will write it, refused if the shot is made from what is there.

    Raises :class:`InputError` for a frame that the plate does not have.
    """
    shot = open_shot(sized(recipe, size), base=base, reporter=reporter, library=library)
    refuse_inputs(shot, [] if output is None else [output])
    return preview_shot(shot, number, preroll=preroll, reporter=reporter)


def sized(recipe: Recipe, size: str | None) -> Recipe:
    """The recipe with frames of ``size``, or as it is for None."""
    if size is None:
        return recipe
    return replace(recipe, output=replace(recipe.output, size=size, keep_channels=False))


def preview_shot(shot: Shot, number: int, *, preroll: bool = False, reporter: Reporter) -> Preview:
    """As :func:`preview_frame`, for a shot that is open at the size of the preview."""
    recipe = shot.recipe
    if number not in shot.plate.numbers:
        raise InputError(f"the plate has no frame {number}", remedy=f"give one of {FrameRange.of(shot.plate.numbers)}")
    smoothing = recipe.temporal.smoothing
    before = [other for other in shot.numbers if other < number and other in shot.plate.numbers]
    count = preroll_frames(smoothing) if recipe.temporal.preroll == "auto" else int(recipe.temporal.preroll)
    order = [*(before[-count:] if preroll and smoothing > 0 and count else []), number]
    stabiliser = ShotStabiliser(shot, reporter)
    previous: WorkingFrame | None = None
    for other in order:
        stop_if_cancelled(reporter)
        working = shot.read(other)
        styled = style_frame(shot, working, reporter)
        stabilised = stabiliser.step(previous, styled)[0] if len(order) > 1 else None
        previous = working
    notes = list(shot.warnings)
    if smoothing > 0 and len(order) == 1 and before:
        notes.append("not stabilised: a single frame without preroll; the film is smoother")
    picture, _ = finish(shot, styled, stabilised)
    return Preview(
        picture=shown(shot, picture, working.alpha),
        plate=shown(shot, working.stored, working.alpha),
        alpha=working.alpha,
        mattes=styled.weights,
        prerolled=len(order) - 1,
        notes=tuple(notes),
    )
