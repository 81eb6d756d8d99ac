"""A shot at a lake in the evening, in which every kind of region occurs.

Suzanne (the hero, porcelain) floats over a Pedestal; a glass Orb circles her and
passes in front; the Tree's leaves and the Grass are finer than a pixel in places;
the Poppies and the Boat are out of focus; shadows swing with the key light; the
camera moves under a sky whose sun and clouds exceed 1. There is no motion blur:
it would empty the Vector pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bmesh
import bpy
from mathutils import Vector

from . import compat, motion, shapes
from .materials import build_material
from .world import build_world

__all__ = ["LENS", "SceneSettings", "build_scene"]

LENS = 38.0
"""Focal length in millimetres on a 36 mm sensor."""


@dataclass(frozen=True, kw_only=True)
class SceneSettings:
    """What a render of the scene depends on besides the scene itself."""

    frames: int = 24
    width: int = 640
    height: int = 360
    samples: int = 8
    seed: int = 0
    threads: int = 0
    """0 lets Blender take all cores."""


def build_scene(settings: SceneSettings) -> bpy.types.Scene:
    """Replace whatever is loaded by the demo scene, keyed for ``settings.frames``."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.name = "Lake"
    scene.world = build_world("Evening")
    _land(scene)
    _growth(scene, settings)
    _actors(scene, settings)
    _camera_and_light(scene, settings)
    _render_settings(scene, settings)
    return scene


# ---- Objects


def _add(
    scene: bpy.types.Scene, name: str, shape: shapes.Shape, *materials: str, smooth: bool = True
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(shape.vertices.tolist(), [], shape.faces.tolist())
    mesh.polygons.foreach_set("material_index", shape.materials.astype("int32"))
    mesh.attributes.new("tint", "FLOAT", "POINT").data.foreach_set("value", shape.tint.astype("float32"))
    if smooth:
        mesh.shade_smooth()
    return _place(scene, name, mesh, *materials)


def _place(scene: bpy.types.Scene, name: str, mesh: bpy.types.Mesh, *materials: str) -> bpy.types.Object:
    for material in materials:
        mesh.materials.append(build_material(material))
    item = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(item)
    return item


def _land(scene: bpy.types.Scene) -> None:
    _add(scene, "Ground", shapes.ground(), "Meadow")
    _add(scene, "Lake", shapes.lake(), "Water", smooth=False)
    _add(scene, "Hills", shapes.ridge(80.0, 5.5, 0.55, 4), "Wood")
    _add(scene, "Mountains", shapes.ridge(150.0, 24.0, 0.62, 9), "Rock")


def _growth(scene: bpy.types.Scene, settings: SceneSettings) -> None:
    tree_shape, grass_shape = shapes.tree(), shapes.grass()
    tree = _add(scene, "Tree", tree_shape, "Bark", "Maple")
    tree.location = (-2.35, 1.2, float(shapes.ground_height(-2.35, 1.2)) - 0.05)
    tree.rotation_euler.z = 0.6
    tree.scale = (1.12, 1.12, 1.12)
    grass = _add(scene, "Grass", grass_shape, "Blades")
    _sway(tree, tree_shape, settings)
    _sway(grass, grass_shape, settings)
    _add(scene, "Poppies", shapes.poppies(), "Stem", "Petal", "Heart")


def _sway(item: bpy.types.Object, shape: shapes.Shape, settings: SceneSettings) -> None:
    item.shape_key_add(name="Basis")
    for number, (name, offsets) in enumerate(sorted(shape.sway.items(), reverse=True)):
        key = item.shape_key_add(name=name)
        key.slider_min = -1.0
        key.data.foreach_set("co", (shape.vertices + offsets).astype("float32").ravel())
        for frame in _keyed_frames(settings):
            key.value = motion.wind(frame)[number]
            key.keyframe_insert("value", frame=frame)


def _actors(scene: bpy.types.Scene, settings: SceneSettings) -> None:
    x, y, _ = motion.SUZANNE
    pedestal = _add(scene, "Pedestal", shapes.pedestal(), "Stone")
    pedestal.location = (x, y, float(shapes.ground_height(x, y)) - 0.04)
    bevel = pedestal.modifiers.new("Edges", "EDGE_SPLIT")
    bevel.split_angle = 0.6

    suzanne = _place(scene, "Suzanne", _primitive("Suzanne", lambda mesh: bmesh.ops.create_monkey(mesh)), "Porcelain")
    suzanne.scale = (0.86, 0.86, 0.86)
    suzanne.location = motion.SUZANNE
    suzanne.modifiers.new("Smooth", "SUBSURF").render_levels = 2

    orb = _place(
        scene,
        "Orb",
        _primitive("Orb", lambda mesh: bmesh.ops.create_uvsphere(mesh, u_segments=64, v_segments=32, radius=0.36)),
        "Glass",
    )
    boat = _add(scene, "Boat", shapes.boat(), "Hull", "Mainsail", "Jib")

    _animate(suzanne, "rotation_euler", motion.suzanne_turn, settings)
    _animate(orb, "location", motion.orb_position, settings)
    _animate(boat, "location", motion.boat_position, settings)
    _animate(boat, "rotation_euler", lambda frame: (motion.boat_roll(frame), 0.0, 0.0), settings)


def _primitive(name: str, make: Callable[[bmesh.types.BMesh], object]) -> bpy.types.Mesh:
    builder = bmesh.new()
    make(builder)
    mesh = bpy.data.meshes.new(name)
    builder.to_mesh(mesh)
    builder.free()
    mesh.shade_smooth()
    return mesh


# ---- Camera, light, motion


def _camera_and_light(scene: bpy.types.Scene, settings: SceneSettings) -> None:
    lens = bpy.data.cameras.new("Camera")
    lens.lens, lens.sensor_width = LENS, 36.0
    lens.clip_start, lens.clip_end = 0.05, 1000.0
    lens.dof.use_dof = True
    lens.dof.focus_object = bpy.data.objects["Suzanne"]
    lens.dof.aperture_fstop = 0.7
    camera = bpy.data.objects.new("Camera", lens)
    scene.collection.objects.link(camera)
    scene.camera = camera
    _animate(camera, "location", motion.camera_position, settings)
    _animate(camera, "rotation_euler", _camera_turn, settings)

    lamp = bpy.data.lights.new("Key", "SUN")
    lamp.energy, lamp.color, lamp.angle = 6.6, (1.0, 0.70, 0.42), 0.02
    key = bpy.data.objects.new("Key", lamp)
    scene.collection.objects.link(key)
    _animate(key, "rotation_euler", _key_turn, settings)


def _camera_turn(frame: float) -> motion.Point:
    forward = Vector(motion.camera_target(frame)) - Vector(motion.camera_position(frame))
    return tuple(forward.to_track_quat("-Z", "Y").to_euler())


def _key_turn(frame: float) -> motion.Point:
    return tuple((-Vector(motion.sun_direction(frame))).to_track_quat("-Z", "Y").to_euler())


def _keyed_frames(settings: SceneSettings) -> range:
    # One frame more at each end: the Vector pass looks at both neighbours.
    return range(settings.frames + 2)


def _animate(
    item: bpy.types.Object, path: str, value: Callable[[float], motion.Point], settings: SceneSettings
) -> None:
    """Key every frame, so that neither interpolation nor its defaults matter."""
    for frame in _keyed_frames(settings):
        setattr(item, path, value(frame))
        item.keyframe_insert(path, frame=frame)


# ---- Rendering


def _render_settings(scene: bpy.types.Scene, settings: SceneSettings) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    cycles.device = "CPU"
    cycles.samples, cycles.seed, cycles.use_animated_seed = settings.samples, settings.seed, True
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 1, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces = 6, 6
    cycles.sample_clamp_direct, cycles.sample_clamp_indirect = 40.0, 3.0
    # The sky's light beyond the first bounce as ambient occlusion: a third cheaper, and less noise.
    cycles.use_fast_gi, cycles.fast_gi_method = True, "REPLACE"
    cycles.ao_bounces_render = 1
    scene.world.light_settings.distance = 0.4

    render.resolution_x, render.resolution_y, render.resolution_percentage = settings.width, settings.height, 100
    render.fps = 24
    render.use_motion_blur = False
    render.film_transparent = False
    render.use_file_extension = False
    render.threads_mode = "FIXED" if settings.threads else "AUTO"
    if settings.threads:
        render.threads = settings.threads
    scene.frame_start, scene.frame_end = 1, settings.frames
    compat.set_multilayer_exr(scene)

    layer = scene.view_layers[0]
    layer.name = "ViewLayer"
    layer.use_pass_combined = layer.use_pass_z = layer.use_pass_vector = True
    layer.use_pass_cryptomatte_object = True
    layer.use_pass_cryptomatte_material = True
    layer.use_pass_cryptomatte_asset = True
    layer.pass_cryptomatte_depth = 6
