"""Names in mattes follow the objects and materials that they mean; real Blenders, the real backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender
from service_shots import environment, write_styles
from settings_cases import Cases

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_renames.py")
LONG = 600.0
_told: dict[str, Cases] = {}


@pytest.fixture
def told(
    blender: Blender,
    run_in_blender: RunInBlender,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], Any]:
    """What a case told; all of them run in one process for each Blender."""
    if blender.version not in _told:
        folder = tmp_path_factory.mktemp(f"renames-{blender.version}")
        write_styles(folder / "styles")
        for name, value in environment(folder).items():
            monkeypatch.setenv(name, value)
        # Blender complains about graphics cards that are not there.
        answers = run_in_blender(blender, SCRIPT, folder, sys.executable, timeout=LONG, quiet=False)
        _told[blender.version] = Cases(folder, answers)
    return _told[blender.version].told


def test_every_kind_of_matte_follows_exact_names_alone(told: Callable[[str], Any]) -> None:
    found = told("kinds")
    assert found["of objects"] == {
        "objects": ["Kügel", "Ba*", "Ball?", "c\\?d", "Nobody", "<1f2e3d4c>"],
        "assets": ["Wall", "Kügel"],
        "materials": ["Ball"],
        "layer": ["Kügel"],
        "other layer": ["Ball"],
        "strip": ["Kügel"],
    }
    objects, materials, picture = found["custom"]["subtract"]
    assert objects == {"cryptomatte": {"names": ["Kügel", "Ball*"], "rank": 6}}
    assert materials == {"cryptomatte": {"layer": "V.CryptoMaterial", "names": ["Ball"]}}
    assert picture == {"images": {"path": "Ball"}}
    assert found["users"], "the name holds on to nothing"
    of_materials, of_objects, custom = found["of materials"]
    assert (of_materials, of_objects) == (["Gold"], "Kügel")
    assert custom["subtract"][1]["cryptomatte"]["names"] == ["Gold"]


def test_names_that_change_hands(told: Callable[[str], Any]) -> None:
    found = told("exchanged")
    assert found["swapped"] == ["B", "A", ["B", "A"], ["B"], ["A"]]
    assert found["taken"] == ["B.001", ["B.001"], ["B"]]
    assert found["deleted"] == ["A"], "another may get the name"
    assert found["heir"] == [["A"], ["A"]], "once, where both were named"
    assert found["heir's name"] == [["D"], ["D"]]
    assert found["typed first"] == ["Latest"]
    assert found["typed anew"] == [["Gone"], ["A"]], "one name, two objects after one another"
    assert found["at once"] == ["B"]


def test_files_copies_and_libraries(told: Callable[[str], Any]) -> None:
    found = told("files")
    assert found["another file's name"] == ["A"]
    assert found["after opening"] == ["Z"]
    assert found["opened again"] == ["Z"], "it was saved"
    assert found["twins"] == [["B"], ["B"]]
    assert found["override"] == ["Hero", "Hero", ["Hero"]]
    assert found["override's name"] == ["Held", "Hero", ["Held"]]


def test_undo_and_redo_take_the_names_along(told: Callable[[str], Any]) -> None:
    order = ["A", "C", "B", "A", "B", "C", "A", "C", "A", "D"]
    for how in ("window", "script"):
        assert told("undone")[how] == [[name, name] for name in order], how


def test_a_name_that_was_taken_over_is_given_back_by_undo(told: Callable[[str], Any]) -> None:
    objects = [[name for name in there if not name.startswith(".")] for there, _ in told("deleted_and_undone")]
    assert objects == [["B"], ["A", "B"], ["B"], ["A"]]
    assert [matte for _, matte in told("deleted_and_undone")] == [["A"]] * 4


def test_any_order_of_renames_swaps_undo_and_redo(told: Callable[[str], Any]) -> None:
    assert told("at_random") == []


def test_a_render_paints_what_was_renamed(told: Callable[[str], Any]) -> None:
    found = told("rendered")
    assert found["painted"] > 0.1
    assert found["difference"] == 0.0
