"""Works one after another, in one thread that lives while there is something to do."""

from __future__ import annotations

import threading

from .find_work import FindWork
from .work import Work

__all__ = ["AnyWork", "Queue"]

AnyWork = Work | FindWork
"""What can be queued."""


class Queue:
    """Keeps works in the order in which they were added, those that ended too until they are dismissed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._works: list[AnyWork] = []
        self._thread: threading.Thread | None = None

    @property
    def works(self) -> tuple[AnyWork, ...]:
        with self._changed:
            return tuple(self._works)

    @property
    def busy(self) -> bool:
        """Whether a work runs or waits."""
        return any(not work.progress.state.ended for work in self.works)

    def add(self, work: AnyWork) -> None:
        """Do it after those that wait."""
        with self._changed:
            self._works.append(work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="brushpass jobs", daemon=True)
                self._thread.start()

    def find(self, id: str) -> AnyWork | None:
        """The work of that id."""
        return next((work for work in self.works if work.id == id), None)

    def cancel(self, id: str = "") -> int:
        """Cancel one work, or all that run or wait; how many."""
        asked = [work for work in self.works if not work.progress.state.ended and id in ("", work.id)]
        # From the end, so that none starts because the one before it ended.
        for work in reversed(asked):
            work.cancel()
        return len(asked)

    def dismiss(self, work: AnyWork) -> None:
        """Forget a work that has ended."""
        with self._changed:
            if work in self._works and work.progress.state.ended:
                self._works.remove(work)

    def stop(self, seconds: float | None = None) -> None:
        """Cancel everything and wait for its end."""
        self.cancel()
        with self._changed:
            self._changed.wait_for(lambda: self._thread is None, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                work = next((work for work in self._works if not work.progress.state.ended), None)
                if work is None:
                    self._thread = None
                    self._changed.notify_all()
                    return
            work.run()
