"""From a Style node to an order on disk: its plate, its recipe, its shelf; on Blender's main thread."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import bpy

from .. import compat
from ..contract.errors import NstError, UsageError
from ..contract.recipe import OutputOptions, PlateOptions
from ..jobs.order import FindOrder, Order, save_order
from ..sequencer.content import FIRST_NUMBER
from ..sequencer.matte_sources import source_of
from ..sequencer.ordering import Ordered, check_backend, discard, lists_chosen_from
from ..sequencer.plan import CRYPTOMATTE_KINDS, MatteSource
from ..sequencer.result_strip import relative
from ..sequencer.scene_state import state_of_scenes
from ..sequencer.shelves import output_template
from ..sequencer.versions import PLATE_FOLDER, Template, claim_shelf, claim_version, find_shelf
from ..settings import styles
from ..settings.mattes import recipe_model
from ..settings.recipe import recipe_of_plate, to_recipe
from .capture_plan import Capture
from .data_layers import motion_layer
from .mask_inputs import mask_path, mask_socket
from .node_group import IMAGE
from .node_owner import node_owner
from .node_record import CAPTURE, mark
from .slots import passes_of
from .tree_state import tree_state, upstream_nodes
from .trees import scenes_of
from .upstream import find_source, layer_behind

__all__ = ["capture_digest", "capture_scene", "find_order", "order_capture", "plate_state", "shelf_of"]


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
    recipe = _recipe(node, scene, shelf, first, last)
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


def capture_digest(node: bpy.types.Node) -> str:
    """Names how a node would paint now, whatever the frames: equal names, equal settings.

    Raises :class:`UsageError` for settings that cannot be painted by.
    """
    scene = capture_scene(node)
    recipe = _recipe(node, scene, Path(bpy.path.abspath("//")), scene.frame_start, scene.frame_end)
    recipe = {**recipe, "plate": {**recipe["plate"], "frames": ""}, "output": {}}
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:32]


def plate_state(node: bpy.types.Node, scene: bpy.types.Scene) -> str:
    """Names the state of everything that a node's plate shows."""
    alone = state_of_scenes([scene], composited=False)
    if node.mode != CAPTURE:
        return alone

    def state(item: bpy.types.ID) -> str:
        return state_of_scenes([item], composited=False) if isinstance(item, bpy.types.Scene) else item.name

    sockets = [node.inputs[IMAGE], *(node.inputs[mask_socket(number)] for number in _masks(node))]
    upstream = {other.name: other for socket in sockets for other in upstream_nodes(socket)}
    links = [(link.from_node.name, link.from_socket.identifier) for socket in sockets for link in socket.links]
    return f"{alone}/{tree_state(node.id_data, upstream.values(), state)}/{links}"  # type: ignore[arg-type]


def _plate(
    node: bpy.types.Node, scene: bpy.types.Scene, first: int, last: int, *, digest: str = "", bake: bool = False
) -> dict[str, Any]:
    linked = node.mode == CAPTURE
    layer = _layer(node, scene, linked=linked)
    kinds = _cryptomatte_kinds(node) if layer is not None else ()
    capture = Capture(
        linked=linked,
        layer=layer,
        motion_layer=None if layer is None else motion_layer(scene, layer),
        masks=_masks(node) if linked else (),
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


def _shelf(scene: bpy.types.Scene, node: bpy.types.Node) -> tuple[Path, Template]:
    template = output_template()
    known = shelf_of(node)
    if known is None:
        folder = template.folder(blend=bpy.data.filepath, scene=scene.name, strip=node.name)
        known = claim_shelf(folder, mark(node))
        node.record.shelf, node.record.version_pattern = relative(known), template.version
    return known, template


def _layer(node: bpy.types.Node, scene: bpy.types.Scene, *, linked: bool) -> str | None:
    """The view layer that has the plate's mattes and motion; None for footage."""
    if not linked:
        return find_source(node, scene).layer
    if not node.inputs[IMAGE].is_linked:
        raise UsageError(f"nothing is linked to Image of {node.name!r}", remedy="link what is to be styled")
    return layer_behind(node, scene)


def _recipe(node: bpy.types.Node, scene: bpy.types.Scene, shelf: Path, first: int, last: int) -> dict[str, Any]:
    """A node's settings for a job of all its frames; files are filled in once the plate is known."""
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
    trouble = styles.problem(region.style.strip())
    if trouble:
        raise UsageError(f"region {region.name!r}: {trouble}", remedy="choose another style")
    if region.matte.kind == "STRIP":
        raise UsageError(
            f"the matte of region {region.name!r} is a strip, which a compositor does not see",
            remedy="render it to an image sequence and choose that",
        )


def _masks(node: bpy.types.Node) -> tuple[int, ...]:
    """The Mask inputs that regions take, each once."""
    taken = {
        region.matte.mask_input for region in node.brushpass.regions if region.enabled and region.matte.kind == "INPUT"
    }
    return tuple(sorted(taken))


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
