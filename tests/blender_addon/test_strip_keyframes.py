"""Keyframes of regions follow everything that happens to them, in real Blenders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender
from settings_cases import Cases

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_keyframes.py")
RISING = [0.0, 0.3, 0.5, 1.0]
FALLING = [1.0, 0.7, 0.5, 0.0]
HALF = [0.5] * 4
FULL = [1.0] * 4


@pytest.fixture(scope="module")
def cases(blender: Blender, run_in_blender: RunInBlender, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Every case of the script, run in one Blender."""
    folder = tmp_path_factory.mktemp("cases")
    return Cases(folder, run_in_blender(blender, SCRIPT, folder, quiet=False))


def test_the_buttons(cases: Cases) -> None:
    told = cases.told("button")
    assert told["states"] == ["still", "keyed", "animated", "animated", "still"]
    assert 1.0 < told["between"] < 3.0
    assert told["ends"] == [1.0, 1.0, 3.0, 3.0]
    assert (told["next"], told["previous"]) == (11, 1)
    assert "no keyframe after" in told["no_next"]
    assert told["value"] == 3.0
    assert told["paths"] == []
    assert told["two"] == 2
    assert told["cleared"] == []


def test_keys_follow_the_list_of_regions(cases: Cases) -> None:
    told = cases.told("reorder")
    assert told["start"] == {"a": RISING, "b": FALLING, "c": HALF}
    assert told["a down"] == [{"b": FALLING, "a": RISING, "c": HALF}, 1]
    assert told["a last"] == [{"b": FALLING, "c": HALF, "a": RISING}, 2]
    assert list(told["a last"][0]) == ["b", "c", "a"]
    assert "end of the list" in told["no further"]
    regions, active, paths = told["c removed"]
    assert regions == {"b": FALLING, "a": RISING}
    assert active == 1
    assert len(paths) == 2
    assert told["b twice"] == [{"b": FALLING, "b.001": FALLING, "a": RISING}, 1]
    assert told["renamed"] == {"b": FALLING, "renamed": FALLING, "a": RISING}
    assert told["b removed"][0] == {"renamed": FALLING, "a": RISING}
    assert len(told["b removed"][1]) == 2
    assert told["none"] == [[], 0]


def test_keys_follow_far_moves(cases: Cases) -> None:
    told = cases.told("far_moves")
    assert told["first to last"] == [{"b": FALLING, "c": HALF, "a": RISING}, 0]
    assert told["back"] == [{"a": RISING, "b": FALLING, "c": HALF}, 1]


def test_keys_follow_the_strip(cases: Cases) -> None:
    told = cases.told("strips")
    start = {"a": RISING, "b": FALLING, "c": HALF}
    assert told["start"] == start
    assert told["renamed"] == start
    assert told["copy"] == start
    assert told["halves"] == [start, start]
    assert told["copy changed"] == {"b": FALLING, "c": HALF}
    assert told["original stays"] == start
    assert told["left"] == []


def test_other_animation_stays(cases: Cases) -> None:
    told = cases.told("others_untouched")
    assert told["paths"] == [
        "gravity",
        'sequence_editor.strips_all["B"].brushpass.regions[0].strength',
    ]
    assert told["moved"] == ['sequence_editor.strips_all["A"].brushpass.regions[1].scale']
    assert told["drivers"] == 0
    assert told["b"] == {"Region": [0.25] * 4}


def test_a_duplicate_plays_the_same(cases: Cases) -> None:
    told = cases.told("copies")
    assert told["one"] == told["two"]
    assert len(set(told["one"])) > 20


def test_the_recipe_says_what_blender_plays(cases: Cases) -> None:
    told = cases.told("sampled")
    for name, curve in told.items():
        assert curve["recipe"] == pytest.approx(curve["played"], abs=1e-6), name
    assert told["straight"]["keys"] == [[1, 0], [12.5, 0.7], [24, 0.3]]
    assert told["one key"]["keys"][0][1] == pytest.approx(0.4)
    assert max(told["beyond the limits"]["played"]) == 10
    assert len(told["cyclic"]["keys"]) > len(told["BEZIER"]["keys"])
    assert len(told["muted"]["keys"]) == 1
    # A held value needs its two ends alone.
    assert len(told["CONSTANT"]["keys"]) < 8


def test_what_no_curve_says_is_refused(cases: Cases) -> None:
    told = cases.told("refusals")
    assert told["none"] == ""
    assert "strength of region 'hero' has a driver" in told["driver"]
    assert "NLA" in told["nla"]
    assert told["nla path"].endswith(".regions[1].strength")


def test_curves_are_made_where_there_is_no_action(cases: Cases) -> None:
    told = cases.told("without_an_action")
    for state, values in told.items():
        assert values == pytest.approx(RISING), state
