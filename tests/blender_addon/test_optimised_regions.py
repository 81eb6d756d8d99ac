"""Regions that are painted by optimisation, in real Blenders: recipes, what is missing, earlier files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender
from settings_cases import Cases

from nst_backend.contract.codec import encode
from nst_backend.contract.optimisation_options import RegionOptimisation
from nst_backend.contract.recipe import Recipe, load_recipe

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_optimised.py")
FULL: dict[str, Any] = {
    "version": 1,
    "plate": {"path": "plate.####.exr"},
    "output": {"path": "styled.####.exr"},
    "regions": [
        {
            "name": "sky",
            "matte": {"everything": {}},
            "style": "starry_night",
            "brush": {"bristles": 3},
            "optimisation": {
                "paintings": ["wave.jpg", "art/night.png"],
                "loss_network": "nets/vgg19.pth",
                "size": 640,
                "style_size": 300,
                "scales": 2,
                "steps": 70,
                "start": "noise",
                "reconstruct": "none",
                "optimiser": "lbfgs",
                "rate": 0.05,
                "loss": "gram",
                "content": 0.7,
                "style": 5.5,
                "colour": 0.25,
                "variation": 0.1,
                "content_layers": ["relu2_2"],
                "style_layers": ["relu1_1", "relu3_1"],
                "style_weights": [3.0, 0.7],
                "luminance_only": True,
                "match_colour": True,
                "temporal": 12.5,
                "following_steps": 9,
                "seed": 2**40,
                "glaze": {"coats": 2},
            },
        },
        {
            "name": "rest",
            "matte": {"background": {}},
            "style": None,
            "optimisation": {"paintings": ["wave.jpg"], "loss_network": "nets/vgg19.pth"},
        },
    ],
}


@pytest.fixture(scope="module")
def cases(blender: Blender, run_in_blender: RunInBlender, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Every case of the script, run in one Blender."""
    folder = tmp_path_factory.mktemp("optimised")
    path = folder / "round_trip" / "recipe.json"
    path.parent.mkdir()
    path.write_text(json.dumps(FULL), encoding="utf-8")
    return Cases(folder, run_in_blender(blender, SCRIPT, folder, quiet=False))


def test_a_recipe_comes_back_as_it_went_in(cases: Cases) -> None:
    told, folder = cases.told("round_trip"), cases.folder / "round_trip"
    expected = Recipe.from_json(FULL).to_json()
    assert told["first"] == expected
    assert told["loaded"] == expected
    assert load_recipe(folder / "again.json") == load_recipe(folder / "recipe.json")
    far = told["elsewhere"]["regions"][0]["optimisation"]
    assert far["paintings"] == [(folder / name).as_posix() for name in ("wave.jpg", "art/night.png")]
    assert far["loss_network"] == (folder / "nets/vgg19.pth").as_posix()
    assert told["by style"]["optimisation"] is None
    assert told["by style"]["style"] == "starry_night"


def test_a_recipe_fills_the_panel(cases: Cases) -> None:
    told = cases.told("round_trip")
    assert told["shown"] == {
        "painted by": "OPTIMISATION",
        "paintings": [["//wave.jpg", 3.0], ["//art/night.png", 0.7]],
        "loss network": "//nets/vgg19.pth",
        "numbers": [640, 70, 0.25, "noise", True],
    }
    unshown = ["content_layers", "glaze", "loss", "optimiser", "rate", "seed", "style_layers", "variation"]
    assert told["unshown"] == unshown, "what is as it is anyway is not said to be kept"


def test_the_panel_s_settings_as_a_recipe(cases: Cases) -> None:
    told, network = cases.told("from_panel"), cases.folder / "vgg" / "vgg19.pth"
    paintings = ["paintings/wave.jpg", "paintings/night.png"]
    assert told["paths"] == [f"//{path}" for path in paintings]
    plain = RegionOptimisation(paintings=tuple(paintings), loss_network=network.as_posix())
    assert told["first"] == encode(plain), "its defaults are the contract's, its network that of Train a Style"
    changes = {"style_weights": [3.0, 1.0], "steps": 40, "start": "noise", "match_colour": True}
    assert told["changed"] == encode(plain) | changes
    assert told["copied"] == told["preset"] == told["changed"]
    assert told["pinned"] == [str(network), ""]
    assert told["one left"] == ["//paintings/night.png"]


def test_undo_and_redo(cases: Cases) -> None:
    added = ["OPTIMISATION", "wave.jpg"]
    assert cases.told("undo") == [added, ["OPTIMISATION"], added]


def test_what_is_missing_is_said_with_its_remedy(cases: Cases) -> None:
    said = cases.told("faults")
    assert "there is no loss network yet" in said["pin"]
    assert "no picture is chosen" in said["none"]
    assert "notes.txt is no picture" in said["text"]
    assert said["no painting"] == "region 'sky' has no painting: add the picture of one"
    assert said["no painting"] in said["export"]
    assert said["no network"] == "region 'sky' has no loss network: choose the file of VGG-19's weights in Look"
    assert "wave.jpg: choose it again" in said["painting gone"]
    assert "vgg.pth: choose its file" in said["network gone"]
    assert said["nothing"] == ""
    assert "has the weight 0: raise" in said["no weight"]
    assert "starts from a style and has none: choose one" in said["no style"]
    assert "the mode Window" in said["window"]
    assert said["still window"] == ""
    assert said["off"] == ""


def test_a_style_that_paints_nothing_is_no_job_s_business(cases: Cases) -> None:
    job, started, exported = cases.told("idle_style")
    assert (job, started, exported) == (None, "swirl", "swirl")


def test_what_an_earlier_version_kept_is_there(cases: Cases) -> None:
    told = cases.told("earlier_file")
    assert told["before"]["optimisation"]["paintings"] == ["wave.jpg"]
    assert (told["before"]["optimisation"]["seed"], told["before"]["brush"]) == (7, 3)
    assert told["after"] == told["before"]
    assert told["shown"] == ["OPTIMISATION", 50, 1]
    assert told["left"] == {"brush": 3}
    assert told["damaged kept"]
