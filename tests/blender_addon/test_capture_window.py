"""Capture and bake in Blender's own window; see ``blender_window.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import pictures_folder, run_in_window
from found_shot import answering

if TYPE_CHECKING:
    from build_tools.package import Package

SCRIPT = Path(__file__).parent / "gui" / "capture.py"


@pytest.mark.slow
def test_a_node_captures_in_the_background_plays_back_and_is_baked(
    extension_package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHPASS_OFFLINE", "1")
    folder = pictures_folder(tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    with answering(folder):
        told = run_in_window(SCRIPT, extension_package, tmp_path)
    assert told["switched"] == told["started"] == ["FINISHED"]
    assert told["captured"] == ["done", 1]
    assert told["bright"] > 0.02
    assert told["stale"] == "its settings have changed since"
    assert "has frames 1-3, and not 7" in told["beyond"]
    assert told["bake"] == told["back"] == ["FINISHED"]
    assert told["baked"][0] == 0
    assert told["baked"][2], "nothing reads the 3D any more"
    assert told["baked"][1].count("CompositorNodeImage") == 1
    assert told["unbaked"] == ["Style", "swirl"]
    assert [told["undone"], told["undone twice"]] == [0, 1], "undo takes the removed bake back, then the bake"
    assert told["searching"] == ["FINISHED"], "in the background"
    assert told["objects"] == [["person 1", "car 2", "person 3"], [2]]
