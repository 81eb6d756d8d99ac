"""``recipe``: the settings of a node or strip as a file for ``nst stylize``, which needs no Blender."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..compositor.style_node.node_owner import node_owner
from ..compositor.style_node.trees import style_nodes
from ..compositor.style_node.upstream import find_source
from ..contract.errors import ExitCode, NstError, UsageError, nearest
from ..contract.frames import FrameRange
from ..contract.recipe import PlateOptions
from ..json_files import write_json
from ..own_stdout import claim_stdout
from ..sequencer.plan import Plate, load_plate
from ..sequencer.shelves import shelf_of_strip
from ..sequencer.strip_recipe import strip_recipe
from ..sequencer.strips import with_handles
from ..sequencer.versions import PLATE_FOLDER
from ..settings.mattes import movie_path
from ..settings.recipe import default_mask_path, to_recipe
from .arguments import add_scene, find_scene, require_file
from .telling import Teller

__all__ = ["HELP", "add", "run"]

HELP = "Write the settings of a Style node or strip as a recipe for nst stylize"
_PLATE = "plate.####.exr"
_OUTPUT = "styled.####.exr"


@dataclass(frozen=True)
class _Candidate:
    """A node or a strip that can be written."""

    scene: bpy.types.Scene
    kind: str
    name: str
    write: Callable[[Path, str | None, str], tuple[dict[str, Any], list[str]]]
    """From the recipe's folder, the plate that was asked for and the output to the recipe, and what is to be said."""

    @property
    def words(self) -> str:
        return f"--{self.kind} {self.name!r} of {self.scene.name!r}"


def add(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--node", metavar="NAME", help="a Style node of a compositor")
    chosen.add_argument("--strip", metavar="NAME", help="a strip of a sequencer")
    add_scene(parser, default="all")
    parser.add_argument("-o", dest="path", metavar="FILE", type=Path, help="the recipe (default: standard output)")
    parser.add_argument(
        "--plate", metavar="PATTERN", help="frames that come in, as the recipe is to name them (default: the scene's)"
    )
    parser.add_argument(
        "--output", metavar="PATTERN", default=_OUTPUT, help=f"frames that go out, relative to it (default: {_OUTPUT})"
    )


def run(arguments: argparse.Namespace, teller: Teller) -> int:
    require_file()
    output = claim_stdout() if arguments.path is None else None
    found = _chosen(arguments)
    path = Path(os.path.abspath(arguments.path or "recipe.json"))
    recipe, said = found.write(path.parent, arguments.plate, arguments.output)
    for sentence in said:
        print(f"Brushpass: {sentence}", file=sys.stderr, flush=True)
    if output is not None:
        output.write(f"{json.dumps(recipe, ensure_ascii=False, indent=2)}\n".encode())
        return ExitCode.DONE
    write_json(path, recipe)
    print(f"Brushpass: wrote {path}", flush=True)
    return ExitCode.DONE


def _chosen(arguments: argparse.Namespace) -> _Candidate:
    """The one that is meant; raises :class:`UsageError` that names those there are."""
    scenes = list(bpy.data.scenes) if arguments.scene is None else [find_scene(arguments.scene)]
    all_of_them = [candidate for scene in scenes for candidate in _candidates(scene)]
    kind = "node" if arguments.node is not None else "strip" if arguments.strip is not None else None
    name = arguments.node if kind == "node" else arguments.strip
    found = [one for one in all_of_them if kind is None or (one.kind, one.name) == (kind, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"several can be written: {', '.join(one.words for one in found)}", remedy="name one, and its --scene"
        )
    if kind is None or not all_of_them:
        raise UsageError("no Style node and no strip has settings", remedy="give one a region and a style")
    named = [one.name for one in all_of_them if one.kind == kind]
    raise UsageError(f"there is no {kind} {name!r} with settings", remedy=nearest(name, named))


def _candidates(scene: bpy.types.Scene) -> Iterator[_Candidate]:
    tree = compat.compositor_tree(scene)
    for node in style_nodes(tree) if tree is not None else ():
        if len(node.brushpass.regions):
            yield _Candidate(scene, "node", node.name, partial(_of_node, scene, node))
    for strip in scene.sequence_editor.strips_all if scene.sequence_editor is not None else ():
        if len(strip.brushpass.regions) and not strip.brushpass_result.of:
            yield _Candidate(scene, "strip", strip.name, partial(_of_strip, scene, strip))


def _of_node(
    scene: bpy.types.Scene, node: bpy.types.Node, base: Path, plate: str | None, output: str
) -> tuple[dict[str, Any], list[str]]:
    said = []
    if plate is None:
        plate = _multilayer(scene, base)
        if plate is None:
            plate = _PLATE
            said.append(
                f"{scene.name!r} does not write OpenEXR MultiLayer, so the plate is called {plate}: render it there"
            )
    source = find_source(node, scene)
    if source.warning:
        said.append(source.warning)
    recipe = to_recipe(
        node_owner(node),
        plate=PlateOptions(
            path=plate,
            layer=source.layer,
            frames=f"{scene.frame_start}-{scene.frame_end}",
            colour_space=compat.working_space(),
        ),
        output=output,
        base=base,
        enabled_only=True,
    )
    plain = recipe.to_json()
    assert isinstance(plain, dict)
    return plain, said + _to_be_rendered(node.brushpass)


def _multilayer(scene: bpy.types.Scene, base: Path) -> str | None:
    """The pattern of the multilayer EXRs that a scene writes, for a recipe in ``base``; None where it writes others."""
    render = scene.render
    if render.image_settings.file_format != "OPEN_EXR_MULTILAYER":
        return None
    path = render.filepath
    if "#" not in os.path.basename(path):
        path += "####"
    return _seen_from(base, path if path.lower().endswith(".exr") else f"{path}.exr")


def _seen_from(base: Path, path: str) -> str:
    """A path of Blender's, relative to the recipe's folder wherever it lies; on another drive absolute."""
    absolute = os.path.abspath(bpy.path.abspath(path))
    try:
        return Path(os.path.relpath(absolute, base)).as_posix()
    except ValueError:
        return Path(absolute).as_posix()


def _of_strip(
    scene: bpy.types.Scene, strip: bpy.types.Strip, base: Path, plate: str | None, output: str
) -> tuple[dict[str, Any], list[str]]:
    content = with_handles(strip, strip.brushpass.output.handles)
    shelf = shelf_of_strip(scene, strip)
    folder = None if shelf is None else shelf / PLATE_FOLDER
    where = PLATE_FOLDER if folder is None else _seen_from(base, str(folder))
    recipe = strip_recipe(strip, content, base, plates=where)
    made = None if folder is None else _plate_in(folder)
    said = []
    recipe["plate"]["frames"] = str(FrameRange.of(range(content.first, content.last + 1)))
    recipe["plate"]["path"] = plate or f"{where}/{made.pattern if made is not None else 'plate.####.png'}"
    if made is None:
        said.append(f"{strip.name!r} has no plate yet, which `brushpass sequence` renders: style it once")
    elif made.layer is not None:
        recipe["plate"] |= made.layers
        if not made.vector and recipe.get("temporal", {}).get("flow", "auto") in ("auto", "vector"):
            # The pass is there, and is the motion of other frames than these.
            recipe.setdefault("temporal", {})["flow"] = "dis"
    recipe["output"]["path"] = output
    return recipe, said


def _plate_in(folder: Path) -> Plate | None:
    try:
        return load_plate(folder)
    except NstError:
        return None


def _to_be_rendered(settings: bpy.types.PropertyGroup) -> list[str]:
    """What of the mattes `nst stylize` cannot read from the file."""
    return [
        f"the matte of region {region.name!r} has to be rendered to {default_mask_path(region)} beside the recipe"
        for region in settings.regions
        if region.enabled and (region.matte.kind in ("MASK", "STRIP") or movie_path(region))
    ]
