"""``build.py demo`` up to the recipe: real renders, kept and completed."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from build_tools.demo import SCENE_FILES, DemoOptions, render_demo, write_recipe
from build_tools.environments import Environment
from build_tools.errors import BuildError
from build_tools.paths import ROOT
from nst_backend.contract.recipe import load_recipe


def test_every_module_that_the_scene_is_made_of_counts() -> None:
    reached, waiting = {"__init__"}, ["render"]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        for node in ast.walk(ast.parse((ROOT / "demo" / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                names = [node.module] if node.module else [alias.name for alias in node.names]
                waiting += [module for module in names if module not in reached]
    assert reached == set(SCENE_FILES)


def test_the_recipe_is_valid_and_finds_its_plate(tmp_path: Path) -> None:
    plate = tmp_path / "render" / "key" / "frame.####.exr"
    path = write_recipe(plate, tmp_path, frames=7)
    recipe = load_recipe(path)
    assert recipe.plate.frames == "1-7"
    assert (tmp_path / recipe.plate.path) == plate
    assert recipe.plate.cameras is not None
    assert (tmp_path / recipe.plate.cameras) == plate.with_name("scene.json")
    assert not list(tmp_path.glob(".*"))


def test_the_recipe_names_objects_of_the_scene(demo_frames: Path) -> None:
    objects = set(json.loads(demo_frames.with_name("scene.json").read_text("utf-8"))["objects"])
    regions = json.loads((ROOT / "demo" / "recipe.json").read_text("utf-8"))["regions"]
    named = [name for region in regions for name in region["matte"].get("cryptomatte", {}).get("names", [])]
    assert named
    assert set(named) <= objects


def test_a_second_render_is_reused_and_a_longer_one_completed(blender: Any, tmp_path: Path) -> None:
    renderer = Environment(blender.python.parent.parent)
    options = {"width": 48, "height": 27, "samples": 1, "threads": 1, "out": tmp_path}
    said: list[str] = []

    def render(frames: int) -> dict[str, int]:
        pattern = render_demo(renderer, DemoOptions(frames=frames, **options), version=blender.version, say=said.append)
        return {path.name: path.stat().st_mtime_ns for path in sorted(pattern.parent.glob("*.exr"))}

    first = render(1)
    assert render(1) == first
    assert "there already" in said[-1]
    longer = render(2)
    assert list(longer) == ["frame.0001.exr", "frame.0002.exr"]
    assert longer["frame.0001.exr"] == first["frame.0001.exr"]


def test_other_settings_have_a_folder_of_their_own(blender: Any, tmp_path: Path) -> None:
    renderer = Environment(blender.python.parent.parent)
    options = {"frames": 1, "width": 32, "height": 18, "samples": 1, "threads": 1, "out": tmp_path}
    one = render_demo(renderer, DemoOptions(**options), version=blender.version)
    two = render_demo(renderer, DemoOptions(**{**options, "samples": 2}), version=blender.version)
    assert one != two
    assert one.with_name("frame.0001.exr").exists()
    assert two.with_name("frame.0001.exr").exists()


def test_a_blender_that_fails_is_told_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="did not start"):
        render_demo(Environment(tmp_path / "absent"), DemoOptions(out=tmp_path), version="5.2")
