"""One file in two real Blenders at once: Blender names its render cache after the file, not after the process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_two_blenders.py")


def test_two_blenders_on_one_file_get_what_each_gets_alone(
    blender: Blender, run_in_blender: RunInBlender, film_folder: Path
) -> None:
    told = run_in_blender(blender, SCRIPT, "both", film_folder, sys.executable, timeout=900.0, quiet=False)
    assert told["overlap"] == 3, "each frame was begun by both before either went on"
    assert told["differences"] == [0.0] * 6
    assert min(told["between frames"]) > 0.05, "a frame of the other would be seen"
