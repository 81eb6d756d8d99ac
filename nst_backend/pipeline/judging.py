"""A finished job, judged: stability against the shot's own motion, sharpness against its own unstabilised frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..contract.recipe import Recipe
from ..image.transfer import srgb_encode
from ..media.plate import Plate, open_plate
from ..metrics.report import EvaluatedFrame, SequenceReport, evaluate_sequence
from .motion import ShotMotion, object_ids
from .shot import Shot, open_shot
from .styling import region_weights
from .working import WorkingFrame

__all__ = ["evaluate_job"]

Array = NDArray[np.float32]
Flow = Literal["auto", "vector", "dis", "raft", "none"]


def evaluate_job(
    recipe: Recipe, *, base: Path, lags: Sequence[int] = (1, 5, 10), reporter: Reporter, flow: Flow | None = None
) -> SequenceReport:
    """Judge the frames that a recipe's job wrote, where they are styled.

    ``flow``: score with another flow than the recipe's (``vector`` to judge a
    film that was made with ``dis``). The unstabilised frames of
    ``output.per_frame`` are the reference for sharpness, where there are any.

    Raises :class:`InputError` where the job's frames are not there.
    """
    temporal = replace(
        recipe.temporal, flow=flow or recipe.temporal.flow, smoothing=max(recipe.temporal.smoothing, 0.5)
    )
    shot = open_shot(replace(recipe, temporal=temporal), base=base, reporter=reporter)
    motion = ShotMotion(shot, reporter)
    output = _open(shot, recipe.output.path)
    raw = _open(shot, recipe.output.per_frame) if recipe.output.per_frame else None
    numbers = [number for number in shot.numbers if number in set(output.numbers)]

    def frames() -> Iterator[EvaluatedFrame]:
        previous: WorkingFrame | None = None
        for index, number in enumerate(numbers):
            stop_if_cancelled(reporter)
            working = shot.read(number)
            weights = region_weights(shot, working)
            styled = [weights[entry.region.name] for entry in shot.regions if entry.painter is not None]
            yield EvaluatedFrame(
                output=_display(shot, output, number),
                plate=working.encoded.display,
                motion=motion.between(previous, working) if previous is not None else None,
                raw=_display(shot, raw, number) if raw is not None else None,
                ids=object_ids(working, shot.plate.matte_layer),
                where=np.asarray(sum(styled) > 0.5) if styled else None,
            )
            previous = working
            data = {"stage": "evaluate", "done": index + 1, "total": len(numbers), "frame": number}
            reporter.emit(Event(EventKind.PROGRESS, data))

    return evaluate_sequence(frames(), lags=lags)


def _open(shot: Shot, pattern: str) -> Plate:
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
