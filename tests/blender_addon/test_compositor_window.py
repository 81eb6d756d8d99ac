"""The Style node in Blender's own window, with a real pointer and real keys; see ``blender_window.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import run_in_window

if TYPE_CHECKING:
    from build_tools.package import Package

SCRIPT = Path(__file__).parent / "gui" / "compositor.py"


@pytest.mark.slow
def test_a_node_is_added_rendered_cancelled_and_deleted(extension_package: Package, tmp_path: Path) -> None:
    told = run_in_window(SCRIPT, extension_package, tmp_path)
    assert told["before"] == [0, 2, 1, ""]
    assert told["added"] == [1, 4, 2, "vector z"]
    assert told["dropped on the link"] == ["Group Output"]
    assert told["passes"] == "cryptomatte_object vector z"
    assert told["keyed"] == ['nodes["Style"].brushpass.regions[0].strength']
    assert told["cancelled"], "Esc ends the wait for the backend"
    assert told["preference"] == ""
    styled, notes = told["styled"]
    assert styled
    assert [note for note in notes if note.startswith("not stabilised")] == notes
    assert "no style is named 'nowhere'" in told["fault"]
    assert min(told["marked"]) > 0.4, "bands of magenta and black"
    assert sum(told["marked"]) == pytest.approx(1.0)
    assert told["deleted"] == told["before"]
    assert told["undone"][:3] == told["added"][:3]
    assert told["redone"] == told["before"]
