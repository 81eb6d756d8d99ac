"""Preview Frame and the eyedropper in real Blenders with the real backend."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from installed_blender import RunInBlender

from nst_backend.contract.messages import SilentReporter
from nst_backend.contract.recipe import load_recipe
from nst_backend.pipeline.preview import preview_frame

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_preview.py")
ROUNDING = 1e-6
"""Between 8 bits divided by 255 here and there."""


@pytest.fixture
def folder(film_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to work in, with one where Blender keeps what it forgets at its end."""
    (tmp_path / "temporary").mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(tmp_path / "temporary"))
    return film_folder


def told_by(run_in_blender: RunInBlender, blender: Blender, case: str, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = run_in_blender(blender, SCRIPT, case, folder, sys.executable, quiet=False)
    return told


def assert_as_the_backend_paints(told: dict[str, Any]) -> None:
    """The pixels that Blender shows are those that the same recipe gives without Blender."""
    recipe = Path(told["recipe"])
    made = preview_frame(load_recipe(recipe), base=recipe.parent, number=told["number"], reporter=SilentReporter())
    shown = np.load(told["pixels"])
    assert shown.shape[:2] == made.picture.shape[:2]
    assert np.abs(shown[..., :3] - made.picture).max() <= ROUNDING
    assert np.abs(made.picture - made.plate).max() > 0.1


def test_an_image_strip_s_frame_is_previewed(blender: Blender, run_in_blender: RunInBlender, folder: Path) -> None:
    told = told_by(run_in_blender, blender, "image", folder)
    assert told["outcome"] == ["FINISHED"]
    assert_as_the_backend_paints(told["painted"])
    assert told["plate"] <= ROUNDING
    assert told["matte"] == [1.0, 1.0]
    assert told["image"] == [True, False, True], "a float picture, without a fake user, not packed"
    assert told["saved"] == []
    assert told["untouched"]
    assert told["after undo"] == 1.0
    assert told["kept open"]
    assert told["cleared"] == [False, True]
    assert told["closed"]


def test_only_the_latest_is_made(blender: Blender, run_in_blender: RunInBlender, folder: Path) -> None:
    told = told_by(run_in_blender, blender, "latest", folder)
    assert told["finished"] == [False, False, True]
    assert told["children"] == []
    assert told["frame"] == 4
    assert told["identity"] <= ROUNDING
    assert told["restyled"] > 0.1
    assert told["unless same"] == 0
    assert told["plates"] == 3
    assert told["sizes"][0] == [240, 480], "a small picture first"
    assert told["sizes"][-1] == [500, 1000]


def test_a_finished_plate_is_taken_from_the_shelf(blender: Blender, run_in_blender: RunInBlender, folder: Path) -> None:
    told = told_by(run_in_blender, blender, "shelf", folder)
    assert told["image"] == [True, "plate"]
    assert told["scene"] == [True, "plate"]
    assert told["previewed"] == ["ready", True]
    for changed in ("moved", "edited"):
        there, name = told[changed]
        assert not there, changed
        assert name != "plate", changed


def test_a_preview_gives_way_to_the_playhead_and_to_a_job_s_frame(
    blender: Blender, run_in_blender: RunInBlender, folder: Path
) -> None:
    assert run_in_blender(blender, SCRIPT, "gives_way", folder, sys.executable, quiet=False) == [
        ["ready", True, True],
        ["playhead left", False, False],
        ["playhead back", True, True],
        ["job painted it", False, False],
        ["asked again", True, True],
        ["painted again", False, False],
    ]


def test_names_are_picked_in_a_scene_strip(blender: Blender, run_in_blender: RunInBlender, folder: Path) -> None:
    told = told_by(run_in_blender, blender, "scene", folder)
    assert told["stage"] == "ready"
    assert told["names"] == [["dunkel*", "ViewLayer.CryptoObject"], ["hell", "ViewLayer.CryptoObject"]]
    left, right, beside = told["picked"]
    assert (left["name"], right["name"], beside["name"]) == ("hell", "dunkel*", None)
    for found in (left, right):
        full, share = found["covers"]
        assert full == 255
        assert 0.1 < share < 0.4
    assert told["added"] == [True, False]
    assert told["region"] == ["hell", "OBJECT", ["hell"]]
    assert told["escaped"] == ["hell", "dunkel\\*"]
    assert told["outcome"] == ["FINISHED"]
    assert_as_the_backend_paints(told["painted"])
    painted, unpainted = told["changed"]
    assert painted > 0.05
    assert unpainted == 0.0
    assert told["matte"] == [1.0, 0.0]
    assert "no Cryptomatte layer 'CryptoMaterial'" in told["no layer"]
    assert told["material"][0]["name"] == "hell"
    assert told["placed"] == [True, True, True], "a pixel of the plate lies where the timeline shows it"


def test_refusals_say_the_remedy(blender: Blender, run_in_blender: RunInBlender, folder: Path) -> None:
    told = told_by(run_in_blender, blender, "refusals", folder)
    assert "nowhere' is not there: name the folder of an environment" in told["no backend"]
    assert "the playhead is not over 'Bild ä': move it" in told["outside"]
    assert "no style is named 'no such style': known are" in told["no style"]
    assert "no Cryptomatte: pick in a scene strip" in told["movie"]
    assert "Find Missing Files" in told["missing"]
    assert "Select a strip that has a picture" in told["none"]
