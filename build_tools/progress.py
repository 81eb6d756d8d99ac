"""Progress on a terminal as a bar with the time left, elsewhere as an occasional line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

__all__ = ["Bar", "format_bar", "format_duration", "time_left"]

_LINE_SECONDS = 15.0
_WIDTH = 28


def format_duration(seconds: float) -> str:
    """``8 s``, ``1 min 05 s``, ``2 h 03 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def time_left(done: float, total: float, elapsed: float) -> float | None:
    """Seconds that the rest will take at the pace so far; None before anything is done."""
    if done <= 0:
        return None
    return max(0.0, elapsed * (total - done) / done)


def format_bar(label: str, done: int, total: int, left: float | None) -> str:
    """One line: label, bar, count and the time left."""
    share = min(1.0, done / total) if total else 1.0
    filled = int(share * _WIDTH)
    bar = "█" * filled + "·" * (_WIDTH - filled)
    rest = "" if left is None or done >= total else f", {format_duration(left)} left"
    return f"{label} {bar} {done}/{total}{rest}"


class Bar:
    """Shows how far a task is; use it as a context manager.

    Work that was done before (``already``) counts towards the total but not
    towards the pace. Off a terminal a line is printed at the start, at the end
    and every fifteen seconds.
    """

    def __init__(
        self,
        label: str,
        total: int,
        *,
        already: int = 0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._total, self._already = label, total, already
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._started = clock()
        self._printed = float("-inf")
        self._done = already
        self._shown = 0

    def __enter__(self) -> Bar:
        self.update(self._already)
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            self._stream.write("\n")
            self._stream.flush()

    def update(self, done: int) -> None:
        """``done`` of the total are finished, those from before included."""
        self._done = done
        now = self._clock()
        finished = done >= self._total
        if not self._terminal and not finished and now - self._printed < _LINE_SECONDS:
            return
        self._printed = now
        left = time_left(done - self._already, self._total - self._already, now - self._started)
        self._write(format_bar(self._label, done, self._total, left))

    def _write(self, line: str) -> None:
        # A stream that cannot print the bar's characters shall not end the work.
        encoding = self._stream.encoding or "utf-8"
        line = line.encode(encoding, errors="replace").decode(encoding)
        if self._terminal:
            self._stream.write("\r" + line.ljust(self._shown))
            self._shown = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()
