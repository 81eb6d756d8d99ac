"""Which frames a job styles, in which order, and where a history begins.

With a history a frame depends on those before it, back to where its start no
longer shows. So each frame that is asked for brings its preroll along, and
frames that touch make one run. With a window it depends on its neighbours alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..contract.recipe import TemporalOptions

__all__ = ["Run", "around", "dependence", "plan_runs", "windows"]


def dependence(temporal: TemporalOptions, *, follows: bool = False) -> Literal["none", "before", "around"]:
    """Which other frames a frame's picture is made from: none, all before it, or those around it.

    ``follows``: its painting starts from that of the frame before.
    """
    if temporal.smoothing <= 0 or temporal.flow == "none":
        return "before" if follows else "none"
    return "around" if temporal.mode == "window" else "before"


@dataclass(frozen=True)
class Run:
    """Neighbours in a shot, ascending, styled one after the other from no history.

    ``complete``: it begins where the shot does, so that its frames are those of the whole film.
    """

    frames: tuple[int, ...]
    complete: bool


def plan_runs(shot: Sequence[int], wanted: Sequence[int], preroll: int) -> list[Run]:
    """The runs that give ``wanted``, each frame of it with up to ``preroll`` frames of the ascending ``shot`` before.

    ``wanted`` is an ascending part of ``shot``.
    """
    places = {number: index for index, number in enumerate(shot)}
    spans: list[tuple[int, int]] = []
    for number in wanted:
        end = places[number] + 1
        start = max(0, end - 1 - preroll)
        if spans and start <= spans[-1][1]:
            start = spans.pop()[0]
        spans.append((start, end))
    return [Run(tuple(shot[start:end]), start == 0) for start, end in spans]


def around(number: int, radius: int, step: int) -> range:
    """The frame numbers of a window, ``number`` itself in the middle."""
    return range(number - radius * step, number + radius * step + 1, step)


def windows(shot: Sequence[int], wanted: Sequence[int], radius: int, step: int) -> tuple[int, ...]:
    """The frames of ``shot`` that the windows of ``wanted`` hold, ascending."""
    held = {other for number in wanted for other in around(number, radius, step)}
    return tuple(number for number in shot if number in held)
