"""Child processes: how each is started apart from Blender, ended, and what it said last."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from typing import IO, Any

__all__ = ["APART", "LastWords", "end"]

# How long the end of standard error may come after the end of standard output.
_SECONDS = 2.0
_KEPT_LINES = 40
_LONGEST_KEPT_LINE = 2000

APART: dict[str, Any] = {
    # A Ctrl-C in Blender's terminal is Blender's; the child is ended by whoever started it.
    "start_new_session": True,
    # No console window on Windows.
    "creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0),
}
"""Options of ``subprocess.Popen`` for every child; :func:`end` relies on them."""


def end(child: subprocess.Popen[Any]) -> None:
    """End a child at once, with whatever it started; one that has ended is left alone."""
    with contextlib.suppress(OSError):
        if child.poll() is None:
            if sys.platform == "win32":
                child.kill()
            else:
                os.killpg(child.pid, signal.SIGKILL)


class LastWords:
    """The last lines of a child's standard error, read by a thread of its own so that the child never waits."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._thread = threading.Thread(target=self._keep, args=(stream,), name="brushpass last words", daemon=True)
        self._thread.start()

    def lines(self) -> tuple[str, ...]:
        """What was said, once the child has ended; waits a moment for the end of it."""
        self._thread.join(_SECONDS)
        return tuple(self._lines)

    def _keep(self, stream: IO[bytes]) -> None:
        with stream, contextlib.suppress(OSError):
            while line := stream.readline(_LONGEST_KEPT_LINE):
                if text := line.decode("utf-8", "replace").strip():
                    self._lines.append(text)
