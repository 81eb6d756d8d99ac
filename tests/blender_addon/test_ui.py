"""The Style panel's classes and operators, in real Blenders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender
from settings_cases import Cases

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_ui.py")
ROOT = "SEQUENCER_PT_brushpass"
WITHOUT_UNDO = {"preset_add", "preset_remove", "recipe_export", "find_objects", "objects_dismiss"}
"""Operators that change nothing of the .blend, or only later."""


@pytest.fixture(scope="module")
def cases(blender: Blender, run_in_blender: RunInBlender, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Every case of the script, run in one Blender."""
    folder = tmp_path_factory.mktemp("cases")
    return Cases(folder, run_in_blender(blender, SCRIPT, folder, quiet=False))


def test_the_panel_stands_in_the_sequencer_s_sidebar(cases: Cases) -> None:
    told = cases.told("panels")
    root, *sections = told["all"].values()
    assert root == ["SEQUENCE_EDITOR", "UI", "Style", ""]
    assert all(section == ["SEQUENCE_EDITOR", "UI", "Style", ROOT] for section in sections)
    own = [label for label in told["all"] if label in ("Regions", "Matte", "Look", "Motion", "Output")]
    assert own == ["Regions", "Matte", "Look", "Motion", "Output"]
    assert "Regions" in told["shown"]["no region"]
    assert "Matte" not in told["shown"]["no region"]
    assert set(own) <= set(told["shown"]["a region"])
    assert told["shown"]["no strip"] == []


def test_sections_come_and_go(cases: Cases) -> None:
    before, first, nodes, left, after = cases.told("sections")
    # The root first, then by order: 5 stands before the list of regions.
    assert first.index("Extra") < first.index("Regions")
    assert {"NODE_PT_brushpass", "NODE_PT_brushpass_extra", "NODE_PT_brushpass_regions"} <= set(nodes)
    assert left == []
    assert after == before


def test_operators_explain_themselves_and_can_be_undone(cases: Cases) -> None:
    for name, operator in cases.told("operators").items():
        assert len(operator["help"]) > 10, name
        assert not operator["help"].endswith("."), name
        assert ("UNDO" in operator["options"]) == (name not in WITHOUT_UNDO), name


def test_operators_say_why_not(cases: Cases) -> None:
    told = cases.told("polls")
    assert "Add a region first" in told["no region"]
    assert "end of the list" in told["first"]
    assert "end of the list" in told["last"]
    assert "Select the strips to copy to" in told["alone"]
    assert "Select a strip with a picture first" in told["no strip"]
    assert "Select a strip with a picture first" in told["sound"]


def test_settings_find_their_owner(cases: Cases) -> None:
    told = cases.told("owners")
    assert told["found"] == ["B", 1, True]
    assert told["SEQUENCE_EDITOR"] == "B"
    assert told["NODE_EDITOR"] is None


def test_a_result_shows_the_settings_of_its_original(cases: Cases) -> None:
    told = cases.told("results")
    assert told["Shot"] == ["Shot", ""]
    assert told["Shot styled"] == ["Shot", "Shot styled is a result: these are the settings of Shot"]
    assert told["Other"] == ["Other", ""]
    assert told["regions"] == [2, 0, 1]
    assert told["copied"] == [2, 0, 2]
    assert told["original gone"]


def test_a_region_without_a_style_says_so(cases: Cases) -> None:
    assert cases.told("chooser") == {
        "new": "Choose a Style",
        "against": "None (Keep Plate)",
        "known": "Udnie",
        "unknown": "no such style",
    }


def test_keyframe_buttons_tell_their_state(cases: Cases) -> None:
    still, keyed, animated = cases.told("key_buttons")
    assert "has no keyframes" in still
    assert "has a keyframe on this frame: delete it" in keyed
    assert "is animated, without a keyframe here" in animated


def test_the_chooser_says_what_the_backend_lacks(cases: Cases) -> None:
    told = cases.told("backend")
    assert told["offline"] == ["the backend is not installed: install it, or choose one", "", "", True]
    assert told["wheels"] == ["the backend is not installed: install it, or choose one", "Install Backend", "", True]
    sentence, *buttons = told["gone"]
    assert "is not there" in sentence
    assert buttons == ["", "", True]
    assert told["not asked"] == ["the backend has not been asked for its styles yet", "", "Ask for Styles", True]
    assert told["asking"] == ["the backend is asked for its styles", "", "", False]
    sentence, *buttons = told["failed"]
    assert "out of order" in sentence
    assert buttons == ["", "Try Again", True]
    assert told["answered"] is None


def test_a_result_lists_its_versions_with_their_sizes(cases: Cases) -> None:
    told = cases.told("versions")
    assert (told["Shot"], told["Shot styled"], told["Other"]) == (True, True, False)
    assert told["numbers"] == [1, 3]
    assert told["sizes"] == {"1": 1000, "3": 20}
    assert told["kept"] is True
