"""Where things go on this machine, shared by all Blender versions."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["size_of", "user_cache", "user_data"]


def user_data(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this user's programs keep data that outlives them."""
    return _user(
        environment, windows="LOCALAPPDATA", mac="Application Support", xdg="XDG_DATA_HOME", rest=".local/share"
    )


def user_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this user's programs keep what can be made again."""
    return _user(environment, windows="LOCALAPPDATA", mac="Caches", xdg="XDG_CACHE_HOME", rest=".cache")


def _user(environment: Mapping[str, str], *, windows: str, mac: str, xdg: str, rest: str) -> Path:
    if sys.platform == "win32":
        base = Path(environment.get(windows) or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / mac
    else:
        given = Path(environment.get(xdg, ""))
        base = given if given.is_absolute() else Path.home() / rest
    return base / "brushpass"


def size_of(folder: Path) -> int:
    """Bytes of all files below; links are not followed."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return total
