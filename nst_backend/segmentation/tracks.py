"""One thing on its way through the shot: where it was seen, and what it is taken for."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..image.boxes import Box
from .appearance import Histogram
from .packed import PackedMask

__all__ = ["Sighting", "Track"]

# How much of its looks a thing keeps from frame to frame: light changes slowly, the pose within a second.
_MEMORY = 0.85
# Part of a change of velocity that is believed.
_TURN = 0.3


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A thing in one frame; ``score`` is None where no network saw it there and it was carried along the flow.

    ``area`` in pixels.
    """

    mask: PackedMask
    area: float
    score: float | None


@dataclass(eq=False)
class Track:
    """A thing with its sightings by the frame's place in the shot, and its motion.

    ``centre`` (y, x) and ``size`` (height, width) are those of its box when last
    seen, ``velocity`` in pixels a frame.
    """

    centre: np.ndarray
    size: np.ndarray
    looks: Histogram
    sightings: dict[int, Sighting] = field(default_factory=dict)
    votes: dict[str, float] = field(default_factory=dict)
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float32))

    @property
    def first(self) -> int:
        return min(self.sightings)

    @property
    def last(self) -> int:
        return max(self.sightings)

    @property
    def label(self) -> str:
        """What it was most often and most surely taken for."""
        return max(self.votes, key=lambda label: (self.votes[label], label))

    def vote(self, label: str, score: float) -> None:
        self.votes[label] = self.votes.get(label, 0.0) + score

    def see(self, index: int, sighting: Sighting, box: Box, looks: Histogram) -> None:
        """Found in frame ``index``, later than all before."""
        centre, size = place(box)
        if self.sightings:
            step = (centre - self.centre) / (index - self.last)
            # Slowly: a thing that goes behind another seems to slow down.
            self.velocity += (step - self.velocity) * (1 if len(self.sightings) == 1 else _TURN)
            mixed = _MEMORY * np.square(self.looks) + (1 - _MEMORY) * np.square(looks)
            self.looks = np.asarray(np.sqrt(mixed), np.float32)
        self.centre, self.size = centre, size
        self.sightings[index] = sighting

    def expected(self, index: int) -> np.ndarray:
        """Where its centre should be, if it goes on as it went."""
        return np.asarray(self.centre + self.velocity * (index - self.last), np.float32)


def place(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Centre (y, x) and size (height, width), float32."""
    centre = np.array([(box.top + box.bottom) / 2, (box.left + box.right) / 2], np.float32)
    return centre, np.array([box.height, box.width], np.float32)
