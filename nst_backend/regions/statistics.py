"""Whose tones normalise the network: tables of statistics over the shot.

``shot``: one whole-frame pass at the first, the last and every 24th frame,
joined by lines. A table depends on the shot and the style alone, never on which
frames a job happens to do, so any chunking gives the same picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import torch

from ..styles.network import Statistics

__all__ = ["ANCHOR_STEP", "ShotStatistics", "anchor_frames", "interpolate", "statistics_hash"]

ANCHOR_STEP = 24


def anchor_frames(numbers: Sequence[int]) -> tuple[int, ...]:
    """First, last and every 24th of the shot's frames."""
    return tuple(sorted({*numbers[::ANCHOR_STEP], numbers[-1]}))


def interpolate(first: Statistics, second: Statistics, part: float) -> Statistics:
    """Linear mix of means and variances, ``part`` from first to second."""
    if part <= 0.0:
        return first
    if part >= 1.0:
        return second
    pairs = zip(first.layers, second.layers, strict=True)
    return Statistics([(torch.lerp(a[0], b[0], part), torch.lerp(a[1], b[1], part)) for a, b in pairs])


def statistics_hash(table: Statistics) -> str:
    """SHA-256 over all means and variances."""
    digest = hashlib.sha256()
    for mean, var in table.layers:
        for values in (mean, var):
            digest.update(values.float().cpu().numpy().tobytes())
    return digest.hexdigest()


@dataclass
class ShotStatistics:
    """The table of one style over the shot, filled as frames ask for it, from any thread.

    ``measure`` runs the whole-frame pass of an anchor frame.
    """

    anchors: tuple[int, ...]
    measure: Callable[[int], Statistics]

    def __post_init__(self) -> None:
        self._tables: dict[int, Statistics] = {}
        self._locks = {frame: Lock() for frame in self.anchors}

    def anchor(self, frame: int) -> Statistics:
        """The table of an anchor frame, measured at most once."""
        # Two frames that are painted at once wait for the one pass, and for no other anchor's.
        with self._locks[frame]:
            if frame not in self._tables:
                self._tables[frame] = self.measure(frame)
            return self._tables[frame]

    def between(self, frame: int) -> tuple[int, int]:
        """The anchor frames that a frame lies between; one of them twice at it and outside."""
        before = max((a for a in self.anchors if a <= frame), default=self.anchors[0])
        return before, min((a for a in self.anchors if a >= frame), default=self.anchors[-1])

    def at(self, frame: int) -> Statistics:
        """The table for a frame."""
        before, after = self.between(frame)
        if before == after:
            return self.anchor(before)
        part = (frame - before) / (after - before)
        return interpolate(self.anchor(before), self.anchor(after), part)

    def hashes(self) -> dict[str, str]:
        """Hash of every table that was measured, by anchor frame."""
        return {str(frame): statistics_hash(table) for frame, table in sorted(self._tables.items())}
