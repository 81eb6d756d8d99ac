"""Captures and what comes after them, in real Blenders with the real service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    pass

SCRIPT = Path(__file__).with_name("bpy_capture_life.py")


@pytest.mark.parametrize("told", ["overtaken"], indirect=True)
def test_frames_are_baked_at_once_only_where_they_are_what_would_be_painted_now(told: Any) -> None:
    assert told["outcome"] == "{'FINISHED'}"
    assert told["opened again"] == told["as it was"] == ["", True]
    assert told["another exposure"] == ["what is linked to it has changed since", False]
    assert not told["a longer scene"]
    assert not told["another output"]
    assert told["as it was again"]
    assert not told["another file"]
    assert not told["a moved object"]


@pytest.mark.parametrize("told", ["left"], indirect=True)
def test_a_capture_is_resumed_though_the_file_was_not_saved_since(told: Any) -> None:
    assert told["known"] == ""
    assert told["version"] == "v001"
    assert told["resumed"] == "{'FINISHED'}"
    assert told["frames"] == ["styled.0001.exr", "styled.0002.exr"]
    assert told["shelf"] == told["same shelf"] == "Style"
    assert "nothing of 'Style' is unfinished" in told["nothing more"]
    assert told["after undo"] == "{'FINISHED'}"


@pytest.mark.parametrize("told", ["saved_as"], indirect=True)
def test_a_result_follows_the_file_to_its_new_name(told: Any) -> None:
    assert told["state"] == "done"
    assert told["resumed"] == "{'FINISHED'}"
    assert told["versions"] == [1, 2]


@pytest.mark.parametrize("told", ["resized"], indirect=True)
def test_frames_that_do_not_lie_in_the_render_are_told(told: Any) -> None:
    assert "renders several views, and styled frames have one" in told["views"]
    assert told["outcome"] == "{'FINISHED'}"
    assert told["whole"] == told["border"] == ""
    assert "are 96x64, the render is 48x32" in told["half"]
    assert "cropped to its border" in told["cropped"]
    assert "'Style' is muted, and its bake would not be" in told["muted"]
    assert told["still there"]
