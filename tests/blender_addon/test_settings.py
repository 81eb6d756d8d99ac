"""Settings on strips, in real Blenders: what they offer, recipes, presets, undo, copies."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import numpy as np
import pytest
from installed_blender import RunInBlender
from settings_cases import Cases

from nst_backend.contract.codec import field_types
from nst_backend.contract.keyframes import Curve
from nst_backend.contract.matte_options import ImagesMatte, InstancesMatte
from nst_backend.contract.optimisation_options import RegionOptimisation
from nst_backend.contract.recipe import (
    ComputeOptions,
    OutputOptions,
    PlateOptions,
    Recipe,
    Region,
    TemporalOptions,
    load_recipe,
)

if TYPE_CHECKING:
    from conftest import Blender

SCRIPT = Path(__file__).with_name("bpy_settings.py")
KEPT = {"reconstruct", "optimiser", "rate", "loss", "variation", "content_layers", "style_layers", "seed"}
OFFERED = (
    (Region, {"matte", "optimisation"}),
    (RegionOptimisation, {"paintings", "style_weights", *KEPT}),
    (TemporalOptions, set()),
    (OutputOptions, {"path"}),
    (ComputeOptions, set()),
    (PlateOptions, {"path", "layer", "motion_layer", "matte_layer", "frames", "fps", "colour_space", "cameras"}),
    (ImagesMatte, set()),
    (InstancesMatte, {"classes", "ids", "at"}),
)


FULL = {
    "version": 1,
    "note": {"from": "a newer Brushpass"},
    "plate": {"path": "plate.####.exr", "exposure": 1.5, "lens": "50 mm"},
    "regions": [
        {
            "name": "hero",
            "matte": {"cryptomatte": {"layer": "CryptoObject", "names": ["Suzanne", "Hair*", "a\\*b"], "rank": 6}},
            "style": "starry_night",
            "strength": [[1, 0.0], [12.5, 0.7], [24, 1.0]],
            "scale": [[-5, 0.1], [3, 10]],
            "preserve_colour": 0.35,
            "feather": [[1, 0], [2, 500]],
            "statistics": "region",
            "enabled": False,
            "brush": {"bristles": [1, 2]},
        },
        {"name": "gold", "matte": {"cryptomatte": {"layer": "CryptoMaterial", "names": ["Gold"]}}, "style": None},
        {"name": "pass", "matte": {"cryptomatte": {"layer": "RenderLayer.Crypto", "names": ["x"]}}, "style": "udnie"},
        {
            "name": "roto",
            "matte": {"images": {"path": "r/roto.%04d.png", "channel": "alpha"}, "by": "me"},
            "style": "a",
        },
        {"name": "rim", "matte": {"grow": {"matte": {"images": {"path": "m.png"}}, "distance": 4.5}}, "style": "a"},
        {
            "name": "inside",
            "matte": {
                "shrink": {
                    "matte": {"subtract": [{"everything": {}}, {"cryptomatte": {"names": ["Wall"]}}]},
                    "distance": 2,
                }
            },
            "style": "no_such_style",
        },
        {
            "name": "tree",
            "matte": {"union": [{"images": {"path": "t.png", "gamma": 2}}, {"coco": {"path": "c.json", "ids": [3]}}]},
            "style": "cards/mine.style.json",
        },
        {"name": "soft", "matte": {"feather": {"matte": {"everything": {}}, "distance": 9, "kind": "x"}}, "style": "a"},
        {"name": "rest", "matte": {"background": {"why": "sky"}}, "style": "great_wave", "scale": 1.5},
        {
            "name": "people",
            "matte": {
                "instances": {
                    "model": "nets/own.segmenter.json",
                    "classes": ["person", "sports ball"],
                    "ids": [3, 1],
                    "at": [{"frame": 1004, "x": 5, "y": 6}],
                    "score": 0.6,
                    "area": 0.01,
                    "tracker": "x",
                },
                "by": "me",
            },
            "style": "a",
        },
        {
            "name": "cars",
            "matte": {"grow": {"matte": {"instances": {"classes": ["car"]}}, "distance": 2}},
            "style": "a",
        },
        {
            "name": "both",
            "matte": {"union": [{"instances": {"model": "n.segmenter.json"}}]},
            "style": "a",
            "optimisation": {"paintings": ["wave.jpg"], "loss_network": "vgg19.pth", "steps": 50},
        },
    ],
    "temporal": {"flow": "dis", "smoothing": 0.8, "mode": "window", "preroll": 7, "drift": 0.1},
    "output": {
        "path": "styled.####.exr",
        "depth": "half",
        "size": "50%",
        "keep_channels": True,
        "mattes": True,
        "per_frame": "raw.####.exr",
        "codec": "dwaa",
    },
    "compute": {"device": "cuda:1", "precision": "fp16", "tile": 512, "regions": "one_pass", "seed": 12, "nodes": 2},
}
LEAST = {
    "version": 1,
    "plate": {"path": "plate.####.exr"},
    "output": {"path": "styled.####.exr"},
    "regions": [{"name": "all", "matte": {"everything": {}}, "style": None}],
}
_REGION = LEAST["regions"][0]
BAD = {
    "torn.json": "{",
    "newer.json": LEAST | {"version": 99},
    "limit.json": LEAST | {"regions": [_REGION | {"strength": [[1, 0], [5, 1.5]]}]},
    "twice.json": LEAST | {"regions": [_REGION, _REGION]},
    "matte.json": LEAST | {"regions": [_REGION | {"matte": {"cryptomat": {}}}]},
}


@pytest.fixture(scope="module")
def cases(blender: Blender, run_in_blender: RunInBlender, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Every case of the script, run in one Blender."""
    folder = tmp_path_factory.mktemp("cases")
    files = {"round_trip/recipe.json": FULL, "defaults/recipe.json": LEAST}
    files |= {f"refusals/{name}": data for name, data in BAD.items()}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return Cases(folder, run_in_blender(blender, SCRIPT, folder, quiet=False))


def test_every_option_has_the_contract_s_default_limits_and_help(cases: Cases) -> None:
    told = cases.told("options")
    for options, left_out in OFFERED:
        kinds = field_types(options)
        for entry in dataclasses.fields(options):  # type: ignore[arg-type]
            if entry.name in {"extra", *left_out}:
                continue
            shown = told[options.__name__][entry.name]
            assert shown["help"].casefold().startswith(entry.metadata["help"].casefold())
            assert entry.metadata["unit"] in shown["help"]
            assert shown["name"].casefold() == entry.name.replace("_", " ")
            assert shown["animatable"] == (kinds[entry.name] is Curve)
            _check_value(shown, kinds[entry.name], entry, told[options.__name__])


def _check_value(shown: dict[str, Any], kind: Any, entry: Any, group: dict[str, Any]) -> None:
    low, high, default = entry.metadata["minimum"], entry.metadata["maximum"], entry.default
    if kind is Curve:
        default = default.keys[0][1]
    if shown["type"] in ("FLOAT", "INT"):
        assert low is None or shown["min"] == np.float32(low)
        assert high is None or shown["max"] == np.float32(high)
        if default == "auto":
            assert group[f"{entry.name}_auto"]["default"] is True
        else:
            assert shown["default"] == np.float32(default)
    elif shown["type"] == "ENUM":
        choices = [kind] if get_origin(kind) is Literal else get_args(kind)
        names = [name for choice in choices for name in get_args(choice)]
        assert [item for item in shown["items"] if item != "NONE"] == names
        assert ("NONE" in shown["items"]) == (default is None)
        assert shown["default"] == (default or "NONE")
    elif default is not dataclasses.MISSING:
        assert shown["default"] == (default or type(shown["default"])())


def test_a_recipe_comes_back_as_it_went_in(cases: Cases) -> None:
    folder = cases.folder / "round_trip"
    told = cases.told("round_trip")
    expected = Recipe.from_json(FULL).to_json()
    assert told["first"] == expected
    assert told["loaded"] == expected
    assert load_recipe(folder / "again.json") == load_recipe(folder / "recipe.json")
    # Only paths differ in another folder, and they name the same files.
    elsewhere = told["elsewhere"]["regions"]
    assert elsewhere[3]["matte"]["images"]["path"] == (folder / "r/roto.%04d.png").as_posix()
    assert elsewhere[6]["matte"]["union"][1]["coco"]["path"] == (folder / "c.json").as_posix()
    assert elsewhere[9]["matte"]["instances"]["model"] == (folder / "nets/own.segmenter.json").as_posix()
    assert elsewhere[11]["matte"]["union"][0]["instances"]["model"] == (folder / "n.segmenter.json").as_posix()
    assert elsewhere[6]["style"] == (folder / "cards/mine.style.json").as_posix()


def test_the_defaults_are_the_contract_s_own_recipe(cases: Cases) -> None:
    told = cases.told("defaults")
    assert Recipe.from_json(told["first"]) == Recipe.from_json(LEAST)


def test_the_panel_s_settings_as_a_recipe(cases: Cases) -> None:
    told = cases.told("from_panel")
    hair, roto, wall, rest = told["regions"]
    names = {"cryptomatte": {"layer": "CryptoObject", "names": ["Hair*", "Suzanne"]}}
    assert hair["matte"] == {"shrink": {"matte": {"subtract": [{"everything": {}}, names]}, "distance": 3.5}}
    assert (hair["style"], hair["strength"]) == ("udnie", 0.7)
    assert roto["matte"] == {"images": {"path": "roto.matte.####.png", "channel": "luma"}, "blender": {"mask": "Roto"}}
    assert wall["matte"] == {"images": {"path": "masks/wall.####.png", "channel": "luma"}}
    assert (rest["matte"], rest["enabled"], rest["style"]) == ({"background": {}}, False, None)
    assert isinstance(told["temporal"]["preroll"], int)
    assert isinstance(told["compute"]["tile"], int)
    assert Recipe.from_json(told).to_json() == told


def test_what_is_no_recipe_changes_nothing(cases: Cases) -> None:
    told = cases.told("refusals")
    missing, torn, newer, limit, twice, matte = told["said"]
    assert "missing.json" in missing
    assert "torn.json is not JSON" in torn
    assert "version 99" in newer
    assert "regions[0].strength is 1.5" in limit
    assert "two are named 'all'" in twice
    assert "regions[0].matte" in matte
    assert "'cryptomatte'" in matte
    assert told["after"] == told["before"]
    assert told["before"]["regions"][0]["strength"] == [[1, 0], [11, 1]]


def test_what_is_missing_is_said_of_its_region(cases: Cases) -> None:
    said = cases.told("incomplete")
    assert "there is no region" in said["none"]
    assert said.pop("left") == ["Region"]
    assert "no region is enabled" in said.pop("none enabled")
    assert all("region 'hero'" in text for kind, text in said.items() if kind != "none")
    words = {"OBJECT": "names", "IMAGES": "no file", "MASK": "mask", "STRIP": "strip", "CUSTOM": "not a matte"}
    assert all(word in said[kind] for kind, word in words.items())


def test_undo_and_redo(cases: Cases) -> None:
    swapped, keyed, two, one, two_again, keyed_again, swapped_again = cases.told("undo")
    assert keyed == [["Region", 1.0], ["Region.001", 0.5]]
    assert swapped == [["Region.001", 0.5], ["Region", 1.0]]
    assert [name for name, _ in two] == ["Region", "Region.001"]
    assert [name for name, _ in one] == ["Region"]
    assert two_again == two
    assert keyed_again == keyed
    assert swapped_again == swapped


def test_copies_of_strips_have_settings_and_keys(cases: Cases) -> None:
    told = cases.told("strips")
    assert told["original"]["regions"][1]["scale"] == [[1, 1], [11, 3]]
    assert set(told["others"]) == set(told["names"])
    assert all(other == told["original"] for other in told["others"].values())
    assert told["played"] == [[2.0]] * 5
    assert len(told["paths"]) == 5
    assert "Select the strips to copy to" in told["alone"]


def test_presets(cases: Cases) -> None:
    told = cases.told("presets")
    assert told["none"] == []
    assert "Add a region first" in told["empty"]
    assert told["two"] == ["another", "Hero and Sky"]
    assert all("cannot be a preset's name" in text for text in told["bad"])
    assert told["b"] == told["a"]
    assert told["a"][0]["feather"] == [[1, 0], [11, 20]]
    assert told["smoothing"] == 0.25
    assert "no such" in told["missing"]
    assert told["one"] == ["Hero and Sky"]
    assert "another" in told["gone"]
    assert "is not JSON" in told["damaged"]
    assert told["after"] == told["b"]


def test_styles_are_those_the_backend_reported(cases: Cases) -> None:
    told = cases.told("known_styles")
    assert (told["before"], told["unknown_yet"]) == (0, "")
    assert told["after"] == [["blank", "A Blank"], ["udnie", "Udnie, Francis Picabia, 1913"]]
    plate, known, blank, near, card = told["problems"]
    assert (plate, known) == ("", "")
    assert "weights" in blank
    assert "did you mean 'udnie'" in near
    assert "no.style.json" in card
    assert "styles[0].name is missing" in told["refused"]
    assert told["still"] == 2
    assert (told["kept"], told["chosen"]) == ("udnye", "udnie")


def test_names_of_regions_and_of_the_plate(cases: Cases) -> None:
    told = cases.told("region_names")
    assert told["added"] == ["Region", "Region.001", "Region.002"]
    assert told["renamed"] == ["Region", "hero", "hero.001"]
    assert told["blank"] == "Region"
    assert told["other"] == "hero"
    assert told["stored"] == 3
    assert told["suggested"] == {"OBJECT": ["ball", "Suzanne"], "MATERIAL": ["Gold"], "ASSET": []}


def test_files_follow_the_blend(cases: Cases) -> None:
    told = cases.told("blend_paths")
    far = cases.folder / "blend_paths" / "far.png"
    assert told["inside"] == ["//roto.####.png", "//recipes/my.style.json", str(far)]
    assert told["again"] == ["roto.####.png", "recipes/my.style.json", far.as_posix()]
