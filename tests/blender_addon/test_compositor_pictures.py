"""The Style node in real Blenders with the real backend: what it renders."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from installed_blender import RunInBlender

from nst_backend.media.exr import read_exr

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_compositor.py")
LONG = 600.0
IDENTITY = 1e-5
SAME = 1e-4
SEQUENCED = 2e-3
"""The sequencer works in display-referred floats of its own."""


@pytest.fixture
def compose(blender: Blender, run_in_blender: RunInBlender, film_folder: Path) -> Callable[[str], Any]:
    """Runs a case of ``bpy_compositor.py`` in the folder, with this Python as the backend's."""

    def run(case: str) -> Any:
        # Blender complains about graphics cards that are not there.
        return run_in_blender(blender, SCRIPT, case, film_folder, sys.executable, timeout=LONG, quiet=False)

    return run


def test_identity_returns_what_was_rendered(compose: Callable[[str], Any]) -> None:
    told = compose("identity")
    assert max(told["error"]) <= IDENTITY
    assert told["highlights"] > 1.5, "brighter than white is kept"
    assert told["alpha"] == 0.0, "the film was transparent"
    assert told["preference"] == [True, False], "the artist's preferences are as they were"
    assert told["own"], "meanwhile the render cache is this process's own"
    assert told["left"] == []


def test_frames_equal_the_command_line(compose: Callable[[str], Any], film_folder: Path) -> None:
    told = compose("film")
    assert told["passes"] == [True, True, True]
    assert told["others"] == [False, False]
    for recipe in ("node", "per_frame"):
        command = [sys.executable, "-m", "nst_backend.cli.main", "stylize", str(film_folder / f"{recipe}.json")]
        subprocess.run(command, check=True, capture_output=True, timeout=LONG)
    changed = []
    for frame in (1, 2, 3):
        for name in ("node", "per_frame"):
            reference = read_exr(film_folder / f"reference_{name}.{frame:04d}.exr").channels
            found = read_exr(film_folder / f"{name}.{frame:04d}.exr").channels
            for channel in "RGB":
                bound = SAME * np.maximum(1.0, np.abs(reference[channel]))
                assert np.all(np.abs(found[channel] - reference[channel]) <= bound), (name, frame, channel)
        plate = read_exr(film_folder / f"passes.{frame:04d}.exr").channels["ViewLayer.Combined.R"]
        changed.append(float(np.abs(found["R"] - plate).max()))
    assert min(changed) > 0.05, "the object is painted"


def test_several_nodes_have_a_picture_each_and_a_muted_one_lets_it_pass(compose: Callable[[str], Any]) -> None:
    told = compose("several")
    assert told["slots"] == [1, 2]
    assert told["painted"] > 0.05
    assert told["premultiplied"] <= IDENTITY
    least, mean, most = told["covered"]
    assert (least, most) == (0.0, pytest.approx(1.0))
    assert 0.02 < mean < 0.5
    assert told["renamed"] == 0.0
    assert told["muted"] == 0.0
    slots, found = told["limit"]
    assert found == list(range(slots + 1)), "the last one has none"


def test_a_border_and_a_smaller_frame_are_styled_as_they_are_rendered(compose: Callable[[str], Any]) -> None:
    told = compose("border")
    assert max(told["error"]) <= IDENTITY
    assert told["sizes"] == [[64, 96], [48, 48], [32, 48]]


def test_a_scene_strip_shows_the_same_frames_stabilised_alike(compose: Callable[[str], Any]) -> None:
    told = compose("scene_strip")
    assert max(told["error"]) <= SEQUENCED
    assert told["moved"] > 0.1
    assert told["notes"] == [[], []], "the last frame is stabilised in either"


def test_a_second_view_layer_is_styled_by_itself(compose: Callable[[str], Any]) -> None:
    told = compose("layers")
    assert told["error"] <= IDENTITY
    assert told["other layer"] > 0.05
    assert told["painted"] > 0.05
    assert told["passes"] == ["", "cryptomatte_object vector z"]


def test_eevee_is_styled_as_cycles_is(compose: Callable[[str], Any]) -> None:
    told = compose("eevee")
    assert told["error"] <= IDENTITY
    assert told["painted"] > 0.05
