"""A result that is its own plate changes no pixel of the timeline, and leaves no trace when it is removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_placement.py")
MUTED = ("trimmed", "between_layers", "keyed_opacity", "crossfaded", "in_meta", "under_adjustment", "transformed")
COVERED = ("the_crossfade", "the_meta", "the_adjustment", "the_speed_effect")
SCENES = ("of_scene", "of_scene_transformed")
# Blender 4.5 resamples float pictures that need no resampling.
LINEAR_ROUNDING = 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "encoding"),
    [(MUTED, "display"), (COVERED, "display"), (SCENES, "passes"), (("high_range",), "linear")],
    ids=["muted", "covered", "scenes", "high range"],
)
def test_identity_changes_no_pixel(
    blender: Blender, run_in_blender: RunInBlender, tmp_path: Path, names: tuple[str, ...], encoding: str
) -> None:
    work = tmp_path / "Ordner mit ü"
    work.mkdir()
    told = run_in_blender(blender, SCRIPT, work, *names, timeout=900, quiet=False)
    for name in names:
        case = told[name]
        allowed = LINEAR_ROUNDING if encoding == "linear" else 0.0
        assert case["changes"] > 0.1, f"{name}: the timeline stands still and proves nothing"
        assert case["encoding"] == encoding, name
        assert case["unstyled"] <= allowed, name
        assert case["styled"] <= allowed, name
        assert case["removed"] == 0.0, name
        assert case["restored"], name
        plate = "plate/picture" if encoding == "passes" else "plate/plate"
        assert case["shown"] == [[plate], ["v001/styled"]], name
        assert case["muted"] == (name in MUTED or name == "high_range"), name
        assert case["placement"] == [1, True], name
