"""Style Strip in real Blenders with the real backend: frames, faults, undo, resuming."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_style_strip.py")
LONG = 400.0


@pytest.fixture
def style(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[..., Any]:
    """Runs a case of ``bpy_style_strip.py`` in the folder, with this Python as the backend's."""

    def run(case: str, *arguments: str, quiet: bool = True) -> Any:
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, *arguments, timeout=LONG, quiet=quiet)

    return run


@pytest.mark.parametrize("kind", ["image", "movie"])
def test_identity_leaves_the_timeline_as_it_was(style: Callable[..., Any], kind: str) -> None:
    told = style("identity", kind)
    assert told["outcome"] == ["FINISHED"]
    assert told["difference"] == 0.0
    assert told["picture"] > 0.5
    assert told["shown"] == [f"v001/styled.{number}.png" for number in range(1001, 1005)]
    assert told["channels"] == [1, 2]
    assert told["muted"] == [True, False]
    assert told["left"] == []


def test_scene_strip_is_painted_by_its_cryptomatte(style: Callable[..., Any]) -> None:
    # Cycles complains about graphics cards that are not there.
    told = style("scene_strip", quiet=False)
    assert told["outcomes"] == ["FINISHED"] * 5
    assert told["painted"] > 0.1
    assert told["unpainted"] < 1e-3
    assert told["shown"] == [f"v005/styled.{number}.exr" for number in range(1001, 1004)]
    assert told["kept where only the style changed"]
    assert told["rendered anew"] == [True, True]
    assert told["blend"] == [0.0, False]


def test_cancelled_work_resumes_to_the_same_bytes(style: Callable[..., Any]) -> None:
    told = style("cancelled", quiet=False)
    assert told["outcomes"] == [["CANCELLED"], ["FINISHED"]]
    assert (told["state"], told["order"]) == ("cancelled", "cancelled")
    styled, plates = told["partly"]
    assert styled >= 1
    assert plates >= 1
    assert styled + plates == told["frames"] == 40
    assert told["equal"]
    assert told["shown"] == "v002/styled.1040.png"
    assert "is unfinished" in told["refused"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX processes")
def test_processes_that_are_killed_stop_one_work_and_not_the_next(style: Callable[..., Any]) -> None:
    told = style("killed", quiet=False)
    assert told["states"] == ["failed", "done"]
    assert "the backend was killed (SIGKILL)" in told["told"][0]
    assert "the Blender that rendered the plate was killed" in told["told"][1]
    assert told["remedies"] == ["resume", "resume"]
    assert told["outcomes"] == [["FINISHED"], ["FINISHED"]]
    assert told["before"] == "v001/styled.1001.png"
    assert told["shown"] == ["v002/styled.1001.png", "v001/styled.1001.png"]


def test_one_step_of_undo(style: Callable[..., Any]) -> None:
    told = style("undone")
    assert told["undone"]
    assert told["redone"] == "v001/styled.1001.png"
    assert told["folders"] == ["Bild ä"]
    assert told["versions"] == ["v001", "v002"]


def test_strips_that_go_and_files_that_change_meanwhile(style: Callable[..., Any]) -> None:
    told = style("gone")
    assert told["told"].startswith("the strip 'Bild ä' is gone: its frames are in ")
    assert told["frames"] == 3
    assert told["elsewhere"] == ["done", "", 0]
    assert told["back"] == "v002/styled.1001.png"


def test_only_what_changed_is_redone(style: Callable[..., Any]) -> None:
    told = style("redone")
    assert told["outcome"] == ["FINISHED"]
    assert told["same files"] == [f"styled.{number}.png" for number in (1001, 1002, 1004, 1005)]
    assert told["while other recipe"] == []
    assert told["as a whole"]


def test_result_survives_saving_elsewhere(style: Callable[..., Any]) -> None:
    told = style("saved_elsewhere")
    assert told["difference"] == 0.0
    assert told["there"]
    assert told["again"] == ["FINISHED"]


def test_refusals_name_the_remedy(style: Callable[..., Any]) -> None:
    told = style("refusals", quiet=False)
    expected = {
        "unsaved": "save it first",
        "missing": "cannot be found: File > External Data > Find Missing Files",
        "no region": "add one in the Style panel",
        "no cryptomatte": "which 'Bild' does not have",
        "no style": "no style is named 'no such style'",
        "none": "select a strip that has a picture",
        "no channel": "all 128 channels are in use",
        "no folder": "cannot be used",
        "no backend": "is not there: name the folder of an environment",
    }
    assert {name: text for name, text in expected.items() if text not in told[name]} == {}
    assert told["left"] == []
    assert told["its remedy"] == "preferences"


@pytest.mark.parametrize("stage", ["ISOLATING", "STYLING"])
def test_a_new_blender_goes_on(style: Callable[..., Any], stage: str) -> None:
    style("dies", stage, quiet=False)
    told = style("goes_on", quiet=False)
    assert told["outcome"] == ["FINISHED"]
    assert (told["before"] == 0) == (stage == "ISOLATING")
    assert told["before"] < told["after"] == 40
    assert told["kept"]
    assert told["versions"] == ["v001"]
    assert told["shown"] == "v001/styled.1001.png"
