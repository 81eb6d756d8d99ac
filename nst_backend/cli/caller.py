"""``--stop-with-caller``: for programs that start a long command and may end before it."""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
from collections.abc import Callable

__all__ = ["add_caller", "stop_with_caller"]


def add_caller(parser: argparse.ArgumentParser) -> None:
    """``--stop-with-caller``."""
    parser.add_argument(
        "--stop-with-caller",
        action="store_true",
        help="when standard input ends, stop as Ctrl-C does: a program keeps it open for as long as it lives, "
        "and closes it to cancel",
    )


def stop_with_caller(cancel: Callable[[], None], stream: int = 0) -> None:
    """Call ``cancel`` from a thread of its own when the file descriptor ``stream`` ends; what comes on it is dropped.

    Unlike a signal this reaches a child on every system, and comes from a caller that crashed, too.
    """

    def wait() -> None:
        # Not sys.stdin: its lock would be held while the interpreter ends.
        with contextlib.suppress(OSError):
            while os.read(stream, 4096):
                pass
        cancel()

    threading.Thread(target=wait, name="nst-caller", daemon=True).start()
