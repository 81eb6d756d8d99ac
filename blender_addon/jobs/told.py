"""What long work tells of itself: a snapshot of its progress, written by its thread and read by any other."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from ..contract.errors import NstError
from .progress import Progress

__all__ = ["Told"]

_MOST_WARNINGS = 20


class Told:
    """Holds a :class:`Progress`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        with self._lock:
            return self._progress

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            self._progress = replace(self._progress, **changes)

    def _warn(self, problem: str, remedy: str) -> None:
        sentence = NstError(problem, remedy=remedy).sentence()
        known = self.progress.warnings
        if sentence not in known and len(known) < _MOST_WARNINGS:
            self._tell(warnings=(*known, sentence))
