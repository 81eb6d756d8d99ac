"""The window stabiliser on the frames of a shot: reads and paints what the windows hold, each frame once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TypeVar

from ..contract.errors import InputError
from ..contract.messages import Event, EventKind, Reporter
from ..flow.source import Motion
from ..temporal.options import StabiliserOptions
from ..temporal.window import RADIUS, Together, WindowFrame, WindowPainting, WindowStabiliser
from .frame_styler import FrameStyler
from .motion import ShotMotion, object_ids
from .stabilising import Stabilised, frame_step
from .styling import StyledFrame
from .working import WorkingFrame

__all__ = ["ShotWindow"]

Found = TypeVar("Found")


class ShotWindow:
    """Stabilises the frames ``asked`` of the styler's shot, in ascending order.

    Of a frame that only leads to others no more is kept than they need, and
    nothing once no window holds it. ``painted`` is called after each painting;
    ``together``: as of :class:`~nst_backend.temporal.window.WindowStabiliser`.
    """

    def __init__(
        self,
        styler: FrameStyler,
        reporter: Reporter,
        asked: Collection[int],
        painted: Callable[[int], None],
        together: Together,
    ) -> None:
        shot = styler.shot
        self._styler = styler
        self._reporter = reporter
        self._asked = frozenset(asked)
        self._painted = painted
        self._numbers = frozenset(shot.numbers)
        self._motion = ShotMotion(shot, reporter)
        self._matte_layer = shot.plate.matte_layer
        options = StabiliserOptions(smoothing=shot.recipe.temporal.smoothing, step=frame_step(shot.numbers))
        look, paint = self._timed(self._look), self._timed(self._paint)
        self._stabiliser = WindowStabiliser(look, paint, options, together=together)
        self._reach = RADIUS * options.step
        self._previous: WorkingFrame | None = None
        self._unpainted: dict[int, WorkingFrame] = {}
        self._styled: dict[int, StyledFrame] = {}
        self._elsewhere = 0.0

    def frame(self, number: int) -> Stabilised | None:
        """The frame after the stabiliser; None where it cannot be read or styled."""
        for old in [old for old in self._unpainted if old < number - self._reach]:
            self._styler.leave_out(self._unpainted.pop(old))
        self._elsewhere, started = 0.0, time.perf_counter()
        made = self._stabiliser.frame(number)
        self._styler.count({"stabilise": time.perf_counter() - started - self._elsewhere})
        if made is None:
            return None
        return Stabilised(self._styled.pop(number), None if made.reset is not None else made.picture, made.reset)

    def _timed(self, work: Callable[[int], Found]) -> Callable[[int], Found]:
        """``work``, whose time is not the stabiliser's."""

        def timed(number: int) -> Found:
            started = time.perf_counter()
            try:
                return work(number)
            finally:
                self._elsewhere += time.perf_counter() - started

        return timed

    def _look(self, number: int) -> WindowFrame | None:
        if number not in self._numbers:
            return None
        working = self._styler.read(number)
        if working is None:
            return None
        started = time.perf_counter()
        motion = self._between(self._previous, working)
        self._styler.count({"flow": time.perf_counter() - started})
        self._previous = self._unpainted[number] = working
        ids = object_ids(working, self._matte_layer)
        return WindowFrame(number=number, plate=working.encoded.display, motion=motion, ids=ids)

    def _between(self, previous: WorkingFrame | None, working: WorkingFrame) -> Motion | None:
        if previous is None or previous.number != working.number - self._stabiliser.options.step:
            return None
        try:
            return self._motion.between(previous, working)
        except InputError as error:
            # The two frames stand, but apart: a frame that failed here would do so in some chunks only.
            data = {"problem": error.problem, "remedy": error.remedy, "frame": working.number}
            self._reporter.emit(Event(EventKind.WARNING, data))
            return None

    def _paint(self, number: int) -> WindowPainting | None:
        styled = self._styler.style(self._unpainted.pop(number))
        if styled is None:
            return None
        self._painted(number)
        if number in self._asked:
            self._styled[number] = styled
        return WindowPainting(styled.mix.display(), styled.mix.weight)
