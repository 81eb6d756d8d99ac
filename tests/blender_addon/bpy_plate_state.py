"""What a Style node's plate is made of, changed piece by piece inside Blender's Python, and whether its state tells."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import bpy_capture as capture
import compositor_scene as comp

Change = tuple[str, Callable[[], Any]]


def run(python: str, folder: str) -> Any:
    """Names of changes by whether the state was another one afterwards."""
    comp.use_backend(python)
    scene = comp.new_scene(Path(folder) / "state.blend")
    exposure = capture.brighter(scene)
    node = capture.capturing(scene, exposure.outputs[0])
    states = comp.room("compositor.capture.state")

    def state() -> str:
        bpy.context.view_layer.update()
        return str(states.plate_state(node, scene))

    told: dict[str, list[str]] = {"told": [], "untold": []}
    # Each change is made ready right before it.
    parts = (_of_nodes(scene, exposure, node), _of_scene(scene), _beside(scene, exposure, node))
    for name, change in itertools.chain.from_iterable(parts):
        before = state()
        assert state() == before, name
        change()
        told["told" if state() != before else "untold"].append(name)
    return told


def _set(item: Any, option: str, value: Any) -> Callable[[], Any]:
    return lambda: setattr(item, option, value)


def _of_nodes(scene: Any, exposure: Any, node: Any) -> Iterator[Change]:
    tree = comp.tree_of(scene)
    colour = tree.nodes.new("CompositorNodeRGB")
    number = tree.nodes.new("ShaderNodeValue" if comp.V5 else "CompositorNodeValue")
    over = tree.nodes.new("CompositorNodeAlphaOver")
    pictures = [socket for socket in over.inputs if socket.type == "RGBA"]
    factor = next(socket for socket in over.inputs if socket.type == "VALUE")
    for source, target in ((exposure, pictures[0]), (colour, pictures[1]), (number, factor)):
        tree.links.new(source.outputs[0], target)
    tree.links.new(over.outputs[0], node.inputs["Image"])
    yield "a colour node", _set(colour.outputs[0], "default_value", (0.3, 0.1, 0.2, 1.0))
    yield "a number node", _set(number.outputs[0], "default_value", 0.7)
    yield "an input", _set(exposure.inputs["Exposure"], "default_value", 2.0)
    yield "a node that is muted", _set(over, "mute", True)

    ball = bpy.data.objects["Kügel"]
    driver = exposure.inputs["Exposure"].driver_add("default_value").driver
    driver.type = "AVERAGE"
    variable = driver.variables.new()
    target = variable.targets[0]
    target.id, target.data_path = ball, "location.x"
    yield "what is driven by", _set(target, "id", bpy.data.objects["Camera"])
    yield "how it is driven", _set(driver, "type", "SUM")


def _of_scene(scene: Any) -> Iterator[Change]:
    ball, layer = bpy.data.objects["Kügel"], scene.view_layers[0]
    modifier = ball.modifiers.new("Rounder", "SUBSURF")
    yield "a modifier's level in renders", _set(modifier, "render_levels", 1)
    yield "a modifier's use in renders", _set(modifier, "show_render", False)
    for option in ("visible_shadow", "visible_glossy", "visible_diffuse", "visible_transmission"):
        yield option, _set(ball, option, False)
    yield "an object's colour", _set(ball, "color", (1.0, 0.0, 0.0, 1.0))
    yield "an object's blur", _set(ball.cycles, "use_motion_blur", False)
    yield "a property of an object", lambda: ball.__setitem__("wear", 0.5)
    yield "a property of the scene", lambda: scene.__setitem__("wear", 0.5)
    curve = scene.render.motion_blur_shutter_curve
    yield "the shutter's curve", _set(curve.curves[0].points[0], "location", (0.0, 0.5))

    collection = bpy.data.collections.new("Props")
    scene.collection.children.link(collection)
    yield "the collection of an object", lambda: collection.objects.link(ball)
    part = layer.layer_collection.children["Props"]
    yield "a collection in renders", _set(collection, "hide_render", True)
    for option in ("holdout", "indirect_only", "exclude"):
        yield option, _set(part, option, True)


def _beside(scene: Any, exposure: Any, node: Any) -> Iterator[Change]:
    """What makes no other plate, and must have none rendered."""
    tree = comp.tree_of(scene)
    yield "same: a node's place", _set(exposure, "location", (300.0, 20.0))
    yield "same: a node's face", _set(exposure, "hide", True)
    yield "same: the frame", lambda: scene.frame_set(2)
    viewer = tree.nodes.new("CompositorNodeViewer")
    yield "same: a viewer", lambda: tree.links.new(exposure.outputs[0], viewer.inputs[0])
    yield "same: where renders go", _set(scene.render, "filepath", "//elsewhere")
    yield "same: a region", lambda: comp.region(node, "swirl")
