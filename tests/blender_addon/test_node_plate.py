"""What the eyedropper of a Style node points into, in real Blenders with the real backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from found_shot import answering
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_node_plate.py")
RENDER_FIRST = "render the frame first (F12)"


@pytest.fixture
def plates(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """Runs a case of ``bpy_node_plate.py`` in the folder, with this Python as the backend's."""

    def run(case: str) -> Any:
        with answering(film_folder):
            return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, quiet=False)

    return run


def test_the_last_render_is_picked_in(plates: Callable[[str], Any]) -> None:
    told = plates("rendered")
    assert RENDER_FIRST in told["before"]
    assert RENDER_FIRST in told["not composited"]
    assert told["button"] is False
    assert told["size"] == [96, 64]
    assert told["picked"] == ["Kügel", "Wand"]
    assert "no Cryptomatte layer 'CryptoMaterial'" in told["a pass that was off"]
    kept, read = told["border"]
    assert kept == read == [48, 64], "the passes are those within the border"


def test_a_captured_frame_is_picked_in(plates: Callable[[str], Any]) -> None:
    told = plates("captured")
    assert "the frame 1 of 'Style' was not captured yet: use Capture and Style" in told["before"]
    assert told["picked"] == ["Kügel", "Wand"]
    assert "no objects were found yet" in told["not looked for"]
    assert told["objects"] == ["person 1", "car 2", "person 3"]
    assert "the frame 3" in told["beyond"]
