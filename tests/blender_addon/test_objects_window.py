"""Objects in footage, chosen in Blender's own window: in their list and in the picture; see ``blender_window.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import pictures_folder, run_in_window
from found_shot import answering
from test_guide import plate

if TYPE_CHECKING:
    from build_tools.package import Package

__all__ = ["plate"]

SCRIPT = Path(__file__).parent / "gui" / "objects.py"


@pytest.mark.slow
def test_objects_are_chosen_with_the_pointer(
    extension_package: Package, plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHPASS_OFFLINE", "1")
    folder = pictures_folder(tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    with answering(folder):
        told = run_in_window(SCRIPT, extension_package, tmp_path, plate, styles=False)
    assert "are not on this machine" in told["fault"]
    assert told["listed"] == 300
    assert told["clicked"] == [2]
    assert told["added in the picture"] == [1, 2]
    assert told["undone"] == [2]
