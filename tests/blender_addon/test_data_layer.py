"""Motion of blurred pictures from a view layer without blur; real Blenders, the real backend."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from installed_blender import RunInBlender
from service_shots import environment, write_styles
from settings_cases import Cases

from nst_backend.media.exr import read_exr

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_data_layer.py")
LONG = 600.0
MAIN, DATA = "ViewLayer", "ViewLayer Data"
BLURRED = "motion blur leaves the Vector pass empty: motion is estimated from the pictures"
_told: dict[str, Cases] = {}


@pytest.fixture
def cases(
    blender: Blender,
    run_in_blender: RunInBlender,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Cases:
    """What the cases told; all of them run in one process for each Blender."""
    if blender.version not in _told:
        folder = tmp_path_factory.mktemp(f"data-layer-{blender.version}")
        write_styles(folder / "styles")
        for name, value in environment(folder).items():
            monkeypatch.setenv(name, value)
        # Blender complains about graphics cards that are not there.
        answers = run_in_blender(blender, SCRIPT, folder, sys.executable, timeout=LONG, quiet=False)
        _told[blender.version] = Cases(folder, answers)
    return _told[blender.version]


def test_the_button_gives_a_blurred_layer_its_motion(cases: Cases) -> None:
    told = cases.told("pressed")
    assert told["before"] == [[MAIN], [BLURRED], [None]]
    assert told["pressed"] == ["FINISHED"]
    assert told["after"] == [[MAIN, DATA], [], [DATA]]
    assert told["made"] == [["use_pass_vector", "use_pass_z"], 1, False, True]
    assert told["hidden"], "what the layer does not show has no motion in it"
    assert told["main"] == [True, 0]
    assert told["again"] == [["FINISHED"], [MAIN, DATA]]
    assert told["undone"] == [[MAIN], [BLURRED]]
    assert told["redone"] == told["after"]


def test_a_data_layer_follows_its_layer_and_goes_with_the_node(cases: Cases) -> None:
    told = cases.told("pressed")
    assert told["follows"] == [False, True, "Wand"]
    assert told["sharp"] == [False, [], [None]], "it is not rendered while there is no blur"
    assert told["renamed"] == [["Haupt", DATA], [DATA], True]
    assert told["taken back"] == [["FINISHED"], ["Haupt"], [BLURRED]]
    assert told["without a node"] == ["Haupt"]


def test_layers_of_the_artists_own_stay(cases: Cases) -> None:
    told = cases.told("artists_own")
    assert told["renamed"] == [[MAIN, "Meine Daten"], [BLURRED]]
    assert told["copied"] == [[MAIN, "Meine Daten", DATA, "Twin"], [DATA]]
    assert told["removed"] == [MAIN, "Meine Daten", "Twin"]


def test_eevee_is_told_why_not(cases: Cases) -> None:
    refusal, layers, notes = cases.told("eevee")
    assert "only Cycles" in refusal
    assert (layers, notes) == ([MAIN], [BLURRED])


def test_a_blurred_film_is_stabilised_by_exact_motion(cases: Cases) -> None:
    told = cases.told("rendered")
    assert BLURRED in told["estimated"]
    assert BLURRED not in told["exact"]
    assert not [note for note in told["exact"] if "Vector" in note]
    first, *others = told["stabilised"]
    assert first == 0.0, "the picture itself stays as it was"
    assert min(others) > 0.01


def test_its_motion_is_that_of_the_sharp_scene_and_the_picture_stays_blurred(cases: Cases) -> None:
    cases.told("rendered")
    folder = cases.folder / "rendered"

    def frame(name: str, number: int) -> dict[str, np.ndarray]:
        return dict(read_exr(folder / f"{name}_passes.{number:04d}.exr").channels)

    for number in (1, 2, 3):
        estimated, exact, sharp = (frame(name, number) for name in ("estimated", "exact", "sharp"))
        for channel in "XYZW":
            assert not estimated[f"{MAIN}.Vector.{channel}"].any()
            assert not exact[f"{MAIN}.Vector.{channel}"].any()
            vector = exact[f"{DATA}.Vector.{channel}"]
            np.testing.assert_allclose(vector, sharp[f"{MAIN}.Vector.{channel}"], atol=1e-4)
        assert max(np.abs(exact[f"{DATA}.Vector.{channel}"]).max() for channel in "XZ") > 5
        np.testing.assert_allclose(exact[f"{DATA}.Depth.Z"], sharp[f"{MAIN}.Depth.Z"], rtol=1e-5)
        for channel in "RGBA":
            name = f"{MAIN}.Combined.{channel}"
            np.testing.assert_array_equal(exact[name], estimated[name])
        # Cycles writes a Combined pass even where it is off.
        assert {name.split(".")[1] for name in exact if name.startswith(DATA)} <= {"Combined", "Depth", "Vector"}
