"""A child that tells what it does in lines on its standard output, heard until it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from ..contract.wire import LineSplitter
from .child import APART, LastWords, end
from .process import Ending

__all__ = ["TellingChild"]

_CHUNK = 1 << 16


class TellingChild:
    """One run of ``command``; with ``open_input`` its standard input stays open until :meth:`close_input`.

    Raises :class:`OSError` where it cannot be started.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, open_input: bool = False
    ) -> None:
        self.killed = False
        """Whether :meth:`kill` was called."""
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if open_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            **APART,
        )
        assert self._child.stderr is not None
        self._last_words = LastWords(self._child.stderr)

    def lines(self) -> Iterator[bytes]:
        """What it says, line by line; ends when it says no more."""
        stream = self._child.stdout
        assert stream is not None
        splitter = LineSplitter()
        with stream, contextlib.suppress(OSError):
            while data := os.read(stream.fileno(), _CHUNK):
                for line in splitter.feed(data):
                    yield line or b""

    def ending(self) -> Ending:
        """How it ended; waits for that."""
        return Ending(code=self._child.wait(), last_words=self._last_words.lines())

    def close_input(self) -> None:
        """Let its standard input end."""
        if self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()

    def kill(self) -> None:
        """End it at once, with whatever it started."""
        self.killed = True
        end(self._child)
