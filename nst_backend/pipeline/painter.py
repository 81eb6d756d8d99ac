"""Paints a region: brings the frame to the stroke's scale, runs the network, brings it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import UsageError
from ..contract.recipe import REFERENCE_LINES, Region
from ..engines.feed_forward import FeedForward, OnePass
from ..engines.workspace import Workspace
from ..image.boxes import Box, bounding_box
from ..image.resample import resize
from ..regions.shares import full_shares
from ..regions.statistics import ShotStatistics
from ..styles.library import LibraryStyle
from ..styles.network import Statistics, StyleNetwork

__all__ = ["Painter", "SharedPainter", "grid_size"]

Array = NDArray[np.float32]
LARGEST_SIDE = 16384
# Rows beyond a matte's box that the way back from the grid reads.
INTERPOLATION_REACH = 3


def grid_size(size: tuple[int, int], scale: float, *, scale_free: bool = False) -> tuple[int, int]:
    """Width and height at which a network runs, so that strokes cover ``scale`` times what they do at 1080 lines.

    Raises :class:`UsageError` where the scale asks for a picture beyond 16384 px.
    """
    width, height = size
    factor = 1.0 if scale_free else REFERENCE_LINES / (height * scale)
    grid = max(16, round(width * factor)), max(16, round(height * factor))
    if max(grid) > LARGEST_SIDE:
        raise UsageError(
            f"a scale of {scale:g} at {width}x{height} needs a picture of {grid[0]}x{grid[1]}",
            remedy="choose a larger scale",
        )
    return size if factor == 1.0 else grid


@dataclass
class Painter:
    """One region's style, engine and statistics.

    ``display`` gives the whole frame that a shot's statistics are measured on,
    by frame number.
    """

    region: Region
    style: LibraryStyle
    network: StyleNetwork
    workspace: Workspace
    anchors: tuple[int, ...]
    display: Callable[[int], Array]
    engine: FeedForward = field(init=False)
    shot: ShotStatistics = field(init=False)

    def __post_init__(self) -> None:
        self.engine = FeedForward(self.network, self.style.card.index, self.workspace, recurs=self.recurs)
        self.shot = ShotStatistics(self.anchors, self._measure)

    @property
    def recurs(self) -> bool:
        """Whether all frames are painted at one size."""
        return len(set(self.region.scale.values())) == 1

    def grid(self, size: tuple[int, int], number: int) -> tuple[int, int]:
        """Width and height at which a frame is painted."""
        return grid_size(size, self.region.scale.at(number), scale_free=self.style.card.scale_free)

    def measured_on(self, number: int) -> tuple[int, ...]:
        """The frames of the shot whose tones a frame's painting depends on, beside its own."""
        if self.network.config.norm == "none" or self.region.statistics != "shot":
            return ()
        return tuple(dict.fromkeys(self.shot.between(number)))

    def resolved(self) -> dict[str, Any]:
        """What was chosen for the region, as JSON."""
        card = self.style.card
        return {
            "style": card.name,
            "network": card.network,
            "sha256": card.sha256,
            "index": card.index,
            "engine": "feed_forward",
            "statistics": self.shot.hashes(),
        }

    def _measure(self, number: int) -> Statistics:
        picture = self.display(number)
        return self.engine.statistics(on_grid(picture, self.grid((picture.shape[1], picture.shape[0]), number)))

    def statistics(self, picture: Array, matte: Array, number: int) -> Statistics | None:
        """The table for a frame ``picture`` on the grid; None for its own whole frame's."""
        if self.network.config.norm == "none":
            return Statistics()
        if self.region.statistics == "shot":
            return self.shot.at(number)
        if self.region.statistics == "region":
            return self.engine.statistics(picture, resize(matte, (picture.shape[1], picture.shape[0])))
        return None

    def paint(self, picture: Array, matte: Array, number: int) -> tuple[Box, Array] | None:
        """Style the part of ``picture`` ``(H, W, 3)`` sRGB that ``matte`` ``(H, W)`` covers.

        Returns the box and its styled picture, or None where the matte is empty.
        """
        box = bounding_box(matte)
        if box is None:
            return None
        size = (picture.shape[1], picture.shape[0])
        grid = self.grid(size, number)
        seen = on_grid(picture, grid)
        statistics = self.statistics(seen, matte, number)
        return box, painted_box(
            seen, box, size, lambda part: self.engine.stylise(seen, box=part, statistics=statistics)
        )


class SharedPainter:
    """Regions of one network and scale, painted in one pass."""

    def __init__(self, painters: Sequence[Painter]) -> None:
        first = painters[0]
        self.painters = painters
        self.engine = OnePass(first.network, [painter.style.card.index for painter in painters], first.workspace)

    def paint(self, picture: Array, mattes: Sequence[Array], number: int) -> tuple[Box, Array] | None:
        """As :meth:`Painter.paint`, for the union of the mattes."""
        box = bounding_box(np.maximum.reduce(list(mattes)))
        if box is None:
            return None
        size = (picture.shape[1], picture.shape[0])
        grid = self.painters[0].grid(size, number)
        seen = on_grid(picture, grid)
        shares = resize(full_shares(mattes), grid).reshape((grid[1], grid[0], len(mattes)))
        shares = np.clip(shares, 0.0, 1.0)
        shares = (shares / shares.sum(axis=-1, keepdims=True)).astype(np.float32)
        tables = [
            painter.statistics(seen, matte, number) or painter.engine.statistics(seen)
            for painter, matte in zip(self.painters, mattes, strict=True)
        ]
        return box, painted_box(seen, box, size, lambda part: self.engine.stylise(seen, shares, tables, part))


def painted_box(seen: Array, box: Box, size: tuple[int, int], paint: Callable[[Box], Array]) -> Array:
    """Paint the part of a picture on the grid that ``box`` of the frame needs, and bring it back."""
    grid = (seen.shape[1], seen.shape[0])
    if grid == size:
        return paint(box)
    part = _scaled(box, size, grid)
    canvas = seen.copy()
    canvas[part.slices] = paint(part)
    return np.clip(resize(canvas, size)[box.slices], 0.0, 1.0)


def on_grid(picture: Array, grid: tuple[int, int]) -> Array:
    """A display-referred picture at the size that it is painted at."""
    resized = resize(picture, grid)
    return resized if resized is picture else np.clip(resized, 0.0, 1.0)


def _scaled(box: Box, size: tuple[int, int], grid: tuple[int, int]) -> Box:
    """The box on the grid, with what interpolation reads around it."""
    x, y = grid[0] / size[0], grid[1] / size[1]
    reach = INTERPOLATION_REACH
    return Box(
        max(0, int(np.floor((box.top - reach) * y)) - reach),
        max(0, int(np.floor((box.left - reach) * x)) - reach),
        min(grid[1], int(np.ceil((box.bottom + reach) * y)) + reach),
        min(grid[0], int(np.ceil((box.right + reach) * x)) + reach),
    )
