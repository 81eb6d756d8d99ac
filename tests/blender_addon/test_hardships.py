"""Jobs on strips beside a full disk, another Blender, duplicates and sound, in real Blenders with the real backend."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_hardships.py")


@pytest.fixture
def hardship(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[..., Any]:
    """Runs a case of ``bpy_hardships.py`` with this Python as the backend's."""
    return lambda case, *arguments: run_in_blender(
        blender, SCRIPT, case, film_folder, sys.executable, *arguments, timeout=400.0, quiet=False
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 8 MiB."""
    folder = tmp_path / "kleine Platte"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "brushpass-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_resume_goes_on(hardship: Callable[..., Any], small_disk: Path) -> None:
    told = hardship("full_disk", small_disk)
    assert [("disk" in sentence or "No space" in sentence) for sentence in told["told"]] == [True] * 3, told["told"]
    assert told["left"] == []
    assert told["stages"] == [False, True]
    assert told["part"] == [True, True]
    assert told["outcome"] == ["FINISHED"]
    assert told["equal"]
    assert told["torn"] == []


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_second_blender_is_told_and_changes_nothing(hardship: Callable[..., Any]) -> None:
    told = hardship("another_blender")
    assert "another Blender works on this strip: wait for it, then try again" in told["told"]
    assert told["told"].rstrip().endswith("resume")
    assert told["outcomes"] == [["FINISHED"], ["done", ""], ["FINISHED"]]
    assert told["equal"]
    assert told["frames"] == 40


def test_a_duplicated_pair_has_a_folder_of_its_own(hardship: Callable[..., Any]) -> None:
    told = hardship("duplicated")
    assert told["paired"]
    assert told["outcomes"] == [["FINISHED"], ["FINISHED"]]
    assert told["apart"] == ["Bild ä", "Bild ä.001"]
    assert told["untouched"]
    assert told["records"] == [True, True, True, "v002/styled.1001.png", "v001/styled.1001.png"]
    assert told["strips"] == 4


def test_the_sound_of_a_meta_stays(hardship: Callable[..., Any]) -> None:
    told = hardship("sounding")
    assert told["outcome"] == ["FINISHED"]
    assert told["difference"] == 0.0
    assert told["loud"]
    assert told["same"]
    assert told["muted"] == [False, False, False]
