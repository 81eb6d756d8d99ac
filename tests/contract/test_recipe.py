"""The recipe: round trips, what it refuses and how it says so."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from nst_backend.contract.errors import ExitCode, InputError, UsageError
from nst_backend.contract.recipe import VERSION, Recipe, load_recipe

FULL: dict[str, Any] = {
    "version": 1,
    "plate": {"path": "shot.####.exr", "layer": "ViewLayer", "motion_layer": "Data", "matte_layer": "Mattes",
              "frames": "1-48", "fps": 24.0, "colour_space": "ACEScg", "exposure": -0.5, "cameras": "cameras.json"},
    "regions": [
        {"name": "hero", "matte": {"cryptomatte": {"layer": "CryptoObject", "names": ["Suzanne", "Hair*"]}},
         "style": "starry_night", "optimisation": None, "strength": [[1.0, 0.0], [24.0, 1.0]], "scale": 1.5,
         "preserve_colour": 0.25,
         "feather": 4.0, "statistics": "frame", "enabled": True},
        {"name": "rest", "matte": {"subtract": [{"everything": {}}, {"grow": {"matte": {"images": {
            "path": "roto.####.png", "channel": "alpha"}}, "distance": 3.0}}]},
         "style": None, "optimisation": None, "strength": 1.0, "scale": 1.0, "preserve_colour": 0.0, "feather": 0.0,
         "statistics": "shot", "enabled": False},
    ],
    "temporal": {"flow": "vector", "smoothing": 0.8, "mode": "window", "preroll": 12},
    "output": {"path": "styled.####.exr", "depth": "half", "size": "50%", "keep_channels": False, "mattes": True,
               "per_frame": "raw.####.exr", "matte": "matte.####.png"},
    "compute": {"device": "cuda:1", "precision": "fp16", "tile": 512, "runtime": "torch",
                "network_size": "small", "regions": "one_pass", "seed": 7},
}  # fmt: skip
SMALL: dict[str, Any] = {
    "version": 1,
    "plate": {"path": "clip.mp4"},
    "regions": [{"name": "all", "matte": {"everything": {}}, "style": "udnie"}],
    "output": {"path": "styled.mp4"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """``FULL`` with the key at ``path`` set to ``value``."""
    data = copy.deepcopy(FULL)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    entry: Any = data
    for part in parents:
        entry = entry[part]
    entry[last] = value
    return data


def without(path: str) -> dict[str, Any]:
    data = changed(path, None)
    *parents, last = path.split(".")
    entry: Any = data
    for part in parents:
        entry = entry[int(part) if part.isdigit() else part]
    del entry[last]
    return data


def test_a_full_recipe_comes_back_as_it_was() -> None:
    assert Recipe.from_json(FULL).to_json() == FULL
    assert Recipe.from_json(json.loads(json.dumps(FULL))) == Recipe.from_json(FULL)


def test_defaults_are_filled_in_and_stable() -> None:
    once = Recipe.from_json(SMALL).to_json()
    assert once["temporal"]["smoothing"] == 0.9
    assert Recipe.from_json(once).to_json() == once


@pytest.mark.parametrize(
    "place", ["", "plate", "regions.0", "temporal", "output", "compute", "regions.0.matte.cryptomatte"]
)
def test_unknown_keys_are_kept(place: str) -> None:
    data = changed(f"{place}.x_studio" if place else "x_studio", {"ticket": [1, "two", None]})
    assert Recipe.from_json(data).to_json() == data


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        ("plate.path", 7, "give a text"),
        ("plate.frames", "48-1", "smaller frame first"),
        ("plate.fps", 0, "from 0.01 to 1000"),
        ("plate.exposure", "bright", "a number"),
        ("plate.exposure", float("nan"), "a number"),
        ("regions", {}, "a list"),
        ("regions.0.style", 3, "give a text"),
        ("regions.0.strength", 1.5, "from 0 to 1"),
        ("regions.0.strength", [[1, 0], [2, 7]], "from 0 to 1"),
        ("regions.0.strength", [[5, 0], [5, 1]], "rising frames"),
        ("regions.0.strength", [], "keyframes"),
        ("regions.0.scale", 0, "from 0.1 to 10"),
        ("regions.0.statistics", "shots", "did you mean 'shot'"),
        ("regions.0.enabled", 1, "true or false"),
        ("regions.0.matte", "hero", "give one object"),
        ("temporal.flow", "vectr", "did you mean 'vector'"),
        ("temporal.smoothing", 1, "to 0.97"),
        ("temporal.preroll", -1, "from 0 to 500"),
        ("output.depth", "12", "half"),
        ("compute.tile", 4, "from 64"),
        ("compute.precision", "bf16", "fp16"),
        ("compute.seed", 1.5, "a whole number"),
    ],
)  # fmt: skip
def test_an_error_names_the_key_and_the_remedy(path: str, value: Any, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        Recipe.from_json(changed(path, value))
    parts = path.split(".")
    key = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in parts)[1:]
    assert key in caught.value.problem
    assert remedy in caught.value.remedy
    assert "\n" not in caught.value.sentence()


@pytest.mark.parametrize("path", ["plate", "plate.path", "regions", "regions.0.name", "regions.0.matte", "output.path"])
def test_a_missing_key_is_named(path: str) -> None:
    with pytest.raises(UsageError) as caught:
        Recipe.from_json(without(path))
    assert path.split(".")[-1] in caught.value.problem
    assert "is missing" in caught.value.problem


def test_region_names_are_unique_and_not_empty() -> None:
    with pytest.raises(UsageError, match="two are named 'hero'"):
        Recipe.from_json(changed("regions.1.name", "hero"))
    with pytest.raises(UsageError, match="empty name"):
        Recipe.from_json(changed("regions.1.name", "  "))


def test_only_enabled_regions_are_active() -> None:
    assert [region.name for region in Recipe.from_json(FULL).active] == ["hero"]


@pytest.mark.parametrize("version", [VERSION + 1, 99])
def test_a_newer_version_is_refused_with_what_to_do(version: int) -> None:
    with pytest.raises(UsageError, match="update Brushpass") as caught:
        Recipe.from_json({**FULL, "version": version})
    assert str(version) in caught.value.problem


@pytest.mark.parametrize("version", [None, 0, "1", True, 1.0])
def test_a_version_must_be_a_version(version: Any) -> None:
    with pytest.raises(UsageError, match="version"):
        Recipe.from_json({**FULL, "version": version})


def test_no_version_says_what_to_add() -> None:
    with pytest.raises(UsageError, match='add "version": 1'):
        Recipe.from_json(without("version"))


def test_load(tmp_path: Path) -> None:
    path = tmp_path / "shot.json"
    with pytest.raises(InputError) as missing:
        load_recipe(path)
    assert missing.value.exit_code == ExitCode.INPUT
    path.write_text(json.dumps(FULL), encoding="utf-8")
    assert load_recipe(path).to_json() == FULL


@pytest.mark.parametrize("content", [b'{"version": 1,\n oops}', b"\xff\xfe\x00", b"[" * 100_000, b"", b"7"])
def test_a_file_that_is_no_recipe_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "shot.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_recipe(path)
    assert caught.value.remedy
    assert "\n" not in caught.value.sentence()


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "shot.json"
    path.write_text('{"version": 1,\n oops}')
    with pytest.raises(UsageError, match="line 2"):
        load_recipe(path)


@pytest.mark.parametrize("section", ["exposure", "fps"])
@pytest.mark.parametrize("number", [10**400, -(10**4000), float("nan"), float("inf")])
def test_numbers_beyond_all_bounds(section: str, number: float) -> None:
    data = {**FULL, "plate": {**FULL["plate"], section: number}}
    with pytest.raises(UsageError, match=f"plate.{section}"):
        Recipe.from_json(data)


@pytest.mark.parametrize("number", [10**400, float("nan")])
def test_keys_beyond_all_bounds(number: float) -> None:
    for curve in (number, [[number, 1.0]], [[1, number]]):
        data = {**FULL, "regions": [{**FULL["regions"][0], "strength": curve}]}
        with pytest.raises(UsageError, match="strength"):
            Recipe.from_json(data)
