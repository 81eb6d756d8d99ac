"""A Style node's recipe: its settings, for frames that come one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ... import compat
from ...contract.errors import UsageError
from ...contract.recipe import OutputOptions, PlateOptions
from ...settings.found_objects import KIND as FOUND_OBJECTS
from ...settings.mattes import movie_path
from ...settings.painting import check_paintings
from ...settings.recipe import to_recipe
from .data_layers import motion_layer
from .node_owner import node_owner

__all__ = ["base_folder", "node_recipe"]

_NEEDS_CAPTURE = ("MASK", "STRIP", "INPUT", FOUND_OBJECTS)


def base_folder() -> Path:
    """The folder that a recipe's paths are relative to: the file's, or Blender's temporary one before it is saved."""
    return Path(bpy.data.filepath).parent if bpy.data.filepath else Path(bpy.app.tempdir)


def node_recipe(node: bpy.types.Node, scene: bpy.types.Scene, layer: str) -> dict[str, Any]:
    """The recipe of a node's settings for the view layer ``layer`` of ``scene``.

    Raises :class:`NstError` that names the region and the option.
    """
    check_paintings(node.brushpass)
    for region in node.brushpass.regions:
        if region.enabled:
            _refuse(region)
    recipe = to_recipe(
        node_owner(node),
        plate=PlateOptions(
            path="live",
            layer=layer,
            motion_layer=motion_layer(scene, layer),
            frames=f"{scene.frame_start}-{scene.frame_end}",
            colour_space=compat.working_space(),
        ),
        output="unused.exr",
        base=base_folder(),
        enabled_only=True,
    )
    # Files, sizes and formats are the scene's business, and which frames come is too.
    live = replace(recipe, plate=replace(recipe.plate, frames=None), output=OutputOptions(path="unused.exr"))
    plain = live.to_json()
    assert isinstance(plain, dict)
    return plain


def _refuse(region: bpy.types.PropertyGroup) -> None:
    if region.matte.kind in _NEEDS_CAPTURE or movie_path(region):
        raise UsageError(
            f"the matte of region {region.name!r} would have to be made before the render",
            remedy="set the node's mode to Capture, or use Cryptomatte or pictures",
        )
