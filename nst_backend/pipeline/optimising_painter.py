"""Paints a region by optimisation, guided by its matte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..contract.optimisation_options import SMALLEST_SIDE, RegionOptimisation
from ..contract.recipe import Region
from ..engines.optimise.scales import longer_side
from ..engines.optimise.still import Before, OptimisationStep, Painting, Still
from ..image.boxes import Box, bounding_box
from ..image.resample import resize
from ..media.images import read_image
from ..styles.loss_networks import LossNetwork, load_loss_network
from ..weights.files import file_sha256
from .painter import Painter

__all__ = ["OptimisingPainter", "open_optimising_painter"]

Array = NDArray[np.float32]
# What the deep layers see around a region still belongs to its picture.
MARGIN = 32
LARGEST_STYLE = 4096
# Below what 8 bits can tell.
COVERED = 1.0 / 255.0


@dataclass(frozen=True, eq=False)
class OptimisingPainter:
    """One region's paintings and loss network. ``first``: the feed-forward painter of the start."""

    region: Region
    options: RegionOptimisation
    pictures: tuple[Array, ...]
    encoder: LossNetwork
    device: torch.device
    files: tuple[Path, ...]
    first: Painter | None

    @property
    def follows(self) -> bool:
        """Whether a frame starts from the one before."""
        return self.options.temporal > 0.0

    def grid(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height at which a frame of ``size`` is painted."""
        return longer_side(size, min(self.options.size, max(size)))

    def measured_on(self, number: int) -> tuple[int, ...]:
        """As :meth:`Painter.measured_on`."""
        return () if self.first is None else self.first.measured_on(number)

    def inputs(self) -> Iterator[Path]:
        """Files that the region is painted from."""
        yield from self.files

    def resolved(self) -> dict[str, Any]:
        """What was chosen for the region, as JSON."""
        hashes = hashlib.sha256("".join(map(file_sha256, self.files)).encode()).hexdigest()
        first = None if self.first is None else self.first.resolved()
        found = {"style": self.region.style, "network": self.encoder.name, "sha256": hashes, "index": 0}
        if first is not None:
            found |= {"sha256": f"{hashes}/{first['sha256']}", "index": first["index"]}
        return {**found, "engine": "optimisation", "statistics": {} if first is None else first["statistics"]}

    def paint(
        self,
        picture: Array,
        matte: Array,
        number: int,
        *,
        before: Before | None = None,
        on_step: Callable[[OptimisationStep], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> tuple[Box, Array, Array] | None:
        """Paint the part of ``picture`` ``(H, W, 3)`` sRGB that ``matte`` ``(H, W)`` covers.

        ``before``: the frame before, moved along, on the grid. Returns the box, its
        painting, and the whole frame with it on the grid, which the next one starts
        from; None where the matte is empty or ``cancelled`` answered yes.

        Raises :class:`OutOfMemory` where the grid does not fit.
        """
        box = bounding_box(matte)
        if box is None:
            return None
        height, width = matte.shape
        grid = self.grid((width, height))
        canvas = np.clip(resize(picture, grid), 0.0, 1.0).copy()
        if before is not None and before.picture.shape != canvas.shape:
            before = None
        part = _on_grid(box, (width, height), grid)
        # All that the region touches is painted whole: its soft edges are mixed by the pipeline.
        covered = (resize(matte, grid)[part.slices] > COVERED).astype(np.float32)
        if not covered.any():
            covered[:] = 1.0
        still = Still(
            canvas[part.slices],
            self._paintings(None if covered.all() else covered),
            self.encoder,
            self._options(part, number),
            start=self._start(picture, matte, number, grid, part),
            before=None if before is None else Before(before.picture[part.slices], before.valid[part.slices]),
            device=self.device,
        )
        if not still.run(on_step, cancelled):
            return None
        canvas[part.slices] = np.clip(resize(still.picture(), (part.width, part.height)), 0.0, 1.0)
        return box, np.clip(resize(canvas, (width, height))[box.slices], 0.0, 1.0), canvas

    def _paintings(self, matte: Array | None) -> list[Painting]:
        weights = self.options.style_weights or (1.0,) * len(self.pictures)
        whole = sum(weights)
        return [
            Painting(picture, weight / whole, matte) for picture, weight in zip(self.pictures, weights, strict=True)
        ]

    def _options(self, part: Box, number: int) -> RegionOptimisation:
        style_size = round(self.options.style_size * self.region.scale.at(number))
        return replace(
            self.options,
            size=max(part.height, part.width),
            style_size=min(max(style_size, SMALLEST_SIDE), LARGEST_STYLE),
        )

    def _start(self, picture: Array, matte: Array, number: int, grid: tuple[int, int], part: Box) -> Array | None:
        """The part as the style paints it, where that is the start."""
        if self.options.start != "feed_forward" or self.first is None:
            return None
        painted = self.first.paint(picture, matte, number)
        if painted is None:
            return None
        whole = picture.copy()
        whole[painted[0].slices] = painted[1]
        return np.clip(resize(whole, grid), 0.0, 1.0)[part.slices]


def open_optimising_painter(
    region: Region, first: Painter | None, *, base: Path, device: torch.device
) -> OptimisingPainter:
    """The painter of a region with ``optimisation``; its files are relative to ``base``.

    Raises :class:`InputError` for what cannot be read, and for a start without a style.
    """
    options = region.optimisation
    assert options is not None
    if options.start == "feed_forward" and first is None:
        raise InputError(
            f"region {region.name!r} starts from feed_forward and has no style", remedy="name a style of the library"
        )
    paintings = tuple(base / path for path in options.paintings)
    network = base / options.loss_network
    encoder = load_loss_network(network).to(device)
    for layer in (*options.content_layers, *options.style_layers):
        if layer not in encoder.layers:
            raise InputError(
                f"region {region.name!r}: {encoder.name} has no layer {layer!r}",
                remedy=f"use one of {', '.join(encoder.layers)}",
            )
    return OptimisingPainter(
        region=region,
        options=options,
        pictures=tuple(read_image(path)[0] for path in paintings),
        encoder=encoder,
        device=device,
        files=(*paintings, network),
        first=first,
    )


def _on_grid(box: Box, size: tuple[int, int], grid: tuple[int, int]) -> Box:
    """A box of the frame on the grid, with a margin."""
    x, y = grid[0] / size[0], grid[1] / size[1]
    part = Box(int(box.top * y), int(box.left * x), int(np.ceil(box.bottom * y)), int(np.ceil(box.right * x)))
    return part.grown(MARGIN, Box.whole(grid[1], grid[0]))
