"""Freed memory kept for the next pass instead of being handed to the system and fetched again.

A pass takes and frees tensors of tens of megabytes, layer by layer. glibc maps
each from the system and unmaps it, so every layer waits for its pages to be
cleared: up to two fifths of a pass at 1080p (``docs/speed.md``).
"""

from __future__ import annotations

import ctypes
import platform
from typing import Any

__all__ = ["hand_back", "keep_freed"]

# malloc.h: parameters of mallopt(3).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
_NEVER = 2**31 - 1
# The heap grows by so much at a time.
_STEP = 64 << 20


def keep_freed() -> bool:
    """Let this process reuse what it frees; for the life of the process, before its first tensors.

    Returns whether the C library can; only glibc is known to.
    """
    if (libc := _glibc()) is None:
        return False
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _NEVER), (_TOP_PAD, _STEP), (_ARENA_MAX, 1))
    done = [libc.mallopt(name, value) for name, value in settings]
    return all(done)


def hand_back() -> None:
    """Hand what is kept and not in use back to the system."""
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def _glibc() -> Any:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
