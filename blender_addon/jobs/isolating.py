"""The isolating Blender as a child process: heard until it ends, or ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from ..backend.faults import BackendError
from ..backend.telling_child import TellingChild
from ..contract.errors import InputError
from ..contract.messages import ErrorEvent, ServiceEvent
from ..contract.wire import ProtocolError, decode_event

__all__ = ["IsolatingBlender"]

_AGAIN = "resume: finished frames are kept"


class IsolatingBlender:
    """One run of the isolating command: see ``sequencer.isolate``.

    Raises :class:`InputError` where it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._child = TellingChild(command)
        except OSError as error:
            raise InputError(
                f"a second Blender cannot be started, {error.strerror or error}", remedy="reinstall Blender"
            ) from error

    def hear(self, listener: Callable[[ServiceEvent], None]) -> None:
        """Hand its events to ``listener`` until it ends; returns early only where it was killed.

        Raises the fault that it told, or one of what it said last.
        """
        told: ErrorEvent | None = None
        for line in self._child.lines():
            # Blender talks on stdout too until the script starts.
            with contextlib.suppress(ProtocolError):
                event = decode_event(line)
                listener(event)
                if isinstance(event, ErrorEvent) and event.final:
                    told = event
        ending = self._child.ending()
        if self._child.killed or ending.code == 0:
            return
        if told is not None:
            raise BackendError(told.problem, remedy=told.remedy, kind=told.kind)
        raise BackendError(ending.problem("the Blender that rendered the plate"), remedy=_AGAIN, kind="crashed")

    def kill(self) -> None:
        """End it at once; frames that it finished stay."""
        self._child.kill()
