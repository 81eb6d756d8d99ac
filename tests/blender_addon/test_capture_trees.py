"""Capture of trees of many shapes in real Blenders with the real service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_capture_trees.py")


@pytest.mark.parametrize("told", ["chained"], indirect=True)
def test_a_node_captures_what_another_plays_back_with_the_motion_behind_it(told: Any) -> None:
    assert "'Style.001' reads 'Style', which paints while the frame is rendered" in told["live"]
    assert told["first"] == told["second"] == told["bake"] == told["of the bake"] == "{'FINISHED'}"
    assert told["twice"] == pytest.approx([2.0, 2.0], rel=0.02)


@pytest.mark.parametrize("told", ["entered"], indirect=True)
def test_a_capture_writes_none_of_the_artists_files_and_reads_any_way_in(told: Any) -> None:
    assert told["outcome"] == told.get("anew", "{'FINISHED'}") == "{'FINISHED'}"
    assert told["written"] == []
    assert told["mean"][0] > 0.1
    assert told["mean"][0] != pytest.approx(told["mean"][1], rel=0.05), "a picture in colour"
    assert told["plates"] == 2
    assert told.get("muted", [True, False]) == [True, False], "the tree's input is a render as well"


@pytest.mark.parametrize("told", ["valued"], indirect=True)
def test_a_tree_whose_first_output_is_a_number_keeps_its_3d(told: Any, blender: Blender) -> None:
    assert told["outcome"] == "{'FINISHED'}"
    assert told["muted"] == (blender.version == "4.5")
