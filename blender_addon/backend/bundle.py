"""What came with the add-on: its version and the backend's wheel."""

from __future__ import annotations

import tomllib
from pathlib import Path

from .faults import BackendError

__all__ = ["addon_version", "bundled_wheel"]

_ROOT = Path(__file__).resolve().parents[1]


def addon_version(root: Path = _ROOT) -> str:
    """Of this add-on, from its manifest."""
    with (root / "blender_manifest.toml").open("rb") as stream:
        return str(tomllib.load(stream)["version"])


def bundled_wheel(root: Path = _ROOT) -> Path:
    """The backend's wheel.

    Raises :class:`BackendError` where it is missing.
    """
    wheels = sorted((root / "backend_wheel").glob("brushpass-*.whl"))
    if not wheels:
        raise BackendError("the add-on came without the backend's wheel", remedy="install the add-on from its zip")
    return wheels[-1]
