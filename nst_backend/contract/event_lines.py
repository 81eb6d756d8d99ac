"""Events as the lines that programs read: JSON, one object a line, and Open Job Description.

Source: Open Job Description, "How Jobs Are Run", stdout messages
``openjd_progress``, ``openjd_status`` and ``openjd_fail``.
"""

from __future__ import annotations

import json
from typing import Literal

from .errors import NstError
from .messages import Event, EventKind

__all__ = [
    "fault_event",
    "json_line",
    "openjd_line",
    "openjd_progress",
    "read_json_line",
    "sentence_of",
    "status",
    "steps",
    "time_left",
]


def json_line(event: Event) -> str:
    """``{"event": "frame", "frame": 7, ...}``."""
    return json.dumps({"event": event.kind.value, **event.data}, ensure_ascii=False, default=str)


def read_json_line(line: bytes) -> Event | None:
    """The event of a line that :func:`json_line` wrote; None for any other line."""
    try:
        data = json.loads(line)
        kind = EventKind(data.pop("event"))
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return None
    return Event(kind, data)


def openjd_line(word: Literal["progress", "status", "fail"], text: str) -> str:
    """One message to a session."""
    return f"openjd_{word}: {' '.join(text.split())}"


def openjd_progress(event: Event) -> tuple[str, str]:
    """The messages to a session that stand for a progress event."""
    _, done, total = steps(event)
    return openjd_line("progress", f"{100.0 * done / total:.1f}"), openjd_line("status", status(event))


def fault_event(fault: NstError) -> Event:
    """The last event of a job that ended with a fault."""
    data = {"kind": fault.kind, "problem": fault.problem, "remedy": fault.remedy}
    return Event(EventKind.ERROR, {**data, "exit_code": int(fault.exit_code)})


def sentence_of(event: Event) -> str:
    """What a warning or an error says, on one line."""
    sentence = NstError(str(event.data.get("problem", "")), remedy=str(event.data.get("remedy", ""))).sentence()
    if event.kind is EventKind.WARNING:
        return f"warning: {sentence}"
    frame = event.data.get("frame")
    return sentence if frame is None else f"frame {frame} failed, {sentence}"


def steps(event: Event) -> tuple[str, int, int]:
    """Of a progress event: the stage, the steps done and those in all, at least 1."""
    total = max(1, int(event.data.get("total") or 1))
    done = min(max(0, int(event.data.get("done") or 0)), total)
    return str(event.data.get("stage") or "working"), done, total


def status(event: Event) -> str:
    """Of a progress event: ``style 3/48, frame 1003``."""
    stage, done, total = steps(event)
    frame = event.data.get("frame")
    return f"{stage} {done}/{total}" + (f", frame {frame}" if frame is not None else "")


def time_left(done: int, left: int, seconds: float) -> str:
    """``about 3 min left``, from ``done`` steps in ``seconds``; empty before the first is done."""
    if done <= 0 or left <= 0:
        return ""
    rest = seconds / done * left
    if rest < 60:
        return f"about {max(1, round(rest))} s left"
    return f"about {round(rest / 60)} min left" if rest < 5400 else f"about {rest / 3600:.1f} h left"
