"""What can go wrong, said once: a problem, its remedy and the exit code.

Every fault that a user can cause or cure is an :class:`NstError`; the command
line prints it as one sentence, the service sends it as an ``error`` event, the
add-on shows it where the artist looks. Anything else is a defect of ours.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from enum import IntEnum

__all__ = [
    "CancelledByUser",
    "ExitCode",
    "FramesFailed",
    "InputError",
    "NstError",
    "OutOfMemory",
    "UsageError",
    "as_fault",
    "nearest",
]


class ExitCode(IntEnum):
    """What a process returns."""

    DONE = 0
    USAGE = 2
    FRAMES_FAILED = 3
    CANCELLED = 4
    OUT_OF_MEMORY = 5
    INPUT = 6


class NstError(Exception):
    """A fault with a remedy.

    ``problem`` and ``remedy`` are sentences without a full stop, the first in
    the past or present tense, the second an instruction.
    """

    exit_code: ExitCode = ExitCode.USAGE
    kind: str = "usage"

    def __init__(self, problem: str, *, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def sentence(self) -> str:
        """Problem and remedy on one line."""
        text = f"{self.problem}: {self.remedy}" if self.remedy else self.problem
        return " ".join(text.split())

    def __str__(self) -> str:
        return self.sentence()


class UsageError(NstError):
    """A recipe or command line that cannot be obeyed."""


class InputError(NstError):
    """A file that is missing, unreadable or not what it should be."""

    exit_code = ExitCode.INPUT
    kind = "input"


class FramesFailed(NstError):
    """Some frames could not be finished; the others were written."""

    exit_code = ExitCode.FRAMES_FAILED
    kind = "frames"


class CancelledByUser(NstError):
    """The job was stopped on request; finished frames remain."""

    exit_code = ExitCode.CANCELLED
    kind = "cancelled"


class OutOfMemory(NstError):
    """No tile is small enough for the memory there is."""

    exit_code = ExitCode.OUT_OF_MEMORY
    kind = "memory"


def as_fault(error: BaseException) -> NstError | None:
    """The sentence for an exception whose cause lies outside Brushpass; None for a defect of ours."""
    if isinstance(error, NstError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemory("there is not enough memory", remedy="close other programs, or work at a smaller size")
    if isinstance(error, OSError) and error.errno is not None:
        name = f"{os.fspath(error.filename)!r}" if isinstance(error.filename, (str, os.PathLike)) else "a file"
        return InputError(f"{name} cannot be used, {error.strerror or 'the system refused'}", remedy="check it")
    return None


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> str:
    """A remedy that lists the known names most like ``name``.

    ``did you mean 'a' or 'b'?``, or all names where none is alike, shortened.
    """
    names = sorted(set(known))
    folded: dict[str, str] = {entry.casefold(): entry for entry in names}
    alike = [folded[match] for match in difflib.get_close_matches(name.casefold(), list(folded), count, 0.5)]
    if alike:
        return "did you mean " + " or ".join(repr(entry) for entry in alike) + "?"
    if not names:
        return "there are none"
    shown = ", ".join(repr(entry) for entry in names[:12])
    return f"known are {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
