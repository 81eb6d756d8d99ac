"""Motion blur with and without a data layer: made, kept alike, undone, removed and rendered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp
import settings_scene as scenes


def run(folder: str, python: str) -> Any:
    """What each case told."""
    comp.use_backend(python)
    return scenes.run_cases(CASES, folder)


def staged(folder: Path) -> tuple[Any, Any]:
    """The scene with motion blur and a Style node that smooths."""
    scene = comp.new_scene(folder / "shot.blend")
    scene.render.use_motion_blur = True
    node = comp.add_node(scene)
    comp.region(node, "swirl", "EVERYTHING")
    node.brushpass.motion.smoothing = 0.9
    return scene, node


def press(node: Any, **options: bool) -> set[str]:
    """The button, in a compositor editor whose active node it is."""
    scene = bpy.context.scene
    area = bpy.context.window.screen.areas[0]
    area.ui_type = "CompositorNodeTree"
    if comp.V5:
        area.spaces.active.node_tree = comp.tree_of(scene)
    region = next(region for region in area.regions if region.type == "WINDOW")
    for other in node.id_data.nodes:
        other.select = other == node
    node.id_data.nodes.active = node
    with bpy.context.temp_override(window=bpy.context.window, area=area, region=region, scene=scene):
        return bpy.ops.brushpass.data_layer(**options)


def layers(scene: Any) -> list[str]:
    return [layer.name for layer in scene.view_layers]


def notes(scene: Any) -> list[str]:
    return [note for node in comp.room("compositor.bridge.frame_plan").plan_frame(scene).nodes for note in node.notes]


def motion(scene: Any) -> list[str | None]:
    plan = comp.room("compositor.bridge.frame_plan").plan_frame(scene)
    return [node.recipe["plate"]["motion_layer"] for node in plan.nodes]


def passes(layer: Any) -> list[str]:
    names = (entry.identifier for entry in layer.bl_rna.properties if entry.identifier.startswith("use_pass_"))
    return sorted(name for name in names if getattr(layer, name))


def pressed(folder: Path) -> dict[str, Any]:
    """What the button makes, and what becomes of it."""
    scene, node = staged(folder)
    hidden = bpy.data.collections.new("Hidden")
    scene.collection.children.link(hidden)
    hidden.children.link(bpy.data.collections.new("Within"))
    main = scene.view_layers[0]
    main.layer_collection.children["Hidden"].exclude = True
    told: dict[str, Any] = {"before": [layers(scene), notes(scene), motion(scene)]}
    bpy.ops.ed.undo_push(message="before")
    told["pressed"] = sorted(press(node))
    data = scene.view_layers[1]
    told["after"] = [layers(scene), notes(scene), motion(scene)]
    told["made"] = [passes(data), data.samples, data.use_motion_blur, data.use]
    told["hidden"] = data.layer_collection.children["Hidden"].exclude
    told["main"] = [main.use_motion_blur, main.samples]
    told["again"] = [sorted(press(node)), layers(scene)]
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    told["undone"] = [layers(scene), notes(scene)]
    bpy.ops.ed.redo()
    scene = bpy.context.scene
    told["redone"] = [layers(scene), notes(scene), motion(scene)]

    main, data = scene.view_layers
    within = main.layer_collection.children["Hidden"]
    within.exclude = False
    within.children["Within"].exclude = True
    main.material_override = bpy.data.materials["Wand"]
    comp.update()
    there = data.layer_collection.children["Hidden"]
    told["follows"] = [there.exclude, there.children["Within"].exclude, data.material_override.name]
    scene.render.use_motion_blur = False
    comp.update()
    told["sharp"] = [data.use, notes(scene), motion(scene)]
    scene.render.use_motion_blur = True
    comp.update()
    main.name = "Haupt"
    comp.update()
    told["renamed"] = [layers(scene), motion(scene), data.use]
    node = comp.tree_of(scene).nodes["Style"]
    told["taken back"] = [sorted(press(node, remove=True)), layers(scene), notes(scene)]
    press(node)
    comp.update()
    comp.tree_of(scene).nodes.remove(node)
    comp.update()
    told["without a node"] = layers(scene)
    return told


def artists_own(folder: Path) -> dict[str, Any]:
    """A data layer that the artist renames is his; so is a copy of the layer that has one."""
    scene, node = staged(folder)
    press(node)
    scene.view_layers[1].name = "Meine Daten"
    comp.update()
    told: dict[str, Any] = {"renamed": [layers(scene), notes(scene)]}
    press(node)
    twin = scene.view_layers.new("Twin")
    twin.brushpass_data_layer = scene.view_layers[0].brushpass_data_layer
    comp.update()
    comp.update()
    told["copied"] = [layers(scene), motion(scene)]
    comp.tree_of(scene).nodes.remove(node)
    comp.update()
    told["removed"] = layers(scene)
    return told


def eevee(folder: Path) -> list[Any]:
    """EEVEE has no layer without the blur of the scene."""
    scene, node = staged(folder)
    scene.render.engine = "BLENDER_EEVEE" if comp.V5 else "BLENDER_EEVEE_NEXT"
    try:
        press(node)
    except RuntimeError as refused:
        return [str(refused), layers(scene), notes(scene)]
    return [layers(scene)]


def rendered(folder: Path) -> dict[str, Any]:
    """Films and passes with and without; nothing in the scene is random but the samples."""
    scene, node = staged(folder)
    told: dict[str, Any] = {}
    films = {}
    for name in ("estimated", "exact"):
        if name == "exact":
            press(node)
        films[name] = comp.render(scene, folder / name, animation=True)
        told[name] = list(comp.room("compositor.bridge.last_render").recall(scene.name, node.name).notes)
        comp.write_multilayer(scene, folder / f"{name}_passes")
    told["stabilised"] = [
        float(np.abs(one - other).max()) for one, other in zip(films["estimated"], films["exact"], strict=True)
    ]
    scene.view_layers.remove(scene.view_layers[1])
    scene.render.use_motion_blur = False
    scene.cycles.samples = 1
    comp.write_multilayer(scene, folder / "sharp_passes")
    return told


CASES = (pressed, artists_own, eevee, rendered)
