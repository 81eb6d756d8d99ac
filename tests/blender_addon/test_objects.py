"""Find Objects in real Blenders with the real service, which takes what lies beside the plate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from found_shot import answering
from installed_blender import RunInBlender
from service_shots import environment, write_styles
from settings_cases import Cases

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_objects.py")
LONG = 1800.0


@pytest.fixture(scope="module")
def cases(blender: Blender, run_in_blender: RunInBlender, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Every case of the script, run in one Blender whose backend has two styles and cannot download weights."""
    outer = tmp_path_factory.mktemp("objects")
    write_styles(outer / "styles")
    folder = outer / "Film ä ö"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as own, answering(folder):
        for name, value in {**environment(outer), "BRUSHPASS_OFFLINE": "1"}.items():
            own.setenv(name, value)
        answers = run_in_blender(blender, SCRIPT, folder, sys.executable, timeout=LONG, quiet=False)
    return Cases(folder, answers)


def test_what_is_missing_is_said_with_what_helps(cases: Cases) -> None:
    told = cases.told("missing")
    assert "save it first" in told["unsaved"]
    assert told["kind"] == "environment"
    assert "not installed" in told["no backend"] or "install" in told["no backend"].lower()
    assert "are not on this machine" in told["offline"]
    assert "download" in told["offline"]
    assert told["shown"] in told["offline"]
    assert told["plate"] == 3, "the plate stays for the next search"
    assert told["left"] == [], "the copy of the file goes"
    assert told["dismissed"]
    assert "mask_rcnn" in told["unknown"]
    assert "choose the one that finds the objects" in told["no model"]
    assert told["no list"][0] == 0
    assert "no objects were found yet" in told["no list"][1]


def test_objects_are_chosen_in_a_list_that_knows_when_it_is_old(cases: Cases) -> None:
    told = cases.told("chosen")
    assert told["list"] == [
        ["person 1", 1001, 1004, 4, 0.95, True],
        ["car 2", 1002, 1004, 3, 0.8, True],
        ["person 3", 1001, 1002, 2, 0.55, True],
    ]
    assert told["outdated"] == ""
    assert told["by score"] == [1, 2, 3]
    assert told["of a higher score"] == [1]
    assert told["of a class"] == [2]
    assert told["counted"] == {"person": 2, "car": 1}
    assert told["clicked"] == [1]
    assert "there is no object 9" in told["unknown"]
    assert told["undone"] == [1, 3]
    assert told["list undone"] == 0
    assert told["redone"] == [3, [1]]
    assert told["two regions"] == [[1], [1, 2]]
    assert told["loaded"] == [True, [[1], [1, 2]], ""]
    assert told["renamed"] == ["", "Bild ä"]
    changes = told["changes"]
    assert changes["trimmed"] == changes["as before"] == ""
    assert changes["drawn out"] == "the strip shows frames that were not looked at, 7-8"
    assert "another exposure" in changes["exposed"]
    assert "has changed since" in changes["darker"]
    assert "are gone" in changes["gone"]


def test_a_strip_is_styled_where_its_objects_are(cases: Cases) -> None:
    told = cases.told("styled")
    assert told["unfound"] == 0
    assert told["outcome"] == ["FINISHED"]
    assert told["listed"] == ["person 1", "car 2", "person 3"], "the list came with the job"
    assert told["cars"] == [[False, False, False]] + [[False, True, False]] * 3
    assert told["by number"] == [["FINISHED"], [[True, False, False]] * 4]
    assert "are not on this machine" in told["changed"], "the frames changed: they are looked at again"
    assert "were found anew" in told["found anew"]
    assert told["remedy"] == "style"
    assert told["versions"] == ["v001", "v002"]
    assert told["now"] == [["person 2", "car 3", "person 4"], [], ["car"]]
    assert told["again"] == ["FINISHED"]


def test_mattes_of_objects_are_previewed_and_picked(cases: Cases) -> None:
    told = cases.told("previewed")
    assert "find its objects first" in told["before"]
    assert told["outcome"] == ["FINISHED"]
    assert told["matte"] == [0.0, 1.0, 0.0]
    assert told["picked"] == [["person 1", 0.5, ""], ["car 2", 0.25, ""], ["person 3", 0.25, ""]]
    assert told["added"] == [True, False, [1, 2]]
    assert told["fault"] == ""
    assert told["beside a mask"] == ["FINISHED"]
    assert told["its matte"] == [1.0, 1.0, 0.0]


def test_numbers_stay_with_their_strip(cases: Cases) -> None:
    told = cases.told("shared")
    assert told["copied"] == ["FINISHED"]
    assert told["copy"] == [0, [], ["person"], pytest.approx(0.6)]
    assert told["kept"] == [[1, 3], 1]
    assert told["preset"]["instances"]["classes"] == ["person"]
    assert told["preset"]["instances"]["ids"] == []
    assert told["exported"]["instances"]["ids"] == [1, 3]
    assert told["exported"]["instances"]["score"] == 0.6


def test_a_long_list_stays_usable(cases: Cases) -> None:
    told = cases.told("many")
    assert told["count"] == 303
    assert told["labels"] == {"person": 302, "car": 1}
    assert told["large"] == [1, 2, 3]
