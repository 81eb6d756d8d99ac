"""What a shot of the characters holds and where everything is: pure functions of its name.

Metres in Blender's axes (z up), radians, seconds. A shot's name seeds all that varies
(who is on stage, ground, light, clutter, camera path, poses), so a shot can be rendered
anew anywhere and two shots share nothing but the characters themselves.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

__all__ = ["CLASSES", "SHOTS", "Camera", "Clutter", "Colour", "Figure", "Point", "Shot", "make_shot"]

Point = tuple[float, float, float]
Colour = tuple[float, float, float]
Path = Literal["orbit", "dolly", "crane"]

CLASSES = ("Creature", "Robot", "Car")
GROUNDS = ("noise", "checker", "brick", "cells")
SHAPES = ("cube", "sphere", "cylinder", "cone", "torus")

# Clutter wears the characters' colours too: what is learnt must be the shapes.
_LIVERY: tuple[Colour, ...] = ((0.35, 0.08, 0.45), (0.85, 0.45, 0.10), (0.05, 0.45, 0.45), (0.75, 0.78, 0.80))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A character that goes round in a small circle."""

    name: str
    """``Robot.2``: the class and a number; its parts are ``Robot.2.Head`` ..."""
    centre: tuple[float, float]
    radius: float
    start: float
    speed: float
    """Radians a second round the circle."""
    size: float
    gait: float
    """Steps a second."""
    phase: float

    @property
    def kind(self) -> str:
        """One of :data:`CLASSES`."""
        return self.name.partition(".")[0]

    def place(self, time: float) -> tuple[Point, float]:
        """Position on the ground, and heading (0 looks along −y)."""
        angle = self.start + self.speed * time
        x = self.centre[0] + self.radius * math.cos(angle)
        y = self.centre[1] + self.radius * math.sin(angle)
        return (x, y, 0.0), angle + (math.pi if self.speed > 0 else 0.0)

    def swing(self, time: float, offset: float = 0.0) -> float:
        """-1..1, the gait's swing; ``offset`` is a part of a whole stride."""
        return math.sin(math.tau * (self.gait * time + self.phase + offset))


@dataclass(frozen=True, kw_only=True)
class Clutter:
    """A simple thing that is none of the characters."""

    shape: str
    place: Point
    turn: Point
    size: Point
    colour: Colour


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A path round the stage."""

    path: Path
    start: float
    sweep: float
    """Radians round the stage over the shot."""
    distance: tuple[float, float]
    height: tuple[float, float]
    target: Point
    lens: float

    def at(self, part: float) -> tuple[Point, Point]:
        """Position and target at ``part`` (0..1) of the shot."""
        near = self.distance[0] + (self.distance[1] - self.distance[0]) * part
        z = self.height[0] + (self.height[1] - self.height[0]) * part
        if self.path == "dolly":
            side = self.sweep * near * (part - 0.5)
            across = (-math.sin(self.start), math.cos(self.start))
            x = near * math.cos(self.start) + side * across[0]
            y = near * math.sin(self.start) + side * across[1]
            return (x, y, z), (self.target[0] + 0.7 * side * across[0], self.target[1] + 0.7 * side * across[1], 0.8)
        if self.path == "crane":
            z += 0.5 * math.sin(math.tau * part)
        angle = self.start + self.sweep * part
        return (near * math.cos(angle), near * math.sin(angle), z), self.target


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Everything that is rendered."""

    name: str
    frames: int
    step: float
    """Seconds from frame to frame."""
    figures: tuple[Figure, ...]
    clutter: tuple[Clutter, ...]
    camera: Camera
    ground: str
    ground_scale: float
    ground_colours: tuple[Colour, Colour]
    sky: tuple[Colour, Colour]
    """Horizon and zenith."""
    sun: tuple[float, float, float, Colour]
    """Azimuth, height, strength, colour."""

    def time(self, frame: int) -> float:
        """Seconds; frames count from 1."""
        return (frame - 1) * self.step

    def part(self, frame: int) -> float:
        """How much of the shot is over, 0..1."""
        return (frame - 1) / max(1, self.frames - 1)


def make_shot(name: str, *, frames: int, step: float, path: Path | None = None, guest: str | None = None) -> Shot:
    """The shot called ``name``.

    ``path`` is drawn between an orbit and a dolly unless given; ``guest``, the fourth on
    stage, is a second creature, a second robot or nobody.
    """
    rng = random.Random(name)
    figures = _figures(rng, guest)
    sweep = rng.uniform(0.5, 1.4) * rng.choice((-1.0, 1.0))
    far = rng.uniform(6.0, 9.0)
    camera = Camera(
        path=path or rng.choice(("orbit", "dolly")),
        start=rng.uniform(0.0, math.tau),
        sweep=sweep,
        distance=(far, far * rng.uniform(0.8, 1.2)),
        height=(rng.uniform(0.9, 3.2), rng.uniform(0.9, 3.2)),
        target=(rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4), rng.uniform(0.6, 1.0)),
        lens=rng.uniform(30.0, 38.0),
    )
    low, high = _colour(rng, 0.35), _colour(rng, 0.35)
    return Shot(
        name=name,
        frames=frames,
        step=step,
        figures=figures,
        clutter=_clutter(rng, figures),
        camera=camera,
        ground=rng.choice(GROUNDS),
        ground_scale=rng.uniform(0.6, 2.5),
        ground_colours=(low, high),
        sky=(_colour(rng, 0.8), _colour(rng, 0.6)),
        sun=(
            rng.uniform(0.0, math.tau),
            math.radians(rng.uniform(20.0, 65.0)),
            rng.uniform(1.5, 4.5),
            rng.choice(((1.0, 0.95, 0.9), (1.0, 0.75, 0.5), (0.8, 0.88, 1.0))),
        ),
    )


def _figures(rng: random.Random, guest: str | None) -> tuple[Figure, ...]:
    drawn = rng.choice(("Robot.2", "Creature.2", None, None))
    cast = ["Creature.1", "Robot.1", "Car.1", *filter(None, [guest or drawn])]
    first, ring = rng.uniform(0.0, math.tau), rng.uniform(1.5, 2.0)
    rng.shuffle(cast)
    figures = []
    for index, name in enumerate(cast):
        angle = first + math.tau * index / len(cast) + rng.uniform(-0.2, 0.2)
        figures.append(
            Figure(
                name=name,
                centre=(ring * math.cos(angle), ring * math.sin(angle)),
                radius=rng.uniform(0.15, 0.4),
                start=rng.uniform(0.0, math.tau),
                speed=rng.uniform(0.3, 0.9) * rng.choice((-1.0, 1.0)),
                size=rng.uniform(0.85, 1.15),
                gait=rng.uniform(0.5, 1.0),
                phase=rng.random(),
            )
        )
    return tuple(figures)


def _clutter(rng: random.Random, figures: tuple[Figure, ...]) -> tuple[Clutter, ...]:
    things = []
    for _ in range(rng.randint(6, 12)):
        angle, away = rng.uniform(0.0, math.tau), rng.uniform(0.5, 6.0)
        x, y = away * math.cos(angle), away * math.sin(angle)
        size = rng.uniform(0.12, 0.45)
        # The nearest would stand before the lens.
        clear = all(math.dist((x, y), figure.centre) > 1.3 + size for figure in figures) and away < 4.5
        things.append(
            Clutter(
                shape=rng.choice(SHAPES),
                place=(x, y, size * 0.8) if clear else (3.0 * x + 3.0, 3.0 * y + 6.0, size),
                turn=(rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3), rng.uniform(0.0, math.tau)),
                size=(size, size * rng.uniform(0.6, 1.6), size * rng.uniform(0.6, 1.8)),
                colour=rng.choice(_LIVERY) if rng.random() < 0.4 else _colour(rng, 0.6),
            )
        )
    for _ in range(10):
        angle, away, height = rng.uniform(0.0, math.tau), rng.uniform(16.0, 26.0), rng.uniform(1.0, 5.0)
        things.append(
            Clutter(
                shape=rng.choice(SHAPES),
                place=(away * math.cos(angle), away * math.sin(angle), height * 0.5),
                turn=(0.0, 0.0, rng.uniform(0.0, math.tau)),
                size=(rng.uniform(0.8, 3.0), rng.uniform(0.8, 3.0), height),
                colour=_colour(rng, 0.5),
            )
        )
    return tuple(things)


def _colour(rng: random.Random, bright: float) -> Colour:
    grey, part = rng.uniform(0.05, bright), rng.uniform(0.2, 0.8)
    red, green, blue = (grey * part + rng.uniform(0.02, bright) * (1.0 - part) for _ in range(3))
    return (red, green, blue)


SHOTS: dict[str, Shot] = {
    **{f"training-{number:02d}": make_shot(f"training-{number:02d}", frames=10, step=0.55) for number in range(1, 25)},
    **{f"motion-{number:02d}": make_shot(f"motion-{number:02d}", frames=26, step=1.0 / 24.0) for number in range(1, 9)},
    "held-out": make_shot("held-out", frames=24, step=1.0 / 12.0, path="crane", guest="Robot.2"),
}
"""Training shots jump from pose to pose. Those of motion move as film does, 200 pairs of frames in all: styles learn
to hold still from their Vector pass. So does the held-out one, on a path of its own kind."""
