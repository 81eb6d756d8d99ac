"""The cache that the preferences name holds what previews are made of, and nothing for longer than that."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_cache.py")


def test_previews_live_in_the_cache(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> None:
    told = run_in_blender(blender, SCRIPT, film_folder, sys.executable, timeout=400.0, quiet=False)
    assert told["preview"] == [["FINISHED"], "ready"]
    # What an ended Blender left is gone, another's that runs stays.
    assert told["folders"][0] == 1
    assert {".blend", ".png", ".json"} <= set(told["cached"])
    assert told["size"][0] == told["size"][1] > 1000
    assert told["cleared"] == [["FINISHED"], ["blender-alive"], 1000]
    assert told["again"] == [["FINISHED"], "ready", 2]
    assert not told["all cleared"]
    assert "cannot be used" in told["refused"]
    assert "choose another folder in Preferences" in told["refused"]
    assert told["moved"] == []
    assert told["before the end"] == 1
    assert told["at the end"] == []


def test_only_a_cache_is_cleared(pure_package: Callable[[str], ModuleType], tmp_path: Path) -> None:
    caches, errors = pure_package("cache"), pure_package("contract.errors")
    (tmp_path / "film.mov").write_bytes(b"film")
    link = tmp_path / "elsewhere" / caches.CACHE_NAME
    link.parent.mkdir()
    link.symlink_to(tmp_path, target_is_directory=True)
    for folder in (tmp_path, link):
        with pytest.raises(errors.UsageError, match="no cache of Brushpass"):
            caches.Cache(folder).clear()
    assert (tmp_path / "film.mov").exists()
