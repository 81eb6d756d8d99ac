"""The Blender of bridge.py: ``bridge_in_blender.py ENVIRONMENT FOLDER TOLD FRAMES``."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import bpy  # isort: skip
import addon_utils  # isort: skip - found only once bpy is loaded

ADDON = "bl_ext.user_default.brushpass"


def room(module: str) -> Any:
    return import_module(f"{ADDON}.{module}")


def compose(scene: Any) -> Any:
    """A Style node between render and output, the default cube its region."""
    if room("compat").BLENDER_5:
        tree: Any = bpy.data.node_groups.new("Compositor", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        out = tree.nodes.new("NodeGroupOutput")
    else:
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        out = tree.nodes.new("CompositorNodeComposite")
    layers = tree.nodes.new("CompositorNodeRLayers")
    node = tree.nodes.new("BrushpassStyleNode")
    tree.links.new(layers.outputs["Image"], node.inputs["Image"])
    tree.links.new(node.outputs["Image"], out.inputs["Image"])
    region = node.brushpass.regions.add()
    region.name, region.style, region.matte.kind = "cube", "identity", "OBJECT"
    region.matte.names.add().name = "Cube"
    room("compositor.style_node.wiring").mend()
    scene.view_layers[0].pass_cryptomatte_depth = 2
    return node


def main(environment: str, folder: str, told: str, frames: str) -> None:
    addon_utils.enable(ADDON, default_set=True)
    chosen = room("preferences").preferences()
    chosen.source, chosen.environment_path = "own", environment
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 1920, 1080
    scene.frame_start, scene.frame_end = 1, int(frames)
    node = compose(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(folder, "bridge.blend")))
    scene.render.filepath = str(Path(folder, "frames", "####"))
    seen: list[dict[str, Any]] = []

    # It is given text, which the stubs call a scene.
    def hear(text: Any) -> None:
        now = time.monotonic()
        if "Finished" in text:
            seen[-1]["rendered"] = now
        elif "Compositing" in text:
            seen[-1].setdefault("ended", now)

    def begin(*_: object) -> None:
        seen.append({})

    def end(*_: object) -> None:
        last = room("compositor.bridge.last_render").recall(scene.name, node.name)
        seen[-1] |= {"stages": sum(last.stages.values()), "waited": last.seconds}

    rendering = room("compositor.bridge.rendering").rendering
    take_plan = rendering.take_plan

    def take_and_note(frame: int) -> Any:
        # The first thing that the bridge does.
        seen[-1]["asked"] = time.monotonic()
        return take_plan(frame)

    rendering.take_plan = take_and_note
    bpy.app.handlers.render_pre.append(begin)
    bpy.app.handlers.render_stats.append(hear)
    bpy.app.handlers.render_post.append(end)
    bpy.ops.render.render(animation=True)
    Path(told).write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
    # Blender 4.5 as a module may hang while it shuts down.
    sys.stdout.flush()
    os._exit(0)
