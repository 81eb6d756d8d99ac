"""A recipe made ready: plates opened, mattes and styles found, everything checked before the first frame."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..contract.errors import NstError, UsageError
from ..contract.messages import Event, EventKind, Reporter
from ..contract.recipe import Recipe, Region
from ..engines.workspace import Workspace
from ..image.spaces import ColourSpace
from ..mattes.shot_objects import ShotObjects
from ..mattes.source import MatteSource
from ..mattes.tree import MatteContext, build_matte
from ..media.images import IMAGE_SUFFIXES
from ..media.plate import Frame, Plate
from ..media.sequence import FramePattern, find_pattern, is_pattern
from ..regions.statistics import anchor_frames
from ..styles.library import LibraryStyle, StyleLibrary
from ..styles.network import StyleNetwork
from .device import choose_device, choose_precision, choose_runtime
from .optimising_painter import OptimisingPainter, open_optimising_painter
from .painter import Painter, grid_size
from .recipe_plate import open_recipe_plate, recipe_frames, recipe_space
from .working import WorkingFrame, parse_size, working_frame

__all__ = ["NetworkLoader", "Shot", "ShotRegion", "load_network", "open_shot"]

Array = NDArray[np.float32]
NetworkLoader = Callable[[LibraryStyle, torch.device], StyleNetwork]
"""A style's network on a device, loaded or kept from before."""
# Frames kept decoded: the current one, its predecessor and the anchors' neighbours.
KEPT_FRAMES = 3


@dataclass(frozen=True)
class ShotRegion:
    """A region of the recipe with its matte and, unless it stays plate, its painter."""

    region: Region
    matte: MatteSource
    painter: Painter | OptimisingPainter | None


@dataclass
class Shot:
    """Everything a shot's frames are made from.

    ``numbers``: the whole shot's frames; a job may do a part of them.
    ``workspace``: what has become of ``device`` and the recipe's tile where memory ran out, and the
    runtime, which a job may still settle where the recipe leaves it open.
    """

    recipe: Recipe
    base: Path
    plate: Plate
    numbers: tuple[int, ...]
    space: ColourSpace
    size: tuple[int, int]
    device: torch.device
    precision: str
    workspace: Workspace
    regions: tuple[ShotRegion, ...]
    warnings: tuple[str, ...]
    extra_channels: Callable[[str], bool]

    def __post_init__(self) -> None:
        self._working: OrderedDict[int, WorkingFrame] = OrderedDict()

    @property
    def follows(self) -> bool:
        """Whether paintings start from those of the frame before."""
        return len(self.numbers) > 1 and _follows(self.recipe, self.regions)

    @property
    def moves(self) -> bool:
        """Whether motion between frames takes part in the result."""
        temporal = self.recipe.temporal
        return temporal.flow != "none" and (temporal.smoothing > 0 or self.follows)

    def read_frame(self, number: int) -> Frame:
        """A frame as the plate stores it, with the channels that the recipe needs; from any thread."""
        return self.plate.read(number, extra=self.extra_channels)

    def read(self, number: int) -> WorkingFrame:
        """A frame at the working size; the last few are kept."""
        if number not in self._working:
            self.remember(self.working(self.read_frame(number)))
        return self._working[number]

    def working(self, frame: Frame) -> WorkingFrame:
        """Prepare a frame that was read elsewhere."""
        return working_frame(
            frame,
            self.space,
            size=self.size,
            exposure=self.recipe.plate.exposure,
            premultiplied=self.plate.scene_linear,
        )

    def remember(self, working: WorkingFrame) -> None:
        """Keep a prepared frame for a while."""
        self._working[working.number] = working
        while len(self._working) > KEPT_FRAMES:
            self._working.popitem(last=False)

    def forget(self) -> None:
        """Let go of the frames that are kept."""
        self._working.clear()

    def missing(self, numbers: Sequence[int]) -> list[int]:
        """The frames that the plate does not have."""
        there = set(self.plate.numbers)
        return [number for number in numbers if number not in there]


def load_network(style: LibraryStyle, device: torch.device) -> StyleNetwork:
    """The network of a style from its file, on ``device``."""
    return style.load_folded().to(device)


def open_shot(
    recipe: Recipe,
    *,
    base: Path,
    reporter: Reporter,
    library: StyleLibrary | None = None,
    plate: Plate | None = None,
    load: NetworkLoader = load_network,
    find: bool = True,
) -> Shot:
    """Open and check everything that a recipe names.

    ``base``: the folder that the recipe's paths are relative to. ``plate``: frames
    that the caller has opened, instead of those at the recipe's path. ``find``: whether
    objects that the mattes need are found now; else they must be, once a matte is asked for.

    Raises :class:`InputError` for what is missing or unreadable and
    :class:`UsageError` for what the recipe asks for and cannot have.
    """
    if not recipe.active:
        raise UsageError("the recipe has no region that is enabled", remedy="add a region")
    plate = plate or open_recipe_plate(recipe.plate, base)
    numbers = recipe_frames(recipe, plate)
    space = recipe_space(recipe, plate)
    size = parse_size(recipe.output.size, plate.size)
    if size != plate.size and recipe.output.keep_channels:
        raise UsageError(
            "output.keep_channels keeps channels only at the plate's size",
            remedy="leave output.size out, or the channels",
        )
    device = choose_device(recipe.compute)
    precision = choose_precision(recipe.compute, device)
    styles = library or StyleLibrary()
    networks: dict[Path, StyleNetwork] = {}
    holder: list[Shot] = []

    @lru_cache(2)
    def display(number: int) -> Array:
        # A shot's statistics come from whole frames, read apart from the frames in work; of the two around
        # a frame each style asks in turn.
        shot = holder[0]
        return shot.working(shot.read_frame(number)).encoded.display

    path = base / recipe.plate.path

    @cache
    def objects(model: str) -> ShotObjects | None:
        # Only a recipe that asks for objects waits for the segmenters' libraries.
        from .objects import plate_objects

        found = plate_objects(recipe, plate, base=base, reporter=reporter)
        return found.find(model) if find else found.kept(model)

    context = MatteContext(
        folder=base,
        plate_folder=path if path.is_dir() else path.parent,
        view_layer=plate.matte_layer or None,
        plate_file=_plate_files(path),
        objects=objects,
    )
    tile = None if recipe.compute.tile == "auto" else int(recipe.compute.tile)
    runtime = choose_runtime(recipe.compute, device)
    workspace = Workspace(device, half=precision == "fp16", tile=tile, runtime=runtime)
    regions, warnings = [], []
    for region in recipe.active:
        first: Painter | None = None
        if region.style is not None:
            style = styles.find(region.style, base=base)
            if notice := style.size_notice(recipe.compute.network_size):
                warnings.append(f"{region.name}: {notice}")
            style = style.sized(recipe.compute.network_size)
            if style.weights not in networks:
                networks[style.weights] = load(style, device)
            first = Painter(
                region=region,
                style=style,
                network=networks[style.weights],
                workspace=workspace,
                anchors=_anchors(numbers, plate),
                display=display,
            )
        painter: Painter | OptimisingPainter | None = first
        if region.optimisation is not None:
            painter = open_optimising_painter(region, first, base=base, device=device)
        regions.append(ShotRegion(region, build_matte(region.matte, context), painter))
    shot = Shot(
        recipe=recipe,
        base=base,
        plate=plate,
        numbers=numbers,
        space=space,
        size=size,
        device=device,
        precision=precision,
        workspace=workspace,
        regions=tuple(regions),
        warnings=(),
        extra_channels=_wanted(recipe, regions, plate),
    )
    holder.append(shot)
    _check_order(shot)
    _check_scales(shot)
    shot.warnings = (*dict.fromkeys(warnings), *_check_mattes(shot))
    for warning in shot.warnings:
        reporter.emit(Event(EventKind.WARNING, {"problem": warning, "remedy": ""}))
    return shot


def _plate_files(path: Path) -> Callable[[int], Path]:
    """Gives the file of a frame, whether it is there or not; of a video all frames are one file."""

    @cache
    def pattern() -> FramePattern | None:
        if path.is_dir():
            return find_pattern(path, (".exr", *IMAGE_SUFFIXES))
        return FramePattern.parse(path) if is_pattern(path) and not path.is_file() else None

    def file(number: int) -> Path:
        found = pattern()
        return path if found is None else found.path(number)

    return file


def _anchors(numbers: Sequence[int], plate: Plate) -> tuple[int, ...]:
    """Where the shot's tones are measured; a frame that is missing is stood in for by its neighbour."""
    there = sorted(set(numbers) & set(plate.numbers))
    return tuple(sorted({min(there, key=lambda other: abs(other - anchor)) for anchor in anchor_frames(numbers)}))


def _follows(recipe: Recipe, regions: Sequence[ShotRegion]) -> bool:
    """Whether a region's painting starts from that of the frame before, where there is one."""
    optimised = (entry.painter for entry in regions if isinstance(entry.painter, OptimisingPainter))
    return recipe.temporal.flow != "none" and any(painter.follows for painter in optimised)


def _wanted(recipe: Recipe, regions: Sequence[ShotRegion], plate: Plate) -> Callable[[str], bool]:
    """Which EXR channels are read beside the picture."""
    moves = recipe.temporal.smoothing > 0 or _follows(recipe, regions)
    motion = moves and recipe.temporal.flow in ("auto", "vector")
    layer = f"{plate.motion_layer}." if plate.motion_layer else ""

    def wanted(name: str) -> bool:
        if recipe.output.keep_channels or any(entry.matte.channels_needed(name) for entry in regions):
            return True
        if not moves:
            return False
        stem, _, channel = name.rpartition(".")
        ids = "crypto" in stem.lower() and stem.endswith("00") and channel.lower() in ("r", "g")
        return ids or (motion and name.startswith(layer) and (stem.endswith("Vector") or name.endswith("Depth.Z")))

    return wanted


def _check_order(shot: Shot) -> None:
    """Refuse a window, whose frames are painted in no order, for paintings that start from one another."""
    temporal = shot.recipe.temporal
    if shot.follows and temporal.mode == "window" and temporal.smoothing > 0:
        raise UsageError(
            "temporal.mode is window, and paintings that start from the frame before come one by one",
            remedy="set it to causal, or optimisation.temporal to 0",
        )


def _check_scales(shot: Shot) -> None:
    """Refuse a scale that some key makes too small for the frame."""
    for entry in shot.regions:
        if isinstance(entry.painter, Painter):
            for value in entry.region.scale.values():
                grid_size(shot.size, value, scale_free=entry.painter.style.card.scale_free)


def _check_mattes(shot: Shot) -> tuple[str, ...]:
    """Look at the first and last frame, so that a misspelt name is found before the first network pass."""
    there = [number for number in shot.numbers if number in set(shot.plate.numbers)]
    frames = [shot.read(number).frame for number in dict.fromkeys((there[0], there[-1]))]
    warnings: list[str] = []
    for entry in shot.regions:
        try:
            warnings.extend(f"{entry.region.name}: {text}" for text in entry.matte.check(frames))
        except NstError as error:
            raise type(error)(f"region {entry.region.name!r}: {error.problem}", remedy=error.remedy) from error
    return tuple(warnings)
