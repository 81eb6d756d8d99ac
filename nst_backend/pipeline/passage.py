"""The two ways through a shot: frame after frame with a history, and each frame with those around it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..contract.errors import InputError
from ..contract.messages import Event, EventKind, Reporter
from ..temporal.state import History
from .frame_styler import FrameStyler
from .shot_window import ShotWindow
from .stabilising import ShotStabiliser, Stabilised
from .styling import StyledFrame
from .working import WorkingFrame

__all__ = ["around_each", "one_by_one"]


def one_by_one(
    styler: FrameStyler,
    stabiliser: ShotStabiliser | None,
    order: Sequence[int],
    starts: Mapping[int, History | None],
    reporter: Reporter,
) -> Iterator[Stabilised]:
    """The frames of ``order``, each stabilised by the one before; those that cannot be made are left out.

    Without ``stabiliser`` they stand as painted. ``starts``: the frames at which the
    history is replaced by that after an earlier one, or by none.
    """
    progress = _Progress(reporter, order)
    previous: WorkingFrame | None = None
    for number in order:
        if stabiliser is not None and number in starts:
            history = starts[number]
            previous = None if history is None else _recalled(styler, history.number)
            stabiliser.history = None if previous is None else history
        working = styler.read(number)
        styled = None if working is None else styler.style(working)
        stabilised = None
        if working is not None and styled is not None:
            stabilised = _after(styler, stabiliser, previous, working, styled)
        if stabilised is not None:
            yield stabilised
        previous = None if stabilised is None else working
        progress.settle([number], number)


def around_each(
    styler: FrameStyler, order: Sequence[int], wanted: Sequence[int], reporter: Reporter
) -> Iterator[Stabilised]:
    """The frames ``wanted``, each stabilised by its neighbours; those that cannot be made are left out.

    ``order``: the frames that their windows hold.
    """
    progress = _Progress(reporter, order)
    with ThreadPoolExecutor(2, "side") as sides:
        window = ShotWindow(styler, reporter, wanted, lambda number: progress.settle([number], number), sides.map)
        for number in wanted:
            stabilised = window.frame(number)
            if stabilised is not None:
                yield stabilised
            # Behind it nothing is going to be painted any more; at the end nothing at all.
            last = number == wanted[-1]
            progress.settle([other for other in order if last or other <= number], number)


def _recalled(styler: FrameStyler, number: int) -> WorkingFrame | None:
    """The frame that a history belongs to; None where its plate has gone since."""
    try:
        return styler.shot.read(number)
    except InputError as error:
        styler.fault(number, error)
        return None


def _after(
    styler: FrameStyler,
    stabiliser: ShotStabiliser | None,
    previous: WorkingFrame | None,
    working: WorkingFrame,
    styled: StyledFrame,
) -> Stabilised | None:
    if stabiliser is None:
        return Stabilised(styled, None, None)
    try:
        stabilised = stabiliser.step(previous, working, styled)
    except InputError as error:
        styler.fault(working.number, error)
        return None
    styler.count(stabilised.seconds)
    return stabilised


class _Progress:
    """Tells how many of a job's frames are settled: painted, failed, or not needed after all."""

    def __init__(self, reporter: Reporter, frames: Collection[int]) -> None:
        self._reporter = reporter
        self._total = len(frames)
        self._left = set(frames)
        self._clock = time.perf_counter()

    def settle(self, numbers: Collection[int], frame: int) -> None:
        if self._left.isdisjoint(numbers):
            return
        self._left.difference_update(numbers)
        now = time.perf_counter()
        seconds, self._clock = now - self._clock, now
        data = {"stage": "style", "done": self._total - len(self._left), "total": self._total, "frame": frame}
        self._reporter.emit(Event(EventKind.PROGRESS, {**data, "seconds": seconds}))
