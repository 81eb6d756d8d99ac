"""Running a script in Blender's own window, with a real pointer and real keys.

``BRUSHPASS_BLENDER_GUI`` names the folder of its launchers, see ``build_tools/window.py``; elsewhere the tests are
skipped. ``BRUSHPASS_GUIDE_PICTURES`` names where to leave the screenshots.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from service_shots import write_styles

from build_tools.window import VARIABLE, command, find_launchers, write_interpreter

if TYPE_CHECKING:
    from build_tools.package import Package

__all__ = ["pictures_folder", "run_in_window"]

LONGEST_SECONDS = 900


def pictures_folder(work: Path) -> Path:
    """Where the script leaves its pictures."""
    return Path(os.environ.get("BRUSHPASS_GUIDE_PICTURES", "") or work / "out").absolute()


def run_in_window(script: Path, package: Package, work: Path, *arguments: Path, styles: bool = True) -> Any:
    """What ``script`` left in ``told.json``; it is called with the extension, an interpreter, ``arguments``, a folder.

    ``styles``: two that are made for tests, instead of those that are shipped.
    """
    launchers = find_launchers()
    if launchers is None:
        pytest.skip(f"no Blender with a window: {VARIABLE} is not set")
    folder = pictures_folder(work)
    folder.mkdir(parents=True, exist_ok=True)
    interpreter = write_interpreter(launchers, work / "python")
    # Neither the private environment nor the cache of this machine's user is the test's business.
    own = {"BLENDER_USER_RESOURCES": work / "resources", "XDG_DATA_HOME": work / "data"}
    if styles:
        write_styles(work / "styles")
        own["BRUSHPASS_STYLES"] = work / "styles"
    result = subprocess.run(
        command(launchers, script, package.archive, interpreter, *arguments, folder),
        env={**os.environ, **{name: str(path) for name, path in own.items()}},
        timeout=LONGEST_SECONDS,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
    return json.loads((folder / "told.json").read_text(encoding="utf-8"))
