"""The frames of a shot, read and styled; one that cannot be is told, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from ..contract.errors import InputError
from ..contract.messages import Reporter, stop_if_cancelled
from ..engines.threads import beside_painters, side_by_side
from .following import Following, FramePaintings
from .painter import Painter
from .shot import Shot
from .styling import Painted, Prepared, StyledFrame, compose, paint, prepare
from .working import WorkingFrame

__all__ = ["FrameStyler"]


# Larger frames are painted in turn, for want of memory.
_MOST_PIXELS = 1 << 21


class FrameStyler:
    """Reads frames, and paints them; those that follow in ``order`` are read and painted in threads meanwhile.

    ``fault`` is told what is wrong with a frame, and may raise. ``styled`` are the
    frames that were painted, ``seconds`` the time of all by stage; stages overlap.
    ``starts``: as of :class:`.following.Following`.
    A context manager.
    """

    def __init__(
        self,
        shot: Shot,
        reporter: Reporter,
        order: Sequence[int],
        fault: Callable[[int, InputError], None],
        starts: Mapping[int, FramePaintings | None] | None = None,
    ) -> None:
        self.shot = shot
        self.styled: list[int] = []
        self.seconds: dict[str, float] = {}
        self._reporter = reporter
        self.fault = fault
        self._order = tuple(order)
        self._places = {number: place for place, number in enumerate(self._order)}
        # Frames that start from one another are painted in their order, by one thread.
        self._following = Following(shot, reporter, starts) if shot.follows else None
        self._reader = ThreadPoolExecutor(1, "read")
        self._painters = _painters(shot, len(self._order))
        self._painter = ThreadPoolExecutor(self._painters, "paint", side_by_side, (self._painters,))
        self._sharing = ExitStack()
        self._begun: set[int] = set()
        self._measured: set[int] = set()
        self._reads: dict[int, Future[_Read]] = {}
        self._prepared: dict[int, Future[Prepared]] = {}
        self._painted: dict[int, Future[Painted]] = {}

    def __enter__(self) -> FrameStyler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.shutdown(wait=False, cancel_futures=True)
        self._painter.shutdown(cancel_futures=True)
        self._reader.shutdown()
        self._sharing.close()

    def read(self, number: int) -> WorkingFrame | None:
        """The frame, ready to be styled; None where it is missing or unreadable. Meanwhile those after it are begun.

        Each frame is asked for once.
        """
        stop_if_cancelled(self._reporter)
        self._pass_over_before(number)
        self._go_ahead(number)
        try:
            read = self._reads.pop(number).result()
        except InputError as error:
            del self._painted[number]
            self.fault(number, error)
            return None
        self.count({"read": read.seconds})
        return read.working

    def style(self, working: WorkingFrame) -> StyledFrame | None:
        """The painting of a frame that was read; None where its mattes or the tones it is painted in are unreadable."""
        stop_if_cancelled(self._reporter)
        try:
            painted = self._painted.pop(working.number).result()
        except InputError as error:
            self.fault(working.number, error)
            return None
        styled = compose(self.shot, painted)
        self.styled.append(working.number)
        self.count(styled.seconds)
        return styled

    def leave_out(self, working: WorkingFrame) -> None:
        """Let go of a frame that was read and is not going to be styled."""
        self._painted.pop(working.number).cancel()

    def count(self, seconds: Mapping[str, float]) -> None:
        """Add to the time that stages took."""
        for stage, value in seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + value

    def _from(self, number: int, count: int) -> Sequence[int]:
        """The frame and those after it in the order."""
        place = self._places.get(number)
        return (number,) if place is None else self._order[place : place + count]

    def _pass_over_before(self, number: int) -> None:
        """Let go of frames before this one that were begun and that nobody asked for: windows end at cuts."""
        place = self._places.get(number, 0)
        for passed in [other for other in self._reads if self._places.get(other, place) < place]:
            del self._reads[passed]
            (self._painted.pop(passed, None) or self._prepared.pop(passed)).cancel()

    def _go_ahead(self, number: int) -> None:
        """Begin the frame and those after it, as far as there are hands for them."""
        if self._painters > 1 and not self._painted:
            self._sharing.enter_context(beside_painters())
        for ahead in self._from(number, self._painters + 2):
            if ahead not in self._begun:
                self._begun.add(ahead)
                self._reads[ahead] = self._reader.submit(self._read, ahead)
                self._prepared[ahead] = self._reader.submit(self._prepare, self._reads[ahead])
        for ahead in self._from(number, self._painters + 1):
            if ahead in self._prepared:
                self._measure_for(self._from(ahead, 2))
                self._painted[ahead] = self._painter.submit(self._paint, self._prepared.pop(ahead))

    def _measure_for(self, numbers: Sequence[int]) -> None:
        """Measure the tones that these frames are painted in before their painters would wait for one another."""
        for number in numbers:
            painters = _painting(self.shot, number)
            for anchor in sorted({anchor for painter in painters for anchor in painter.measured_on(number)}):
                if anchor not in self._measured:
                    self._measured.add(anchor)
                    self._painter.submit(_measure, painters, anchor)

    def _read(self, number: int) -> _Read:
        started = time.perf_counter()
        if self.shot.missing([number]):
            raise InputError(f"frame {number} of the plate is missing", remedy="render it, then run the job again")
        working = self.shot.working(self.shot.read_frame(number))
        return _Read(working, time.perf_counter() - started)

    def _prepare(self, read: Future[_Read]) -> Prepared:
        return prepare(self.shot, read.result().working)

    def _paint(self, prepared: Future[Prepared]) -> Painted:
        return paint(self.shot, prepared.result(), self._reporter, self._following)


@dataclass(frozen=True, slots=True)
class _Read:
    working: WorkingFrame
    seconds: float


def _painting(shot: Shot, number: int) -> list[Painter]:
    """The networks of the regions that show in a frame, if their mattes do."""
    regions = [entry for entry in shot.regions if entry.region.strength.at(number) > 0.0]
    return [entry.painter for entry in regions if isinstance(entry.painter, Painter)]


def _measure(painters: Sequence[Painter], anchor: int) -> None:
    """Have an anchor frame measured by all that it counts for; what cannot be is told when its frames are painted."""
    for painter in painters:
        if anchor in painter.measured_on(anchor):
            painter.shot.anchor(anchor)


def _painters(shot: Shot, frames: int) -> int:
    """How many of so many frames are painted at once; one alone has every core."""
    large = shot.size[0] * shot.size[1] > _MOST_PIXELS
    # What is optimised may start from the frame before, and uses every core.
    networks = all(region.painter is None or isinstance(region.painter, Painter) for region in shot.regions)
    return 2 if frames > 1 and networks and not large and shot.device.type == "cpu" else 1
