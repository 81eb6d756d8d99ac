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
    start_render,
)
from screen import click, hover, key, photograph
from steps import Wait, install, room, run


def file_state() -> list[Any]:
    """What stands in the file for Style nodes."""
    tree = bpy.data.node_groups["Comp"]
    return [len(nodes()), len(tree.nodes), len(bpy.data.scenes), bpy.context.scene.view_layers[0].brushpass_passes]


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
