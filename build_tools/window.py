"""A full Blender with its window: where its launchers are, and what it starts as its backend.

``BRUSHPASS_BLENDER_GUI`` names a folder with a launcher ``blender-gui``, which runs Blender on a virtual
screen of 1600x900. Where that Blender lives in a system of its own, a launcher ``outside`` beside it runs a
command on this one.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from .errors import BuildError

__all__ = ["VARIABLE", "command", "find_launchers", "write_interpreter"]

VARIABLE = "BRUSHPASS_BLENDER_GUI"
_WINDOW = ("--factory-startup", "--window-geometry", "0", "0", "1600", "900")


def find_launchers() -> Path | None:
    """The folder that :data:`VARIABLE` names; None where it is not set.

    Raises :class:`BuildError` where it names another one.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        return None
    folder = Path(named)
    if not (folder / "blender-gui").is_file():
        raise BuildError(f"{VARIABLE} names {named}, which holds no blender-gui", remedy=f"unset {VARIABLE}")
    return folder


def command(launchers: Path, script: Path, *arguments: str | Path) -> list[str]:
    """The command that runs ``script`` in Blender's window."""
    return [str(launchers / "blender-gui"), *_WINDOW, "--python", str(script), "--", *map(str, arguments)]


def write_interpreter(launchers: Path, program: Path) -> Path:
    """Write ``program``, by which that Blender starts this Python, and return it."""
    words = [sys.executable]
    if (launchers / "outside").is_file():
        # Blender tells its children where its colour configuration lies, which is not seen from outside.
        words = [str(launchers / "outside"), "env", "-u", "OCIO", sys.executable]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program
