"""Pixels for the client: files in a folder that only this user can enter.

Files rather than shared memory: a Python before 3.13 that attaches to shared
memory deletes it when it ends. The client maps them; here they are written, so
that a full disk is an error and not a signal.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..media.atomic import write_fault

__all__ = ["PixelFiles", "private_folder", "rgba"]


def private_folder(parent: Path | None = None) -> Path:
    """A new folder with a random name and mode 0700 below ``parent``, or where temporary files go.

    Raises :class:`NstError` where it cannot be made.
    """
    try:
        return Path(tempfile.mkdtemp(prefix="brushpass-", dir=parent)).absolute()
    except OSError as error:
        raise write_fault(parent or Path(tempfile.gettempdir()), error) from error


@dataclass
class PixelFiles:
    """One file for each job and use, rewritten in place while its size stays."""

    folder: Path

    def __post_init__(self) -> None:
        self._files: dict[tuple[str, str], Path] = {}

    def write(self, job: str, use: str, pixels: NDArray[np.float32]) -> Path:
        """Write an array, row by row from the top, as little-endian float32.

        Raises :class:`NstError` where the disk refuses.
        """
        data = np.ascontiguousarray(pixels, "<f4")
        path = self._files.get((job, use))
        try:
            if path is None or path.stat().st_size != data.nbytes:
                # A client may still map the old one: it keeps its pixels, the new size gets a new file.
                self._discard((job, use))
                path = self.folder / f"{secrets.token_hex(16)}.f32"
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                self._files[job, use] = path
            with path.open("r+b", buffering=0) as stream:
                view = memoryview(data).cast("B")
                while view:
                    view = view[stream.write(view) or 0 :]
        except OSError as error:
            self._discard((job, use))
            raise write_fault(path or self.folder, error) from error
        return path

    def remove(self, job: str) -> None:
        """Remove the files of a job."""
        for key in [key for key in self._files if key[0] == job]:
            self._discard(key)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _discard(self, key: tuple[str, str]) -> None:
        path = self._files.pop(key, None)
        if path is not None:
            with contextlib.suppress(OSError):
                path.unlink()


def rgba(rgb: NDArray[np.float32], alpha: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """``(H, W, 3)`` and ``(H, W)`` to ``(H, W, 4)`` float32; opaque without alpha."""
    # numpy takes five times as long to part the last axis.
    picture = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb, np.float32), cv2.COLOR_RGB2RGBA), np.float32)
    if alpha is not None:
        picture[:, :, 3] = alpha
    return picture
