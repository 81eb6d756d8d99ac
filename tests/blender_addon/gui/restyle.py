"""Restyle in Blender's window, with pointer and keys: stale, cancelled, restyled, refused, undone, after a failure.

Run by test_restyle_window.py as ``blender --python restyle.py -- ARCHIVE ENVIRONMENT FOLDER`` on a screen of
1600x900. Leaves ``told.json`` and pictures in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from compositor_window import (
    BESIDE_NODES,
    EDITOR,
    close_render_window,
    editor,
    in_editor,
    last,
    new_file,
    nodes,
    rendering,
    shown_picture,
)
from screen import click, hover, key, photograph
from steps import Wait, install, press, room, run, within

# As in ``compositor_window.py``.
REGIONS = (1090, 337)
STRENGTH = (1193, 713)
RESTYLE = (1165, 279)


def reason() -> str:
    return room("compositor.restyle.stale_watch").reason("Scene", nodes()[0].name)


def restyling() -> Any:
    return room("compositor.bridge.rendering").rendering.restyling


def region() -> Any:
    return nodes()[0].brushpass.regions[0]


def windows() -> int:
    return len(bpy.context.window_manager.windows)


def changed(change: Callable[[], object]) -> Iterator[Wait]:
    """A change of settings that can be undone."""
    with in_editor():
        change()
        bpy.ops.ed.undo_push(message="Settings")
    editor()[1].tag_redraw()
    yield within(10.0, lambda: bool(reason()))
    yield 1.0


def restyled() -> Iterator[Wait]:
    """Restyle, until Blender has composited."""
    with in_editor():
        bpy.ops.brushpass.restyle("INVOKE_DEFAULT")
    yield lambda: restyling() is None
    hover(*BESIDE_NODES)
    yield 3.0


def steps(archive: str, environment: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}
    pictures: dict[str, np.ndarray] = {}

    def picture(name: str, crop: str = "1600x900+0+0") -> None:
        photograph(folder / f"compositor_{name}.png", crop)

    def differs(one: str, other: str) -> float:
        return float(np.abs(pictures[one] - pictures[other]).max())

    def rendered(name: str) -> Iterator[Wait]:
        with in_editor():
            bpy.ops.render.render("INVOKE_DEFAULT")
        yield within(5.0, rendering)
        yield lambda: not rendering()
        yield 2.0
        pictures[name] = shown_picture(folder)
        yield from close_render_window()

    install(archive)
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    tree = new_file(folder)
    # Else the interface composites in half floats, and a render does not.
    bpy.context.scene.render.compositor_precision = "FULL"
    yield 3.0
    hover(*EDITOR)
    key("Escape")
    yield 1.0
    with in_editor():
        bpy.ops.brushpass.style_node_add()
        node = nodes()[0]
        node.location = (150, 0)
        behind = tree.nodes.new("CompositorNodeInvert")
        behind.location = (480, 0)
        out_node = next(other for other in tree.nodes if other.bl_idname == "NodeGroupOutput")
        tree.links.new(node.outputs["Image"], behind.inputs["Color"])
        tree.links.new(behind.outputs["Color"], out_node.inputs["Image"])
        bpy.ops.brushpass.region_add()
        region().name, region().style, region().scale, region().matte.kind = "cube", "swirl", 10.0, "OBJECT"
        region().matte.names.add().name = "Cube"
        node.brushpass.motion.smoothing = 0.0
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

    yield from rendered("first")
    told["fresh"] = reason()
    # Closed, so that what stands below is seen.
    click(*REGIONS)
    yield 1.0
    click(*STRENGTH, times=2)
    yield 0.5
    key("ctrl+a", "0", "period", "3", "Return")
    hover(*BESIDE_NODES)
    yield within(10.0, lambda: bool(reason()))
    yield 1.0
    told["stale"] = reason()
    picture("restyle", "800x675+495+50")

    # A backend that has to start leaves time to cancel.
    room("session").session().client.stop()
    yield from press(RESTYLE, lambda: restyling() is not None)
    yield 0.5
    picture("restyle_busy")
    key("Escape")
    yield lambda: restyling() is None
    yield 2.0
    pictures["cancelled"] = shown_picture(folder)
    told["cancelled"] = [differs("first", "cancelled"), bool(reason()), last().restyled]

    # No editor shows the render, so Blender's own window for that comes.
    before = windows()
    yield from restyled()
    told["window"] = windows() - before
    yield from close_render_window()
    pictures["restyled"] = shown_picture(folder)
    told["restyled"] = [differs("first", "restyled"), reason(), last().restyled]

    _, area = editor()
    outliner = next(area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "OUTLINER")
    outliner.type = "IMAGE_EDITOR"
    outliner.spaces.active.image = bpy.data.images["Render Result"]
    yield 1.0
    told["undone"] = []
    for keys in ("ctrl+z", "ctrl+shift+z"):
        hover(*BESIDE_NODES)
        key(keys)
        yield 3.0
        told["undone"].append([round(region().strength, 3), bool(reason())])

    yield from changed(lambda: setattr(region(), "strength", 0.8))
    bpy.data.images["Render Result"].render_slots.active_index = 3
    yield from restyled()
    picture("restyle_done")
    told["slot"] = bpy.data.images["Render Result"].render_slots.active_index
    pictures["again"] = shown_picture(folder)
    yield from changed(lambda: setattr(region().matte.names[0], "name", "Nobody"))
    yield from restyled()
    pictures["refused"] = shown_picture(folder)
    picture("restyle_refused")
    told["refused"] = [differs("again", "refused"), last().fault is None, last().refused.sentence(), bool(reason())]
    yield from rendered("failed")
    told["failed"] = [last().fault is not None, differs("again", "failed")]
    yield from changed(lambda: setattr(region().matte.names[0], "name", "Cube"))
    told["after a failure"] = reason()
    yield from restyled()
    pictures["cured"] = shown_picture(folder)
    yield from rendered("reference")
    told["equal"] = {name: differs("reference", name) for name in ("again", "cured")}
    told["painted"] = differs("first", "again")
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


run(steps)
