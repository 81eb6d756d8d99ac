"""One frame of a shot, quickly: what the recipe will give, before the film is made."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..contract.frames import FrameRange
from ..contract.messages import Reporter
from ..contract.recipe import Recipe
from ..image.alpha import unpremultiply
from ..image.transfer import srgb_encode
from ..styles.library import StyleLibrary
from ..temporal.preroll import preroll_frames
from ..temporal.window import RADIUS
from .frame_styler import FrameStyler
from .inputs import refuse_inputs
from .passage import around_each, one_by_one
from .plan import dependence, windows
from .shot import Shot, open_shot
from .stabilising import ShotStabiliser, Stabilised, frame_step
from .styling import finish, style_frame

__all__ = ["Preview", "preview_frame", "preview_shot", "shown", "sized"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Preview:
    """A previewed frame.

    ``picture`` and ``plate``: ``(H, W, 3)`` display-referred, straight; ``alpha``:
    ``(H, W)`` or None. ``mattes``: each region's weight by name. ``prerolled``: frames styled for the stabiliser
    beside it; 0 means that it stands as painted. ``notes``: sentences.
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

    With ``preroll`` the frames before it, or with a window those around it, are styled
    as well, so that it is stabilised as in the film; without, it stands as painted and a note says so.

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
    if number not in shot.plate.numbers:
        raise InputError(f"the plate has no frame {number}", remedy=f"give one of {FrameRange.of(shot.plate.numbers)}")
    others = _others(shot, number)
    if preroll and others:
        made, count = _in_film(shot, number, others, reporter)
    else:
        styled = style_frame(shot, shot.read(number), reporter)
        made, count = Stabilised(styled, None, None), 0
    notes = list(shot.warnings)
    if others and not preroll:
        notes.append("not stabilised: a single frame without preroll; the film is smoother")
    picture, _ = finish(shot, made.styled, made.picture)
    working = made.styled.working
    return Preview(
        picture=shown(shot, picture, working.alpha),
        plate=shown(shot, working.stored, working.alpha),
        alpha=working.alpha,
        mattes=made.styled.weights,
        prerolled=count,
        notes=tuple(notes),
    )


def _others(shot: Shot, number: int) -> Sequence[int]:
    """The frames that one is stabilised by in the film, as far as the plate has them."""
    temporal, depends = shot.recipe.temporal, dependence(shot.recipe.temporal, follows=shot.follows)
    there = [other for other in shot.numbers if other in shot.plate.numbers and other != number]
    if depends == "around":
        return windows(there, [number], RADIUS, frame_step(shot.numbers))
    count = preroll_frames(temporal.smoothing) if temporal.preroll == "auto" else int(temporal.preroll)
    before = [other for other in there if other < number]
    return before[-count:] if depends == "before" and count else []


def _in_film(shot: Shot, number: int, others: Sequence[int], reporter: Reporter) -> tuple[Stabilised, int]:
    """A frame as its film has it, and how many others were styled for it."""
    order = sorted({number, *others})
    window = dependence(shot.recipe.temporal, follows=shot.follows) == "around"

    def fault(other: int, error: InputError) -> None:
        # A window goes without a frame that cannot be had, and so does the film.
        if other == number or not window:
            raise error

    with FrameStyler(shot, reporter, order, fault) as styler:
        if window:
            frames = around_each(styler, order, [number], reporter)
        else:
            stabiliser = ShotStabiliser(shot, reporter, step=frame_step(shot.numbers))
            frames = one_by_one(styler, stabiliser, order, {}, reporter)
        (last,) = deque(frames, maxlen=1)
    return last, len(styler.styled) - 1
