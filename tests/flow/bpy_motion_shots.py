"""Renders the shots on which the flow tests stand. Runs inside Blender's Python: ``bpy_motion_shots.py FOLDER``.

Writes FOLDER/<shot>/<frame>.exr (multilayer, 32-bit) and FOLDER/<shot>/cameras.json for

``accelerate``  a textured cube whose steps grow, over a textured ground; frames 1-4
``pan``         a turning camera that sees sky and a static cube; frames 1-3
``still``       nothing moves; frames 1-2
``light``       nothing moves but the lamp dims; frames 1-2
``blur``        ``accelerate`` with motion blur; frames 1-2
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

import bpy

SIZE = (192, 108)


def textured(name: str, scale: float) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    texture = nodes.new("ShaderNodeTexNoise")
    texture.inputs["Scale"].default_value = scale
    where = nodes.new("ShaderNodeTexCoord")
    links.new(where.outputs["Object"], texture.inputs["Vector"])
    colour = texture.outputs.get("Color") or texture.outputs[1]
    links.new(colour, nodes["Principled BSDF"].inputs["Base Color"])
    nodes["Principled BSDF"].inputs["Roughness"].default_value = 1.0
    return material


def sky(scene: bpy.types.Scene) -> None:
    world = bpy.data.worlds.new("Sky")
    scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    texture = nodes.new("ShaderNodeTexNoise")
    texture.inputs["Scale"].default_value = 12.0
    where = nodes.new("ShaderNodeTexCoord")
    links.new(where.outputs["Generated"], texture.inputs["Vector"])
    links.new(texture.outputs.get("Color") or texture.outputs[1], nodes["Background"].inputs["Color"])


def build() -> tuple[bpy.types.Scene, bpy.types.Object, bpy.types.Object, bpy.types.Light]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    sky(scene)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 8
    scene.cycles.use_denoising = False
    scene.cycles.max_bounces = 1
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    bpy.ops.mesh.primitive_cube_add(size=1.6, location=(0, 0, 0.8))
    cube = bpy.context.object
    cube.name = "Cube"
    cube.data.materials.append(textured("Cube", 4.0))
    bpy.ops.mesh.primitive_plane_add(size=14, location=(0, 0, 0))
    bpy.context.object.name = "Ground"
    bpy.context.object.data.materials.append(textured("Ground", 1.5))
    lamp = bpy.data.lights.new("Lamp", "SUN")
    lamp.energy = 3.0
    sun = bpy.data.objects.new("Lamp", lamp)
    sun.rotation_euler = (0.6, 0.3, 0.0)
    scene.collection.objects.link(sun)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (0, -9, 2.2)
    camera.rotation_euler = (math.radians(86), 0, 0)
    camera.scale = (2.0, 2.0, 2.0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    layer = scene.view_layers[0]
    layer.use_pass_vector = True
    layer.use_pass_z = True
    layer.use_pass_cryptomatte_object = True
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format = "OPEN_EXR_MULTILAYER"
    image.color_depth = "32"
    return scene, cube, camera, lamp


def render(scene: bpy.types.Scene, camera: bpy.types.Object, folder: Path, frames: range) -> None:
    folder.mkdir(parents=True)
    cameras = {}
    for frame in frames:
        scene.frame_set(frame)
        matrix = camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=SIZE[0], y=SIZE[1])
        cameras[str(frame)] = {
            "matrix_world": [list(row) for row in camera.matrix_world],
            "projection": [list(row) for row in matrix],
        }
        scene.render.filepath = str(folder / f"{frame}.exr")
        bpy.ops.render.render(write_still=True)
    (folder / "cameras.json").write_text(json.dumps({"frames": cameras}))


def accelerate(cube: bpy.types.Object) -> None:
    for frame in range(7):
        cube.location.x = -1.5 + 0.06 * frame**2
        cube.location.z = 0.8 + 0.05 * frame**2
        cube.keyframe_insert("location", frame=frame)


def main(folder: Path) -> None:
    scene, cube, camera, _ = build()
    accelerate(cube)
    render(scene, camera, folder / "accelerate", range(1, 5))
    scene.render.use_motion_blur = True
    render(scene, camera, folder / "blur", range(3, 5))

    scene, _, camera, _ = build()
    for frame in range(6):
        camera.rotation_euler = (math.radians(86 + 0.5 * frame), math.radians(0.6 * frame), math.radians(1.2 * frame))
        camera.location.x = 0.05 * frame
        camera.keyframe_insert("rotation_euler", frame=frame)
        camera.keyframe_insert("location", frame=frame)
    render(scene, camera, folder / "pan", range(1, 4))

    scene, _, camera, lamp = build()
    render(scene, camera, folder / "still", range(1, 3))
    for frame, energy in ((1, 3.0), (2, 1.2)):
        lamp.energy = energy
        lamp.keyframe_insert("energy", frame=frame)
    render(scene, camera, folder / "light", range(1, 3))


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
    sys.stdout.flush()
    # The interpreter of some builds hangs while it winds Blender down.
    os._exit(0)
