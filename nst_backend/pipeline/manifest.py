"""What was begun and finished, and from what, so that a job can be resumed.

The folder ``.brushpass/<output name>`` beside the frames holds ``manifest.jsonl``
and the stabiliser's state after the last two frames. A line without a key says
that a frame is being written; one with its key follows when frame and state are
on disk. So a frame whose writer was killed is known for its own. A torn line is
ignored.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ..media.atomic import write_fault
from ..media.sequence import FramePattern, is_pattern
from ..temporal.state import History, load_history, save_history

__all__ = ["Manifest", "work_folder"]


def work_folder(output: Path) -> Path:
    """Where an output keeps its manifest and state; another for each output, one for both spellings of a pattern."""
    pattern = FramePattern.parse(output) if is_pattern(output) else None
    name = output.name if pattern is None else Path(str(pattern)).name
    safe = "".join(character if character.isalnum() or character in "-_." else "_" for character in name)
    stem = output.name if pattern is None else pattern.prefix + pattern.suffix
    if any(not (character.isalnum() or character in "-_.") for character in stem):
        # Else "a b" and "a_b" would share a folder.
        safe = f"{safe[:100]}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"
    return output.parent / ".brushpass" / safe


@dataclass
class Manifest:
    """Frames of one output, by number, with the files that were written and the key of what made each."""

    folder: Path

    def __post_init__(self) -> None:
        self.path = self.folder / "manifest.jsonl"
        self._keys: dict[int, str] = {}
        self._files: dict[int, set[str]] = {}
        self._slot = 0
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.exists() else ""
        except OSError as error:
            raise write_fault(self.folder, error) from error
        self._torn = bool(text) and not text.endswith("\n")
        for line in text.splitlines():
            try:
                entry = json.loads(line)
                number, key, files = int(entry["frame"]), str(entry["key"]), [str(name) for name in entry["files"]]
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
                continue
            self._note(number, key, files)

    def _note(self, number: int, key: str, files: list[str]) -> None:
        self._keys[number] = key
        # What was once written stays known: a recipe that drops a file may write it again later.
        self._files.setdefault(number, set()).update(files)

    @property
    def frames(self) -> tuple[int, ...]:
        """Numbers of the frames that are finished, ascending."""
        return tuple(sorted(number for number, key in self._keys.items() if key))

    def owns(self, number: int, file: Path) -> bool:
        """Whether the file of a frame was written by a job of this output."""
        return self._named(file) in self._files.get(number, ())

    def finished(self, number: int, key: str, *files: Path) -> bool:
        """Whether a frame is there, made from just what ``key`` stands for."""
        return self._keys.get(number) == key and all(file.is_file() and self.owns(number, file) for file in files)

    def begin(self, number: int, *files: Path) -> None:
        """Claim the files of a frame that are about to be written."""
        self._append(number, "", files)

    def record(self, number: int, key: str, *files: Path) -> None:
        """Add a finished frame."""
        self._append(number, key, files)

    def _append(self, number: int, key: str, files: tuple[Path, ...]) -> None:
        names = [self._named(file) for file in files]
        line = json.dumps({"frame": number, "key": key, "files": names}) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write("\n" + line if self._torn else line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise write_fault(self.path, error) from error
        self._torn = False
        self._note(number, key, names)

    def _named(self, file: Path) -> str:
        """A file from this folder, so that outputs may be moved as a whole."""
        try:
            return Path(os.path.relpath(file, self.folder)).as_posix()
        except ValueError:  # another drive
            return os.path.abspath(file)

    def _state_path(self, slot: int) -> Path:
        return self.folder / f"state{slot}.npz"

    def save_state(self, key: str, history: History) -> None:
        """Keep the stabiliser's state after a frame; the one before stays as well."""
        self._slot = 1 - self._slot
        path = self._state_path(self._slot)
        mark = path.with_suffix(".key")
        try:
            mark.unlink(missing_ok=True)
            save_history(path, history)
            mark.write_text(key, encoding="ascii")
        except OSError as error:
            raise write_fault(mark, error) from error

    def load_state(self, number: int, key: str) -> History | None:
        """The state after frame ``number``, if it was made from what ``key`` stands for."""
        for slot in (0, 1):
            path = self._state_path(slot)
            try:
                if path.with_suffix(".key").read_text(encoding="ascii") != key:
                    continue
                history = load_history(path)
            except Exception:  # numpy documents no closed set for a damaged file; without a state the run starts anew
                continue
            if history.number == number:
                self._slot = slot
                return history
        return None

    def discard(self) -> None:
        """Remove the folder, when nothing is left to resume."""
        shutil.rmtree(self.folder, ignore_errors=True)
