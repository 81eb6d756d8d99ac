"""The preferences of the installed extension, in real Blenders."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_preferences.py")


def test_at_first_nothing_is_installed_and_nothing_starts(blender: Blender, run_in_blender: RunInBlender) -> None:
    told = run_in_blender(blender, SCRIPT, "first")
    assert (told["state"], told["client"], told["online"]) == ("not-installed", "stopped", False)
    assert told["fault"].startswith("Blender is not allowed to go online")


def test_no_program_lies_beside_whatever_file_is_open(blender: Blender, run_in_blender: RunInBlender) -> None:
    # Blender itself warns of such a path.
    assert run_in_blender(blender, SCRIPT, "relative", quiet=False) is True


def test_an_environment_of_ones_own_is_checked_and_used(blender: Blender, run_in_blender: RunInBlender) -> None:
    told = run_in_blender(blender, SCRIPT, "own", sys.executable)
    assert (told["state"], told["before"], told["version"]) == ("ready", "stopped", "0.1.0")
    assert len(told["device"]) >= 1
    assert told["styles"] >= 1
    assert told["after"] == ["broken", "stopped"]
    assert "is not there" in told["refused"]
    with pytest.raises(OSError):
        os.kill(told["pid"], 0)


def test_the_cache_is_measured_and_only_it_is_cleared(
    blender: Blender, run_in_blender: RunInBlender, tmp_path: Path
) -> None:
    (tmp_path / "somebody's film.mov").write_bytes(b"film")
    told = run_in_blender(blender, SCRIPT, "cache", tmp_path)
    assert told == {"size": 1000, "left": ["somebody's film.mov"]}


def test_opening_a_file_starts_nothing(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, "file", tmp_path / "shot.blend")
    assert told == {"client": "stopped", "busy": False, "new": []}


def test_a_render_on_the_graphics_card_finds_it_free(blender: Blender, run_in_blender: RunInBlender) -> None:
    told = run_in_blender(blender, SCRIPT, "render", sys.executable)
    assert told == {"stopped": 0, "cpu": 0, "gpu": 1, "answers": [{"networks": 0}]}
