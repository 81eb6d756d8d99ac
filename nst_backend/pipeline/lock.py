"""Who writes what of an output: claims and a guard, both freed by the system when their holder dies.

A claim is a file below ``jobs`` that its job keeps locked while it runs, and that
says what is written: the frames, and a hash of what they are made from. Jobs of
one hash may write different frames at the same time. The guard is held for
moments, around what such jobs share.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from ..contract.errors import NstError, UsageError
from ..contract.frames import FrameRange
from ..media.atomic import write_fault

__all__ = ["Claim", "Claimed", "claimed", "guarded"]

# The guard is held for the length of a flush to disk; a holder that was suspended must not stop the others for ever.
PATIENCE = 60.0
_PAUSE = 0.005
# Far behind what is written: Windows lets nobody read the byte that is locked.
_LOCKED_BYTE = 1 << 30
_TAKEN = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}


class Claimed(UsageError):
    """Another job, which is still running, writes what was to be written."""


@dataclass(frozen=True)
class Claim:
    """What a running job writes: ``frames`` of what ``identity`` stands for, all of it for None."""

    folder: Path
    file: Path
    identity: str
    frames: FrameRange | None

    def alone(self) -> bool:
        """Whether no other job is writing this output; true for as long as the caller holds the guard."""
        return not any(_held(self.folder, besides=self.file))


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """What ``folder`` holds is this thread's alone while the block runs; waits for its turn.

    Raises :class:`NstError` where the folder is not there, cannot be written, or is held for a minute.
    """
    with _opened(folder / "lock") as stream:
        deadline = time.monotonic() + PATIENCE
        while not _lock(stream, folder):
            if time.monotonic() > deadline:
                raise NstError(
                    f"{str(folder)!r} is held by another process", remedy="end that process, then run this again"
                )
            time.sleep(_PAUSE)
        yield


@contextmanager
def claimed(folder: Path, what: str, *, identity: str, frames: FrameRange | None) -> Iterator[Claim]:
    """Claim ``frames`` of the output ``what`` while the block runs; None claims all of it.

    ``identity`` is the same for jobs whose frames belong to one film. Makes ``folder``.

    Raises :class:`Claimed` at once where a running job has claimed one of the
    frames, or writes another film.
    """
    jobs = folder / "jobs"
    try:
        jobs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_fault(jobs, error) from error
    with guarded(folder):
        for other in _held(folder):
            if other is None or other[0] != identity or frames is None or not set(frames).isdisjoint(other[1]):
                raise Claimed(f"another job is writing {what}", remedy="wait for it, or choose another output")
        file = jobs / f"{secrets.token_hex(8)}.json"
        stream = _opened(file)
        text = json.dumps({"identity": identity, "frames": None if frames is None else str(frames)})
        try:
            stream.write(text.encode())
            _lock(stream, file)
        except OSError as error:
            stream.close()
            raise write_fault(file, error) from error
    try:
        yield Claim(folder, file, identity, frames)
    finally:
        stream.close()
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _held(folder: Path, besides: Path | None = None) -> Iterator[tuple[str, FrameRange] | None]:
    """Identity and frames of each running job, None for one that claims everything; removes what the dead left."""
    for file in sorted((folder / "jobs").glob("*.json")):
        if file == besides:
            continue
        with _opened(file) as stream:
            free = _lock(stream, file)
            stream.seek(0)
            text = b"" if free else stream.read()
        if free:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
            continue
        try:
            data = json.loads(text)
            yield str(data["identity"]), FrameRange.parse(str(data["frames"]))
        except (ValueError, TypeError, KeyError, RecursionError, NstError):
            yield None


def _opened(file: Path) -> FileIO:
    try:
        # Unbuffered: a full disk is told by the write, and not once more when the file is closed.
        return file.open("a+b", buffering=0)
    except OSError as error:
        raise write_fault(file, error) from error


def _lock(stream: FileIO, shown: Path) -> bool:
    """Take the lock of an open file unless another holds it; closing the file gives it back."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(stream.fileno(), _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise write_fault(shown, error) from error
    return True
