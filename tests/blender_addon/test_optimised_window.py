"""Painting by optimisation in Blender's own window; see ``blender_window.py``.

``BRUSHPASS_GUIDE_PLATE``, ``BRUSHPASS_GUIDE_PAINTINGS`` (a folder) and ``BRUSHPASS_GUIDE_LOSS_NETWORK`` make the
picture of docs/optimize.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import run_in_window
from test_guide import plate
from test_training_window import given
from training.training_files import write_distilled, write_pictures

if TYPE_CHECKING:
    from build_tools.package import Package

__all__ = ["plate"]

SCRIPT = Path(__file__).parent / "gui" / "optimisation.py"


@pytest.mark.slow
def test_a_region_is_optimised_with_the_pointer(extension_package: Package, plate: Path, tmp_path: Path) -> None:
    paintings = given("PAINTINGS", write_pictures(tmp_path / "paintings", count=2))
    network = given("LOSS_NETWORK", write_distilled(tmp_path / "encoder.safetensors"))
    told = run_in_window(SCRIPT, extension_package, tmp_path, plate, paintings, network)
    names = sorted(path.name for path in paintings.iterdir())
    assert told["paintings"] == names, "each was chosen in the file browser"
    assert told["left"] == names[1], "the first was taken out, and came back by undo"
    assert told["preview"] == "READY"
    assert told["painted"] > 0.05
