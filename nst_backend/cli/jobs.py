"""From the command line to recipes: a recipe file, a run file, or a plate with options."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import UsageError
from ..contract.frames import FrameRange
from ..contract.recipe import (
    VERSION,
    ComputeOptions,
    OutputOptions,
    PlateOptions,
    Recipe,
    Region,
    TemporalOptions,
    load_recipe,
)
from .options import add_options, given_options
from .run_file import SUFFIXES, read_run_file, recipes_of

__all__ = ["Job", "add_recipe_options", "jobs_of", "override", "recipe_job"]

_SECTIONS = {"plate": PlateOptions, "temporal": TemporalOptions, "output": OutputOptions, "compute": ComputeOptions}
_PATHS = {("plate", "cameras"), ("output", "path"), ("output", "per_frame"), ("output", "matte")}


@dataclass(frozen=True)
class Job:
    """A recipe, the folder its paths are relative to, and the frames asked for."""

    recipe: Recipe
    base: Path
    frames: FrameRange | None = None
    label: str = ""


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Every option of a recipe with one region, made from the recipe's own classes."""
    skip = ("name", "matte", "enabled", "optimisation")
    add_options(parser, Region, skip=skip, title="the painting (with a plate, not with a recipe)")
    add_options(parser, PlateOptions, skip=("path",), title="the plate")
    add_options(parser, TemporalOptions, title="stability over time")
    add_options(parser, OutputOptions, skip=("path",), title="the output")
    add_options(parser, ComputeOptions, title="the machine")


def jobs_of(arguments: argparse.Namespace) -> list[Job]:
    """The jobs of ``nst stylize``: one, or one for each style of a run file.

    Raises :class:`UsageError` and :class:`InputError` as the readers do, and for
    options that do not go together.
    """
    path = Path(arguments.input)
    suffix = path.suffix.lower()
    if suffix == ".json":
        return [recipe_job(path, arguments)]
    if suffix in SUFFIXES:
        _refuse_painting(arguments, path, "run file")
        named = recipes_of(read_run_file(path))
        return [Job(override(recipe, arguments), _folder(path), _frames(arguments), style) for style, recipe in named]
    return [_plate_job(arguments)]


def recipe_job(path: Path, arguments: argparse.Namespace) -> Job:
    """The job of a recipe file, with what the command line says otherwise."""
    _refuse_painting(arguments, path, "recipe")
    return Job(override(load_recipe(path), arguments), _folder(path), _frames(arguments))


def override(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """The recipe with the options that the command line gave; paths given there are relative to where it runs."""
    data = recipe.to_json()
    for section, cls in _SECTIONS.items():
        for name, value in _given(arguments, section, cls).items():
            absolute = (section, name) in _PATHS
            data[section][name] = os.path.abspath(value) if absolute else value
    return Recipe.from_json(data)


def _given(arguments: argparse.Namespace, section: str, cls: type) -> dict[str, Any]:
    given = given_options(arguments, cls)
    # The frames of a command line are a part of the shot; those of a recipe are the shot.
    given.pop("frames", None)
    if section == "output" and getattr(arguments, "output", None):
        given["path"] = arguments.output
    return given


def _plate_job(arguments: argparse.Namespace) -> Job:
    region = given_options(arguments, Region)
    if not region.get("style"):
        raise UsageError(f"no style is given for {arguments.input}", remedy="add --style NAME; 'nst styles' lists them")
    if not arguments.output:
        raise UsageError("no output is given", remedy="add -o, such as -o styled.####.exr or -o styled.mp4")
    data: dict[str, Any] = {section: given_options(arguments, cls) for section, cls in _SECTIONS.items()}
    data["plate"]["path"] = arguments.input
    data["output"]["path"] = arguments.output
    data["regions"] = [{"name": "everything", "matte": {"everything": {}}, **region}]
    return Job(Recipe.from_json({"version": VERSION, **data}), Path.cwd())


def _frames(arguments: argparse.Namespace) -> FrameRange | None:
    text = given_options(arguments, PlateOptions).get("frames")
    return None if text is None else FrameRange.parse(text, "--frames")


def _folder(path: Path) -> Path:
    return path.resolve().parent


def _refuse_painting(arguments: argparse.Namespace, path: Path, what: str) -> None:
    given = given_options(arguments, Region)
    if given:
        flag = "--" + next(iter(given)).replace("_", "-")
        raise UsageError(f"{flag} does not go with a {what}", remedy=f"set it in {path.name}")
