"""Frames of an older version that a new one begins with, so that only what changed is made anew.

The backend knows by its manifest which frames are still what the recipe asks for; it
takes manifest and frames over as if they were its own. Frames that may have changed are
not taken, so that nothing old is shown in their place.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..sequencer.lent_plates import link
from ..sequencer.plan import Plate
from ..sequencer.versions import frame_name, is_movie

__all__ = ["same_look", "take_over"]

_RECORDS = ".brushpass"
_MOVIE_FRAMES = "frames"
"""In a movie's records: the frames that it is made of."""


def same_look(recipe: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two recipes make the same of the same plate, whatever part of it they style."""
    return _without_frames(recipe) == _without_frames(other)


def _without_frames(recipe: Mapping[str, Any]) -> dict[str, Any]:
    plate, output = dict(recipe["plate"]), dict(recipe["output"])
    plate.pop("frames", None)
    # They name the version.
    output.pop("path", None)
    output.pop("per_frame", None)
    return {**recipe, "plate": plate, "output": output}


def take_over(
    older: Path, folder: Path, plate: Plate, plate_folder: Path, *, styled: str, alone: bool, mattes: Sequence[str] = ()
) -> int:
    """Begin ``folder`` with the unchanged frames of ``older``; how many.

    A frame has changed where its plate, or a matte (patterns from the plate's folder), is
    newer than the styled frame. What follows it may depend on it, through the stabiliser,
    unless each frame stands ``alone``.
    """
    if (folder / _RECORDS).exists() or not (older / _RECORDS).is_dir():
        return 0
    # Of a movie it is not the file but its frames.
    frames = f"{_RECORDS}/{styled}/{_MOVIE_FRAMES}/frame.######.png" if is_movie(styled) else styled
    taken = []
    for number in range(plate.first, plate.last + 1):
        before = older / frame_name(frames, number)
        sources = [plate_folder / frame_name(pattern, number) for pattern in (plate.pattern, *mattes)]
        try:
            changed = max(source.stat().st_mtime_ns for source in sources) > before.stat().st_mtime_ns
        except FileNotFoundError:
            changed = True
        if not changed:
            taken.append(before)
        elif not alone:
            break
    if not taken:
        return 0
    # Copied, not linked: the backend appends to its manifest.
    shutil.copytree(older / _RECORDS, folder / _RECORDS, ignore=shutil.ignore_patterns(_MOVIE_FRAMES))
    for before in taken:
        target = folder / before.relative_to(older)
        target.parent.mkdir(parents=True, exist_ok=True)
        link(before, target)
    return len(taken)
