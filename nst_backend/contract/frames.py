"""Frame ranges, as every tool of the field writes them: ``1-48``, ``1-20x5``, ``7,9,12-20``.

A step is written ``x5`` (OpenCue, RV, Nuke) or ``:5`` (OpenJD, Deadline Cloud).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .errors import UsageError

__all__ = ["FrameRange"]

MAX_FRAMES = 1_000_000
_PART = re.compile(r"\s*(-?\d{1,9})\s*(?:-\s*(-?\d{1,9})\s*(?:[x:]\s*(\d{1,9}))?)?\s*")


@dataclass(frozen=True)
class FrameRange:
    """Frame numbers, ascending and without repeats."""

    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str, where: str = "frames") -> FrameRange:
        """Read a range expression.

        Raises :class:`UsageError` for an empty, reversed or malformed one.
        """
        found: set[int] = set()
        for part in text.split(","):
            match = _PART.fullmatch(part)
            if not match:
                raise UsageError(f"{where} is {text[:60]!r}", remedy="write it like '1-48', '1-20x5' or '7,9,12-20'")
            first = int(match[1])
            last = int(match[2]) if match[2] is not None else first
            step = int(match[3]) if match[3] is not None else 1
            if last < first or step < 1:
                raise UsageError(f"{where} {part.strip()!r} is empty", remedy="write the smaller frame first")
            if (last - first) // step + 1 + len(found) > MAX_FRAMES:
                raise UsageError(f"{where} holds more than {MAX_FRAMES:,} frames", remedy="split the job")
            found.update(range(first, last + 1, step))
        return cls(tuple(sorted(found)))

    @classmethod
    def of(cls, numbers: Iterable[int]) -> FrameRange:
        """The range that holds just ``numbers``."""
        return cls(tuple(sorted(set(numbers))))

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def runs(self) -> tuple[range, ...]:
        """The fewest runs of equal steps, in order; of two frames only neighbours make one."""
        found: list[range] = []
        index = 0
        numbers = self.numbers
        while index < len(numbers):
            end = index + 1
            step = numbers[end] - numbers[index] if end < len(numbers) else 1
            while end < len(numbers) and numbers[end] - numbers[end - 1] == step:
                end += 1
            if not (end - index >= 3 or (end - index == 2 and step == 1)):
                end, step = index + 1, 1
            found.append(range(numbers[index], numbers[end - 1] + 1, step))
            index = end
        return tuple(found)

    def __str__(self) -> str:
        """The shortest expression: runs of equal steps, ``x`` for the step."""
        return ",".join(
            f"{run[0]}-{run[-1]}" + ("" if run.step == 1 else f"x{run.step}") if len(run) > 1 else str(run[0])
            for run in self.runs
        )
