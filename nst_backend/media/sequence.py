"""Numbered files: patterns, the path of a frame, and the frames on hand."""

from __future__ import annotations

import itertools
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import InputError, UsageError

__all__ = ["FramePattern", "find_pattern", "gaps", "is_pattern", "require_frames", "runs"]

_MARK = re.compile(r"#+|%0?(\d{0,2})d")
_NUMBER = re.compile(r"(-?\d+)(?=\D*$)")
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
        names = _listing(self.folder)
        found = sorted({int(match[1]) for name in names if (match := number.fullmatch(name)) and match[1] != "-0"})
        if not found:
            raise InputError(f"no file matches {str(self)!r}", remedy="check the path and the number of digits")
        return tuple(found)


def is_pattern(text: str | os.PathLike[str]) -> bool:
    """Whether the file name has a mark for the frame number."""
    return _MARK.search(Path(text).name) is not None


def find_pattern(folder: str | os.PathLike[str], suffixes: Iterable[str]) -> FramePattern:
    """The one numbered sequence in a folder, among files of these suffixes.

    Raises :class:`InputError` where there is none, :class:`UsageError` where there are several.
    """
    known = {suffix.lower() for suffix in suffixes}
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in _listing(Path(folder)):
        match = _NUMBER.search(Path(name).stem)
        if Path(name).suffix.lower() in known and not name.startswith(".") and match:
            # A dash is a separator (shot-0001) unless nothing stands before it.
            start = match.start() + (match[1].startswith("-") and match.start() > 0)
            groups[name[:start], name[match.end() :]].append(name[start : match.end()])
    if not groups:
        raise InputError(
            f"{os.fspath(folder)!r} holds no numbered pictures", remedy="give a file or a pattern 'a.####.exr'"
        )
    patterns = [
        FramePattern(Path(folder), prefix, suffix, min(len(number.lstrip("-")) for number in numbers))
        for (prefix, suffix), numbers in sorted(groups.items())
    ]
    if len(patterns) > 1:
        shown = ", ".join(repr(Path(str(pattern)).name) for pattern in patterns[:5])
        raise UsageError(f"{os.fspath(folder)!r} holds several sequences", remedy=f"give one: {shown}")
    return patterns[0]


def _listing(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder)]
    except FileNotFoundError as error:
        raise InputError(f"the folder {str(folder)!r} does not exist", remedy="check the path") from error
    except OSError as error:
        raise InputError(f"the folder {str(folder)!r} cannot be read, {error.strerror}", remedy="check it") from error


def runs(numbers: Sequence[int]) -> str:
    """Ascending numbers in short: ``1-24,30,40-60x2``."""
    found: list[str] = []
    at = 0
    while at < len(numbers):
        end = at + 1
        step = numbers[end] - numbers[at] if end < len(numbers) else 1
        while end < len(numbers) and numbers[end] - numbers[end - 1] == step:
            end += 1
        # Two numbers apart are no run with a step.
        if end - at == 2 and step != 1:
            end = at + 1
        first, last = numbers[at], numbers[end - 1]
        found.append(str(first) if end - at == 1 else f"{first}-{last}" + (f"x{step}" if step != 1 else ""))
        at = end
    return ",".join(found)


def gaps(numbers: Sequence[int]) -> tuple[int, ...]:
    """Frames that are missing between the first and the last, at the step of the sequence.

    The step is the smallest distance of neighbours: 1, 3, 5, 9 lacks 7.
    """
    if len(numbers) < 2:
        return ()
    step = min(b - a for a, b in itertools.pairwise(numbers))
    present = set(numbers)
    return tuple(number for number in range(numbers[0], numbers[-1], step) if number not in present)


def require_frames(wanted: Sequence[int], present: Iterable[int], where: str) -> None:
    """Raise :class:`InputError` that lists the frames of ``wanted`` that are not ``present``."""
    there = set(present)
    missing = sorted({number for number in wanted if number not in there})
    if missing:
        noun = "frame" if len(missing) == 1 else "frames"
        raise InputError(
            f"{where} lacks {noun} {runs(missing)}",
            remedy=f"render them or ask for what is there: {runs(sorted(there)) or 'nothing'}",
        )
