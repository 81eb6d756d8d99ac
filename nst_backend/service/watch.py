"""Notices a stage that makes no progress: a disk that never answers, a driver that hangs.

Python cannot stop a thread that waits in the operating system, so what is stuck
is only told; the process has to end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["LIMITS", "START", "Stage", "Watch"]

START = "start"
"""The first import of the libraries, perhaps from a cold disk: always patient."""
LIMITS: Mapping[str, float] = {
    START: 600.0,
    "open": 300.0,
    "load": 300.0,
    "read": 180.0,
    "mattes": 300.0,
    "style": 900.0,  # between two network passes, or two steps of an optimisation
    "write": 300.0,
}
"""Seconds without progress after which a stage is stuck."""
OTHERWISE = 600.0
# A stage that waits for another began before it, and is late a moment before it too.
_NEARLY = 0.75


@dataclass(eq=False)
class Stage:
    """Something under way in one thread; ``since`` is its last progress."""

    name: str
    detail: str
    thread: int
    since: float

    def __str__(self) -> str:
        return f"{self.name} ({self.detail})" if self.detail else self.name


class Watch:
    """Stages of all threads. ``limit``: one limit for all stages but the start, instead of :data:`LIMITS`."""

    def __init__(self, limit: float | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._stages: list[Stage] = []

    @contextmanager
    def stage(self, name: str, detail: str = "") -> Iterator[Stage]:
        """The block is one stage of this thread; to begin and to end one is progress of those around it."""
        self.beat()
        stage = Stage(name, detail, threading.get_ident(), self._clock())
        with self._lock:
            self._stages.append(stage)
        try:
            yield stage
        finally:
            with self._lock:
                self._stages.remove(stage)
            self.beat()

    def beat(self, of: Stage | None = None) -> None:
        """This thread has made progress, and so has the stage ``of``, whichever thread it is in, with those around it.

        Stages within ``of`` have not: their thread may be stuck while this one works.
        """
        now, thread = self._clock(), threading.get_ident()
        with self._lock:
            alive = [stage for stage in self._stages if stage.thread == thread]
            if of is not None and of in self._stages:
                outer = self._stages[: self._stages.index(of) + 1]
                alive += [stage for stage in outer if stage.thread == of.thread]
            for stage in alive:
                stage.since = now

    def limit(self, stage: Stage) -> float:
        """Seconds that a stage may take without progress."""
        if self._limit is not None and stage.name != START:
            return self._limit
        return LIMITS.get(stage.name, OTHERWISE)

    def stuck(self) -> Stage | None:
        """The stage that is to blame where one made no progress for longer than its limit.

        That is the latest begun of all that are late or nearly so: the others wait for it.
        """
        now = self._clock()
        with self._lock:
            spent = [(stage, (now - stage.since) / self.limit(stage)) for stage in self._stages]
        if all(part <= 1 for _, part in spent):
            return None
        return [stage for stage, part in spent if part > _NEARLY][-1]
