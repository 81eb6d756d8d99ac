"""How a job's events are told: a bar for people, lines for logs, JSON and OpenJD for programs."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal, TextIO

from ..contract.errors import NstError
from ..contract.messages import Event, EventKind

__all__ = [
    "BarReporter",
    "JsonReporter",
    "LineReporter",
    "OpenJDReporter",
    "ProgressMode",
    "QuietReporter",
    "make_reporter",
    "time_left",
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
            text = _sentence(event)
            if text not in self._warned:
                self._warned.add(text)
                self.tell(f"warning: {text}")
        elif event.kind is EventKind.ERROR:
            frame = event.data.get("frame")
            self.tell(f"frame {frame} failed, {_sentence(event)}" if frame is not None else _sentence(event))
        elif event.kind is EventKind.PROGRESS:
            self.progress(event)

    def tell(self, text: str) -> None:
        """Put one line before the user."""
        self.say(f"nst: {text}", self.errors)

    def say(self, line: str, stream: TextIO) -> None:
        """Write one line whole: frames are told by the thread that writes them, progress by the one that paints."""
        with self._speaking:
            print(line, file=stream, flush=True)

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
        stage, done, total = _counts(event)
        now = self._clock()
        if stage != self._stage:
            self._stage, self._started, self._first, self._last = stage, now, done, now - LINE_SECONDS
        if now - self._last < LINE_SECONDS and done < total:
            return
        self._last = now
        left = time_left(done - self._first, total - done, now - self._started)
        self.say(f"{_status(event)}{', ' + left if left else ''}", self.errors)


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
        stage, done, total = _counts(event)
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
        line = json.dumps({"event": event.kind.value, **event.data}, ensure_ascii=False, default=str)
        self.say(line, self.output)

    def fail(self, error: NstError) -> None:
        data = {"kind": error.kind, "problem": error.problem, "remedy": error.remedy}
        self.emit(Event(EventKind.ERROR, {**data, "exit_code": int(error.exit_code)}))


class OpenJDReporter(QuietReporter):
    """What Open Job Description sessions read from a task's standard output.

    Source: Open Job Description, "How Jobs Are Run", stdout messages
    ``openjd_progress``, ``openjd_status`` and ``openjd_fail``.
    """

    machine_readable = True

    def progress(self, event: Event) -> None:
        _, done, total = _counts(event)
        self._message("progress", f"{100.0 * done / total:.1f}")
        self._message("status", _status(event))

    def tell(self, text: str) -> None:
        super().tell(text)
        self._message("status", text)

    def fail(self, error: NstError) -> None:
        self._message("fail", error.sentence())

    def _message(self, word: str, text: str) -> None:
        self.say(f"openjd_{word}: {' '.join(text.split())}", self.output)


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


def time_left(done: int, left: int, seconds: float) -> str:
    """``about 3 min left``, from ``done`` steps in ``seconds``; empty before the first is done."""
    if done <= 0 or left <= 0:
        return ""
    rest = seconds / done * left
    if rest < 60:
        return f"about {max(1, round(rest))} s left"
    return f"about {round(rest / 60)} min left" if rest < 5400 else f"about {rest / 3600:.1f} h left"


def _counts(event: Event) -> tuple[str, int, int]:
    """Stage, steps done and steps in all (at least 1)."""
    total = max(1, int(event.data.get("total") or 1))
    done = min(max(0, int(event.data.get("done") or 0)), total)
    return str(event.data.get("stage") or "working"), done, total


def _status(event: Event) -> str:
    stage, done, total = _counts(event)
    frame = event.data.get("frame")
    return f"{stage} {done}/{total}" + (f", frame {frame}" if frame is not None else "")


def _sentence(event: Event) -> str:
    return NstError(str(event.data.get("problem", "")), remedy=str(event.data.get("remedy", ""))).sentence()
