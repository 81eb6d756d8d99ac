"""Finished frames ready to be judged, along the plate's own motion: those of a job, or of any sequence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..contract.recipe import VERSION, Recipe
from ..image.transfer import srgb_encode
from ..image.warp import BoolArray
from ..media.plate import Plate, open_plate
from ..metrics.report import EvaluatedFrame
from ..styles.library import LibraryStyle
from .motion import ShotMotion, object_ids
from .painter import Painter
from .shared_frames import shared_frames
from .shot import Shot, open_shot
from .styling import region_weights
from .working import WorkingFrame

__all__ = ["Flow", "Judged", "judged_job", "judged_sequences"]

Array = NDArray[np.float32]
Flow = Literal["auto", "vector", "dis", "raft", "none"]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What is judged.

    ``numbers``: the frames, at least two. ``frames`` reads them in order, once a call. ``styles``: those that painted
    them, where that is known. ``paths``: plate, unstabilised frames where there are any, and result, relative to
    ``base``; ``space`` is the plate's colour space where the recipe names it.
    """

    numbers: tuple[int, ...]
    frames: Callable[[], Iterator[EvaluatedFrame]]
    paths: tuple[str, ...]
    base: Path
    styles: tuple[LibraryStyle, ...] = ()
    space: str | None = None


def judged_job(
    recipe: Recipe, *, base: Path, reporter: Reporter, flow: Flow | None = None, frames: str | None = None
) -> Judged:
    """The frames that a recipe's job wrote; what counts is where they are styled.

    ``flow``: score with another flow than the recipe's (``vector`` to judge a
    film that was made with ``dis``). The unstabilised frames of
    ``output.per_frame`` are the reference for sharpness, where there are any.
    ``frames``: a range, of all.

    Raises :class:`InputError` where the job's frames are not there, or have another size than the recipe says.
    """
    temporal = replace(
        recipe.temporal, flow=flow or recipe.temporal.flow, smoothing=max(recipe.temporal.smoothing, 0.5)
    )
    shot = open_shot(replace(recipe, temporal=temporal), base=base, reporter=reporter)
    output = _finished(shot, recipe.output.path)
    raw = _finished(shot, recipe.output.per_frame) if recipe.output.per_frame else None
    numbers = _compared([shot.numbers, output.numbers, *([raw.numbers] if raw is not None else [])], frames)

    def where(working: WorkingFrame) -> BoolArray | None:
        weights = region_weights(shot, working)
        styled = [weights[entry.region.name] for entry in shot.regions if entry.painter is not None]
        return np.asarray(sum(styled) > 0.5) if styled else None

    def read() -> Iterator[EvaluatedFrame]:
        return _along(
            shot,
            numbers,
            lambda number: _display(shot, output, number),
            None if raw is None else lambda number: _display(shot, raw, number),
            where,
            reporter,
        )

    painters = [entry.painter for entry in shot.regions if isinstance(entry.painter, Painter)]
    return Judged(
        numbers=numbers,
        frames=read,
        paths=tuple(filter(None, (recipe.plate.path, recipe.output.per_frame, recipe.output.path))),
        base=base,
        styles=tuple({painter.style.card.name: painter.style for painter in painters}.values()),
        space=recipe.plate.colour_space,
    )


def judged_sequences(
    styled: str,
    plate: str,
    *,
    raw: str | None = None,
    layers: Mapping[str, str | None] | None = None,
    base: Path,
    flow: Flow = "auto",
    frames: str | None = None,
    reporter: Reporter,
) -> Judged:
    """Any sequence or video beside the plate that it was made from, all brought to the size of ``styled``.

    ``layers``: the plate's ``layer``, ``motion_layer`` and ``matte_layer``, as in a recipe. ``raw``: the same frames
    before stabilising. ``frames``: a range, of those that all have.

    Raises :class:`InputError` for what is missing, :class:`UsageError` where fewer than two frames can be compared.
    """
    result = _open(styled, {}, flow, None, base, reporter)
    size = f"{result.size[0]}x{result.size[1]}"
    source = _open(plate, layers or {}, flow, size, base, reporter)
    before = None if raw is None else _open(raw, {}, flow, size, base, reporter)
    numbers = _compared([shot.numbers for shot in (result, source, before) if shot is not None], frames)

    def read() -> Iterator[EvaluatedFrame]:
        return _along(
            source,
            numbers,
            lambda number: result.read(number).encoded.display,
            None if before is None else lambda number: before.read(number).encoded.display,
            lambda working: None,
            reporter,
        )

    return Judged(numbers=numbers, frames=read, paths=tuple(filter(None, (plate, raw, styled))), base=base)


def _along(
    shot: Shot,
    numbers: Sequence[int],
    output: Callable[[int], Array],
    raw: Callable[[int], Array] | None,
    where: Callable[[WorkingFrame], BoolArray | None],
    reporter: Reporter,
) -> Iterator[EvaluatedFrame]:
    """Each frame with its motion from the one before, the pictures as a network sees the plate."""
    motion = ShotMotion(shot, reporter)
    previous: WorkingFrame | None = None
    for done, number in enumerate(numbers, 1):
        stop_if_cancelled(reporter)
        working = shot.read(number)
        yield EvaluatedFrame(
            output=output(number),
            plate=working.encoded.display,
            motion=motion.between(previous, working) if previous is not None else None,
            raw=raw(number) if raw is not None else None,
            ids=object_ids(working, shot.plate.matte_layer),
            where=where(working),
            number=number,
        )
        previous = working
        data = {"stage": "evaluate", "done": done, "total": len(numbers), "frame": number}
        reporter.emit(Event(EventKind.PROGRESS, data))


def _open(
    path: str, layers: Mapping[str, str | None], flow: str, size: str | None, base: Path, reporter: Reporter
) -> Shot:
    """A sequence through the pipeline's own reading and colour, with nothing styled."""
    data = {
        "version": VERSION,
        "plate": {**layers, "path": os.path.abspath(base / path)},
        "regions": [{"name": "plate", "matte": {"everything": {}}, "style": None}],
        "temporal": {"flow": flow, "smoothing": 0.5},
        "output": {"path": "unused.####.exr", "size": size},
    }
    return open_shot(Recipe.from_json(data), base=base, reporter=reporter)


def _compared(sequences: Sequence[Sequence[int]], asked: str | None) -> tuple[int, ...]:
    """The frames that all have, or those of ``asked``; at least two."""
    numbers = shared_frames(sequences, None if asked is None else FrameRange.parse(asked, "--frames"))
    if len(numbers) < 2:
        raise UsageError("fewer than two frames can be compared", remedy="give sequences with the same frame numbers")
    return numbers


def _finished(shot: Shot, pattern: str) -> Plate:
    plate = open_plate(pattern, base=shot.base)
    if plate.size != shot.size:
        raise InputError(
            f"the result is {plate.size[0]}x{plate.size[1]}, the recipe says {shot.size[0]}x{shot.size[1]}",
            remedy="run the job again",
        )
    return plate


def _display(shot: Shot, plate: Plate, number: int) -> Array:
    """A finished frame as the network saw the plate: clipped to the display's range."""
    rgb = plate.read(number).rgb
    if plate.scene_linear:
        rgb = srgb_encode(shot.space.to_srgb_primaries(rgb))
    return np.clip(rgb, 0.0, 1.0).astype(np.float32)
