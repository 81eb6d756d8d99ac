"""Capture and bake in Blender's window: progress on the node, frames played back, stale, baked and back, undone.

Run by test_capture_window.py as ``blender --python capture.py -- ARCHIVE ENVIRONMENT FOLDER`` on a
screen of 1600x900. Leaves ``told.json`` and pictures in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
import asked_objects
from compositor_window import (
    BESIDE_NODES,
    EDITOR,
    close_render_window,
    editor,
    in_editor,
    new_file,
    nodes,
    rendering,
    shown_picture,
    start_render,
)
from screen import hover, key, photograph
from steps import Wait, install, room, run, works


def steps(archive: str, environment: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str) -> None:
        photograph(folder / f"capture_{name}.png", "1600x900+0+0")

    def show_all() -> None:
        with in_editor():
            bpy.ops.node.select_all(action="SELECT")
            bpy.ops.node.view_selected()
            bpy.ops.node.select_all(action="DESELECT")
        hover(*BESIDE_NODES)

    install(archive)
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    tree = new_file(folder)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 3
    yield 3.0
    hover(*EDITOR)
    key("Escape")
    yield 1.0
    with in_editor():
        bpy.ops.brushpass.style_node_add()
    yield 1.0
    node = nodes()[0]
    layers = next(other for other in tree.nodes if other.bl_idname == "CompositorNodeRLayers" and other.scene == scene)
    outlet = next(other for other in tree.nodes if other.bl_idname == "NodeGroupOutput")
    exposure = tree.nodes.new("CompositorNodeExposure")
    exposure.inputs["Exposure"].default_value = 1.0
    tree.links.new(layers.outputs["Image"], exposure.inputs["Image"])
    tree.links.new(exposure.outputs["Image"], node.inputs["Image"])
    tree.links.new(node.outputs["Image"], outlet.inputs[0])
    layers.location, exposure.location, node.location, outlet.location = (0, 0), (320, 0), (560, 0), (900, 0)
    tree.nodes.active = node
    _, area = editor()
    area.spaces.active.show_region_ui = True
    yield 1.0
    next(region for region in area.regions if region.type == "UI").active_panel_category = "Style"
    with in_editor():
        bpy.ops.brushpass.region_add()
    region = node.brushpass.regions[0]
    region.name, region.style, region.scale = "all", "swirl", 10.0
    yield 1.0
    show_all()
    yield 1.0
    picture("warned")

    with in_editor():
        told["switched"] = list(bpy.ops.brushpass.node_to_capture(node=node.name))
        told["started"] = list(bpy.ops.brushpass.node_capture(node=node.name))
    yield 3.0
    picture("progress")
    yield lambda: works()[-1].progress.state.ended
    yield 2.0
    told["captured"] = [works()[-1].progress.state.value, node.record.version]
    picture("captured")
    yield from start_render()
    yield lambda: not rendering()
    yield 2.0
    picture("rendered")
    told["bright"] = float(shown_picture(folder).mean())
    yield from close_render_window()

    region.strength = 0.5
    yield 2.5
    show_all()
    yield 1.5
    picture("stale")
    told["stale"] = room("compositor.capture.operators").stale(node)
    region.strength = 1.0
    scene.frame_set(7)
    yield from start_render()
    yield lambda: not rendering()
    yield 2.0
    picture("beyond")
    told["beyond"] = room("compositor.bridge.last_render").recall(scene.name, node.name).fault.sentence()
    yield from close_render_window()
    scene.frame_set(1)

    with in_editor():
        bpy.ops.ed.undo_push(message="before the bake")
        told["bake"] = list(bpy.ops.brushpass.node_bake("EXEC_DEFAULT", True, node=node.name))
    yield 1.5
    told["baked"] = [len(nodes()), sorted(other.bl_idname for other in tree.nodes), layers.mute]
    show_all()
    yield 1.5
    picture("baked")
    with in_editor():
        told["back"] = list(bpy.ops.brushpass.node_unbake("EXEC_DEFAULT", True))
    yield 1.5
    told["unbaked"] = [nodes()[0].name, nodes()[0].brushpass.regions[0].style]
    for keys, name in (("ctrl+z", "undone"), ("ctrl+z", "undone twice")):
        hover(*BESIDE_NODES)
        yield 0.5
        key(keys)
        yield 2.5
        told[name] = len(nodes())
    node = nodes()[0]
    node.mode = "CAPTURE"
    region = node.brushpass.regions[0]
    region.matte.kind = "INSTANCES"
    node.id_data.nodes.active = node
    yield 1.0
    with in_editor():
        told["searching"] = list(bpy.ops.brushpass.find_objects())
    yield lambda: works()[-1].progress.state.ended
    shelf = Path(bpy.path.abspath(node.record.shelf))
    asked_objects.write(folder, str(shelf / "plate"), model="mask_rcnn")
    with in_editor():
        bpy.ops.brushpass.find_objects()
    yield lambda: len(node.brushpass.found) > 0
    with in_editor():
        bpy.ops.brushpass.object_toggle(number=2)
    told["objects"] = [
        [item.name for item in node.brushpass.found[0].objects],
        [e.id for e in region.matte.objects.ids],
    ]
    show_all()
    yield 2.0
    picture("objects")
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


run(steps)
