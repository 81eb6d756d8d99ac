"""Plates are kept where nothing was changed that they show, and only there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender


def test_every_change_that_a_plate_shows_is_told(
    blender: Blender, run_in_blender: RunInBlender, tmp_path: Path
) -> None:
    script = Path(__file__).with_name("bpy_plate_state.py")
    told = run_in_blender(blender, script, sys.executable, tmp_path, quiet=False)
    assert [name for name in told["untold"] if not name.startswith("same: ")] == []
    assert [name for name in told["told"] if name.startswith("same: ")] == []
    assert len(told["told"]) > 20
