"""Files appear whole under their final name or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from ..contract.errors import NstError

__all__ = ["atomic_path", "write_bytes_atomic", "write_fault"]

_REMEDIES = {
    errno.ENOSPC: ("the disk is full", "free some space and run again; finished frames are kept"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run again; finished frames are kept"),
    errno.EFBIG: ("the file system does not take a file of that size", "write to another disk"),
    errno.EACCES: ("permission is denied", "give a folder that you may write to"),
    errno.EPERM: ("permission is denied", "give a folder that you may write to"),
    errno.EROFS: ("the file system is read-only", "give a folder that you may write to"),
    errno.ENOENT: ("its folder does not exist", "make the folder or correct the path"),
    errno.ENOTDIR: ("a part of the path is a file", "correct the path"),
    errno.EISDIR: ("a folder of that name is in the way", "correct the path"),
    errno.ENAMETOOLONG: ("the name is too long", "give a shorter name"),
}


def write_fault(path: str | os.PathLike[str], error: OSError) -> NstError:
    """The sentence for an operating-system error while writing ``path``."""
    reason, remedy = _REMEDIES.get(
        error.errno or 0, (error.strerror or "the system refused", "check the disk and the path")
    )
    return NstError(f"{os.fspath(path)!r} cannot be written, {reason}", remedy=remedy)


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well.

    The temporary file exists and is empty on entry, is hidden, and keeps the
    suffix, by which libraries choose a format. It is flushed to the disk
    before it replaces ``path``, and removed if the block raises.

    Raises :class:`NstError` for every :class:`OSError`, inside the block too,
    that concerns writing: full disk, missing folder, no permission.
    """
    final = Path(path)
    temporary = final.with_name(f".{final.stem[:100]}.{secrets.token_hex(4)}.part{final.suffix}")
    try:
        if final.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        # Not mkstemp: its private mode would stay with the finished frame.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except (OSError, ValueError) as error:
        fault = error if isinstance(error, OSError) else OSError(0, str(error))
        raise write_fault(final, fault) from error
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, final)
    except OSError as error:
        raise write_fault(final, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    _flush_folder(final.parent)


def write_bytes_atomic(path: str | os.PathLike[str], data: bytes | bytearray | memoryview) -> None:
    """Write ``data`` to ``path``; see :func:`atomic_path` for what it raises."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        stream.write(data)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    # The rename itself lives in the folder. Windows cannot open one; there, and
    # on network shares that refuse, the file is whole but may not survive a power cut.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
