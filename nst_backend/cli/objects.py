"""``nst objects``: find the objects of a plate, list them, show them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import ExitCode, UsageError
from ..contract.matte_options import InstancesMatte
from ..contract.messages import Event, EventKind, stop_if_cancelled
from ..contract.recipe import VERSION, ComputeOptions, PlateOptions, Recipe, load_recipe
from .options import add_options, given_options
from .progress import add_device, add_progress
from .reporters import QuietReporter
from .table import text_table

if TYPE_CHECKING:
    from ..mattes.shot_objects import ShotObjects
    from ..pipeline.objects import PlateObjects

__all__ = ["add", "run"]

_DEFAULT = "mask_rcnn"


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Find people, cars and animals in a plate, follow them through the shot and list them."
    parser = commands.add_parser("objects", help=text, description=text, allow_abbrev=False)
    parser.add_argument("input", metavar="RECIPE|PLATE", help="a recipe (.json); or a sequence, a picture, or a video")
    parser.add_argument(
        "--model",
        metavar="NAME",
        help=f"the network: a name, or a .segmenter.json (default: those of the recipe, or {_DEFAULT})",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="also write the plate with the objects named on it: PNG or JPEG, with ####",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace pictures that are there")
    add_options(parser, PlateOptions, skip=("path", "motion_layer", "matte_layer", "cameras"), title="the plate")
    add_device(parser)
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Find what was not found before; the mattes stay beside the plate, for every recipe."""
    recipe, base = _recipe(arguments)
    from ..pipeline.objects import plate_objects, summary_of
    from ..pipeline.recipe_plate import open_recipe_plate

    plate = open_recipe_plate(recipe.plate, base)
    try:
        objects = plate_objects(recipe, plate, base=base, reporter=reporter)
        # Refused before minutes are spent.
        paths = _pictures(arguments, objects) if arguments.output else {}
        for model in _models(arguments, recipe):
            found = objects.find(model)
            summary = summary_of(found)
            reporter.emit(Event(EventKind.DONE, {"summary": summary}))
            if not reporter.machine_readable:
                _print(summary)
            _show(paths, objects, found, reporter)
    finally:
        plate.close()
    return ExitCode.DONE


def _recipe(arguments: argparse.Namespace) -> tuple[Recipe, Path]:
    path = Path(arguments.input)
    plate, compute = given_options(arguments, PlateOptions), given_options(arguments, ComputeOptions)
    if path.suffix.lower() == ".json":
        data = load_recipe(path).to_json()
        data["plate"].update(plate)
        data["compute"].update(compute)
        return Recipe.from_json(data), path.resolve().parent
    # A recipe of nothing but the plate; its output is never written.
    plain = {"plate": {"path": arguments.input, **plate}, "compute": compute, "output": {"path": "none"}}
    return Recipe.from_json({"version": VERSION, "regions": [], **plain}), Path.cwd()


def _models(arguments: argparse.Namespace, recipe: Recipe) -> list[str]:
    if arguments.model is not None:
        return [arguments.model]
    nodes = (node for region in recipe.active for node in region.matte.walk())
    named = [node.options.model for node in nodes if isinstance(node.options, InstancesMatte)]
    return list(dict.fromkeys(named)) or [_DEFAULT]


def _print(summary: dict[str, Any]) -> None:
    rows = [
        (
            str(entry["id"]),
            entry["label"],
            f"{entry['first']}-{entry['last']}",
            str(entry["frames"]),
            f"{entry['score']:.2f}",
            f"{entry['area']:.1%}",
        )
        for entry in summary["objects"]
    ]
    print(f"{summary['model']}, frames {summary['frames']}: {len(rows) or 'no'} objects, in {summary['folder']}")
    if rows:
        print(text_table(("id", "class", "from-to", "seen in", "score", "of the frame"), rows))


def _pictures(arguments: argparse.Namespace, objects: PlateObjects) -> dict[int, Path]:
    """Where each frame's picture is to go."""
    from ..media.same_file import refuse_replacing
    from ..media.sequence import FramePattern, is_pattern
    from ..pipeline.inputs import plate_inputs

    output = Path(arguments.output)
    there = set(objects.plate.numbers)
    numbers = [number for number in objects.numbers if number in there]
    if not is_pattern(output):
        raise UsageError(f"{output} is one file, and there are {len(numbers)} frames", remedy="add #### to the name")
    paths = {number: FramePattern.parse(output).path(number) for number in numbers}
    refuse_replacing(paths.values(), plate_inputs(objects.path, objects.plate.numbers))
    taken = [path for path in paths.values() if path.exists()]
    if taken and not arguments.overwrite:
        raise UsageError(f"{taken[0]} is there", remedy="give another name, or add --overwrite")
    output.parent.mkdir(parents=True, exist_ok=True)
    return paths


def _show(paths: Mapping[int, Path], objects: PlateObjects, found: ShotObjects, reporter: QuietReporter) -> None:
    from ..mattes.cryptomatte import coverage_of
    from ..mattes.cryptomatte_hash import name_to_id
    from ..media.images import write_image
    from ..pipeline.object_pictures import overlay

    names = {entry.id: entry.name for entry in found.list.objects}
    for done, (number, path) in enumerate(paths.items(), 1):
        stop_if_cancelled(reporter)
        layer, channels = found.mattes(number)
        mattes = {key: coverage_of(layer, channels, [name_to_id(name)]) for key, name in names.items()}
        shown = {key: matte for key, matte in mattes.items() if matte.any()}
        write_image(path, overlay(objects.display(number), shown, names))
        data = {"stage": "write", "done": done, "total": len(paths), "frame": number}
        reporter.emit(Event(EventKind.PROGRESS, data))
