"""Inside Blender: a small scene with a Style node in its compositor, and its renders."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from bpy_styling import use_backend

ADDON = "bl_ext.user_default.brushpass"
V5 = bpy.app.version >= (5, 0, 0)
SIZE = (96, 64)
NODE = "BrushpassStyleNode"

__all__ = [
    "NODE",
    "SIZE",
    "V5",
    "add_node",
    "new_scene",
    "output",
    "pixels",
    "region",
    "render",
    "room",
    "tree_of",
    "update",
    "use_backend",
    "write_multilayer",
]


def room(module: str) -> Any:
    """A module of the installed add-on."""
    return import_module(f"{ADDON}.{module}")


def new_scene(path: Path, *, engine: str = "CYCLES") -> Any:
    """A saved file: a red ball over a chequered wall under a lamp, the ball and the camera moving, and a compositor."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = engine
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.frame_start, scene.frame_end = 1, 3
    if engine == "CYCLES":
        scene.cycles.samples = 4
        scene.cycles.device = "CPU"
        scene.cycles.use_denoising = False
        scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.6
    for name, size, place, colour in (("Wand", 8.0, 2.0, None), ("Kügel", 1.2, 0.0, (0.8, 0.05, 0.05, 1.0))):
        bpy.ops.mesh.primitive_cube_add(size=size, location=(0.0, place + (size / 2 if colour is None else 0), 0.0))
        bpy.context.object.name = name
        bpy.context.object.data.materials.append(_material(name, colour))
    ball = bpy.data.objects["Kügel"]
    for frame, place in ((1, -0.6), (3, 0.6)):
        ball.location.x = place
        ball.keyframe_insert("location", frame=frame)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (0.0, -6.0, 0.0)
    camera.rotation_euler.x = np.pi / 2
    scene.collection.objects.link(camera)
    scene.camera = camera
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    lamp.data.energy = 8.0
    lamp.rotation_euler = (0.7, 0.3, 0.0)
    scene.collection.objects.link(lamp)
    if V5:
        scene.compositing_node_group = _composited(bpy.data.node_groups.new("Comp", "CompositorNodeTree"), scene)
    else:
        scene.use_nodes = True
        _composited(scene.node_tree, scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return scene


def _material(name: str, colour: Any) -> Any:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    if colour is None:
        checker = nodes.new("ShaderNodeTexChecker")
        checker.inputs["Scale"].default_value = 12
        links.new(checker.outputs["Color"], shader.inputs["Base Color"])
    else:
        shader.inputs["Base Color"].default_value = colour
    return material


def _composited(tree: Any, scene: Any) -> Any:
    for node in list(tree.nodes):
        tree.nodes.remove(node)
    layers = tree.nodes.new("CompositorNodeRLayers")
    layers.scene = scene
    if V5:
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    out = tree.nodes.new("NodeGroupOutput" if V5 else "CompositorNodeComposite")
    tree.links.new(layers.outputs["Image"], out.inputs["Image"])
    return tree


def tree_of(scene: Any) -> Any:
    return room("compat").compositor_tree(scene)


def layers_of(scene: Any) -> Any:
    return next(node for node in tree_of(scene).nodes if node.type == "R_LAYERS" and node.scene == scene)


def output(scene: Any) -> Any:
    """The input that is the picture which goes out."""
    kind = "NodeGroupOutput" if V5 else "CompositorNodeComposite"
    return next(node for node in tree_of(scene).nodes if node.bl_idname == kind).inputs["Image"]


def add_node(scene: Any, *, linked: str = "Image") -> Any:
    """A Style node behind the scene's Render Layers, one of its outputs linked to what goes out."""
    tree = tree_of(scene)
    node = tree.nodes.new(NODE)
    tree.links.new(layers_of(scene).outputs["Image"], node.inputs["Image"])
    if linked:
        tree.links.new(node.outputs[linked], output(scene))
    room("compositor.style_node.wiring").mend()
    # The stabiliser is no identity where motion cannot explain the picture.
    node.brushpass.motion.smoothing = 0.0
    return node


def region(node: Any, style: str = "identity", kind: str = "EVERYTHING", *names: str) -> Any:
    """One more region of a node."""
    made = node.brushpass.regions.add()
    made.name = f"region {len(node.brushpass.regions)}"
    made.style = style
    # Strokes of small pictures: a network pass is quick.
    made.scale = 10.0
    made.matte.kind = kind
    for name in names:
        made.matte.names.add().name = name
    update()
    return made


def update() -> None:
    """What the interface does after every change."""
    bpy.context.view_layer.update()
    room("compositor.style_node.wiring").mend()


def render(scene: Any, stem: Path, *, frames: tuple[int, ...] = (), animation: bool = False) -> list[np.ndarray]:
    """What is written for the frames, as floats ``(H, W, 4)``, rows from the top."""
    room("compat").set_file_format(scene.render.image_settings, "OPEN_EXR")
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.color_depth = "32"
    stem.parent.mkdir(parents=True, exist_ok=True)
    if animation:
        scene.render.filepath = f"{stem}.####.exr"
        bpy.ops.render.render(animation=True, scene=scene.name)
        return [pixels(Path(f"{stem}.{number:04d}.exr")) for number in range(scene.frame_start, scene.frame_end + 1)]
    found = []
    for number in frames or (scene.frame_current,):
        scene.frame_set(number)
        path = stem.with_name(f"{stem.name}.{number:04d}.exr")
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True, scene=scene.name)
        found.append(pixels(path))
    return found


def pixels(path: Path) -> np.ndarray:
    """The picture of an EXR, ``(H, W, 4)``, rows from the top."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    bpy.data.images.remove(image)
    return values.reshape(height, width, 4)[::-1].copy()


def write_multilayer(scene: Any, stem: Path) -> None:
    """The scene's frames with all passes, by Blender itself and without its compositor, as ``stem.####.exr``."""
    room("compat").set_file_format(scene.render.image_settings, "OPEN_EXR_MULTILAYER")
    scene.render.image_settings.color_depth = "32"
    scene.render.use_compositing = False
    scene.render.filepath = f"{stem}.####.exr"
    bpy.ops.render.render(animation=True, scene=scene.name)
    scene.render.use_compositing = True
