"""The stage round the characters: ground, clutter, light, camera, and how it is rendered."""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Vector

from .. import compat
from ..nodes import Graph
from .figures import Puppet, build_puppet, mesh_of, paint
from .shots import Shot

__all__ = ["Stage", "build_stage"]


class Stage:
    """A shot's scene, one frame of it at a time."""

    def __init__(self, scene: bpy.types.Scene, shot: Shot, puppets: list[Puppet]) -> None:
        self.scene = scene
        self.shot = shot
        self.puppets = puppets

    def set_frame(self, frame: int) -> None:
        """Pose everything as at ``frame``."""
        for puppet in self.puppets:
            puppet.pose(self.shot.time(frame))
        place, target = self.shot.camera.at(self.shot.part(frame))
        camera = self.scene.camera
        camera.location = place
        camera.rotation_euler = (Vector(target) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
        self.scene.cycles.seed = frame

    def key_motion(self) -> None:
        """Key every frame of the shot and one beyond each end: the Vector pass reads the neighbours' poses."""
        moving = [item for item in self.scene.objects if item.type in {"MESH", "EMPTY", "CAMERA"}]
        for frame in range(self.shot.frames + 2):
            self.set_frame(frame)
            for item in moving:
                item.keyframe_insert("location", frame=frame)
                item.keyframe_insert("rotation_euler", frame=frame)


def build_stage(shot: Shot, *, width: int, height: int, samples: int, threads: int) -> Stage:
    """Replace whatever is loaded by the shot's scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.world = _sky(shot)
    _ground(scene, shot)
    for number, thing in enumerate(shot.clutter, 1):
        mesh = mesh_of(thing.shape, f"Clutter.{number}")
        mesh.materials.append(paint(thing.colour, 0.7))
        item = bpy.data.objects.new(f"Clutter.{number}", mesh)
        scene.collection.objects.link(item)
        item.location, item.rotation_euler, item.scale = thing.place, thing.turn, thing.size
    puppets = [build_puppet(scene, figure) for figure in shot.figures]
    _camera_and_sun(scene, shot)
    _render_settings(scene, width, height, samples, threads)
    return Stage(scene, shot, puppets)


def _sky(shot: Shot) -> bpy.types.World:
    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    graph = Graph(world.node_tree)
    height = graph.separate(graph.coordinates("Generated"))[2]
    colour = graph.ramp(height, (0.0, shot.sky[0]), (0.5, shot.sky[1]))
    surface = graph.node("Background", {"Color": colour, "Strength": 1.0}).outputs[0]
    graph.node("OutputWorld", {"Surface": surface})
    return world


def _ground(scene: bpy.types.Scene, shot: Shot) -> None:
    mesh = bpy.data.meshes.new("Ground")
    mesh.from_pydata([(-80, -80, 0), (80, -80, 0), (80, 80, 0), (-80, 80, 0)], [], [(0, 1, 2, 3)])
    item = bpy.data.objects.new("Ground", mesh)
    scene.collection.objects.link(item)
    material = bpy.data.materials.new("Ground")
    material.use_nodes = True
    graph = Graph(material.node_tree)
    surface = graph.node("BsdfDiffuse", {"Color": _pattern(graph, shot)}).outputs[0]
    graph.node("OutputMaterial", {"Surface": surface})
    mesh.materials.append(material)


def _pattern(graph: Graph, shot: Shot) -> Any:
    place, (low, high), scale = graph.coordinates("Object"), shot.ground_colours, shot.ground_scale
    grain = graph.noise(place, 3.0 * scale, detail=4.0, roughness=0.65)
    if shot.ground == "checker":
        tiles = graph.node("TexChecker", {"Vector": place, "Scale": scale, "Color1": low, "Color2": high}).outputs[0]
    elif shot.ground == "brick":
        inputs = {"Vector": place, "Scale": 2.0 * scale, "Color1": low, "Color2": high, "Mortar": (0.05, 0.05, 0.05)}
        tiles = graph.node("TexBrick", inputs).outputs[0]
    elif shot.ground == "cells":
        near = graph.node("TexVoronoi", {"Vector": place, "Scale": 1.5 * scale}).outputs[0]
        tiles = graph.mix(graph.smoothstep(near, 0.1, 0.7), low, high)
    else:
        tiles = graph.mix(graph.smoothstep(grain, 0.35, 0.65), low, high)
    return graph.scale(tiles, graph.math("MULTIPLY_ADD", grain, 0.8, 0.6))


def _camera_and_sun(scene: bpy.types.Scene, shot: Shot) -> None:
    lens = bpy.data.cameras.new("Camera")
    lens.lens, lens.sensor_width = shot.camera.lens, 36.0
    scene.camera = bpy.data.objects.new("Camera", lens)
    scene.collection.objects.link(scene.camera)
    azimuth, height, strength, colour = shot.sun
    lamp = bpy.data.lights.new("Sun", "SUN")
    lamp.energy, lamp.color, lamp.angle = strength, colour, 0.03
    sun = bpy.data.objects.new("Sun", lamp)
    scene.collection.objects.link(sun)
    sun.rotation_euler = (math.pi / 2 - height, 0.0, azimuth)


def _render_settings(scene: bpy.types.Scene, width: int, height: int, samples: int, threads: int) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    cycles.device, cycles.samples = "CPU", samples
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 2, 1, 1
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 2.0
    render.use_persistent_data = True
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.use_file_extension = False
    if threads:
        render.threads_mode, render.threads = "FIXED", threads
    compat.set_multilayer_exr(scene)
    layer = scene.view_layers[0]
    layer.name = "ViewLayer"
    layer.use_pass_z = layer.use_pass_vector = True
    layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_asset = True
    layer.pass_cryptomatte_depth = 4
