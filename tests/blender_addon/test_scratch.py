"""Frames on their way lie in memory where there is room, for their process alone, and go with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_scratch.py")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a file system in memory")


@pytest.fixture
def told(request: pytest.FixtureRequest, blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> Any:
    folder = tmp_path / "memory"
    folder.mkdir()
    return run_in_blender(blender, SCRIPT, request.param, folder, sys.executable)


@pytest.mark.parametrize("told", ["room"], indirect=True)
def test_a_folder_is_in_memory_and_its_processes_own(told: Any) -> None:
    assert told["there"] == [True, True]
    assert told["apart"]
    assert told["mode"] == 0o700
    assert told["left"] == []


@pytest.mark.parametrize("told", ["none"], indirect=True)
def test_without_room_it_is_blenders_own(told: Any) -> None:
    assert told is True


@pytest.mark.parametrize("told", ["dead"], indirect=True)
def test_what_killed_processes_left_is_removed_and_nothing_else(told: Any) -> None:
    assert told["own"]
    assert told["left"] == ["away", "frames-1-abcd", "frames-PID", "frames-PID-link", "other-PID-abcd"]
