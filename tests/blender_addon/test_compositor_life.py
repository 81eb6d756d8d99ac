"""Style nodes in files that are edited, saved and rendered where they cannot be; real Blenders, the real backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_compositor_life.py")
LONG = 600.0


@pytest.fixture
def live(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """Runs a case of ``bpy_compositor_life.py`` in the folder, with this Python as the backend's."""

    def run(case: str) -> Any:
        # Blender complains about graphics cards that are not there.
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, timeout=LONG, quiet=False)

    return run


def test_what_a_node_needs_comes_and_goes_with_it(live: Callable[[str], Any], blender: Blender) -> None:
    told = live("edited")
    before = told["before"]
    assert before["passes"] == ["combined"]
    assert told["added"] == {
        "scenes": before["scenes"] + 1,
        "cameras": before["cameras"] + 1,
        "groups": 1,
        "layer nodes": 2,
        "cache": True,
        "passes": ["combined", "z", "vector", "cryptomatte_object"],
    }
    assert told["material"][-1] == "cryptomatte_material"
    assert told["duplicated"] == [1, 2, ["swirl", "swirl"], True]
    assert told["pasted"] == [1, 2, 3]
    assert told["twin"] == [1, 2, 3], "another tree counts its own slots"
    assert told["twin's are fed"]
    if blender.version == "5.2":
        assert len(told["shared"]) == 1, "of the node whose picture goes out"
        assert "reads the scene 'Scene' while 'Scene.001' is rendered" in told["shared"][0]
    assert told["opened"] == [[1, 2, 3], True]
    assert told["removed"] == before


def test_what_a_node_cannot_see_is_said(live: Callable[[str], Any], blender: Blender) -> None:
    told = live("refusals")
    assert told["plain"] == []
    assert "without the nodes before this one" in told["behind a blur"][0]
    assert "nothing is linked to Image" in told["unlinked"][0]
    assert "no Render Layers node behind its Image" in told["footage"][0]
    assert "motion blur leaves the Vector pass empty" in told["motion blur"][0]
    assert "Cache Result is off" in told["no cache"][0]
    assert told["mended"] == [[], True]
    assert "BrushpassStyleNode" in told["group"] or "out of the group" in told["group"]
    left, faults = told["grouping"]
    if blender.version == "4.5":
        assert (left, faults) == (1, []), "Blender makes no group of it"
    else:
        assert left == 0
        assert "out of the group" in faults[0]


def test_a_file_survives_being_saved_without_the_extension(live: Callable[[str], Any]) -> None:
    told = live("without_extension")
    assert told["difference"] == 0.0
    assert told["painted"] > 0.1


def test_a_failed_frame_is_not_written_and_the_process_says_so(live: Callable[[str], Any]) -> None:
    told = live("failing")
    first, second = told["first"], told["second"]
    assert first["code"] == 6
    assert first["files"] == {"frame.0001.exr": True}, "no placeholder stays"
    assert "frame 2 of 'Scene' failed, 'Style': there is no matte" in first["said"][-1]
    assert second["code"] == 0
    assert second["files"] == {f"frame.{number:04d}.exr": True for number in (1, 2, 3)}
    assert len(second["said"]) == 1, "frame 1 was kept, so frame 2 is not stabilised, frame 3 is"
    assert second["said"][0].startswith("Brushpass: frame 2, 'Style': not stabilised")
