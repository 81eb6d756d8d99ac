"""Ctrl-C and SIGTERM while Blender renders.

Blender returns to Python too seldom for a signal handler, and its own answer to Ctrl-C is
lost where another one is set. So a thread hears the signal and acts at once, unless files are being written.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, NoReturn

from ..compositor.bridge.failing import leave
from ..contract.errors import ExitCode

__all__ = ["Interrupts", "end_cancelled"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Within it a signal calls ``act`` in a thread of its own; main thread."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._busy = threading.Lock()
        self._held = False
        self._before: dict[signal.Signals, Any] = {}

    def hold(self) -> None:
        """From here on signals wait for :meth:`release`."""
        if not self._held:
            self._held = self._busy.acquire()

    def release(self) -> None:
        """Let signals act again."""
        if self._held:
            self._held = False
            self._busy.release()

    def __enter__(self) -> Interrupts:
        heard, written = os.pipe()
        os.set_blocking(written, False)
        self._ends = (heard, written)
        self._before = {number: signal.signal(number, _nothing) for number in _SIGNALS}
        self._old_fd = signal.set_wakeup_fd(written, warn_on_full_buffer=False)
        threading.Thread(target=self._listen, args=(heard,), name="brushpass signals", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        signal.set_wakeup_fd(self._old_fd)
        for number, handler in self._before.items():
            if handler is not None:
                signal.signal(number, handler)
        # The thread reads the end of the pipe.
        os.close(self._ends[1])

    def _listen(self, heard: int) -> None:
        while os.read(heard, 1):
            with self._busy:
                self._act()
        os.close(heard)


def end_cancelled() -> NoReturn:
    """For a command that writes nothing before its end."""
    print("Brushpass: cancelled", file=sys.stderr, flush=True)
    leave(ExitCode.CANCELLED, None)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Only signals with a handler of Python's reach the thread."""
