"""Check and the eyedropper for Style nodes in Blender's own window, with a real pointer; see ``blender_window.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import run_in_window

if TYPE_CHECKING:
    from build_tools.package import Package

SCRIPT = Path(__file__).parent / "gui" / "picking.py"


@pytest.mark.slow
def test_a_render_is_checked_and_picked_in(extension_package: Package, tmp_path: Path) -> None:
    told = run_in_window(SCRIPT, extension_package, tmp_path)
    assert told["eyedropper before"] is False, "nothing was rendered"
    frame, (sentence,) = told["spoilt"]
    assert frame == 1
    assert "compositing is off" in sentence
    assert told["mended"] == [], "what is drawn is looked at again"
    assert told["picked"] == ["Cube", "Ball"]
    assert "nothing with a name here" in told["beside"]
    assert told["undone"] == ["Cube"], "a click is one step of undo"
    assert told["picked in the window"] == ["Cube", "Ball"]
    assert told["windows"] == 2, "Esc ends the eyedropper, and leaves the window of the render open"
    assert told["ended by a render"]
