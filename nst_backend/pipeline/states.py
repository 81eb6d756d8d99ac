"""The stabiliser's state after the last two frames of each job, so that a stopped one goes on where it was.

A state is named after the key of its frame, so that jobs that write different
frames of one output do not meet.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from ..contract.errors import InputError
from ..temporal.state import History, load_history, save_history

__all__ = ["KeyedFiles", "StateFiles"]

# The last, and the one before: a job that stops while it writes a frame goes on from there.
_KEPT = 2


class KeyedFiles:
    """Files in an output's work folder that are named after a frame's key; one job saves, others may beside it."""

    stem: str
    suffix: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mine: list[Path] = []

    def adopt(self, keys: Iterable[str]) -> None:
        """Take over what an earlier run left of the frames with ``keys``, in their order."""
        there = set(self._all())
        self._mine = [path for path in map(self._path, keys) if path in there]

    def settle(self, *, alone: bool) -> None:
        """The job is done: of an output that no other job writes, only this job's states stay; else none of them."""
        self._remove(set(self._all()) - set(self._mine) if alone else self._mine)

    def _keep(self, path: Path) -> None:
        """``path`` was written; of this job's others only the latest stays."""
        self._mine = [*(other for other in self._mine if other != path), path]
        self._remove(self._mine[:-_KEPT])
        self._mine = self._mine[-_KEPT:]

    def _path(self, key: str) -> Path:
        return self.folder / f"{self.stem}-{key}{self.suffix}"

    def _all(self) -> list[Path]:
        return list(self.folder.glob(f"{self.stem}-*{self.suffix}"))

    @staticmethod
    def _remove(paths: Iterable[Path]) -> None:
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


class StateFiles(KeyedFiles):
    """The stabiliser's states."""

    stem = "state"
    suffix = ".npz"

    def save(self, key: str, history: History) -> None:
        """Keep the state after the frame that ``key`` stands for; of this job's others only the latest stays.

        Raises :class:`~nst_backend.contract.errors.NstError` where it cannot be written.
        """
        save_history(self._path(key), history)
        self._keep(self._path(key))

    def load(self, number: int, key: str) -> History | None:
        """The state after frame ``number``, if it was made from what ``key`` stands for."""
        try:
            history = load_history(self._path(key))
        except InputError:
            # Without a state the run starts anew.
            return None
        return history if history.number == number else None
