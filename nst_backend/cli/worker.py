"""The work runs in a thread of its own, so that Ctrl-C is heard at once.

A signal is delivered to Python between two bytecodes of the main thread. Were
that thread inside a long convolution, nothing would happen until it returned.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from ..contract.errors import ExitCode

__all__ = ["run_cancellable"]

# Signals interrupt an untimed wait on POSIX but not on Windows.
POLL_SECONDS = 0.2
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


def run_cancellable(work: Callable[[], int], cancel: Callable[[], None]) -> int:
    """Run ``work`` in a thread and return what it returns, or raise what it raises.

    The first interrupt (Ctrl-C, SIGTERM) calls ``cancel`` once, after which the
    work is expected to end; the second ends the process with
    :attr:`ExitCode.CANCELLED` on the spot. Files are written atomically, so that
    even then none is torn.
    """
    results: list[int] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, name="nst-work", daemon=True)
    with _interrupts(cancel):
        thread.start()
        while thread.is_alive():
            thread.join(POLL_SECONDS)
    if errors:
        raise errors[0]
    return results[0]


@contextlib.contextmanager
def _interrupts(cancel: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = threading.Event()

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
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
