"""Which frames a job styles, in which order, and where a history begins.

With smoothing a frame depends on those before it, back to where its start no
longer shows. So each frame that is asked for brings its preroll along, and
frames that touch make one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Run", "plan_runs"]


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
