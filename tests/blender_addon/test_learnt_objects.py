"""From footage to a painted object, with a network that learnt what it shows: nothing is written beforehand."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender
from learnt_shot import CARD, rendered_shot, truth

from nst_backend.media.images import write_image

if TYPE_CHECKING:
    from conftest import Blender

pytestmark = [pytest.mark.blender("5.2"), pytest.mark.slow]
SCRIPT = Path(__file__).with_name("bpy_learnt_objects.py")
FRAMES = 6


@pytest.mark.parametrize("blender", ["5.2"], indirect=True)
def test_cars_are_found_and_painted(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> None:
    (film_folder / "src").mkdir()
    for number, example in enumerate(truth(rendered_shot(blender))[:FRAMES], 1):
        write_image(film_folder / "src" / f"stage.{number:04d}.png", example.display)
    told = run_in_blender(blender, SCRIPT, film_folder, CARD, sys.executable, timeout=1200.0, quiet=False)
    found = Counter(label for label, frames, _ in told["objects"] if frames == FRAMES)
    assert found["robot"] == 2
    assert found["creature"] >= 1
    assert found["car"] >= 1
    assert all(told["pictures"])
    for stage in ("rendering the plate plate", "finding objects find", "finding objects mattes"):
        assert stage in told["states"]
    assert told["outcomes"] == [["FINISHED"]] * 3
    assert 0.005 < told["covered"] < 0.5
    assert told["painted inside"] > 0.8
    assert told["painted outside"] < 0.01
