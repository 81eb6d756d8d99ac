"""Files appear whole under their final name or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path

from ..contract.errors import NstError

__all__ = ["atomic_path", "remove_leftovers", "remove_temporaries", "write_bytes_atomic", "write_fault"]

_TEMPORARY = re.compile(r"\.(?P<stem>.+)\.[0-9a-f]{8}\.part(?P<suffix>\.[^.]*)?", re.DOTALL)
_LONGEST_STEM = 100
# Those of this process.
_open: set[Path] = set()

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
    temporary = final.with_name(f".{_stem(final)}.{secrets.token_hex(4)}.part{final.suffix}")
    try:
        if final.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        # Not mkstemp: its private mode would stay with the finished frame.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        _open.add(temporary)
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
        _open.discard(temporary)
    _flush_folder(final.parent)


def write_bytes_atomic(path: str | os.PathLike[str], data: bytes | bytearray | memoryview) -> None:
    """Write ``data`` to ``path``; see :func:`atomic_path` for what it raises."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        stream.write(data)


def remove_temporaries() -> None:
    """Remove the temporary files that this process is writing: it is about to end without finishing them."""
    for temporary in tuple(_open):
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path, names: Collection[str] | None = None) -> None:
    """Remove from ``folder`` what writers that were killed left half-written.

    ``names``: of these files; of all for None. The caller knows that nobody is
    writing them now. What cannot be removed stays.
    """
    wanted = None if names is None else {(_stem(Path(name)), Path(name).suffix) for name in names}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _TEMPORARY.fullmatch(entry.name)
            if found and (wanted is None or (found["stem"], found["suffix"] or "") in wanted):
                with contextlib.suppress(OSError):
                    os.unlink(entry)


def _stem(final: Path) -> str:
    """The stem of a temporary name: one of its own for each file, and short enough for what is added."""
    stem = final.stem
    if len(stem) <= _LONGEST_STEM:
        return stem
    return f"{stem[: _LONGEST_STEM - 17]}~{hashlib.sha256(stem.encode(errors='surrogatepass')).hexdigest()[:16]}"


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
