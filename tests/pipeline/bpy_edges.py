"""Renders soft edges of every kind. Runs inside Blender's Python: ``bpy_edges.py FOLDER``.

A ball before a green ground, each shot with the ball (``with.exr``) and with the
ball hidden (``without.exr``), as multilayer EXR with Cryptomatte:

``defocus``      a red ball far out of focus: its edge is some 25 px wide
``lit``          the same under a lamp, so that its colour changes across it
``glass``        a ball of glass, in focus
``motion``       a red ball that moves by half its width while the shutter is open
``fast``         a red ball that moves by twice its width: no pixel is all ball's
``transparent``  ``defocus`` over a transparent film
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bpy

SIZE = (160, 120)
SHADERS = {"emit": "ShaderNodeEmission", "lit": "ShaderNodeBsdfDiffuse", "glass": "ShaderNodeBsdfGlass"}
RED, GREEN = (0.8, 0.02, 0.02, 1.0), (0.02, 0.6, 0.05, 1.0)


def material(kind: str, colour: tuple[float, float, float, float]) -> bpy.types.Material:
    made = bpy.data.materials.new(kind)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    nodes.clear()
    shader = nodes.new(SHADERS[kind])
    shader.inputs["Color"].default_value = colour
    links.new(shader.outputs[0], nodes.new("ShaderNodeOutputMaterial").inputs["Surface"])
    return made


def build(kind: str, samples: int = 32) -> tuple[bpy.types.Scene, bpy.types.Object]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = False
    scene.cycles.max_bounces = 4
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    bpy.ops.mesh.primitive_plane_add(size=40, location=(0, 8, 0), rotation=(1.5707963, 0, 0))
    ground = bpy.context.object
    ground.name = "Ground"
    ground.data.materials.append(material("emit", GREEN))
    bpy.ops.mesh.primitive_uv_sphere_add(segments=48, ring_count=24, radius=1.0)
    ball = bpy.context.object
    ball.name = "Ball"
    bpy.ops.object.shade_smooth()
    ball.data.materials.append(material(kind, (1, 1, 1, 1) if kind == "glass" else RED))
    lamp = bpy.data.lights.new("Lamp", "SUN")
    lamp.energy = 3.0
    sun = bpy.data.objects.new("Lamp", lamp)
    sun.rotation_euler = (0.7, 0.5, 0.0)
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("Dusk")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.2, 0.2, 0.25, 1.0)
    lens = bpy.data.cameras.new("Camera")
    lens.lens = 50.0
    camera = bpy.data.objects.new("Camera", lens)
    camera.location, camera.rotation_euler = (0, -8, 0), (1.5707963, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.view_layers[0].use_pass_cryptomatte_object = True
    scene.view_layers[0].use_pass_vector = True
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format = "OPEN_EXR_MULTILAYER"
    image.color_depth = "32"
    return scene, ball


def defocus(scene: bpy.types.Scene) -> None:
    lens = scene.camera.data
    lens.dof.use_dof = True
    lens.dof.focus_distance = 16.0
    lens.dof.aperture_fstop = 0.027


def moving(scene: bpy.types.Scene, ball: bpy.types.Object, distance: float) -> None:
    scene.render.use_motion_blur = True
    scene.render.motion_blur_shutter = 1.0
    for frame, x in {0: -distance, 2: distance}.items():
        ball.location.x = x
        ball.keyframe_insert("location", frame=frame)
    # Actions have layers in both versions; only 4.5 still lists their curves directly.
    curves = ball.animation_data.action.layers[0].strips[0].channelbags[0].fcurves
    for curve in curves:
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"


def render(scene: bpy.types.Scene, ball: bpy.types.Object, folder: Path) -> None:
    folder.mkdir(parents=True)
    scene.frame_set(1)
    for name, hidden in (("with", False), ("without", True)):
        ball.hide_render = hidden
        scene.render.filepath = str(folder / f"{name}.exr")
        bpy.ops.render.render(write_still=True)


def main(folder: Path) -> None:
    for name, kind in {"defocus": "emit", "lit": "lit", "transparent": "emit"}.items():
        scene, ball = build(kind, 128)
        defocus(scene)
        if name == "transparent":
            scene.render.film_transparent = True
            bpy.data.objects["Ground"].hide_render = True
        render(scene, ball, folder / name)
    scene, ball = build("glass")
    render(scene, ball, folder / "glass")
    for name, distance in {"motion": 1.0, "fast": 4.0}.items():
        scene, ball = build("emit", 128)
        moving(scene, ball, distance)
        render(scene, ball, folder / name)


main(Path(sys.argv[sys.argv.index("--") + 1]))
sys.stdout.flush()
os._exit(0)
