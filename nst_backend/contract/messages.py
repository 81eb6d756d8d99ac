"""What a running job says, and how it is told to stop.

One closed set of kinds, shared by the command line, the service and the add-on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from .errors import CancelledByUser

__all__ = ["Event", "EventKind", "Reporter", "SilentReporter", "stop_if_cancelled"]


class EventKind(StrEnum):
    """Kinds of event, each with its fields."""

    PROGRESS = "progress"  # stage, done, total, frame, seconds
    FRAME = "frame"  # frame, path
    WARNING = "warning"  # problem, remedy
    ERROR = "error"  # kind, problem, remedy
    DONE = "done"  # summary


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)


class Reporter(Protocol):
    """Where events go; also asked, between steps, whether to stop."""

    def emit(self, event: Event) -> None: ...

    def cancelled(self) -> bool: ...


class SilentReporter:
    """Hears everything, says nothing, never stops the job; remembers warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def emit(self, event: Event) -> None:
        if event.kind is EventKind.WARNING:
            self.warnings.append(f"{event.data.get('problem', '')}: {event.data.get('remedy', '')}")

    def cancelled(self) -> bool:
        return False


def stop_if_cancelled(reporter: Reporter) -> None:
    """Raise :class:`CancelledByUser` where the reporter was told to stop."""
    if reporter.cancelled():
        raise CancelledByUser("cancelled", remedy="run it again to resume: finished frames are kept")
