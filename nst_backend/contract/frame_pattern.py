"""Names of numbered files: ``shot.####.exr``, the path of a frame, and the frames on hand."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError, UsageError

__all__ = ["FramePattern", "is_pattern", "names_in"]

_MARK = re.compile(r"#+|%0?(\d{0,2})d")
_MAX_FRAME = 10**9


@dataclass(frozen=True)
class FramePattern:
    """``folder / (prefix + number + suffix)`` with numbers of at least ``digits`` digits.

    Negative frames carry their sign before the padding, as Blender writes them:
    ``-0003``.
    """

    folder: Path
    prefix: str
    suffix: str
    digits: int

    @classmethod
    def parse(cls, text: str | os.PathLike[str]) -> FramePattern:
        """``shot.####.exr`` or ``shot.%04d.exr``; the mark stands in the file name, once.

        Raises :class:`UsageError` for no mark, several, or one in a folder's name.
        """
        path = Path(text)
        shown = os.fspath(text)
        if "\0" in shown:
            raise UsageError("a frame pattern holds a null character", remedy="correct the path")
        marks = list(_MARK.finditer(path.name))
        if len(marks) != 1:
            how_many = "no place" if not marks else "several places"
            raise UsageError(
                f"{shown!r} has {how_many} for the frame number", remedy="write it once in the file name, as '####'"
            )
        mark = marks[0]
        digits = int(mark[1] or 1) if mark[0].startswith("%") else len(mark[0])
        return cls(path.parent, path.name[: mark.start()], path.name[mark.end() :], digits)

    def __str__(self) -> str:
        return str(self.folder / f"{self.prefix}{'#' * self.digits}{self.suffix}")

    def path(self, number: int) -> Path:
        """The file of a frame; always inside ``folder``."""
        if abs(number) > _MAX_FRAME:
            raise UsageError(f"frame {number} is out of range", remedy=f"give a frame within {_MAX_FRAME}")
        sign = "-" if number < 0 else ""
        return self.folder / f"{self.prefix}{sign}{abs(number):0{self.digits}d}{self.suffix}"

    def discover(self) -> tuple[int, ...]:
        """Numbers of the files that are there, ascending.

        Raises :class:`InputError` where the folder cannot be listed or holds none.
        """
        # Longer numbers only where the padding has run out: 10000 after 9999.
        number = re.compile(
            re.escape(self.prefix) + rf"(-?(?:\d{{{self.digits}}}|[1-9]\d{{{self.digits},9}}))" + re.escape(self.suffix)
        )
        names = names_in(self.folder)
        found = sorted({int(match[1]) for name in names if (match := number.fullmatch(name)) and match[1] != "-0"})
        if not found:
            raise InputError(f"no file matches {str(self)!r}", remedy="check the path and the number of digits")
        return tuple(found)


def is_pattern(text: str | os.PathLike[str]) -> bool:
    """Whether the file name has a mark for the frame number."""
    return _MARK.search(Path(text).name) is not None


def names_in(folder: Path) -> list[str]:
    """Names of all files of a folder; raises :class:`InputError` where it cannot be listed."""
    try:
        return [entry.name for entry in os.scandir(folder)]
    except FileNotFoundError as error:
        raise InputError(f"the folder {str(folder)!r} does not exist", remedy="check the path") from error
    except OSError as error:
        raise InputError(f"the folder {str(folder)!r} cannot be read, {error.strerror}", remedy="check it") from error
