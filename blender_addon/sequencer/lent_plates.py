"""The plate's pictures in a version's folder, until and beside the styled ones; nothing of Blender."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..contract.errors import as_fault
from .versions import frame_name, present

__all__ = ["lend_plates", "link"]


def lend_plates(plate_folder: Path, folder: Path, picture: str, *, renew: bool = False) -> None:
    """Link what ``folder`` lacks of the plate's pictures, named ``picture`` with ####; with ``renew`` all that differ.

    Raises :class:`InputError` where the folder refuses it.
    """
    numbers = present(plate_folder, picture)
    if not renew:
        numbers -= present(folder, picture)
    for number in sorted(numbers):
        name = frame_name(picture, number)
        if not (renew and _same(plate_folder / name, folder / name)):
            link(plate_folder / name, folder / name)


def link(source: Path, target: Path) -> None:
    """Let ``target`` be the same file as ``source``, or a copy where the file system has no links.

    Frames are replaced and never changed, so that folders may share them. Raises
    :class:`InputError` where the folder refuses it.
    """
    temporary = target.with_name(f".{target.name}.part")
    try:
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copy2(source, temporary)
        if os.path.exists(target) and os.path.samefile(temporary, target):
            # Replacing a file by itself would leave both names.
            temporary.unlink()
        else:
            os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise as_fault(error) or error from error


def _same(source: Path, target: Path) -> bool:
    try:
        ours, theirs = source.stat(), target.stat()
    except FileNotFoundError:
        return False
    return (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)
