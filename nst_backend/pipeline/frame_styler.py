"""The frames of a shot, read and styled; one that cannot be is told, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType

from ..contract.errors import InputError
from ..contract.messages import Reporter, stop_if_cancelled
from .shot import Shot
from .styling import StyledFrame, style_frame
from .working import WorkingFrame

__all__ = ["FrameStyler"]


class FrameStyler:
    """Reads and prepares frames, the next of ``order`` in a thread while one is in work, and styles them.

    ``fault`` is told what is wrong with a frame, and may raise. ``styled`` are the
    frames that were painted, ``seconds`` the time of all by stage. A context manager.
    """

    def __init__(
        self, shot: Shot, reporter: Reporter, order: Sequence[int], fault: Callable[[int, InputError], None]
    ) -> None:
        self.shot = shot
        self.styled: list[int] = []
        self.seconds: dict[str, float] = {}
        self._reporter = reporter
        self.fault = fault
        self._next = dict(pairwise(order))
        self._reads = ThreadPoolExecutor(1, "read")
        self._ahead: tuple[int, Future[WorkingFrame]] | None = None

    def __enter__(self) -> FrameStyler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reads.shutdown(cancel_futures=True)

    def read(self, number: int) -> WorkingFrame | None:
        """The frame, ready to be styled; None where it is missing or unreadable."""
        stop_if_cancelled(self._reporter)
        started = time.perf_counter()
        future = self._ahead[1] if self._ahead is not None and self._ahead[0] == number else self._submit(number)
        following = self._next.get(number)
        self._ahead = None if following is None else (following, self._submit(following))
        try:
            working = future.result()
        except InputError as error:
            self.fault(number, error)
            return None
        self.count({"read": time.perf_counter() - started})
        return working

    def style(self, working: WorkingFrame) -> StyledFrame | None:
        """The frame's painting; None where its mattes, or frames whose tones it is painted in, are unreadable."""
        try:
            styled = style_frame(self.shot, working, self._reporter)
        except InputError as error:
            self.fault(working.number, error)
            return None
        self.styled.append(working.number)
        self.count(styled.seconds)
        return styled

    def count(self, seconds: Mapping[str, float]) -> None:
        """Add to the time that stages took."""
        for stage, value in seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + value

    def _submit(self, number: int) -> Future[WorkingFrame]:
        def read() -> WorkingFrame:
            if self.shot.missing([number]):
                raise InputError(f"frame {number} of the plate is missing", remedy="render it, then run the job again")
            return self.shot.working(self.shot.read_frame(number))

        return self._reads.submit(read)
