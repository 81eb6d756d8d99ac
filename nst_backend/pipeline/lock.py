"""One job at a time for an output: a lock that the system frees when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..contract.errors import UsageError
from ..media.atomic import write_fault

__all__ = ["exclusive"]


@contextmanager
def exclusive(folder: Path, what: str) -> Iterator[None]:
    """Hold ``folder`` for this process while the block runs.

    Raises :class:`UsageError` at once where another process holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / "lock").open("a+b")
    except OSError as error:
        raise write_fault(folder, error) from error
    with stream:
        try:
            _lock(stream.fileno())
        except OSError as error:
            raise UsageError(
                f"another job is writing {what}", remedy="wait for it, or choose another output"
            ) from error
        yield


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
