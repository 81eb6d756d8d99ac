"""A result shows what is there, switches versions, and goes in one step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_results.py")


def _files(folder: str, stem: str, suffix: str) -> list[str]:
    return [f"{folder}/{stem}.{number}{suffix}" for number in range(1001, 1005)]


def test_a_result_through_its_life(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, tmp_path, quiet=False)
    plates = _files("plate", "plate", ".png")
    linear = _files("v002", "styled", ".exr")
    # What a version lacks it borrows from the plate, under its own name in the version's folder.
    borrowed = _files("v001", "plate", ".png")
    assert told["unstyled"] == borrowed
    assert told["tracks"] == [2, 3, "Titel"]
    assert told["counted"] == [1, 4]
    assert told["one styled"] == [borrowed[0], "v001/styled.1002.png", *borrowed[2:]]
    assert told["linear, not complete"] == [*_files("v002", "plate", ".png"), "sRGB"]
    assert told["linear, complete"] == [*linear, "Linear Rec.709", "PREMUL"]
    assert told["compared"] == plates
    assert told["compared back"] == linear
    assert told["deleted"] == [plates, False, True]
    assert told["removed"] == [["Bild", "blocker"], False, 2]
    assert told["tracks again"] == ["Titel", "Channel 3"]
    assert told["undone"] == ["Bild", "Bild styled", "blocker"]
    assert told["undone twice"] == [["Bild", "blocker"], False]
    assert told["no result"]
