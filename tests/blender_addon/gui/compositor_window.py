"""A window filled with the compositor, and its renders: what the scripts about Style nodes have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from screen import F12, hover, key
from steps import Wait, room, within

# Where things stand on a screen of 1600x900, in Blender's factory settings.
EDITOR = (657, 360)
BESIDE_NODES = (300, 560)
NODE = "BrushpassStyleNode"


def editor() -> tuple[bpy.types.Window, bpy.types.Area]:
    window = bpy.context.window_manager.windows[0]
    return window, max(window.screen.areas, key=lambda area: area.width * area.height)


def in_editor() -> Any:
    window, area = editor()
    return bpy.context.temp_override(
        window=window, area=area, region=next(region for region in area.regions if region.type == "WINDOW")
    )


def nodes() -> list[bpy.types.Node]:
    return [node for node in bpy.data.node_groups["Comp"].nodes if node.bl_idname == NODE]


def new_file(folder: Path) -> bpy.types.NodeTree:
    """The factory's cube with a compositor, which fills the largest area; no splash screen covers it."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 16, False
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    tree = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    layers, out = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("NodeGroupOutput")
    layers.location, out.location = (-200, 0), (700, 0)
    tree.links.new(layers.outputs["Image"], out.inputs["Image"])
    scene.compositing_node_group = tree
    _, area = editor()
    area.ui_type = "CompositorNodeTree"
    area.spaces.active.node_tree = tree
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    return tree


def last() -> Any:
    return room("compositor.bridge.last_render").recall("Scene", nodes()[0].name)


def rendering() -> bool:
    return bpy.app.is_job_running("RENDER")


def start_render() -> Iterator[Wait]:
    """F12 over the compositor."""
    for _ in range(3):
        hover(*BESIDE_NODES)
        key(F12)
        yield within(5.0, rendering)
        if rendering():
            return
    raise TimeoutError("F12 does not render")


def close_render_window() -> Iterator[Wait]:
    for window in list(bpy.context.window_manager.windows)[1:]:
        with bpy.context.temp_override(window=window):
            bpy.ops.wm.window_close()
    yield 2.0


def shown_picture(folder: Path) -> np.ndarray:
    """What the render window shows, before the view transform."""
    scene = bpy.context.scene
    scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "OPEN_EXR", "32"
    path = folder / "shown.exr"
    bpy.data.images["Render Result"].save_render(str(path), scene=scene)
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:], np.float32).reshape(-1, image.channels)
    bpy.data.images.remove(image)
    return pixels[:, :3]
