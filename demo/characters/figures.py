"""The characters: a creature, a robot and a car of named parts, posed by their gait.

Each is a tree of objects below one empty, so that the asset Cryptomatte knows it by one
name and the object Cryptomatte by its parts. They look along −y and stand on z = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import bmesh
import bpy

from .shots import Colour, Figure, Point

__all__ = ["Puppet", "build_puppet", "mesh_of", "paint"]

FUR, BELLY, SKIN = (0.30, 0.06, 0.42), (0.85, 0.45, 0.12), (0.75, 0.30, 0.12)
STEEL, TEAL, EYE = (0.70, 0.74, 0.78), (0.03, 0.40, 0.42), (0.95, 0.85, 0.20)
PAINT, ROOF, RUBBER, LAMP = (0.80, 0.05, 0.03), (0.90, 0.88, 0.80), (0.02, 0.02, 0.02), (0.95, 0.90, 0.60)


@dataclass
class Puppet:
    """A figure's objects: what moves is ``joints``, by name."""

    figure: Figure
    root: bpy.types.Object
    joints: dict[str, bpy.types.Object] = field(default_factory=dict)

    def pose(self, time: float) -> None:
        """Place and pose it at ``time`` in seconds."""
        place, heading = self.figure.place(time)
        self.root.location, self.root.rotation_euler.z = place, heading
        _POSES[self.figure.kind](self, time)


def build_puppet(scene: bpy.types.Scene, figure: Figure) -> Puppet:
    """The figure's objects, linked to ``scene``."""
    root = bpy.data.objects.new(figure.name, None)
    scene.collection.objects.link(root)
    root.scale = (figure.size,) * 3
    puppet = Puppet(figure, root)
    _BUILDERS[figure.kind](_Parts(scene, puppet))
    return puppet


def mesh_of(kind: str, name: str) -> bpy.types.Mesh:
    """A primitive that fills -1..1."""
    builder = bmesh.new()
    make: dict[str, Callable[[], object]] = {
        "cube": lambda: bmesh.ops.create_cube(builder, size=2.0),
        "sphere": lambda: bmesh.ops.create_uvsphere(builder, u_segments=24, v_segments=14, radius=1.0),
        "cylinder": lambda: bmesh.ops.create_cone(
            builder, cap_ends=True, segments=24, radius1=1.0, radius2=1.0, depth=2.0
        ),
        "cone": lambda: bmesh.ops.create_cone(builder, cap_ends=True, segments=24, radius1=1.0, radius2=0.0, depth=2.0),
        "monkey": lambda: bmesh.ops.create_monkey(builder),
        "torus": lambda: _torus(builder),
    }
    make[kind]()
    mesh = bpy.data.meshes.new(name)
    builder.to_mesh(mesh)
    builder.free()
    if kind in ("sphere", "monkey", "torus"):
        mesh.shade_smooth()
    return mesh


def _torus(builder: bmesh.types.BMesh, around: int = 24, tube: int = 10) -> None:
    rings = []
    for index in range(around):
        turn = math.tau * index / around
        ring = []
        for step in range(tube):
            angle = math.tau * step / tube
            away = 0.7 + 0.3 * math.cos(angle)
            ring.append(builder.verts.new((away * math.cos(turn), away * math.sin(turn), 0.3 * math.sin(angle))))
        rings.append(ring)
    for index in range(around):
        one, other = rings[index], rings[(index + 1) % around]
        for step in range(tube):
            after = (step + 1) % tube
            builder.faces.new((one[step], other[step], other[after], one[after]))


def paint(colour: Colour, roughness: float = 0.5) -> bpy.types.Material:
    """A plain surface, shared by all that wear it."""
    name = "Paint " + " ".join(f"{value:.3f}" for value in (*colour, roughness))
    material = bpy.data.materials.get(name)
    if material is None:
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        surface = material.node_tree.nodes["Principled BSDF"]
        surface.inputs["Base Color"].default_value = (*colour, 1.0)
        surface.inputs["Roughness"].default_value = roughness
    return material


class _Parts:
    """Adds parts and joints to a puppet, named after it."""

    def __init__(self, scene: bpy.types.Scene, puppet: Puppet) -> None:
        self.scene = scene
        self.puppet = puppet

    def joint(self, name: str, place: Point, parent: str | None = None) -> str:
        """An empty that a pose turns."""
        item = bpy.data.objects.new(f"{self.puppet.figure.name}.{name} joint", None)
        self._link(item, parent)
        item.location = place
        self.puppet.joints[name] = item
        return name

    def part(
        self,
        name: str,
        kind: str,
        place: Point,
        size: Point,
        colour: Colour,
        *,
        joint: str | None = None,
        turn: Point = (0.0, 0.0, 0.0),
    ) -> None:
        """A primitive with half sizes ``size``."""
        full = f"{self.puppet.figure.name}.{name}"
        mesh = mesh_of(kind, full)
        mesh.materials.append(paint(colour))
        item = bpy.data.objects.new(full, mesh)
        self._link(item, joint)
        item.location, item.scale, item.rotation_euler = place, size, turn
        if kind == "cube":
            bevel = item.modifiers.new("Edges", "BEVEL")
            bevel.width, bevel.segments = 0.12, 2

    def _link(self, item: bpy.types.Object, joint: str | None) -> None:
        self.scene.collection.objects.link(item)
        item.parent = self.puppet.joints[joint] if joint else self.puppet.root


def _creature(parts: _Parts) -> None:
    parts.part("Body", "sphere", (0, 0, 0.72), (0.46, 0.42, 0.52), FUR)
    parts.part("Belly", "sphere", (0, -0.20, 0.66), (0.32, 0.28, 0.38), BELLY)
    neck = parts.joint("Neck", (0, -0.05, 1.15))
    parts.part("Head", "monkey", (0, -0.10, 0.30), (0.46, 0.46, 0.46), SKIN, joint=neck)
    parts.part("Crest", "cone", (0, 0.05, 0.72), (0.14, 0.20, 0.22), FUR, joint=neck)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        arm = parts.joint(f"Arm.{side}", (0.42 * sign, 0, 0.95))
        parts.part(f"Arm.{side}", "sphere", (0.14 * sign, 0, -0.26), (0.14, 0.14, 0.34), FUR, joint=arm)
        parts.part(f"Hand.{side}", "sphere", (0.20 * sign, 0, -0.58), (0.15, 0.15, 0.15), BELLY, joint=arm)
        leg = parts.joint(f"Leg.{side}", (0.22 * sign, 0, 0.42))
        parts.part(f"Foot.{side}", "sphere", (0, -0.08, -0.28), (0.20, 0.30, 0.15), BELLY, joint=leg)
    tail = parts.joint("Tail", (0, 0.36, 0.50))
    parts.part("Tail", "cone", (0, 0.34, 0.12), (0.14, 0.14, 0.42), FUR, joint=tail, turn=(-1.1, 0, 0))


def _pose_creature(puppet: Puppet, time: float) -> None:
    swing, joints = puppet.figure.swing(time), puppet.joints
    joints["Neck"].rotation_euler = (0.15 * swing, 0.0, 0.5 * puppet.figure.swing(time * 0.37, 0.3))
    joints["Arm.L"].rotation_euler = (0.9 * swing, -0.35 - 0.3 * abs(swing), 0.0)
    joints["Arm.R"].rotation_euler = (-0.9 * swing, 0.35 + 0.3 * abs(swing), 0.0)
    joints["Leg.L"].rotation_euler.x = -0.5 * swing
    joints["Leg.R"].rotation_euler.x = 0.5 * swing
    joints["Tail"].rotation_euler.z = 0.6 * puppet.figure.swing(time, 0.25)


def _robot(parts: _Parts) -> None:
    parts.part("Torso", "cube", (0, 0, 1.10), (0.36, 0.24, 0.36), TEAL)
    parts.part("Hips", "cube", (0, 0, 0.70), (0.28, 0.20, 0.10), STEEL)
    parts.part("Panel", "cylinder", (0, -0.24, 1.15), (0.16, 0.16, 0.03), EYE, turn=(math.pi / 2, 0, 0))
    neck = parts.joint("Neck", (0, 0, 1.48))
    parts.part("Head", "cube", (0, 0, 0.24), (0.28, 0.24, 0.22), STEEL, joint=neck)
    parts.part("Aerial", "cylinder", (0.12, 0, 0.58), (0.03, 0.03, 0.16), STEEL, joint=neck)
    parts.part("Bulb", "sphere", (0.12, 0, 0.76), (0.08, 0.08, 0.08), PAINT, joint=neck)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        parts.part(f"Eye.{side}", "sphere", (0.12 * sign, -0.23, 0.27), (0.08, 0.05, 0.08), EYE, joint=neck)
        arm = parts.joint(f"Arm.{side}", (0.46 * sign, 0, 1.38))
        parts.part(f"Shoulder.{side}", "sphere", (0, 0, 0), (0.15, 0.15, 0.15), STEEL, joint=arm)
        parts.part(f"Arm.{side}", "cylinder", (0, 0, -0.32), (0.10, 0.10, 0.28), TEAL, joint=arm)
        parts.part(f"Hand.{side}", "cube", (0, 0, -0.66), (0.13, 0.13, 0.12), STEEL, joint=arm)
        leg = parts.joint(f"Leg.{side}", (0.18 * sign, 0, 0.64))
        parts.part(f"Leg.{side}", "cylinder", (0, 0, -0.26), (0.12, 0.12, 0.28), STEEL, joint=leg)
        parts.part(f"Foot.{side}", "cube", (0, -0.08, -0.56), (0.16, 0.26, 0.08), TEAL, joint=leg)


def _pose_robot(puppet: Puppet, time: float) -> None:
    swing, joints = puppet.figure.swing(time), puppet.joints
    joints["Neck"].rotation_euler.z = 0.7 * puppet.figure.swing(time * 0.31, 0.6)
    joints["Arm.L"].rotation_euler = (1.0 * swing, -0.15, 0.0)
    joints["Arm.R"].rotation_euler = (-1.0 * swing, 0.15, 0.0)
    joints["Leg.L"].rotation_euler.x = -0.5 * swing
    joints["Leg.R"].rotation_euler.x = 0.5 * swing


def _car(parts: _Parts) -> None:
    body = parts.joint("Body", (0, 0, 0))
    parts.part("Body", "cube", (0, 0, 0.48), (0.56, 1.15, 0.24), PAINT, joint=body)
    parts.part("Cabin", "cube", (0, 0.15, 0.88), (0.46, 0.58, 0.24), ROOF, joint=body)
    parts.part("Screen", "cube", (0, -0.38, 0.88), (0.38, 0.07, 0.16), RUBBER, joint=body, turn=(-0.3, 0, 0))
    parts.part("Fin", "cube", (0, 1.05, 0.80), (0.50, 0.08, 0.05), PAINT, joint=body)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        parts.part(f"Lamp.{side}", "sphere", (0.36 * sign, -1.14, 0.52), (0.12, 0.06, 0.12), LAMP, joint=body)
        for end, y in (("Front", -0.72), ("Rear", 0.72)):
            wheel = parts.joint(f"{end}.{side}", (0.56 * sign, y, 0.28))
            parts.part(
                f"Wheel.{end}.{side}", "cylinder", (0, 0, 0), (0.28, 0.28, 0.12), RUBBER, joint=wheel,
                turn=(0, math.pi / 2, 0),
            )  # fmt: skip
            parts.part(f"Hub.{end}.{side}", "cube", (0.08 * sign, 0, 0), (0.06, 0.14, 0.10), ROOF, joint=wheel)


def _pose_car(puppet: Puppet, time: float) -> None:
    joints = puppet.joints
    joints["Body"].rotation_euler = (0.03 * puppet.figure.swing(time), 0.05 * puppet.figure.swing(time * 0.6, 0.2), 0.0)
    for name, joint in joints.items():
        if name != "Body":
            steer = 0.35 if name.startswith("Front") else 0.0
            joint.rotation_euler = (3.0 * time, 0.0, math.copysign(steer, puppet.figure.speed))


_BUILDERS: dict[str, Callable[[_Parts], None]] = {"Creature": _creature, "Robot": _robot, "Car": _car}
_POSES: dict[str, Callable[[Puppet, float], None]] = {
    "Creature": _pose_creature,
    "Robot": _pose_robot,
    "Car": _pose_car,
}
