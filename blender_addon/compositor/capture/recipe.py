"""A Style node's settings as the recipe of a job of all its frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import bpy

from ... import compat
from ...contract.errors import UsageError
from ...contract.recipe import OutputOptions, PlateOptions
from ...sequencer.matte_sources import source_of
from ...sequencer.versions import PLATE_FOLDER
from ...settings.painting import check_paintings
from ...settings.recipe import to_recipe
from ..bridge.slots import passes_of
from ..style_node.mask_inputs import mask_path
from ..style_node.node_owner import node_owner
from ..style_node.trees import scenes_of

__all__ = ["capture_recipe", "capture_scene", "captured_masks"]


def capture_scene(node: bpy.types.Node) -> bpy.types.Scene:
    """The scene that a node composites; of several the active one.

    Raises :class:`UsageError` where it composites none.
    """
    scenes = scenes_of(node.id_data)  # type: ignore[arg-type]
    if not scenes:
        raise UsageError(
            f"{node.name!r} is in a tree that composites no scene", remedy="choose the tree in a scene's compositor"
        )
    active = bpy.context.scene
    return active if active in scenes else scenes[0]


def capture_recipe(node: bpy.types.Node, scene: bpy.types.Scene, shelf: Path, first: int, last: int) -> dict[str, Any]:
    """A node's settings for a job of all its frames; files are filled in once the plate is known."""
    check_paintings(node.brushpass)
    for region in node.brushpass.regions:
        if region.enabled:
            _refuse(region)

    def matte_frames(region: bpy.types.PropertyGroup) -> str:
        source = source_of(region)
        pattern = mask_path(region.matte.mask_input) if source is None else source.pattern
        return (PurePosixPath(PLATE_FOLDER) / pattern).as_posix()

    recipe = to_recipe(
        node_owner(node),
        plate=PlateOptions(path="passes.####.exr", frames=f"{first}-{last}", colour_space=compat.working_space()),
        output="styled.####.exr",
        base=shelf,
        mask_path=matte_frames,
        enabled_only=True,
    )
    wanted = {part.part for part in passes_of(1) if node.outputs[part.socket].is_linked}
    output = OutputOptions(
        path="styled.####.exr",
        # What goes on in a compositor is not rounded.
        depth=_depth(node),
        per_frame="per_frame.####.exr" if "per_frame" in wanted else None,
        matte="matte.####.exr" if "matte" in wanted else None,
    )
    plain = replace(recipe, output=output).to_json()
    assert isinstance(plain, dict)
    return plain


def _depth(node: bpy.types.Node) -> Any:
    chosen = node.brushpass.output.depth
    return chosen if chosen in ("half", "float") else "float"


def _refuse(region: bpy.types.PropertyGroup) -> None:
    if region.matte.kind == "STRIP":
        raise UsageError(
            f"the matte of region {region.name!r} is a strip, which a compositor does not see",
            remedy="render it to an image sequence and choose that",
        )


def captured_masks(node: bpy.types.Node) -> tuple[int, ...]:
    """The Mask inputs that regions take, each once."""
    taken = {
        region.matte.mask_input for region in node.brushpass.regions if region.enabled and region.matte.kind == "INPUT"
    }
    return tuple(sorted(taken))
