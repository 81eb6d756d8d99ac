"""The isolating Blender as a child process: heard until it ends, or ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Sequence

from ..backend.child import APART, LastWords, end
from ..backend.faults import BackendError
from ..contract.errors import InputError
from ..contract.messages import ErrorEvent, ServiceEvent
from ..contract.wire import LineSplitter, ProtocolError, decode_event

__all__ = ["IsolatingBlender"]

_CHUNK = 1 << 16
_AGAIN = "resume: finished frames are kept"


class IsolatingBlender:
    """One run of the isolating command: see ``sequencer.isolate``.

    Raises :class:`InputError` where it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._killed = False
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                **APART,
            )
        except OSError as error:
            raise InputError(
                f"a second Blender cannot be started, {error.strerror or error}", remedy="reinstall Blender"
            ) from error
        assert self._child.stderr is not None
        self._last_words = LastWords(self._child.stderr)

    def hear(self, listener: Callable[[ServiceEvent], None]) -> None:
        """Hand its events to ``listener`` until it ends; returns early only where it was killed.

        Raises the fault that it told, or one of what it said last.
        """
        stream = self._child.stdout
        assert stream is not None
        told: ErrorEvent | None = None
        splitter = LineSplitter()
        with stream, contextlib.suppress(OSError):
            while data := os.read(stream.fileno(), _CHUNK):
                for line in splitter.feed(data):
                    # Blender talks on stdout too until the script starts.
                    with contextlib.suppress(ProtocolError):
                        event = decode_event(line or b"")
                        listener(event)
                        if isinstance(event, ErrorEvent) and event.final:
                            told = event
        code = self._child.wait()
        last_words = self._last_words.lines()
        if self._killed or code == 0:
            return
        if told is not None:
            raise BackendError(told.problem, remedy=told.remedy, kind=told.kind)
        said = f"; it said: {last_words[-1]}" if last_words else ""
        raise BackendError(f"the Blender that rendered the plate {_ended(code)}{said}", remedy=_AGAIN, kind="crashed")

    def kill(self) -> None:
        """End it at once; frames that it finished stay."""
        self._killed = True
        end(self._child)


def _ended(code: int) -> str:
    return f"was killed (signal {-code})" if code < 0 else f"ended with exit code {code}"
