"""Style nodes that are linked and appended, in real Blenders with the real backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_foreign_files.py")
LOCAL = {"bridges": [False], "fed": True, "group": False}
ONE_OF_EACH = {"scenes": 1, "objects": 1, "cameras": 1, "groups": 1}


@pytest.fixture
def told(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """What a case of ``bpy_foreign_files.py`` tells."""

    def run(case: str) -> Any:
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, timeout=600.0, quiet=False)

    return run


def test_scenes_that_are_appended_share_one_bridge_and_paint_what_they_did(told: Callable[[str], Any]) -> None:
    appended = told("appended_scene")
    assert appended["came along"]["scenes"] == 3, "each file has a bridge of its own"
    assert appended["mended"] == appended["reopened"] == ONE_OF_EACH
    assert appended["wiring"] == [LOCAL, LOCAL, LOCAL]
    assert appended["names"] == [["Kügel.001"], ["Kügel.002"]], "Blender renames what is appended"
    assert appended["marks"] == 4, "no two nodes write into one folder, those of the library included"
    assert appended["pictures"] == [0.0, 0.0]
    assert appended["own"] == 0.0
    assert set(appended["removed"].values()) == {0}


def test_a_linked_scene_renders_and_nothing_of_it_is_written(told: Callable[[str], Any]) -> None:
    linked = told("linked_scene")
    assert not linked["made"], "it brings all that it needs"
    assert linked["wiring"] == {"bridges": [True], "fed": True, "group": True}
    assert linked["faults"] == []
    assert linked["picture"] == linked["again"] == 0.0
    assert not linked["written"]
    assert linked["reopened"] == [True, True, True]


def test_a_tree_that_is_appended_paints_the_scene_that_it_names(told: Callable[[str], Any], blender: Blender) -> None:
    if blender.version == "4.5":
        pytest.skip("compositor trees are parts of their scenes")
    appended = told("appended_tree")
    assert appended["mended"] == ONE_OF_EACH
    assert appended["wiring"] == LOCAL
    [refused] = appended["refused"]
    assert "'Style' reads the scene 'Shot' while 'Scene' is rendered" in refused
    assert refused.endswith("choose 'Scene' in its node 'Render Layers'")
    assert refused in appended["pre-flight"]
    assert any("its compositor tree is that of 'Shot' too" in line for line in appended["pre-flight"])
    assert appended["names"] == ["Kügel.001"], "of the scene that came along"
    assert appended["faults"] == []
    assert appended["painted"] == 0.0


def test_a_linked_tree_says_that_it_must_be_local(told: Callable[[str], Any], blender: Blender) -> None:
    if blender.version == "4.5":
        pytest.skip("compositor trees are parts of their scenes")
    linked = told("linked_tree")
    [refused] = linked["refused"]
    assert "make the linked compositor tree 'Comp' local" in refused
    assert linked["pre-flight"] == [refused]
    assert not linked["written"]
    assert linked["local"] == [LOCAL, True]
    assert linked["faults"] == []
    assert linked["painted"] == 0.0
    assert linked["own"] == ONE_OF_EACH
