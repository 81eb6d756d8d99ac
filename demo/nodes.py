"""Building shader graphs as expressions rather than by hand-wired nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bpy

__all__ = ["Graph"]

Socket = Any
"""A Blender socket to link from, or a constant."""


class Graph:
    """A node tree under construction; every method returns an output socket."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree
        tree.nodes.clear()

    def node(self, kind: str, inputs: Mapping[str | int, Socket] | None = None, **settings: Any) -> bpy.types.Node:
        """Add a ``ShaderNode<kind>``; inputs are sockets to link or constants."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for name, value in (inputs or {}).items():
            socket = node.inputs[name]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            elif isinstance(value, Sequence) and socket.type == "RGBA" and len(value) == 3:
                socket.default_value = (*value, 1.0)
            else:
                socket.default_value = value
        return node

    def math(self, operation: str, *values: Socket, clamp: bool = False) -> Socket:
        """Arithmetic on floats."""
        return self.node("Math", dict(enumerate(values)), operation=operation, use_clamp=clamp).outputs[0]

    def vector(self, operation: str, *values: Socket) -> Socket:
        """Arithmetic on vectors; ``DOT_PRODUCT`` and ``LENGTH`` return a float."""
        node = self.node("VectorMath", dict(enumerate(values)), operation=operation)
        return node.outputs["Value" if operation in {"DOT_PRODUCT", "LENGTH"} else "Vector"]

    def combine(self, x: Socket, y: Socket, z: Socket) -> Socket:
        """A vector from three floats."""
        return self.node("CombineXYZ", {"X": x, "Y": y, "Z": z}).outputs[0]

    def separate(self, vector: Socket) -> tuple[Socket, Socket, Socket]:
        """The three floats of a vector."""
        outputs = self.node("SeparateXYZ", {0: vector}).outputs
        return outputs[0], outputs[1], outputs[2]

    def smoothstep(self, value: Socket, low: float, high: float) -> Socket:
        """0 below ``low``, 1 above ``high``, smooth between."""
        node = self.node("MapRange", {"Value": value, 1: low, 2: high}, interpolation_type="SMOOTHSTEP")
        return node.outputs[0]

    def mix(self, factor: Socket, a: Socket, b: Socket, blend: str = "MIX") -> Socket:
        """Colours a and b by ``factor`` (0 gives a)."""
        # The sockets of all data types share their names; 0, 6 and 7 are the colour ones.
        return self.node("Mix", {0: factor, 6: _colour(a), 7: _colour(b)}, data_type="RGBA", blend_type=blend).outputs[
            2
        ]

    def scale(self, colour: Socket, factor: Socket) -> Socket:
        """A colour times a float."""
        return self.node("VectorMath", {0: colour, "Scale": factor}, operation="SCALE").outputs[0]

    def ramp(self, value: Socket, *stops: tuple[float, tuple[float, float, float]], ease: bool = False) -> Socket:
        """A colour gradient over 0..1."""
        node = self.node("ValToRGB", {"Fac": value})
        elements = node.color_ramp.elements
        node.color_ramp.interpolation = "EASE" if ease else "LINEAR"
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position = position
            element.color = (*colour, 1.0)
        return node.outputs["Color"]

    def noise(self, vector: Socket, scale: float, *, detail: float = 4.0, roughness: float = 0.5) -> Socket:
        """Fractal noise, about 0..1 with a mean of 0.5."""
        inputs = {"Vector": vector, "Scale": scale, "Detail": detail, "Roughness": roughness}
        return self.node("TexNoise", inputs).outputs[0]

    def coordinates(self, kind: str) -> Socket:
        """``Generated``, ``Object`` … coordinates."""
        return self.node("TexCoord").outputs[kind]

    def attribute(self, name: str) -> Socket:
        """A float attribute of the mesh."""
        return self.node("Attribute", attribute_name=name).outputs["Fac"]


def _colour(value: Socket) -> Socket:
    if isinstance(value, bpy.types.NodeSocket):
        return value
    return (*value, 1.0) if len(value) == 3 else value
