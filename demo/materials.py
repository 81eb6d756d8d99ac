"""The scene's materials: all procedural, all found by name in the material Cryptomatte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from .nodes import Graph
from .world import HAZE

__all__ = ["MATERIALS", "build_material"]


def build_material(name: str) -> bpy.types.Material:
    """The material called ``name`` (a key of :data:`MATERIALS`), made on first use."""
    material = bpy.data.materials.get(name)
    if material is None:
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        graph = Graph(material.node_tree)
        graph.node("OutputMaterial", {"Surface": MATERIALS[name](graph)})
    return material


def _surface(graph: Graph, colour: Any, roughness: Any = 0.6, *, bump: Any = None, depth: float = 0.05) -> Any:
    inputs: dict[str | int, Any] = {"Base Color": colour, "Roughness": roughness}
    if bump is not None:
        inputs["Normal"] = graph.node("Bump", {"Height": bump, "Distance": depth, "Strength": 1.0}).outputs[0]
    return graph.node("BsdfPrincipled", inputs).outputs[0]


def _hazy(graph: Graph, shader: Any, distance: float) -> Any:
    """Aerial perspective: half the surface is lost in the air at about 0.7 ``distance``."""
    view = graph.node("CameraData").outputs["View Distance"]
    air = graph.math("SUBTRACT", 1.0, graph.math("EXPONENT", graph.math("DIVIDE", view, -distance)))
    glow = graph.node("Emission", {"Color": HAZE, "Strength": 0.85}).outputs[0]
    return graph.node("MixShader", {0: air, 1: shader, 2: glow}).outputs[0]


def _translucent(graph: Graph, colour: Any, share: float) -> Any:
    """Thin foliage: light comes through from behind."""
    front = graph.node("BsdfDiffuse", {"Color": colour}).outputs[0]
    back = graph.node("BsdfTranslucent", {"Color": colour}).outputs[0]
    return graph.node("MixShader", {0: share, 1: front, 2: back}).outputs[0]


def _porcelain(graph: Graph) -> Any:
    """A turquoise running glaze over cream, with a few dark brush rings."""
    place = graph.coordinates("Object")
    drift = graph.noise(place, 2.3, detail=2.0, roughness=0.6)
    height = graph.separate(place)[2]
    run = graph.math("MULTIPLY_ADD", drift, 1.5, graph.math("MULTIPLY", height, 0.75))
    glaze = graph.ramp(
        run,
        (0.30, (0.80, 0.66, 0.45)),
        (0.52, (0.86, 0.74, 0.52)),
        (0.62, (0.10, 0.50, 0.50)),
        (0.85, (0.015, 0.20, 0.38)),
        (1.0, (0.010, 0.06, 0.26)),
    )
    fine = graph.noise(place, 26.0, detail=1.0)
    speckle = graph.smoothstep(fine, 0.66, 0.72)
    return _surface(graph, graph.mix(speckle, glaze, (0.10, 0.04, 0.02)), 0.25)


def _stone(graph: Graph) -> Any:
    place = graph.coordinates("Object")
    cells = graph.node("TexVoronoi", {"Vector": place, "Scale": 7.0}, feature="DISTANCE_TO_EDGE").outputs[0]
    grain = graph.noise(place, 14.0, detail=3.0, roughness=0.7)
    patch = graph.noise(place, 2.2, detail=1.0)
    colour = graph.ramp(grain, (0.25, (0.16, 0.13, 0.14)), (0.5, (0.42, 0.36, 0.32)), (0.8, (0.62, 0.55, 0.46)))
    moss = graph.mix(graph.smoothstep(patch, 0.50, 0.62), colour, (0.16, 0.22, 0.06))
    crack = graph.smoothstep(cells, 0.0, 0.05)
    height = graph.math("MULTIPLY_ADD", grain, 0.6, crack)
    return _surface(graph, graph.mix(crack, (0.08, 0.07, 0.06), moss), 0.9, bump=height, depth=0.02)


def _glass(graph: Graph) -> Any:
    """Clear glass with a tinted, light shadow in place of caustics."""
    glass = graph.node("BsdfGlass", {"Color": (0.93, 0.99, 1.0), "Roughness": 0.0, "IOR": 1.45}).outputs[0]
    clear = graph.node("BsdfTransparent", {"Color": (0.55, 0.62, 0.66)}).outputs[0]
    shadow = graph.node("LightPath").outputs["Is Shadow Ray"]
    return graph.node("MixShader", {0: shadow, 1: glass, 2: clear}).outputs[0]


def _meadow(graph: Graph) -> Any:
    place = graph.coordinates("Object")
    broad = graph.noise(place, 0.35, detail=1.0)
    fine = graph.noise(place, 4.0, detail=3.0, roughness=0.75)
    green = graph.ramp(fine, (0.2, (0.035, 0.075, 0.015)), (0.5, (0.11, 0.17, 0.03)), (0.8, (0.30, 0.27, 0.06)))
    warm = graph.mix(graph.smoothstep(broad, 0.42, 0.62), green, (0.34, 0.26, 0.08), "OVERLAY")
    x, y, z = graph.separate(place)
    bend = graph.math("MULTIPLY", graph.math("SINE", graph.math("MULTIPLY", y, 0.55)), 0.45)
    off = graph.math("ABSOLUTE", graph.math("SUBTRACT", graph.math("SUBTRACT", x, 0.55), bend))
    ragged = graph.math("MULTIPLY_ADD", fine, 0.35, graph.math("SUBTRACT", off, 0.17))
    path = graph.math("SUBTRACT", 1.0, graph.smoothstep(ragged, 0.28, 0.46))
    earth = graph.mix(fine, (0.20, 0.12, 0.06), (0.52, 0.38, 0.22))
    colour = graph.mix(path, warm, earth)
    shore = graph.math("SUBTRACT", 1.0, graph.smoothstep(z, -1.16, -0.95))
    colour = graph.mix(shore, colour, (0.50, 0.36, 0.20))
    return _hazy(graph, graph.node("BsdfDiffuse", {"Color": colour}).outputs[0], 120.0)


def _blades(graph: Graph) -> Any:
    tint = graph.attribute("tint")
    colour = graph.ramp(
        tint,
        (0.1, (0.02, 0.07, 0.015)),
        (0.45, (0.13, 0.26, 0.03)),
        (0.75, (0.38, 0.42, 0.06)),
        (1.0, (0.70, 0.55, 0.16)),
    )
    return _translucent(graph, colour, 0.35)


def _water(graph: Graph) -> Any:
    place = graph.vector("MULTIPLY", graph.coordinates("Object"), (0.30, 1.0, 1.0))
    waves = graph.noise(place, 1.3, detail=2.0, roughness=0.6)
    normal = graph.node("Bump", {"Height": waves, "Distance": 0.035, "Strength": 0.35}).outputs[0]
    mirror = graph.node("BsdfGlossy", {"Color": (0.85, 0.90, 0.95), "Roughness": 0.0, "Normal": normal}).outputs[0]
    deep = graph.node("BsdfDiffuse", {"Color": (0.012, 0.10, 0.17)}).outputs[0]
    share = graph.math("MULTIPLY_ADD", graph.smoothstep(waves, 0.35, 0.65), 0.45, 0.25)
    return graph.node("MixShader", {0: share, 1: deep, 2: mirror}).outputs[0]


def _bark(graph: Graph) -> Any:
    place = graph.vector("MULTIPLY", graph.coordinates("Object"), (9.0, 9.0, 1.6))
    grain = graph.noise(place, 2.0, detail=2.0, roughness=0.7)
    colour = graph.ramp(grain, (0.3, (0.045, 0.025, 0.020)), (0.7, (0.26, 0.15, 0.10)))
    return _surface(graph, colour, 0.9, bump=grain, depth=0.03)


def _maple(graph: Graph) -> Any:
    colour = graph.ramp(
        graph.attribute("tint"),
        (0.0, (0.16, 0.008, 0.020)),
        (0.35, (0.55, 0.030, 0.018)),
        (0.65, (0.90, 0.16, 0.020)),
        (1.0, (1.0, 0.52, 0.06)),
    )
    return _translucent(graph, colour, 0.45)


def _plain(colour: tuple[float, float, float], roughness: float = 0.6) -> Callable[[Graph], Any]:
    return lambda graph: _surface(graph, colour, roughness)


def _petal(graph: Graph) -> Any:
    colour = graph.ramp(
        graph.attribute("tint"), (0.1, (0.03, 0.0, 0.01)), (0.35, (0.62, 0.01, 0.01)), (1.0, (0.95, 0.10, 0.03))
    )
    return _translucent(graph, colour, 0.4)


def _cloth(colour: tuple[float, float, float]) -> Callable[[Graph], Any]:
    return lambda graph: _hazy(graph, _translucent(graph, colour, 0.5), 140.0)


def _hull(graph: Graph) -> Any:
    height = graph.separate(graph.coordinates("Object"))[2]
    band = graph.mix(graph.smoothstep(height, 0.17, 0.19), (0.45, 0.03, 0.02), (0.05, 0.14, 0.28))
    return _hazy(graph, _surface(graph, band, 0.4), 140.0)


def _wooded(low: tuple[float, float, float], high: tuple[float, float, float], air: float) -> Callable[[Graph], Any]:
    def build(graph: Graph) -> Any:
        colour = graph.mix(graph.attribute("tint"), low, high)
        return _hazy(graph, graph.node("BsdfDiffuse", {"Color": colour}).outputs[0], air)

    return build


MATERIALS: dict[str, Callable[[Graph], Any]] = {
    "Porcelain": _porcelain,
    "Stone": _stone,
    "Glass": _glass,
    "Meadow": _meadow,
    "Blades": _blades,
    "Water": _water,
    "Bark": _bark,
    "Maple": _maple,
    "Stem": _plain((0.06, 0.16, 0.03)),
    "Petal": _petal,
    "Heart": _plain((0.02, 0.015, 0.02), 0.8),
    "Hull": _hull,
    "Mainsail": _cloth((0.92, 0.86, 0.74)),
    "Jib": _cloth((0.82, 0.13, 0.06)),
    "Wood": _wooded((0.012, 0.045, 0.05), (0.15, 0.17, 0.05), 300.0),
    "Rock": _wooded((0.02, 0.05, 0.16), (0.16, 0.15, 0.28), 380.0),
}
"""Name to shader; the name is what the material Cryptomatte lists."""
