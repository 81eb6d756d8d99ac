"""Train Style from Image in Blender's own window; see ``blender_window.py``.

``BRUSHPASS_GUIDE_PAINTING``, ``BRUSHPASS_GUIDE_PHOTOGRAPHS`` and ``BRUSHPASS_GUIDE_LOSS_NETWORK`` make the pictures of
docs/styles.md.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blender_window import run_in_window
from test_guide import plate
from training.training_files import write_distilled, write_pictures

if TYPE_CHECKING:
    from build_tools.package import Package

__all__ = ["plate"]

SCRIPT = Path(__file__).parent / "gui" / "training.py"


def given(variable: str, made: Path) -> Path:
    return Path(os.environ.get(f"BRUSHPASS_GUIDE_{variable}", "") or made)


@pytest.mark.slow
def test_a_style_is_trained_beside_the_artists_work(extension_package: Package, plate: Path, tmp_path: Path) -> None:
    photographs = given("PHOTOGRAPHS", write_pictures(tmp_path / "photos"))
    painting = given("PAINTING", photographs / "photo0.png")
    network = given("LOSS_NETWORK", write_distilled(tmp_path / "encoder.safetensors"))
    told = run_in_window(SCRIPT, extension_package, tmp_path, plate, painting, photographs, network, styles=False)
    assert told["kept"] >= 2
    assert told["responsive"], "the window is drawn while it trains"
    assert told["learnt"][1:] == [True, True], "it is in the list of styles, with its weights and its picture"
