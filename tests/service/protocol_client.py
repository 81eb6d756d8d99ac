"""A client of ``nst serve``: any program that starts a process and reads lines can be one.

Plain standard library and not a line of Brushpass, so that it judges the
protocol of docs/service.md from outside.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

__all__ = ["PATIENCE", "Client"]

Message = dict[str, Any]
# Machines may be slow, and a first import of the libraries slower still.
PATIENCE = 240.0


class Client:
    """Starts the service with ``command`` and keeps every event that it sends."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], errors: IO[bytes]) -> None:
        self.process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        self.events: list[Message] = []
        self.strays: list[bytes] = []
        """Lines that are no event; there must never be one."""
        self._changed = threading.Condition()
        self._ended = False
        self._last = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                try:
                    event = json.loads(line)
                    assert isinstance(event["event"], str)
                    self.events.append(event)
                except (ValueError, TypeError, KeyError, AssertionError):
                    self.strays.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    # ---- sending

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, request: str, job: str = "", **fields: Any) -> int:
        """Send a request; returns its id."""
        self._last += 1
        self.write(json.dumps({"request": request, "id": self._last, "job": job, **fields}).encode() + b"\n")
        return self._last

    # ---- hearing

    def wait_for(self, found: Callable[[Message], bool], patience: float = PATIENCE) -> Message:
        """The first event for which ``found`` is true, there already or yet to come."""
        deadline = time.monotonic() + patience
        seen = 0
        with self._changed:
            while True:
                for event in self.events[seen:]:
                    if found(event):
                        return event
                seen = len(self.events)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(
                        f"{'the service ended' if self._ended else 'no answer'}, after {self.events[-5:]}"
                    )
                self._changed.wait(left)

    def answer(self, number: int) -> Message:
        """What ended request ``number``: ``done`` or a final ``error``."""
        return self.wait_for(lambda event: event.get("id") == number and is_answer(event))

    def ask(self, request: str, job: str = "", **fields: Any) -> Message:
        """Send a request and wait for its answer."""
        return self.answer(self.send(request, job, **fields))

    def done(self, request: str, job: str = "", **fields: Any) -> Message:
        """Send a request that must succeed; returns its summary."""
        event = self.ask(request, job, **fields)
        assert event["event"] == "done", event
        summary = event["summary"]
        assert isinstance(summary, dict)
        return summary

    def of(self, number: int, kind: str | None = None) -> list[Message]:
        """The events of a request so far."""
        with self._changed:
            return [e for e in self.events if e.get("id") == number and kind in (None, e["event"])]

    def order(self) -> list[int]:
        """Ids of the answered requests, as their answers came."""
        with self._changed:
            return [event["id"] for event in self.events if is_answer(event) and event.get("id") is not None]

    # ---- ending

    def end(self) -> int:
        """Close the requests and wait for the end; returns the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.wait()

    def wait(self) -> int:
        """Wait for the end of the process and of its events; returns the exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def discard(self) -> None:
        """Make sure that the process is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


def is_answer(event: Message) -> bool:
    """Whether an event ends its request."""
    return event["event"] == "done" or (event["event"] == "error" and event["final"])
