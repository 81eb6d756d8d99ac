"""Style nodes and bakes that are copied in Blender's own ways, in real Blenders with the real backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_node_copies.py")
KEYS = [[1.0, 1.0], [3.0, 0.2]]


@pytest.fixture
def told(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """What a case of ``bpy_node_copies.py`` tells."""

    def run(case: str) -> Any:
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, timeout=600.0, quiet=False)

    return run


def test_a_copy_has_its_own_keyframes(told: Callable[[str], Any]) -> None:
    keyed = told("keyframes")
    assert keyed["before"] == [1], "Blender copies none"
    assert keyed["after"] == [4, [KEYS, KEYS, KEYS, KEYS]], "duplicated, pasted, and the copy of a copy"
    assert keyed["marks"] == 4
    assert keyed["again"] == 4
    assert keyed["painted"] == 0.0
    assert keyed["own"] == [2, 3], "a key of the copy is none of the original"
    assert keyed["removed"] == 1
    assert keyed["twin"] == [KEYS]
    assert keyed["elsewhere"] == [KEYS, 1], "pasted into another tree"


def test_copied_scenes_and_trees_have_nodes_of_their_own_and_one_bridge(told: Callable[[str], Any]) -> None:
    copied = told("trees")
    assert copied["slots"] == [1, 1, 1, 1]
    assert copied["marks"] == 4
    assert copied["bridges"] == 1
    assert copied["full copy"] == 0.0


def test_copies_play_back_what_was_captured_and_are_captured_elsewhere(told: Callable[[str], Any]) -> None:
    captured = told("capturing")
    assert captured["outcome"] == "{'FINISHED'}"
    assert all(parts == ["own/image", ""] for parts in captured["played"])
    marks, nodes = captured["marks"]
    assert marks == nodes
    assert captured["frames alone"] == [None], "a picture like any other"
    assert captured["frames"] == 3, "no node's frames are there twice"
    assert captured["same"] == 0.0
    assert captured["copy"] == "{'FINISHED'}"
    assert captured["shelves"] == [True, 1, 1]


def test_copies_of_a_bake_are_nodes_of_their_own_again(told: Callable[[str], Any]) -> None:
    baked = told("baked")
    assert baked["outcome"] == "{'FINISHED'}"
    assert baked["frames"] < 1e-4
    assert baked["marks"] == 3
    assert baked["keys"] == [2, 2, 2]
    assert baked["in its place"]
    assert baked["painted"] < 1e-6
