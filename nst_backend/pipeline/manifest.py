"""What was begun and finished, and from what, so that a job can be resumed.

The folder ``.brushpass/<output name>`` beside the frames holds ``manifest.jsonl``.
A line without a key says that a frame is being written; one with its key follows
when the frame, and the stabiliser's state where there is one, are on disk. So a
frame whose writer was killed is known for its own. A torn line is ignored. Jobs
that write different frames of one output add their lines in turn.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from ..media.atomic import write_fault
from ..media.sequence import FramePattern, is_pattern
from .lock import guarded

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
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.exists() else ""
        except OSError as error:
            raise write_fault(self.folder, error) from error
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
        line = json.dumps({"frame": number, "key": key, "files": names}).encode() + b"\n"
        try:
            with guarded(self.folder), self.path.open("a+b") as stream:
                if stream.seek(0, os.SEEK_END):
                    stream.seek(-1, os.SEEK_END)
                    # Whoever was killed within a line must not take the next one along.
                    line = line if stream.read(1) == b"\n" else b"\n" + line
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise write_fault(self.path, error) from error
        self._note(number, key, names)

    def _named(self, file: Path) -> str:
        """A file from this folder, so that outputs may be moved as a whole."""
        try:
            return Path(os.path.relpath(file, self.folder)).as_posix()
        except ValueError:  # another drive
            return os.path.abspath(file)
