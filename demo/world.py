"""The evening sky: gradient, lit clouds and a sun disc, all far above 1 where bright.

What the camera and the glass see is the detailed sky; diffuse rays see its smooth
gradient, evened out, alone. The key light is a lamp, so nothing is lost, and a few samples do.
"""

from __future__ import annotations

import math
from typing import Any

import bpy

from .nodes import Graph

__all__ = ["HAZE", "SUN_DISC", "build_world"]

HAZE = (0.80, 0.43, 0.30)
"""Colour of the air at the horizon, scene-linear."""

_AZIMUTH, _HEIGHT = math.radians(17.0), math.radians(9.0)
SUN_DISC = (
    math.cos(_HEIGHT) * math.sin(_AZIMUTH),
    math.cos(_HEIGHT) * math.cos(_AZIMUTH),
    math.sin(_HEIGHT),
)
"""Unit vector towards the sun in the picture, lower than the key light for the composition."""


def build_world(name: str) -> bpy.types.World:
    """A new world with the sky's nodes."""
    world = bpy.data.worlds.new(name)
    world.use_nodes = True
    graph = Graph(world.node_tree)
    direction = graph.coordinates("Generated")
    gradient = _gradient(graph, direction)
    toward_sun = graph.math("MAXIMUM", graph.vector("DOT_PRODUCT", direction, SUN_DISC), 0.0)

    sky = _clouds(graph, direction, _glow(graph, gradient, toward_sun), toward_sun)
    disc = graph.smoothstep(toward_sun, math.cos(math.radians(1.75)), math.cos(math.radians(1.5)))
    sky = graph.mix(disc, sky, (30.0, 20.0, 10.0))

    path = graph.node("LightPath")
    detailed = graph.node("Background", {"Color": sky, "Strength": 1.0}).outputs[0]
    ambient = graph.mix(0.8, gradient, (0.34, 0.42, 0.66))
    smooth = graph.node("Background", {"Color": ambient, "Strength": 0.62}).outputs[0]
    choice = graph.node("MixShader", {0: path.outputs["Is Diffuse Ray"], 1: detailed, 2: smooth}).outputs[0]
    graph.node("OutputWorld", {"Surface": choice})
    # What is bright in the sky is invisible to diffuse rays: a map to aim at it would only cost time.
    world.cycles.sampling_method = "NONE"
    return world


def _gradient(graph: Graph, direction: Any) -> Any:
    height = graph.separate(direction)[2]
    return graph.ramp(
        height,
        (0.0, HAZE),
        (0.06, (0.80, 0.42, 0.24)),
        (0.12, (0.47, 0.40, 0.38)),
        (0.22, (0.10, 0.27, 0.46)),
        (0.50, (0.02, 0.09, 0.28)),
    )


def _glow(graph: Graph, gradient: Any, toward_sun: Any) -> Any:
    wide = graph.scale((1.0, 0.46, 0.14), graph.math("MULTIPLY", graph.math("POWER", toward_sun, 45.0), 0.55))
    near = graph.scale((1.0, 0.66, 0.32), graph.math("MULTIPLY", graph.math("POWER", toward_sun, 900.0), 2.2))
    return graph.vector("ADD", gradient, graph.vector("ADD", wide, near))


def _clouds(graph: Graph, direction: Any, sky: Any, toward_sun: Any) -> Any:
    """Clouds on a flat ceiling, lit from the sun's side, with bright rims near it."""
    x, y, z = graph.separate(direction)
    above = graph.math("ADD", graph.math("MAXIMUM", z, 0.0), 0.11)
    ceiling = graph.combine(graph.math("DIVIDE", x, above), graph.math("DIVIDE", y, above), 3.7)
    stretched = graph.vector("MULTIPLY", ceiling, (1.0, 1.35, 1.0))
    toward = graph.vector("ADD", stretched, (0.10, 0.14, 0.0))
    body = graph.noise(stretched, 0.62, detail=4.0, roughness=0.56)
    ahead = graph.noise(toward, 0.62, detail=2.0, roughness=0.56)

    cover = graph.smoothstep(body, 0.50, 0.66)
    cover = graph.math("MULTIPLY", cover, graph.smoothstep(z, 0.02, 0.16))
    lit = graph.math("MULTIPLY_ADD", graph.math("SUBTRACT", body, ahead), 5.5, 0.45, clamp=True)
    colour = graph.mix(lit, (0.24, 0.19, 0.32), (1.05, 0.62, 0.42))
    rim = graph.math("MULTIPLY", graph.math("POWER", toward_sun, 22.0), lit)
    colour = graph.vector("ADD", colour, graph.scale((2.2, 1.25, 0.6), rim))
    return graph.mix(graph.math("MULTIPLY", cover, 0.92), sky, colour)
