"""Objects in footage, chosen in Blender's own window: in their list and in the picture.

``BRUSHPASS_BLENDER_GUI`` is what it is for test_guide.py; elsewhere the test is skipped. ``BRUSHPASS_OBJECTS_PICTURES``
keeps the screenshots.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from found_shot import answering
from test_guide import launchers, plate

from build_tools.package import Package
from build_tools.window import command, write_interpreter

__all__ = ["launchers", "plate"]

SCRIPT = Path(__file__).parent / "gui" / "objects.py"
LONGEST_SECONDS = 900


@pytest.mark.slow
def test_objects_are_chosen_with_the_pointer(
    launchers: Path, extension_package: Package, plate: Path, tmp_path: Path
) -> None:
    folder = Path(os.environ.get("BRUSHPASS_OBJECTS_PICTURES", "") or tmp_path / "out").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    interpreter = write_interpreter(launchers, tmp_path / "python")
    own = {
        "BLENDER_USER_RESOURCES": str(tmp_path / "resources"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "BRUSHPASS_OFFLINE": "1",
    }
    with answering(folder):
        result = subprocess.run(
            command(launchers, SCRIPT, extension_package.archive, interpreter, plate, folder),
            env={**os.environ, **own},
            timeout=LONGEST_SECONDS,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]

    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    assert "are not on this machine" in told["fault"]
    assert told["listed"] == 300
    assert told["clicked"] == [2]
    assert told["added in the picture"] == [1, 2]
    assert told["undone"] == [2]
