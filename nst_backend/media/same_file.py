"""Whether a file that is about to be written is one that is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..contract.errors import UsageError

__all__ = ["refuse_replacing"]


def refuse_replacing(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise :class:`UsageError` where an output is an input, by whatever path each is reached.

    No option allows it: what is made from a file that was replaced cannot be made again.
    """
    there = {identity: path for path in outputs if (identity := _identity(path)) is not None}
    if not there:
        return
    for path in inputs:
        identity = _identity(path)
        if identity in there:
            raise UsageError(
                f"{there[identity].name} would be replaced, and is read as well", remedy="choose another output"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """What a file is, however it is reached; None where there is none."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino
