"""Run by a Blender's Python: a small render with Cryptomatte, and each object's true silhouette.

``python cryptomatte_scene.py FOLDER`` writes ``crypto.exr`` (multilayer, three
Cryptomatte types), ``silhouette_N.exr`` (object N white, all else black, the
same camera and samples) and ``names.json`` (the names in the order of N).
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import bpy

NAMES = ("Ground", "Würfel, links", "Würfel, rechts", "Hair*.001", "Kugel")
IS_5 = bpy.app.version >= (5, 0, 0)


def main(folder: Path) -> None:
    scene, meshes = build()
    camera_and_engine(scene)
    settings = scene.render.image_settings
    if IS_5:
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth = "32"
    render(scene, folder / "crypto.exr")
    if IS_5:
        settings.media_type = "IMAGE"
    settings.file_format = "OPEN_EXR"
    settings.color_depth = "32"
    scene.view_layers[0].use_pass_cryptomatte_object = False
    scene.view_layers[0].use_pass_cryptomatte_material = False
    scene.view_layers[0].use_pass_cryptomatte_asset = False
    white, black = emission("white", 1.0), emission("black", 0.0)
    for index, mesh in enumerate(meshes):
        for other in meshes:
            other.material_slots[0].material = white if other is mesh else black
        render(scene, folder / f"silhouette_{index}.exr")
    (folder / "names.json").write_text(json.dumps(NAMES), encoding="utf-8")


def build() -> tuple[Any, list[Any]]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    material = emission("Skin.001", 0.5)
    add = bpy.ops.mesh
    # The two cubes touch, so that they share an antialiased edge; the cone stands before the sphere.
    for name, make in zip(
        NAMES,
        (
            lambda: add.primitive_plane_add(size=12, location=(0, 0, -1)),
            lambda: add.primitive_cube_add(size=1.5, location=(-0.75, 0, 0)),
            lambda: add.primitive_cube_add(size=1.5, location=(0.75, 0, 0)),
            lambda: add.primitive_cone_add(radius1=0.5, depth=1.6, location=(2.2, -1.5, 0)),
            lambda: add.primitive_uv_sphere_add(radius=0.8, location=(2.4, 0.5, 0.2)),
        ),
        strict=True,
    ):
        make()
        bpy.context.object.name = name
        bpy.context.object.rotation_euler.z = 0.0 if name == "Ground" else 0.1
        bpy.context.object.data.materials.append(material)
        bpy.context.object.material_slots[0].link = "OBJECT"
        bpy.context.object.material_slots[0].material = material
    left, right = bpy.data.objects[NAMES[1]], bpy.data.objects[NAMES[2]]
    right.rotation_euler.z = left.rotation_euler.z = 0.0
    return scene, [bpy.data.objects[name] for name in NAMES]


def camera_and_engine(scene: Any) -> None:
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.location, camera.rotation_euler = (0.6, -7, 1.8), (math.radians(77), 0.15, math.radians(2))
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = 8
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = False
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 160, 90, 100
    layer = scene.view_layers[0]
    layer.use_pass_cryptomatte_object = True
    layer.use_pass_cryptomatte_material = True
    layer.use_pass_cryptomatte_asset = True
    layer.pass_cryptomatte_depth = 6


def emission(name: str, strength: float) -> Any:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    source, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    source.inputs["Color"].default_value = (strength, strength, strength, 1.0)
    tree.links.new(source.outputs["Emission"], output.inputs["Surface"])
    return material


def render(scene: Any, path: Path) -> None:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
