"""How a job's events are told: a bar for people, lines for logs, JSON and OpenJD for programs."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal, TextIO

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

__all__ = [
    "BarReporter",
    "JsonReporter",
    "LineReporter",
    "OpenJDReporter",
    "ProgressMode",
    "QuietReporter",
    "make_reporter",
]

ProgressMode = Literal["bar", "json", "openjd", "none"]
LINE_SECONDS = 2.0


class QuietReporter:
    """Tells warnings, once each, and failed frames only, on ``errors``; can be told to stop from another thread."""

    machine_readable = False
    """Whether standard output belongs to a program, so that nothing else may be written there."""

    def __init__(self, *, output: TextIO | None = None, errors: TextIO | None = None) -> None:
        self.output = output or sys.stdout
        self.errors = errors or sys.stderr
        self._stop = threading.Event()
        self._speaking = threading.Lock()
        self._warned: set[str] = set()

    def cancel(self) -> None:
        """Ask the job to stop; safe in a signal handler."""
        self._stop.set()

    def cancelled(self) -> bool:
        return self._stop.is_set()

    def emit(self, event: Event) -> None:
        """Tell an event; see :class:`EventKind` for what each kind carries."""
        if event.kind is EventKind.WARNING:
            text = sentence_of(event)
            if text not in self._warned:
                self._warned.add(text)
                self.tell(text)
        elif event.kind is EventKind.ERROR:
            self.tell(sentence_of(event))
        elif event.kind is EventKind.PROGRESS:
            self.progress(event)

    def tell(self, text: str) -> None:
        """Put one line before the user."""
        self.say(f"nst: {text}", self.errors)

    def say(self, line: str, stream: TextIO) -> None:
        """Write one line whole: frames are told by the thread that writes them, progress by the one that paints."""
        with self._speaking:
            try:
                print(line, file=stream, flush=True)
            except BrokenPipeError:
                # A caller that is gone hears no more; what was told to stop ends in its order.
                if not self.cancelled():
                    raise

    def progress(self, event: Event) -> None:
        """Called for every progress event."""

    def fail(self, error: NstError) -> None:
        """Called once with what ended the job; the command line prints the sentence itself."""

    def close(self) -> None:
        """Called once at the end."""


class LineReporter(QuietReporter):
    """A plain line of progress every few seconds, for logs and pipes."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, **streams: Any) -> None:
        super().__init__(**streams)
        self._clock = clock
        self._stage: str | None = None
        self._started = self._last = 0.0
        self._first = 0

    def progress(self, event: Event) -> None:
        stage, done, total = steps(event)
        now = self._clock()
        if stage != self._stage:
            self._stage, self._started, self._first, self._last = stage, now, done, now - LINE_SECONDS
        if now - self._last < LINE_SECONDS and done < total:
            return
        self._last = now
        left = time_left(done - self._first, total - done, now - self._started)
        self.say(f"{status(event)}{', ' + left if left else ''}", self.errors)


class BarReporter(QuietReporter):
    """A bar with the time left, on a terminal.

    Raises :class:`ImportError` on construction where rich is not installed.
    """

    def __init__(self, **streams: Any) -> None:
        super().__init__(**streams)
        from rich.console import Console  # type: ignore[import-not-found, unused-ignore]
        from rich.progress import (  # type: ignore[import-not-found, unused-ignore]
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(file=self.errors, highlight=False)
        self._bar = Progress(*columns, console=console, transient=True)
        self._bar.start()
        self._stage: str | None = None
        self._task: Any = None

    def progress(self, event: Event) -> None:
        stage, done, total = steps(event)
        frame = event.data.get("frame")
        text = stage if frame is None else f"{stage}, frame {frame}"
        if stage != self._stage:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._stage, self._task = stage, self._bar.add_task(text, total=total)
        self._bar.update(self._task, completed=done, total=total, description=text)

    def tell(self, text: str) -> None:
        self._bar.console.print(f"nst: {text}", markup=False, soft_wrap=True)

    def close(self) -> None:
        self._bar.stop()


class JsonReporter(QuietReporter):
    """Each event as one line of JSON on standard output: ``{"event": "frame", "frame": 7, ...}``."""

    machine_readable = True

    def emit(self, event: Event) -> None:
        self.say(json_line(event), self.output)

    def fail(self, error: NstError) -> None:
        self.emit(fault_event(error))


class OpenJDReporter(QuietReporter):
    """What Open Job Description sessions read from a task's standard output."""

    machine_readable = True

    def progress(self, event: Event) -> None:
        for line in openjd_progress(event):
            self.say(line, self.output)

    def tell(self, text: str) -> None:
        super().tell(text)
        self.say(openjd_line("status", text), self.output)

    def fail(self, error: NstError) -> None:
        self.say(openjd_line("fail", error.sentence()), self.output)


def make_reporter(mode: ProgressMode) -> QuietReporter:
    """The reporter for ``--progress``; ``bar`` becomes plain lines where there is no terminal."""
    if mode == "json":
        return JsonReporter()
    if mode == "openjd":
        return OpenJDReporter()
    if mode == "none":
        return QuietReporter()
    if sys.stderr.isatty():
        with contextlib.suppress(ImportError):
            return BarReporter()
    return LineReporter()
