"""Train Style from Image in real Blenders, with the real backend and a loss network of random weights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender
from service_shots import environment, write_styles
from settings_cases import Cases
from training.training_files import write_distilled, write_pictures

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_training.py")
LONG = 1800.0


@pytest.fixture(scope="module")
def cases(blender: Blender, run_in_blender: RunInBlender, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Every case of the script, run in one Blender."""
    outer = tmp_path_factory.mktemp("training")
    write_styles(outer / "styles")
    photos = write_pictures(outer / "Fotos ä" / "deeper").parent
    network = write_distilled(outer / "encoder.safetensors")
    folder = outer / "Film ä ö"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as own:
        for name, value in environment(outer).items():
            own.setenv(name, value)
        answers = run_in_blender(blender, SCRIPT, folder, sys.executable, photos, network, timeout=LONG, quiet=False)
    return Cases(folder, answers)


def test_what_is_missing_is_said_before_anything_starts(cases: Cases) -> None:
    told = cases.told("refused")
    assert "no-such-python' is not there" in told["no backend"]
    assert "Preferences > Add-ons > Brushpass" in told["no backend"]
    assert "ask the backend for its styles" in told["no styles known"]
    assert "no picture to learn from is chosen" in told["no picture"]
    assert "no folder of photographs is chosen: choose one with a few hundred" in told["no photographs"]
    assert "no photographs are in" in told["empty photographs"]
    assert "choose the folder of your photographs" in told["no folder"]
    assert "is relative to a file" in told["relative"]
    assert "no weights of VGG-19 are at" in told["no loss network"]
    assert "did you mean 'swirl'?" in told["unknown style"]
    assert "there is a style 'identity': choose another name" in told["taken"]
    assert told["shown"] == "there is a style 'identity': choose another name"
    assert "a style's name is like 'der_hafen'" in told["no name"]
    assert "hafen.png is gone" in told["gone"]
    assert told["not started"] in told["gone"]
    assert "text.txt is no picture" in told["no picture file"]
    assert told["left"] == [[], []]


def test_a_picture_that_is_none_leaves_nothing_but_the_form(cases: Cases) -> None:
    told = cases.told("bad_picture")
    assert "hafen.png" in told["said"]
    assert "picture" in told["said"]
    assert told["state"] == "FAILED"
    assert told["form"] == ["hafen"]
    assert told["left"] == [0, []]
    assert told["dismissed"]


def test_what_was_learnt_is_in_the_list_at_once(cases: Cases) -> None:
    told = cases.told("learnt")
    assert told["named"] == [["hafen_bei_nacht", "Hafen bei Nacht"], ["uber_den_wolken", "Über den Wolken"]]
    assert told["seen"] == [["loading the network", 0.0], ["training 4/4", 1.0]]
    assert told["state"] == "DONE"
    assert told["new"] == {
        "hafen_bei_nacht": ["Hafen bei Nacht", "Hokusai, 1831", "public domain", True],
        "uber_den_wolken": ["Über den Wolken", "Hokusai, 1831", "public domain", True],
    }
    styles = [f"{name}.style.{kind}" for name in told["new"] for kind in ("jpg", "json")]
    assert told["files"] == sorted([*styles, "hafen_bei_nacht.safetensors"])
    assert told["left"] == [0, 0]
    assert told["kept"] == [True, "Hokusai, 1831"]
    assert told["in the file"] is False
    assert told["after opening"] is False


def test_nobodys_style_is_overwritten(cases: Cases) -> None:
    told = cases.told("taken")
    assert told["named"] == "hafen_bei_nacht_2"
    assert "there is a style 'hafen_bei_nacht': choose another name" in told["said"]
    assert "there is a style 'hafen_bei_nacht': choose another name" in told["unknown to the list"]
    assert told["same"]


def test_what_was_cancelled_is_kept_and_gone_on_with(cases: Cases) -> None:
    told = cases.told("cancelled")
    assert told["state"] == "CANCELLED"
    assert told["words"].endswith("of 6 steps are kept, Resume goes on from there")
    assert told["kept"] == ["meer", "cancelled", True, 6]
    assert told["form"] == 0
    assert told["others"] == ["meer", "other"]
    assert told["discarded"] == ["meer"]
    assert told["named"] == "meer_2"
    assert told["resumed"] == ["DONE", True]
    assert told["learnt"]
    assert "order.json" in told["refused"]


def test_an_image_of_the_file_is_written_out(cases: Cases) -> None:
    told = cases.told("image_of_the_file")
    assert told["named"] == ["skizze_7", "Skizze 7", ".png"]
    assert told["difference"] < 1.5 / 255
    assert told["scenes"] == 0
    assert told["in the cache"]
