"""The files that a shot is made from, and that no output may take the place of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..media.same_file import refuse_replacing
from ..media.sequence import FramePattern, is_pattern
from .optimising_painter import OptimisingPainter
from .shot import Shot

__all__ = ["plate_inputs", "refuse_inputs", "shot_inputs"]


def shot_inputs(shot: Shot) -> Iterator[Path]:
    """Plate, mattes, cameras and paintings, whether they are there or not; some more than once."""
    yield from plate_inputs(shot.base / shot.recipe.plate.path, shot.plate.numbers)
    if shot.recipe.plate.cameras is not None:
        yield shot.base / shot.recipe.plate.cameras
    for entry in shot.regions:
        for number in shot.numbers:
            yield from entry.matte.files(number)
        if isinstance(entry.painter, OptimisingPainter):
            yield from entry.painter.inputs()


def plate_inputs(plate: Path, numbers: Iterable[int]) -> Iterator[Path]:
    """The files of a plate at a path: all of a folder, a sequence's ``numbers``, or the one file."""
    if plate.is_dir():
        yield from plate.iterdir()
    elif is_pattern(plate) and not plate.is_file():
        yield from map(FramePattern.parse(plate).path, numbers)
    else:
        yield plate


def refuse_inputs(shot: Shot, outputs: Iterable[Path]) -> None:
    """Raise :class:`UsageError` where one of ``outputs`` is an input of the shot."""
    refuse_replacing(outputs, shot_inputs(shot))
