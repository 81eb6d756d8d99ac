"""What the 3D viewport shows of a scene whose compositor has a Style node, with *Compositor* set to *Always*.

Run by test_viewport_window.py as ``blender --python viewport.py -- ARCHIVE ENVIRONMENT FOLDER`` on a
screen of 1600x900. Leaves ``told.json`` and pictures in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from compositor_window import editor, in_editor, new_file, nodes
from screen import hover, key, photograph, pixels
from steps import Wait, install, room, run

CAMERA = "600x340+350+250"
"""Within the camera's frame."""
ASIDE = (1500, 600)
_DRAWN = 6.0


def spread() -> float:
    """How much the viewport's pixels differ from one another, 0 to 1: a plain ground does not."""
    values = np.frombuffer(pixels(CAMERA), np.uint8).astype(float) / 255
    return float(values.std())


def steps(archive: str, environment: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, float] = {}
    install(archive)
    tree = new_file(folder)
    scene = bpy.context.scene
    layers, outlet = tree.nodes[0], tree.nodes[1]
    yield 3.0
    hover(*ASIDE)
    key("Escape")
    yield 1.0
    with in_editor():
        bpy.ops.brushpass.style_node_add()
    node = nodes()[0]
    tree.links.new(node.outputs["Image"], outlet.inputs[0])
    yield 1.0

    scene.cycles.preview_samples = 1
    _, area = editor()
    area.ui_type = "VIEW_3D"
    yield 1.0
    space = area.spaces.active
    space.shading.type = "RENDERED"
    space.overlay.show_overlays = False
    space.region_3d.view_perspective = "CAMERA"
    for name, choice in (("without compositor", "DISABLED"), ("behind the node", "ALWAYS")):
        space.shading.use_compositor = choice
        yield _DRAWN
        photograph(folder / f"viewport_{choice.lower()}.png", "1600x900+0+0")
        told[name] = spread()
    node.mute = True
    yield _DRAWN
    told["muted"] = spread()
    node.mute = False
    tree.links.new(layers.outputs["Image"], outlet.inputs[0])
    yield _DRAWN
    told["beside the node"] = spread()

    play(node, folder)
    tree.links.new(node.outputs["Image"], outlet.inputs[0])
    yield _DRAWN
    photograph(folder / "viewport_captured.png", "1600x900+0+0")
    told["captured"] = spread()
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def play(node: bpy.types.Node, folder: Path) -> None:
    """Let a node play a frame back whose left half is white."""
    version = folder / "captured" / "v001"
    version.mkdir(parents=True)
    render = bpy.context.scene.render
    width, height = render.resolution_x, render.resolution_y
    picture = np.zeros((height, width, 4), np.float32)
    picture[..., 3] = 1.0
    picture[:, : width // 2] = 1.0
    image = bpy.data.images.new("frame", width, height, float_buffer=True)
    image.pixels.foreach_set(picture.reshape(-1))
    image.filepath_raw, image.file_format = str(version / "styled.0001.exr"), "OPEN_EXR"
    image.save()
    record = node.record
    record.shelf, record.version_pattern, record.version = str(version.parent), "v###", 1
    record.image, record.first, record.last = "styled.####.exr", 1, 1
    node.mode = "CAPTURE"
    room("compositor.style_node.wiring").mend()


run(steps)
