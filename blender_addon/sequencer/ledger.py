"""Which frames of a folder are finished, and what each was made of; nothing of Blender."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from ..contract.errors import InputError, as_fault
from .whole_files import is_whole

__all__ = ["Ledger", "is_finished"]

_FILE = "plate.jsonl"
_PART = ".part-"


class Ledger:
    """A line for each finished frame: file name, digest, size. The last line of a name counts.

    Frames are written beside their place and moved there whole. One writer at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: IO[str] | None = None
        self._known: dict[str, tuple[str, int]] = {}

    def __enter__(self) -> Ledger:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for left in self._folder.glob(f"{_PART}*"):
                left.unlink()
            path = self._folder / _FILE
            if path.exists():
                self._known = dict(_entries(path.read_text(encoding="utf-8", errors="replace")))
            self._lines = path.open("a", encoding="utf-8")
        except OSError as error:
            raise as_fault(error) or error from error
        # A line that a killed writer left half must not swallow the next one.
        self._lines.write("\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lines is not None:
            self._lines.close()

    def holds(self, path: Path, digest: str) -> bool:
        """Whether the frame is there, whole and made of the same."""
        try:
            return self._known.get(path.name) == (digest, path.stat().st_size)
        except OSError:
            return False

    @contextmanager
    def adding(self, path: Path, digest: str) -> Iterator[Path]:
        """A place to write the frame to; it is moved to ``path`` and noted when the block ends well.

        Raises :class:`InputError` where nothing, or only a part of it, was written.
        """
        assert self._lines is not None, "the ledger is not open"
        temporary = path.with_name(f"{_PART}{path.name}")
        yield temporary
        try:
            size = temporary.stat().st_size
            if not is_whole(temporary):
                raise InputError(
                    f"only a part of {path.name} could be written", remedy="free some space on the disk, then resume"
                )
            os.replace(temporary, path)
            self._lines.write(json.dumps({"file": path.name, "digest": digest, "size": size}) + "\n")
            self._lines.flush()
        except FileNotFoundError as error:
            raise InputError(f"Blender wrote no {path.name}", remedy="check the disk's space and the folder") from error
        except OSError as error:
            raise as_fault(error) or error from error
        self._known[path.name] = (digest, size)


def is_finished(path: Path, digest: str) -> bool:
    """Whether a frame is there, whole and made of what ``digest`` names; for readers, beside a writer too."""
    try:
        known = dict(_entries((path.parent / _FILE).read_text(encoding="utf-8", errors="replace")))
        return known.get(path.name) == (digest, path.stat().st_size)
    except OSError:
        return False


def _entries(text: str) -> Iterator[tuple[str, tuple[str, int]]]:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            yield str(entry["file"]), (str(entry["digest"]), int(entry["size"]))
        except (ValueError, KeyError, TypeError):
            continue
