"""Capture and bake in real Blenders with the real service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from found_shot import answering
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_capture.py")


@pytest.fixture
def told(
    blender: Blender, run_in_blender: RunInBlender, film_folder: Path, monkeypatch: pytest.MonkeyPatch, request: Any
) -> Any:
    """What the case of the test's mark told, which may ask for objects."""
    monkeypatch.setenv("BRUSHPASS_OFFLINE", "1")

    def run(case: str, *arguments: str) -> Any:
        return run_in_blender(
            blender, SCRIPT, case, film_folder, sys.executable, *arguments, timeout=900.0, quiet=False
        )

    with answering(film_folder):
        first = run(request.param)
        return first if request.param != "baked" else {**first, "without": run("without", first["without"])}


@pytest.mark.parametrize("told", ["linked"], indirect=True)
def test_what_is_linked_is_captured_and_played_back_without_3d(told: Any) -> None:
    assert "no Style node is selected" in told["unsaid"]
    assert told["outcome"] == "{'FINISHED'}"
    assert told["record"] == [1, 1, 3, "styled.####.exr"]
    assert told["samples"] == 0
    assert max(told["identity"]) < 1e-5
    assert told["exposed"] > 0.1
    assert told["bridge"] == []
    assert told["fresh"] == ""
    assert told["stale"] == "its settings have changed since"
    assert told["again"] == "{'FINISHED'}"
    assert told["kept plates"] == [3, True]
    assert told["version"] == 2
    assert 0.02 < told["painted"] < 0.5
    assert told["recipe"]["layer"] == "Composite"
    assert told["recipe"]["matte_layer"] == told["recipe"]["motion_layer"] == "ViewLayer"
    assert told["other exposure"] == "{'FINISHED'}"
    assert told["new plates"]
    assert told["twice as bright"] == pytest.approx(2.0, rel=0.02)
    assert told["muted"] == [True]


@pytest.mark.parametrize("told", ["masks"], indirect=True)
def test_mattes_of_other_nodes_are_taken_and_all_outputs_play_back(told: Any) -> None:
    assert "nothing is linked to Mask 1" in told["unlinked"]
    assert told["outcome"] == "{'FINISHED'}"
    assert told["left"] == 1.0
    assert told["right"] == 0.0
    assert "Per-frame of 'Style' was not linked" in told["no per-frame"]
    assert told["again"] == "{'FINISHED'}"
    assert told["with per-frame"] == ""
    assert told["same without smoothing"] == 0.0


@pytest.mark.parametrize("told", ["baked"], indirect=True)
def test_a_bake_is_the_same_picture_without_the_add_on_and_can_be_taken_back(told: Any) -> None:
    assert told["outcome"] == "{'FINISHED'}"
    source, path, name = told["in its place"]
    assert source == "SEQUENCE"
    assert path.startswith("//brushpass")
    assert not any("Brushpass" in kind or kind == "NodeUndefined" for kind in told["nodes"])
    assert told["read"] in (["CompositorNodeComposite"], ["NodeGroupOutput"])
    assert told["samples"] == 0
    assert max(told["same"]) < 1e-4
    assert f"{name!r} has frames 1-3, and not 5" in told["beyond"]
    assert "is gone" in told["gone"]
    assert told["back"] == "{'FINISHED'}"
    assert told["settings"] == ["Style", "swirl", "OBJECT", ["Kügel"]]
    assert told["live again"]
    assert told["frames"] == []
    assert not any(told["muted"])
    assert max(told["painted"]) < 1e-6, "its keyframes are back too"
    assert "NodeUndefined" not in told["without"]["kinds"]
    assert max(told["without"]["same"]) == 0.0
    assert told["without"]["beyond"] == 0.0, "no frame is held in place of one that is missing"
    assert told["without"]["back"] == "{'FINISHED'}"
    assert told["without"]["record"] == [1, "swirl"]


@pytest.mark.parametrize("told", ["footage"], indirect=True)
def test_objects_are_found_in_footage_that_is_linked(told: Any) -> None:
    assert "set its mode to Capture" in told["live"]
    assert "are not on this machine" in told["offline"]
    assert told["found"] == "found"
    assert told["list"] == ["person 1", "car 2", "person 3"]
    assert told["outdated"] == ""
    assert told["outcome"] == "{'FINISHED'}"
    assert told["cars"] == [[False, False, False], [False, True, False], [False, True, False]]
    assert told["more frames"] == "the scene has frames that were not looked at, 4"
