"""The second Blender renders exactly a strip's frames, once, and says in the contract's words what it cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import OpenEXR
import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_isolate.py")


@pytest.mark.slow
def test_only_frames_that_changed_are_rendered(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, "resume", tmp_path, timeout=600, quiet=False)
    assert told["rendered"] == {
        "first": 4,
        "unchanged": 0,
        "moved, renamed, faded": 0,
        "trimmed: one frame less, one more": 1,
        "one file lost": 1,
        "cropped": 4,
    }
    assert told["left over"] == []


@pytest.mark.slow
def test_handles_are_the_frames_beside_the_trim(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, "handles", tmp_path, timeout=600, quiet=False)
    assert told["differences"] == [0.0] * 8
    assert min(told["brightness"]) > 0.2


@pytest.mark.slow
def test_a_scene_strip_brings_mattes_and_motion(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, "scene", tmp_path, timeout=600, quiet=False)
    sharp, blurred, composited = told["sharp"], told["blurred"], told["composited"]
    layer = sharp["layer"]
    assert (sharp["vector"], sharp["warnings"], sharp["numbers"]) == (True, [], [1004, 1005])
    assert (blurred["vector"], blurred["warnings"]) == (True, [])
    data = f"{layer} Data"
    assert sharp["layers"] == {"layer": layer}
    assert blurred["layers"] == {"layer": layer, "motion_layer": data}
    assert composited["layers"] == {"layer": "Composite", "motion_layer": data, "matte_layer": layer}
    assert not told["eevee"]["vector"]
    assert "only Cycles" in told["eevee"]["warnings"][0]

    def frame(name: str, number: int) -> tuple[OpenEXR.File, dict[str, np.ndarray]]:
        path = tmp_path / name / "plate" / sharp["pattern"].replace("####", str(number))
        exr = OpenEXR.File(str(path), separate_channels=True)
        return exr, {channel: found.pixels for part in exr.parts for channel, found in part.channels.items()}

    exr, channels = frame("sharp", 1004)
    names = {name.rpartition(".")[0].removeprefix(f"{layer}.") for name in channels}
    assert {"Combined", "Depth", "Vector", "CryptoObject00", "CryptoMaterial00"} <= names
    manifests = [value for part in exr.parts for key, value in part.header.items() if str(key).endswith("/manifest")]
    assert any("Würfel" in manifest for manifest in manifests)

    def channel(name: str) -> np.ndarray:
        return next(pixels for known, pixels in channels.items() if known.lower() == f"{layer}.{name}".lower())

    covered = channel("Combined.A") > 0.99
    for name in ("blurred", "composited"):
        moved = frame(name, 1004)[1]
        assert not moved[f"{layer}.Vector.X"].any()
        # The one sample of a pixel at the edge may miss what two hit.
        both = covered & (moved[f"{data}.Vector.X"] != 0)
        assert both.sum() > 0.9 * covered.sum()
        np.testing.assert_allclose(moved[f"{data}.Vector.X"][both], channel("Vector.X")[both], atol=1e-3)
    assert "Composite.Combined.R" in moved
    assert 0.1 < covered.mean() < 0.9
    # Shown from frame 4 of the scene on, the square drifts to the right: where it came from lies left.
    assert channel("Vector.X")[covered].max() < -1.0
    assert np.abs(channel("Vector.Y")[covered]).max() < 0.01


@pytest.mark.slow
def test_what_cannot_be_done_is_said(blender: Blender, run_in_blender: RunInBlender, tmp_path: Path) -> None:
    told = run_in_blender(blender, SCRIPT, "refusals", tmp_path, timeout=600, quiet=False)
    for name in ("no strip", "no scene", "no frames"):
        assert told[name] == [2, ["error"], True], name
    assert "style that effect" in told["played by a speed effect"]
    assert told["speed effect"] == "effect"
