"""Restyle in Blender's own window, with a real pointer and real keys; see ``blender_window.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import run_in_window

if TYPE_CHECKING:
    from build_tools.package import Package

SCRIPT = Path(__file__).parent / "gui" / "restyle.py"
SAME = 1e-5


@pytest.mark.slow
def test_the_last_render_follows_the_settings_without_3d(extension_package: Package, tmp_path: Path) -> None:
    told = run_in_window(SCRIPT, extension_package, tmp_path)
    assert told["fresh"] == ""
    assert told["stale"] == "strength of 'cube' changed"
    assert told["cancelled"] == [0.0, True, False]
    assert told["window"] == 1
    difference, reason, restyled = told["restyled"]
    assert difference > 0.05
    assert (reason, restyled) == ("", True)
    assert told["undone"] == [[1.0, True], [0.3, False]], "the settings of the picture are fresh again"
    assert told["slot"] == 0
    assert told["painted"] > 0.02
    difference, whole, refused, stale = told["refused"]
    assert difference == 0.0, "the old picture stays"
    assert whole
    assert "'Nobody'" in refused
    assert stale
    assert told["failed"][0]
    assert told["failed"][1] > 0.1
    assert told["after a failure"] == "it failed in the last render"
    assert max(told["equal"].values()) <= SAME, "as a render would show it, with the node behind"
