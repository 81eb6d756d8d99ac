"""Where everything is at a frame: pure functions, so that tests and Blender agree.

Positions are in metres in Blender's axes (x right, y into the picture, z up).
Everything repeats after :data:`PERIOD` frames, so a render of that length loops.
"""

from __future__ import annotations

import math

__all__ = [
    "PERIOD",
    "SUZANNE",
    "Point",
    "boat_position",
    "boat_roll",
    "camera_position",
    "camera_target",
    "orb_position",
    "phase",
    "sun_direction",
    "suzanne_turn",
    "wind",
]

Point = tuple[float, float, float]

PERIOD = 48
"""Frames after which the shot repeats: two seconds at 24 frames a second."""

SUZANNE: Point = (0.85, 0.0, 1.80)
"""Where the hero floats."""


def phase(frame: float) -> float:
    """The angle (radians) of ``frame`` in the loop; frame 1 is zero."""
    return math.tau * (frame - 1.0) / PERIOD


def camera_position(frame: float) -> Point:
    """A slow sideways dolly with a little rise; it is moving at frame 1 already."""
    angle = phase(frame) - math.pi / 4
    return (0.55 * math.sin(angle), -7.2 + 0.15 * math.cos(angle), 1.50 + 0.10 * math.sin(angle))


def camera_target(frame: float) -> Point:
    """The point in the middle of the picture."""
    return (0.12 + 0.10 * math.sin(phase(frame)), 0.0, 1.50)


def orb_position(frame: float) -> Point:
    """The glass orb circles the hero and passes between it and the camera."""
    angle = phase(frame) - 0.78 * math.pi
    x, y, z = SUZANNE
    return (x + 1.55 * math.cos(angle), y + 1.55 * math.sin(angle), z - 0.30 + 0.22 * math.sin(2.0 * angle))


def suzanne_turn(frame: float) -> Point:
    """The hero's rotation (Euler x, y, z in radians): nodding and looking round."""
    angle = phase(frame)
    return (-0.10 + 0.06 * math.sin(angle), 0.05 * math.sin(angle + 1.0), -0.10 + 0.22 * math.cos(angle + 0.6))


def boat_position(frame: float) -> Point:
    """The sailing boat tacks over the lake, in and out of the tree's cover."""
    angle = phase(frame)
    return (-1.2 - 3.2 * math.cos(angle), 17.0, -1.17 + 0.04 * math.sin(2.0 * angle))


def boat_roll(frame: float) -> float:
    """The boat's heel in radians."""
    return 0.07 + 0.05 * math.sin(phase(frame) + 0.6)


def sun_direction(frame: float) -> Point:
    """Unit vector towards the key light; it swings, so every shadow moves."""
    azimuth = math.radians(114.0 + 9.0 * math.sin(phase(frame)))
    height = math.radians(27.0 + 2.0 * math.cos(phase(frame)))
    return (math.cos(height) * math.sin(azimuth), math.cos(height) * math.cos(azimuth), math.sin(height))


def wind(frame: float) -> tuple[float, float]:
    """The two weights (sine, cosine) of a travelling gust."""
    angle = 2.0 * phase(frame)
    return (math.sin(angle), math.cos(angle))
