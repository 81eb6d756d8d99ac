"""From a Style node to an order on disk: its plate, its recipe, its shelf; on Blender's main thread."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...contract.errors import NstError, UsageError
from ...jobs.order import FindOrder, Order, load_order, save_order
from ...sequencer.content import FIRST_NUMBER
from ...sequencer.matte_sources import source_of
from ...sequencer.ordering import Ordered, check_backend, discard, lists_chosen_from
from ...sequencer.plan import CRYPTOMATTE_KINDS, MatteSource
from ...sequencer.result_strip import relative
from ...sequencer.scene_state import state_of_scenes
from ...sequencer.shelves import output_template
from ...sequencer.versions import PLATE_FOLDER, Template, claim_shelf, claim_version, find_shelf, list_versions
from ...settings.mattes import recipe_model
from ...settings.recipe import recipe_of_plate
from ..style_node.data_layers import motion_layer
from ..style_node.node_group import IMAGE
from ..style_node.node_owner import node_owner
from ..style_node.trees import style_nodes, style_trees
from ..style_node.upstream import find_source, layer_behind
from .node_record import CAPTURE, mark
from .plan import Capture
from .recipe import capture_recipe, capture_scene, captured_masks
from .state import capture_digest, plate_state

__all__ = ["adopt_shelf", "find_order", "order_capture", "shelf_of"]


def order_capture(node: bpy.types.Node, *, bake: bool, frames: tuple[int, int] | None = None) -> Ordered:
    """Claim a new version for a node as it is now; ``frames``: the first and the last, else the scene's.

    Raises :class:`UsageError` or :class:`InputError`, and then leaves no version behind.
    """
    if not bpy.data.filepath:
        raise UsageError("the file was never saved, and the frames lie beside it", remedy="save it first")
    check_backend()
    scene = capture_scene(node)
    first, last = _range(scene, frames)
    shelf, template = _shelf(scene, node)
    recipe = capture_recipe(node, scene, shelf, first, last)
    number, folder = claim_version(shelf, template.version)
    try:
        order = Order(
            **_plate(node, scene, first, last, digest=capture_digest(node), bake=bake),
            objects=lists_chosen_from(node.brushpass, shelf),
            version=number,
            version_pattern=template.version,
            recipe=recipe,
        )
        return Ordered(save_order(folder, order), folder)
    except NstError:
        discard(folder)
        raise


def find_order(node: bpy.types.Node, model: str) -> tuple[FindOrder, Path]:
    """An order of finding objects in a node's plate, and the node's shelf; raises as :func:`order_capture`."""
    if not bpy.data.filepath:
        raise UsageError("the file was never saved, and what is found lies beside it", remedy="save it first")
    check_backend()
    scene = capture_scene(node)
    first, last = _range(scene, None)
    shelf, _ = _shelf(scene, node)
    order = FindOrder(
        **_plate(node, scene, first, last),
        model=recipe_model(model, shelf / PLATE_FOLDER),
        recipe=recipe_of_plate(node_owner(node)),
    )
    return order, shelf


def _plate(
    node: bpy.types.Node, scene: bpy.types.Scene, first: int, last: int, *, digest: str = "", bake: bool = False
) -> dict[str, Any]:
    if scene.render.use_multiview:
        raise UsageError(
            f"the scene {scene.name!r} renders several views, and styled frames have one",
            remedy="switch off Stereoscopy in Output properties",
        )
    linked = node.mode == CAPTURE
    layer = _layer(node, scene, linked=linked)
    kinds = _cryptomatte_kinds(node) if layer is not None else ()
    capture = Capture(
        linked=linked,
        layer=layer,
        motion_layer=None if layer is None else motion_layer(scene, layer),
        masks=captured_masks(node) if linked else (),
        digest=digest,
        bake=bake,
    )
    return {
        "blend": bpy.data.filepath,
        "scene": scene.name,
        "strip": node.name,
        "mark": mark(node),
        # Frames bear the scene's own numbers.
        "start": FIRST_NUMBER,
        "first": first,
        "last": last,
        "state": f"{plate_state(node, scene)}/{','.join(kinds)}",
        "cryptomatte": kinds,
        "mattes": _sources(node),
        "node": capture,
    }


def _range(scene: bpy.types.Scene, frames: tuple[int, int] | None) -> tuple[int, int]:
    first, last = frames or (scene.frame_start, scene.frame_end)
    if first < 0:
        raise UsageError(f"the frames begin at {first}", remedy="begin at 0 or later: files have no names below")
    return first, last


def shelf_of(node: bpy.types.Node) -> Path | None:
    """The folder on disk that is a node's; None where it has none yet."""
    record = node.record
    known = Path(bpy.path.abspath(record.shelf)) if record.shelf else None
    return known if known is not None and record.mark and find_shelf(known, record.mark) == known else None


def adopt_shelf(node: bpy.types.Node) -> None:
    """Give a node that knows no shelf the one of its orders, for Blender ended unsaved or its capture was undone."""
    if node.record.shelf:
        return
    with contextlib.suppress(NstError):
        scene, template = capture_scene(node), output_template()
        folder = template.folder(blend=bpy.data.filepath, scene=scene.name, strip=node.name)
        known = find_shelf(folder, node.record.mark) if node.record.mark else None
        if known is None and (orphaned := _orphaned_mark(node, scene, folder, template)):
            known, node.record.mark = folder, orphaned
        if known is not None:
            node.record.shelf, node.record.version_pattern = relative(known), template.version


def _orphaned_mark(node: bpy.types.Node, scene: bpy.types.Scene, folder: Path, template: Template) -> str:
    """The mark of a folder whose orders were about this node; empty where there is none, or another node has it."""
    taken = {other.record.mark for tree in style_trees() for other in style_nodes(tree)}
    for version in reversed(list_versions(folder, template.version)):
        with contextlib.suppress(NstError):
            order = load_order(version.folder)
            same = (order.blend, order.scene, order.strip) == (bpy.data.filepath, scene.name, node.name)
            return order.mark if same and order.node is not None and order.mark not in taken else ""
    return ""


def _shelf(scene: bpy.types.Scene, node: bpy.types.Node) -> tuple[Path, Template]:
    template = output_template()
    adopt_shelf(node)
    known = shelf_of(node)
    if known is None:
        folder = template.folder(blend=bpy.data.filepath, scene=scene.name, strip=node.name)
        known = claim_shelf(folder, mark(node))
        if not node.record.version:
            # Until its own are there, a copy plays the frames of the node that it is a copy of.
            node.record.shelf, node.record.version_pattern = relative(known), template.version
    return known, template


def _layer(node: bpy.types.Node, scene: bpy.types.Scene, *, linked: bool) -> str | None:
    """The view layer that has the plate's mattes and motion; None for footage."""
    if not linked:
        return find_source(node, scene).layer
    if not node.inputs[IMAGE].is_linked:
        raise UsageError(f"nothing is linked to Image of {node.name!r}", remedy="link what is to be styled")
    return layer_behind(node, scene)


def _sources(node: bpy.types.Node) -> tuple[MatteSource, ...]:
    found = {source_of(region): None for region in node.brushpass.regions if region.enabled}
    return tuple(replace(source, state=state_of_scenes([])) for source in found if source is not None)


def _cryptomatte_kinds(node: bpy.types.Node) -> tuple[str, ...]:
    """Objects always, so that they can be picked."""
    asked = {"object"}
    for region in node.brushpass.regions:
        matte = region.matte
        named = f"{matte.kind} {matte.layer} {matte.custom}".lower()
        asked |= {kind for kind in CRYPTOMATTE_KINDS if f"crypto{kind}" in named or matte.kind.lower() == kind}
    return tuple(kind for kind in CRYPTOMATTE_KINDS if kind in asked)
