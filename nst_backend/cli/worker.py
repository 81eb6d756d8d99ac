"""The work runs in a thread of its own, so that Ctrl-C is heard at once.

A signal is delivered to Python between two bytecodes of the main thread. Were
that thread inside a long convolution, nothing would happen until it returned.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from ..contract.errors import CancelledByUser, ExitCode

__all__ = ["WorkAbandoned", "run_cancellable"]

# Signals interrupt an untimed wait on POSIX but not on Windows.
POLL_SECONDS = 0.2
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


class WorkAbandoned(CancelledByUser):
    """The work was told to stop and has not: the process has to end without it, by ``os._exit``."""


def run_cancellable(work: Callable[[], int], cancel: Callable[[], None], *, patience: float | None = None) -> int:
    """Run ``work`` in a thread and return what it returns, or raise what it raises.

    The first interrupt (Ctrl-C, SIGTERM) calls ``cancel`` once, after which the
    work has ``patience`` seconds to end, all it wants for None; the second ends
    the process with :attr:`ExitCode.CANCELLED` on the spot. Files are written
    atomically, so that even then none is torn.

    Raises :class:`WorkAbandoned` where patience has run out.
    """
    results: list[int] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, name="nst-work", daemon=True)
    with _interrupts(cancel) as asked:
        thread.start()
        told: float | None = None
        while thread.is_alive():
            thread.join(POLL_SECONDS)
            told = time.monotonic() if told is None and asked.is_set() else told
            if told is not None and patience is not None and time.monotonic() - told > patience and thread.is_alive():
                raise WorkAbandoned("cancelled", remedy="run it again to resume: finished frames are kept")
    if errors:
        raise errors[0]
    return results[0]


@contextlib.contextmanager
def _interrupts(cancel: Callable[[], None]) -> Iterator[threading.Event]:
    """Listens to interrupts while the block runs; the event is set by the first."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            os._exit(ExitCode.CANCELLED)
        asked.set()
        cancel()
        # Not print: a handler must not wait for a lock that the interrupted code holds.
        with contextlib.suppress(OSError):
            os.write(2, b"\nnst: stopping after this step; once more stops at once\n")

    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
