"""Folders for frames on their way to the backend: in memory where the system has room there, else Blender's own.

A frame at 1080p with its passes is 100 MB, and gone a second later; a disk would begin to write it all the same.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import bpy

__all__ = ["forget_dead", "forget_own", "scratch_folder"]

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 1024**3
"""Bytes that must be free: many a container has 64 MB there."""
_made: list[Path] = []


def scratch_folder(name: str) -> Path:
    """A new folder for this process alone, its name beginning with ``name``; the caller removes it.

    Raises :class:`OSError` where none can be made.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-{os.getpid()}-", dir=_parent()))
    _made.append(folder)
    return folder


def forget_own() -> None:
    """Remove every folder of this process, which is about to end."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)


def forget_dead(name: str) -> None:
    """Remove such folders of this user's that processes left behind which were killed."""
    if not _has_memory():
        return
    ours = re.compile(rf"{re.escape(name)}-(\d+)-\w+")
    for folder in _MEMORY.glob(f"{name}-*"):
        found = ours.fullmatch(folder.name)
        try:
            if found and not folder.is_symlink() and folder.stat().st_uid == os.getuid() and _is_dead(int(found[1])):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def _parent() -> str:
    if _has_memory():
        free = shutil.disk_usage(_MEMORY).free
        if free >= _ROOM and os.access(_MEMORY, os.W_OK | os.X_OK):
            return str(_MEMORY)
    # It goes with Blender.
    return bpy.app.tempdir


def _has_memory() -> bool:
    return sys.platform == "linux" and _MEMORY.is_dir()


def _is_dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
