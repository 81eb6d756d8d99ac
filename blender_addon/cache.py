"""What can be made again: a folder for each running Blender in the cache that the preferences name.

A Blender's folder is its own for as long as it runs, told by a lock that the system
frees. What a Blender that ended left behind goes when the next one needs the cache.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from pathlib import Path

from .backend.locks import try_locked
from .contract.errors import InputError, UsageError

__all__ = ["CACHE_NAME", "Cache"]

CACHE_NAME = "brushpass-cache"
"""Of the folder that the add-on makes in whatever cache folder the artist names; only this one is ever cleared."""
_LOCK = ".lock"


class Cache:
    """The cache ``root`` as one Blender uses it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / f"blender-{uuid.uuid4().hex[:12]}"
        """This Blender's own; it need not be there."""
        self._held = contextlib.ExitStack()
        self._claimed = False

    def claim(self) -> Path:
        """Make :attr:`folder`, and remove what no Blender uses any more.

        Raises :class:`InputError` where the cache's folder cannot be used.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._claimed:
                self._held.enter_context(try_locked(self._lock(self.folder)))
                self._claimed = True
                self._sweep()
        except OSError as error:
            raise InputError(
                f"the cache {str(self.root)!r} cannot be used, {error.strerror or error}",
                remedy="choose another folder in Preferences > Add-ons > Brushpass",
            ) from error
        return self.folder

    def release(self) -> None:
        """Remove :attr:`folder`; for the end of this Blender."""
        if self._claimed:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._held.close()
            self._lock(self.folder).unlink(missing_ok=True)
            self._claimed = False

    def clear(self) -> None:
        """Delete everything but what other running Blenders use.

        Raises :class:`UsageError` for a folder that is no cache of the add-on's,
        :class:`InputError` where a file cannot be deleted.
        """
        if self.root.name != CACHE_NAME or self.root.is_symlink():
            raise UsageError(f"{str(self.root)!r} is no cache of Brushpass", remedy="nothing was deleted")
        if not self.root.is_dir():
            return
        self.release()
        try:
            used = self._sweep()
            for path in self.root.iterdir():
                if path not in used:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            if not used:
                self.root.rmdir()
        except OSError as error:
            raise InputError(
                f"{str(error.filename)!r} cannot be deleted ({error.strerror})", remedy="close what uses it"
            ) from error

    def _sweep(self) -> set[Path]:
        """Remove the folders of Blenders that have ended; those in use, with their locks."""
        used: set[Path] = set()
        for lock in self.root.glob(f"blender-*{_LOCK}"):
            folder = lock.with_name(lock.name.removesuffix(_LOCK))
            with try_locked(lock) as free:
                if free:
                    shutil.rmtree(folder, ignore_errors=True)
                else:
                    used |= {folder, lock}
            if free:
                # Windows deletes no file that is open.
                lock.unlink(missing_ok=True)
        return used

    @staticmethod
    def _lock(folder: Path) -> Path:
        # Beside the folder, which can be removed while it is held.
        return folder.with_name(folder.name + _LOCK)
