"""A result played back in its original's strip shows what the strip above showed, or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_strip_playback.py")


def _need(blender: Blender) -> None:
    if blender.version == "4.5":
        pytest.skip("Blender 4.5 has no such modifier")


@pytest.mark.parametrize("kind", ["image", "alpha", "scene"])
def test_it_shows_the_same(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path, kind: str) -> None:
    _need(blender)
    told = run_in_blender(blender, SCRIPT, kind, tmp_path, quiet=False)
    assert told["frames differ"] > 50
    assert told["muted"] == [False, True]
    assert told["state is the same"]
    before, while_reversed, after = told["warned of"]
    assert "is not played forwards" in while_reversed
    assert before == after == ""
    for place in ("in its place", "moved", "renamed and moved", "rendered at once", "above"):
        assert told[place] <= 1, place
    assert told["after"] == told["before"]


def test_through_its_life(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    _need(blender)
    told = run_in_blender(blender, SCRIPT, "life", tmp_path, quiet=False)
    assert told["playing"] == 1
    assert [told["rendered"], told["rendered again"]] == [8, 0]
    assert told["undone"] == [0, True, False, True]
    assert told["duplicate"] <= 1
    assert told["trees"] == [False, 1, 1]
    assert told["another version"] == [True, False, 0]
    assert told["removed"] == [["Bild"], False, 0]
    assert told["data"][0] == told["data"][1]


def test_what_would_look_otherwise_is_refused(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    _need(blender)
    told = run_in_blender(blender, SCRIPT, "refused", tmp_path, quiet=False)
    reasons = {
        "reversed": "is not played forwards frame by frame",
        "strobe": "is not played forwards frame by frame",
        "speed": "is not played forwards frame by frame",
        "speed of an effect": "is not played forwards frame by frame",
        "transformed": "is transformed or cropped",
        "cropped": "is transformed or cropped",
        "flipped": "is transformed or cropped",
        "colour": "has its colours changed",
        "another size": "have another size than the plate",
        "plate": "shows the plate",
        "unfinished": "is not finished",
        "trimmed": "is moved or trimmed otherwise",
        "modifiers": "has modifiers",
        "nested": "is played back in the strip 'shot'",
        "meta": "lies in a meta",
    }
    assert told.pop("nothing changed") == "True"
    assert told.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert reason in told[name], name


def test_only_where_strips_have_the_modifier(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    assert run_in_blender(blender, SCRIPT, "offered", tmp_path, quiet=False) == (blender.version != "4.5")
