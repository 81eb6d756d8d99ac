"""Mattes steadied along the flow: what flickers is averaged with the frames before and after.

Both neighbours count alike, so that nothing lags, and each only where its pixel
shows the same thing: there and back along the flow, in the same colour. So
nothing trails where things come apart, and a cut needs no rule of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..flow.consistency import forward_backward
from ..flow.source import Motion
from ..image.boxes import Box
from ..image.channels import largest
from ..image.warp import FloatArray, warp
from ..mattes.source import Coverage
from .detection import Picture

__all__ = ["Mattes", "Neighbour", "after", "before", "carried", "smooth"]

Mattes = Mapping[int, tuple[Box, Coverage]]
"""Coverage ``(height, width)`` within a box, by object."""

# Noise of the plate stays below the first, another surface lies above the second.
_SAME_COLOUR, _OTHER_COLOUR = 0.05, 0.15
# Pixels around a matte where the frames beside may know more of it.
_MARGIN = 4


@dataclass(frozen=True, eq=False)
class Neighbour:
    """The way from a frame to one beside it: ``flow`` ``(H, W, 2)``, and ``trust`` ``(H, W)`` in 0..1."""

    flow: FloatArray
    trust: FloatArray


def before(motion: Motion, earlier: Picture, later: Picture) -> Neighbour:
    """From the later frame to the earlier."""
    forward = motion.forward
    holds = motion.valid if forward is None else forward_backward(motion.backward, forward)
    return Neighbour(motion.backward, _trust(holds, later, earlier, motion.backward))


def after(motion: Motion, earlier: Picture, later: Picture) -> Neighbour | None:
    """From the earlier frame to the later; None where the motion is known one way only."""
    if motion.forward is None:
        return None
    holds = forward_backward(motion.forward, motion.backward)
    return Neighbour(motion.forward, _trust(holds, earlier, later, motion.forward))


def carried(matte: tuple[Box, Coverage], flow: FloatArray, box: Box) -> FloatArray:
    """A neighbour's matte seen from ``box`` of this frame, ``(height, width)``; 0 outside of its own box."""
    held, coverage = matte
    offset = np.array([box.left - held.left + 1, box.top - held.top + 1], np.float32)
    return warp(np.pad(coverage, 1), flow[box.slices] + offset)


def smooth(
    mattes: Mattes, beside: list[tuple[Neighbour, Mattes]], whole: Box, *, strength: float
) -> dict[int, tuple[Box, Coverage]]:
    """Each of a frame's mattes averaged with those of the same object ``beside`` it.

    ``strength`` 0..1 is what a neighbour counts where it is trusted. What the frame
    itself does not show stays as it is.
    """
    smoothed = {}
    for identity, (box, coverage) in mattes.items():
        around = box.grown(_MARGIN, whole)
        total = np.zeros((around.height, around.width), np.float32)
        total[box.relative_to(around).slices] = coverage
        weight = np.ones_like(total)
        for neighbour, others in beside:
            other = others.get(identity)
            if other is None:
                continue
            share = strength * neighbour.trust[around.slices]
            total += share * carried(other, neighbour.flow, around)
            weight += share
        smoothed[identity] = (around, np.asarray(total / weight, np.float32))
    return smoothed


def _trust(holds: np.ndarray, here: Picture, there: Picture, flow: FloatArray) -> FloatArray:
    change = largest(np.abs(here - warp(there, flow)))
    alike = np.clip((_OTHER_COLOUR - change) / (_OTHER_COLOUR - _SAME_COLOUR), 0, 1)
    return np.asarray(np.where(holds, alike, 0), np.float32)
