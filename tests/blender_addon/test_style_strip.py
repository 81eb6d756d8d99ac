"""Style Strip in real Blenders with the real backend: frames, faults, undo, resuming."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender
from service_shots import environment, write_styles

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_style_strip.py")
LONG = 400.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose styles the backend finds."""
    write_styles(tmp_path / "styles")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    work = tmp_path / "Film ä ö"
    work.mkdir()
    return work


@pytest.mark.parametrize("kind", ["image", "movie"])
def test_identity_leaves_the_timeline_as_it_was(
    blender: Blender, run_in_blender: RunInBlender, folder: Path, kind: str
) -> None:
    told: dict[str, Any] = run_in_blender(
        blender, SCRIPT, "identity", folder, sys.executable, kind, timeout=LONG, quiet=False
    )
    assert told["outcome"] == ["FINISHED"]
    assert told["difference"] == 0.0
    assert told["picture"] > 0.5
    assert told["shown"] == [f"v001/styled.{number}.png" for number in range(1001, 1005)]
    assert told["channels"] == [1, 2]
    assert told["muted"] == [True, False]
    assert told["left"] == []
