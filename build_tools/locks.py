"""A lock between processes that the system frees when its holder dies.

The extension gets a copy of this file: its installer locks in the same way.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked", "try_locked"]


@contextmanager
def locked(path: Path, *, waiting: str) -> Iterator[None]:
    """Hold the lock file ``path``; say ``waiting`` once where another process has it."""
    with path.open("a+b") as stream:
        told = False
        while not _try(stream.fileno()):
            if not told:
                print(f"{waiting}; waiting for it", file=sys.stderr)
                told = True
            time.sleep(0.5)
        yield


@contextmanager
def try_locked(path: Path) -> Iterator[bool]:
    """Hold the lock file ``path`` if it is free; yields whether it was."""
    with path.open("a+b") as stream:
        yield _try(stream.fileno())


def _try(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
