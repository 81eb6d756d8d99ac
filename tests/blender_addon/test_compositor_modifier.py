"""Why a result is a strip and not its plate's Compositor modifier: what Blender 5.2 plays back there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_compositor_modifier.py")


def test_a_modifier_follows_the_scene_and_not_its_strip(
    blender: Blender, run_in_blender: RunInBlender, tmp_path: Path
) -> None:
    if blender.version == "4.5":
        pytest.skip("Blender 4.5 has no such modifier")
    told = run_in_blender(blender, SCRIPT, tmp_path, quiet=False)
    assert told["in its place"] == list(range(10))
    # Each of them is to be [0, 1, 2], reversed [9, 8, 7], twice as fast [0, 2, 4].
    assert told["moved"] == [3, 4, 5]
    assert told["reversed"] == [0, 1, 2]
    assert told["twice as fast"] == [0, 1, 1]
    # Whatever the outer timeline is at, the frame that the inner scene was left at.
    assert len(set(told["in a scene strip"])) == 1
