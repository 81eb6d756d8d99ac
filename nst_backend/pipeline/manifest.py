"""What was finished, and from what: one line a frame, so that a job can be resumed.

The folder ``.brushpass/<output name>`` beside the frames holds ``manifest.jsonl``
and the stabiliser's state after the last two frames. A line is written after
its frame and state are on disk; a torn last line is ignored.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import InputError
from ..media.atomic import write_fault
from ..temporal.state import History, load_history, save_history

__all__ = ["Manifest", "work_folder"]


def work_folder(output: Path) -> Path:
    """Where an output keeps its manifest and state."""
    safe = "".join(character if character.isalnum() or character in "-_." else "_" for character in output.name)
    return output.parent / ".brushpass" / safe


@dataclass
class Manifest:
    """Finished frames of one output, by number, with the key of what made each."""

    folder: Path

    def __post_init__(self) -> None:
        self.path = self.folder / "manifest.jsonl"
        self._keys: dict[int, str] = {}
        self._files: dict[int, str] = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        except OSError as error:
            raise write_fault(self.folder, error) from error
        for line in lines:
            try:
                entry = json.loads(line)
                self._keys[int(entry["frame"])] = str(entry["key"])
                self._files[int(entry["frame"])] = str(entry["file"])
            except (ValueError, KeyError, TypeError):
                continue

    @property
    def frames(self) -> tuple[int, ...]:
        """Numbers of the frames that were ever finished, ascending."""
        return tuple(sorted(self._keys))

    def owns(self, number: int, file: Path) -> bool:
        """Whether the file of a frame was written by a job of this output."""
        return self._files.get(number) == file.name

    def finished(self, number: int, key: str, file: Path) -> bool:
        """Whether a frame is there, made from just what ``key`` stands for."""
        return self._keys.get(number) == key and file.is_file()

    def record(self, number: int, key: str, file: Path) -> None:
        """Add a finished frame."""
        self._keys[number], self._files[number] = key, file.name
        line = json.dumps({"frame": number, "key": key, "file": file.name}) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise write_fault(self.path, error) from error

    def _state_path(self, number: int) -> Path:
        return self.folder / f"state{number % 2}.npz"

    def save_state(self, key: str, history: History) -> None:
        """Keep the stabiliser's state after a frame; the one before stays as well."""
        path = self._state_path(history.number)
        mark = path.with_suffix(".key")
        mark.unlink(missing_ok=True)
        save_history(path, history)
        mark.write_text(key, encoding="ascii")

    def load_state(self, number: int, key: str) -> History | None:
        """The state after frame ``number``, if it was made from what ``key`` stands for."""
        path = self._state_path(number)
        mark = path.with_suffix(".key")
        try:
            if mark.read_text(encoding="ascii") != key:
                return None
            history = load_history(path)
        except (OSError, UnicodeDecodeError, InputError):
            return None
        return history if history.number == number else None

    def discard(self) -> None:
        """Remove the folder, when nothing is left to resume."""
        shutil.rmtree(self.folder, ignore_errors=True)
