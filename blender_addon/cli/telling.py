"""How a subcommand speaks: lines for people, JSON or Open Job Description for programs."""

from __future__ import annotations

import sys
import time
from typing import Any, BinaryIO, Literal

from ..contract.errors import NstError
from ..contract.event_lines import (
    fault_event,
    json_line,
    openjd_line,
    openjd_progress,
    sentence_of,
    status,
    steps,
    time_left,
)
from ..contract.messages import Event, EventKind
from ..own_stdout import claim_stdout

__all__ = ["ProgressMode", "Teller", "make_teller"]

ProgressMode = Literal["text", "json", "openjd"]


class Teller:
    """Tells people, between what Blender says itself."""

    for_people = True
    """Whether what is printed is read too; else only what is told."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def progress(self, stage: str, done: int, total: int, frame: int | None = None) -> None:
        """``done`` of ``total`` steps are done, the last of them ``frame``."""
        self.emit(Event(EventKind.PROGRESS, {"stage": stage, "done": done, "total": total, "frame": frame}))

    def emit(self, event: Event) -> None:
        """Tell an event; see :class:`EventKind` for what each kind carries."""
        if event.kind is EventKind.PROGRESS:
            _, done, total = steps(event)
            left = time_left(done, total - done, time.monotonic() - self._started)
            _say(f"{status(event)}{', ' + left if left else ''}")
        elif event.kind in (EventKind.WARNING, EventKind.ERROR):
            _say(sentence_of(event))
        elif event.kind is EventKind.FRAME:
            _say(f"wrote {event.data['path']}")

    def fail(self, fault: NstError, code: int) -> None:
        """Tell what ended the process, once; the sentence itself is printed on standard error by who ends it."""


class _ProgramTeller(Teller):
    """Has standard output for itself."""

    for_people = False

    def __init__(self, output: BinaryIO) -> None:
        super().__init__()
        self._output = output

    def _write(self, line: str) -> None:
        self._output.write(f"{line}\n".encode())


class _JsonTeller(_ProgramTeller):
    def emit(self, event: Event) -> None:
        self._write(json_line(event))

    def fail(self, fault: NstError, code: int) -> None:
        event = fault_event(fault)
        self.emit(Event(event.kind, {**event.data, "exit_code": code}))


class _OpenJDTeller(_ProgramTeller):
    def emit(self, event: Event) -> None:
        if event.kind is EventKind.PROGRESS:
            for line in openjd_progress(event):
                self._write(line)
        elif event.kind in (EventKind.WARNING, EventKind.ERROR):
            self._write(openjd_line("status", sentence_of(event)))

    def fail(self, fault: NstError, code: int) -> None:
        self._write(openjd_line("fail", fault.sentence()))


def make_teller(mode: ProgressMode) -> Teller:
    """The one for ``--progress``; all but that for people claim standard output."""
    kinds: dict[ProgressMode, Any] = {"json": _JsonTeller, "openjd": _OpenJDTeller}
    return kinds[mode](claim_stdout()) if mode in kinds else Teller()


def _say(text: str) -> None:
    print(f"Brushpass: {text}", file=sys.stdout, flush=True)
