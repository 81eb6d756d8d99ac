"""The Style node in Blender's window, with pointer and keys: added by the menu, rendered, cancelled, failing, deleted.

Run by test_compositor_window.py as ``blender --python compositor.py -- ARCHIVE ENVIRONMENT FOLDER`` on a
screen of 1600x900. Leaves ``told.json`` and pictures in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from screen import click, hover, key, photograph
from steps import Wait, install, room, run, within

# Where things stand on a screen of 1600x900, in Blender's factory settings.
EDITOR = (657, 360)
BESIDE_NODES = (300, 560)
RENDER_MENU = (125, 14)
RENDER_IMAGE = (150, 38)
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


def file_state() -> list[Any]:
    """What stands in the file for Style nodes."""
    tree = bpy.data.node_groups["Comp"]
    return [len(nodes()), len(tree.nodes), len(bpy.data.scenes), bpy.context.scene.view_layers[0].brushpass_passes]


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
    return room("compositor.last_render").recall("Scene", nodes()[0].name)


def rendering() -> bool:
    return bpy.app.is_job_running("RENDER")


def start_render() -> Iterator[Wait]:
    """Render > Render Image."""
    for _ in range(3):
        hover(*BESIDE_NODES)
        click(*RENDER_MENU)
        yield 1.5
        click(*RENDER_IMAGE)
        yield within(5.0, rendering)
        if rendering():
            return
    raise TimeoutError("the menu does not render")


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


def steps(archive: str, environment: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str, crop: str = "1600x900+0+0") -> None:
        photograph(folder / f"compositor_{name}.png", crop)

    install(archive)
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    tree = new_file(folder)
    yield 3.0
    hover(*EDITOR)
    key("Escape")
    yield 1.0
    with in_editor():
        bpy.ops.node.view_all()
    told["before"] = file_state()

    hover(*EDITOR)
    key("shift+a")
    yield 1.5
    key(*"style")
    yield 2.0
    picture("search")
    key("Return")
    yield 2.0
    click(*EDITOR)
    yield 2.0
    told["added"] = file_state()
    node = nodes()[0]
    told["dropped on the link"] = [link.to_node.name for link in node.outputs["Image"].links]

    _, area = editor()
    area.spaces.active.show_region_ui = True
    yield 1.0
    next(region for region in area.regions if region.type == "UI").active_panel_category = "Style"
    with in_editor():
        bpy.ops.brushpass.region_add()
        region = node.brushpass.regions[0]
        region.name, region.style, region.scale, region.matte.kind = "cube", "swirl", 10.0, "OBJECT"
        region.matte.names.add().name = "Cube"
        bpy.ops.brushpass.key_toggle(option="strength")
        bpy.ops.node.view_all()
    yield 2.0
    hover(*BESIDE_NODES)
    told["passes"] = file_state()[-1]
    told["keyed"] = [curve.data_path for curves in room("settings.channelbags").all_fcurves(tree) for curve in curves]
    picture("node")

    # The first request waits for the backend's libraries: time to cancel.
    yield from start_render()
    yield 3.0
    key("Escape")
    yield lambda: not rendering()
    told["cancelled"] = last() is None
    told["preference"] = bpy.context.preferences.filepaths.render_cache_directory
    yield from close_render_window()

    yield from start_render()
    yield lambda: not rendering()
    yield 2.0
    picture("render")
    told["styled"] = [last().fault is None, list(last().notes)]
    yield from close_render_window()

    region.style = "nowhere"
    yield from start_render()
    yield lambda: not rendering()
    yield 2.0
    picture("failed")
    told["fault"] = last().fault.sentence()
    pixels = shown_picture(folder)
    told["marked"] = [float((np.abs(pixels - colour).max(axis=1) < 1e-3).mean()) for colour in ((1, 0, 1), (0, 0, 0))]
    yield from close_render_window()

    for other in tree.nodes:
        other.select = other == node
    for keys, name in (("x", "deleted"), ("ctrl+z", "undone"), ("ctrl+shift+z", "redone")):
        hover(*BESIDE_NODES)
        yield 0.5
        key(keys)
        yield 3.0
        told[name] = file_state()
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


run(steps)
