"""Style nodes and the compositor of the 3D viewport, in Blender's own window; see ``blender_window.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import run_in_window

if TYPE_CHECKING:
    from build_tools.package import Package

SCRIPT = Path(__file__).parent / "gui" / "viewport.py"


@pytest.mark.slow
def test_a_viewport_shows_what_was_captured_and_nothing_that_a_render_would_paint(
    extension_package: Package, tmp_path: Path
) -> None:
    told = run_in_window(SCRIPT, extension_package, tmp_path)
    shown = told["without compositor"]
    assert shown > 0.05
    assert told["behind the node"] < 0.01, "a plain ground, and how it is dithered"
    assert told["muted"] == pytest.approx(shown, rel=0.05)
    assert told["beside the node"] == pytest.approx(shown, rel=0.05)
    assert told["captured"] > 1.5 * shown, "black beside white"
