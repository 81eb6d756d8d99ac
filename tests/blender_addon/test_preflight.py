"""Pre-flight in real Blenders: each way in which a file can be spoilt is told, with its remedy, and nothing else is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_preflight.py")


@pytest.fixture
def check(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """Runs a case of ``bpy_preflight.py`` in the folder, with this Python as the backend's."""

    def run(case: str) -> Any:
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, quiet=False)

    return run


def test_a_scene_is_told_what_would_fail_be_black_or_unpainted(check: Callable[[str], Any], blender: Blender) -> None:
    told = check("scenes")
    assert told.pop("sound") == told.pop("sequencer off") == told.pop("wildcard") == told.pop("pictures of two") == []
    shared, many = told.pop("shared tree", None), told.pop("too many")
    expected = {
        "compositing off": ("error", "compositing is off"),
        "no camera": ("error", "has no camera: add one"),
        "cache off": ("error", "Cache Result is off"),
        "passes off": ("error", "passes are off: Vector"),
        "muted": ("warning", "the node is muted"),
        "unknown name": (
            "error",
            "'Kugel' is not the name of anything that CryptoObject of this file has: did you mean",
        ),
        "wildcard for nothing": ("error", "'Hair*' matches nothing"),
        "hidden object": ("warning", "'Kügel' is hidden in renders"),
        "object of no scene": ("warning", "'Lonely' is in no collection of the scene"),
        "goes nowhere": ("warning", "its pictures go nowhere"),
        "nothing out": ("error", f"nothing is linked to {'Group Output' if blender.version == '5.2' else 'Composite'}"),
        "sequencer": ("error", "rendered instead of the compositor"),
        "pictures": ("error", "roto.####.png' has no picture for the frame 2"),
        "no picture": ("error", "there is no picture"),
    }
    if blender.version == "4.5":
        expected["nodes off"] = ("error", "switch on Use Nodes")
    assert told.keys() == expected.keys()
    for name, (severity, words) in expected.items():
        assert any(found == severity and words in text for found, text in told[name]), (name, told[name])
    assert all("'Scene'" in text for found in told.values() for _, text in found)
    assert len(many) == 1
    assert "is more than the 8 Style nodes" in many[0][1]
    if shared is not None:
        own, twin = shared
        assert [severity for severity, _ in own] == ["warning"]
        assert any("reads the scene 'Scene' while 'Scene.001' is rendered" in text for _, text in twin)


def test_results_are_told_what_they_lack(check: Callable[[str], Any]) -> None:
    told = check("results")
    assert told["sound"] == told["of other frames"] == []
    assert [found[:2] for found in told["other settings"]] == [["warning", "usage"]]
    assert "have changed since: use Redo Changed" in told["other settings"][0][2]
    for name in ("without a picture", "without its folder"):
        assert [found[:2] for found in told[name]] == [["error", "input"]], name
    assert "for the frames 4:" in told["without a picture"][0][2]
    assert "for the frames 3-6:" in told["without its folder"][0][2]
    assert [found[:2] for found in told["at the plate"]] == [["error", "usage"]]
    assert "the frames 4 are not painted" in told["at the plate"][0][2]


def test_frames_that_are_played_back_have_to_be_there(check: Callable[[str], Any]) -> None:
    told = check("played")
    assert told["sound"] == []
    expected = {
        "not captured": ("error", "was not captured yet"),
        "more frames": ("error", "the frames 4-5 cannot be played back, 'Style' has frames 1-3"),
        "with a hole": ("error", "the frames 2 cannot be played back"),
        "with new settings": ("warning", "its frames are old"),
    }
    for name, (severity, words) in expected.items():
        ((found, text),) = told[name]
        assert found == severity, name
        assert words in text, name
