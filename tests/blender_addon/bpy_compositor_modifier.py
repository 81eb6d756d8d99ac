"""What an image sequence in a strip's Compositor modifier shows, inside Blender's Python; see docs/sequencer.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl

COUNT = 10


def run(folder: str) -> dict[str, list[int]]:
    """Which of ten styled frames is seen at frames of the timeline, or -1."""
    work = Path(folder)
    scene = tl.empty(30)
    editor = scene.sequence_editor
    for index in range(COUNT):
        tl.save(_even(0.95), work / f"plate.{1001 + index}.png")
        tl.save(_even((20 + 20 * index) / 255), work / f"styled.{1001 + index}.png")
    strip = tl.image_strip(editor.strips, "Bild", sorted(work.glob("plate.*")), 1, 5)
    image = bpy.data.images.load(str(work / "styled.1001.png"))
    image.source = "SEQUENCE"
    tree = bpy.data.node_groups.new("play back", "CompositorNodeTree")
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Image", in_out=way, socket_type="NodeSocketColor")
    node, output = tree.nodes.new("CompositorNodeImage"), tree.nodes.new("NodeGroupOutput")
    tree.nodes.new("NodeGroupInput")
    node.image = image
    node.frame_start, node.frame_duration, node.frame_offset, node.use_auto_refresh = 5, COUNT, 1000, True
    tree.links.new(node.outputs[0], output.inputs[0])
    strip.modifiers.new("play back", "COMPOSITOR").node_group = tree

    def seen(timeline: Any, frames: range) -> list[int]:
        centre = tl.SIZE[1] // 2, tl.SIZE[0] // 2
        values = [picture[(*centre, 0)] * 255 for picture in tl.timeline(timeline, frames, work / "seen")]
        return [round((value - 20) / 20) if value > 1 else -1 for value in values]

    told = {"in its place": seen(scene, range(5, 15))}
    strip.content_start = 8
    told["moved"] = seen(scene, range(8, 11))
    strip.content_start = 5
    strip.use_reverse_frames = True
    told["reversed"] = seen(scene, range(5, 8))
    strip.use_reverse_frames = False
    speed = tl.effect(editor.strips, "Tempo", "SPEED", 2, 5, COUNT, input1=strip)
    speed.speed_control, speed.speed_factor = "MULTIPLY", 2.0
    told["twice as fast"] = seen(scene, range(5, 8))
    editor.strips.remove(speed)
    outer = bpy.data.scenes.new("outer")
    outer.render.resolution_x, outer.render.resolution_y = tl.SIZE
    outer.view_settings.view_transform = "Standard"
    shot = outer.sequence_editor_create().strips.new_scene("shot", scene, 1, 1)
    shot.scene_input = "SEQUENCER"
    scene.frame_set(9)
    told["in a scene strip"] = seen(outer, range(5, 8))
    return told


def _even(value: float) -> np.ndarray:
    pixels = np.ones((tl.SIZE[1], tl.SIZE[0], 4), np.float32)
    pixels[..., :3] = value
    return pixels
