"""A checked render, and objects picked in it, in Blender's window with pointer and keys.

Run by test_picking_window.py as ``blender --python picking.py -- ARCHIVE ENVIRONMENT FOLDER`` on a screen of
1600x900. Leaves ``told.json`` and pictures in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from compositor_window import (
    EDITOR,
    close_render_window,
    editor,
    in_editor,
    new_file,
    nodes,
    rendering,
)
from screen import click, hover, key, photograph
from steps import Wait, install, press, room, run, within

# Where things stand on a screen of 1600x900, in Blender's factory settings.
CHECK = (1165, 243)
EYEDROPPER, EYEDROPPER_OF_STALE = (1264, 576), (1264, 659)
CUBE, BALL, BESIDE = (304, 310), (510, 303), (407, 180)
"""In the backdrop."""
CUBE_IN_WINDOW, BALL_IN_WINDOW = (162, 737), (290, 735)
"""In the window that Blender opens for a render."""


def names() -> list[str]:
    return [entry.name for entry in nodes()[0].brushpass.regions[0].matte.names]


def checked() -> Any:
    return room("compositor.check.results").checks.last("Scene")


def picking() -> Any:
    return room("compositor.picking.node_eyedropper")._session.picking


def over(name: str) -> Callable[[], bool]:
    """Whether the pointer is known to be over something of that name, and what that covers is shown."""
    return lambda: name in picking().text and picking().matte is not None


def a_ball(scene: bpy.types.Scene) -> None:
    """Beside the cube, as the camera sees them."""
    bpy.data.objects["Cube"].location = (-1.1, -1.2, 0.0)
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1.0, location=(1.1, 1.2, 0.0))
    bpy.context.object.name = "Ball"


def steps(archive: str, environment: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str, crop: str = "1600x900+0+0") -> None:
        photograph(folder / f"compositor_{name}.png", crop)

    def rendered() -> Iterator[Wait]:
        with in_editor():
            bpy.ops.render.render("INVOKE_DEFAULT")
        yield within(5.0, rendering)
        yield lambda: not rendering()
        yield 2.0

    install(archive)
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    scene = bpy.context.scene
    a_ball(scene)
    tree = new_file(folder)
    yield 3.0
    hover(*EDITOR)
    key("Escape")
    yield 1.0
    with in_editor():
        bpy.ops.brushpass.style_node_add()
        node = nodes()[0]
        node.location = (150, 0)
        viewer = tree.nodes.new("CompositorNodeViewer")
        viewer.location = (480, 0)
        out_node = next(other for other in tree.nodes if other.bl_idname == "NodeGroupOutput")
        for socket in (viewer.inputs[0], out_node.inputs["Image"]):
            tree.links.new(node.outputs["Image"], socket)
        bpy.ops.brushpass.region_add()
        region = node.brushpass.regions[0]
        region.name, region.style, region.scale, region.matte.kind = "things", "swirl", 10.0, "OBJECT"
        region.matte.names.add().name = "Cube"
        for other in tree.nodes:
            other.select = other == node
        tree.nodes.active = node
        bpy.ops.ed.undo_push(message="Nodes")
    _, area = editor()
    area.spaces.active.show_region_ui = True
    yield 1.0
    next(area_region for area_region in area.regions if area_region.type == "UI").active_panel_category = "Style"
    with in_editor():
        bpy.ops.node.view_all()
    yield 1.0
    told["eyedropper before"] = with_poll()

    scene.render.use_compositing = False
    yield from rendered()
    yield from close_render_window()
    told["spoilt"] = [checked().frame, [finding.sentence() for finding in checked().findings]]
    picture("check")
    scene.render.use_compositing = True
    yield within(20.0, lambda: not checked().findings)
    told["mended"] = [finding.sentence() for finding in checked().findings]
    yield from press(CHECK, lambda: checked().frame is None)
    yield 1.0

    yield from rendered()
    yield from close_render_window()
    space = editor()[1].spaces.active
    space.show_backdrop, space.backdrop_zoom, space.backdrop_offset = True, 1.6, (-250.0, 130.0)
    with in_editor():
        bpy.ops.view2d.pan(deltay=300)
    yield 2.0
    yield from press(EYEDROPPER, lambda: picking() is not None)
    hover(*BALL)
    yield over("Ball")
    yield 1.0
    picture("pick", "1300x640+0+27")
    click(*BALL)
    yield lambda: "Ball" in names()
    told["picked"] = names()
    hover(*CUBE)
    yield over("Cube")
    hover(*BESIDE)
    yield 1.0
    told["beside"] = picking().text
    key("ctrl+z")
    yield within(10.0, lambda: names() == ["Cube"])
    told["undone"] = names()
    key("Escape")
    yield lambda: picking() is None
    yield 1.0

    yield from rendered()
    yield from press(EYEDROPPER, lambda: picking() is not None)
    hover(*CUBE_IN_WINDOW)
    yield over("Cube")
    hover(*BALL_IN_WINDOW)
    yield over("Ball")
    yield 1.0
    picture("window")
    click(*BALL_IN_WINDOW)
    yield lambda: "Ball" in names()
    told["picked in the window"] = names()
    key("Escape")
    yield lambda: picking() is None
    told["windows"] = len(bpy.context.window_manager.windows)
    yield from press(EYEDROPPER_OF_STALE, lambda: picking() is not None)
    with in_editor():
        bpy.ops.render.render("INVOKE_DEFAULT")
    yield lambda: picking() is None
    told["ended by a render"] = True
    yield lambda: not rendering()
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def with_poll() -> bool:
    with in_editor():
        return bool(bpy.ops.brushpass.node_eyedropper.poll())


run(steps)
