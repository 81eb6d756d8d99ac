"""Numbered files in a folder: the one sequence that it holds, runs and gaps of its numbers."""

from __future__ import annotations

import itertools
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..contract.errors import InputError, UsageError
from ..contract.frame_pattern import FramePattern, is_pattern, names_in

__all__ = ["FramePattern", "find_pattern", "gaps", "is_pattern", "require_frames", "runs"]

_NUMBER = re.compile(r"(-?\d+)(?=\D*$)")


def find_pattern(folder: str | os.PathLike[str], suffixes: Iterable[str]) -> FramePattern:
    """The one numbered sequence in a folder, among files of these suffixes.

    Raises :class:`InputError` where there is none, :class:`UsageError` where there are several.
    """
    known = {suffix.lower() for suffix in suffixes}
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names_in(Path(folder)):
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
