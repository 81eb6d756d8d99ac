"""A recipe that is open: previews, steps, mattes and runs of one shot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..contract.errors import InputError, UsageError, nearest
from ..contract.frames import FrameRange
from ..contract.messages import (
    MattesRequest,
    ObjectsRequest,
    OpenRequest,
    PreviewRequest,
    Reporter,
    RunRequest,
    StepRequest,
)
from ..contract.recipe import Recipe
from ..mattes.cryptomatte import CryptomatteLayer, find_layer, list_layers, names_in, pick
from ..media.plate import Frame, Plate
from ..pipeline.device import choose_device, choose_precision
from ..pipeline.job import run_shot
from ..pipeline.preview import preview_shot, sized
from ..pipeline.recipe_plate import open_recipe_plate
from ..pipeline.shot import Shot, open_shot
from ..pipeline.styling import region_weights
from ..regions.statistics import anchor_frames
from ..styles.library import StyleLibrary
from .networks import NetworkCache
from .pixels import PixelFiles, rgba
from .plates import LivePlate, WatchedPlate
from .reporter import TicketReporter
from .stepping import Stepper
from .watch import Watch

if TYPE_CHECKING:
    from ..pipeline.objects import PlateObjects

__all__ = ["ServiceJob", "Tools"]

# Shots kept open for previews: two sizes to switch between.
KEPT_SHOTS = 2
# Names told of one Cryptomatte layer; a message has its limits.
MOST_NAMES = 5000


@dataclass(frozen=True)
class Tools:
    """What all jobs of the service share."""

    networks: NetworkCache
    pixels: PixelFiles
    watch: Watch


@dataclass
class _Kept:
    """An open shot and what its frames were when they were read."""

    shot: Shot
    seen: dict[int, str]

    def current(self, number: int, *, anew: bool = False) -> bool:
        """Whether ``number`` is there, and neither it nor the frames that give the shot its tones have changed.

        ``anew``: the frame is going to be read again, and may have changed.
        """
        there = set(self.shot.plate.numbers)
        if number not in there:
            return False
        wanted = (set(anchor_frames(self.shot.numbers)) | (set() if anew else {number})) & there
        found = {frame: self.shot.plate.fingerprint(frame) for frame in wanted}
        same = all(self.seen.get(frame, mark) == mark for frame, mark in found.items())
        self.seen.update(found)
        return same


class ServiceJob:
    """One job of the service; used by one thread at a time, but re-entered while it runs."""

    def __init__(self, request: OpenRequest, tools: Tools) -> None:
        """Raises :class:`UsageError` for a recipe that is none, :class:`InputError` for a folder that is not there."""
        self.name = request.job
        self.tools = tools
        self.base = Path(request.base)
        if not self.base.is_dir():
            raise InputError(f"there is no folder {request.base}", remedy="save the file first, or correct the path")
        try:
            recipe = Recipe.from_json(dict(request.recipe))
        except RecursionError as error:
            raise UsageError("the recipe's mattes are nested too deeply", remedy="combine them more flatly") from error
        self.live = LivePlate(recipe.plate) if request.live else None
        self.recipe = _frame_by_frame(recipe) if request.live else recipe
        self._kept: OrderedDict[str | None, _Kept] = OrderedDict()
        self._stepper: Stepper | None = None
        self._looked_at: tuple[str, Frame] | None = None

    # ---- requests

    def describe(self, reporter: Reporter) -> dict[str, Any]:
        """Open everything that the recipe names, and say what it is."""
        active = self.recipe.active
        described: dict[str, Any] = {"live": self.live is not None, "regions": [region.name for region in active]}
        if self.live is not None:
            if not active:
                raise UsageError("the recipe has no region that is enabled", remedy="add a region")
            device = choose_device(self.recipe.compute)
            for region in active:
                if region.style is not None:
                    style = StyleLibrary().find(region.style, base=self.base)
                    self.tools.networks.load(style.sized(self.recipe.compute.network_size), device)
            return {**described, "device": str(device), "precision": choose_precision(self.recipe.compute, device)}
        shot = self._shot(None, None, reporter)
        fps = self.recipe.plate.fps or shot.plate.fps
        return {
            **described,
            "frames": str(FrameRange.of(shot.numbers)),
            "missing": str(FrameRange.of(shot.missing(shot.numbers))),
            "size": list(shot.size),
            "plate_size": list(shot.plate.size),
            "fps": None if fps is None else float(fps),
            "colour_space": shot.space.name,
            "layer": shot.plate.layer,
            "device": str(shot.device),
            "precision": shot.precision,
            "warnings": list(shot.warnings),
        }

    def run(self, request: RunRequest, reporter: Reporter) -> dict[str, Any]:
        """The frames into the output, as ``nst stylize`` does it; raises what ``run_shot`` raises."""
        if self.live is not None:
            raise UsageError("a live job has no frames of its own", remedy="open the job without live to run it")
        frames = None if request.frames is None else FrameRange.parse(request.frames)
        # Opened anew: a batch trusts no frame that was read before.
        shot = self._open(self.recipe, reporter, find=True)
        try:
            return run_shot(
                shot,
                frames=frames,
                overwrite=request.overwrite,
                reporter=reporter,
                stages=self.tools.watch.stage,
            ).to_json()
        finally:
            shot.plate.close()

    def step(self, request: StepRequest, reporter: TicketReporter) -> dict[str, Any]:
        """One frame in its order; its pixels as the plate stores them."""
        shot = self._shot_of_step(request, reporter)
        if self._stepper is not None and self._stepper.shot is None:
            self._stepper.adopt(shot)
        elif self._stepper is None or self._stepper.shot is not shot:
            self._stepper = Stepper(shot)
        if request.reset:
            self._stepper.reset()
        found = self._stepper.step(request.frame, reporter, per_frame="per_frame" in request.also)
        pixels = rgba(found.picture, found.alpha)
        reporter.pixels(request.frame, self.tools.pixels.write(self.name, "step", pixels), pixels, "plate")
        if found.per_frame is not None:
            raw = rgba(found.per_frame, found.alpha)
            path = self.tools.pixels.write(self.name, "step per_frame", raw)
            reporter.pixels(request.frame, path, raw, "plate", part="per_frame")
        if "matte" in request.also:
            path = self.tools.pixels.write(self.name, "step matte", found.matte)
            reporter.pixels(request.frame, path, found.matte, "coverage", part="matte")
        seconds = {name: round(value, 4) for name, value in found.seconds.items()}
        return {"frame": request.frame, "reset": found.reset, "seconds": seconds}

    def preview(self, request: PreviewRequest, reporter: TicketReporter) -> dict[str, Any]:
        """One frame for the screen: sRGB with straight alpha."""
        number = request.frame
        if self.live is None and request.quick:
            found = preview_shot(self._shot(request.size, number, reporter), number, reporter=reporter)
        else:
            shot = self._open(sized(self.recipe, request.size), reporter)
            try:
                found = preview_shot(shot, number, preroll=not request.quick, reporter=reporter)
            finally:
                shot.plate.close()
        pixels = rgba(found.picture, found.alpha)
        reporter.pixels(number, self.tools.pixels.write(self.name, "preview", pixels), pixels, "sRGB")
        return {"frame": number, "prerolled": found.prerolled, "notes": list(found.notes)}

    def objects(self, request: ObjectsRequest, reporter: Reporter) -> dict[str, Any]:
        """The objects of the plate, found now where they were not before; raises what ``PlateObjects.find`` raises."""
        from ..pipeline.objects import summary_of

        with self._objects(reporter) as plate:
            found = plate.find(request.model)
        # Shots that were opened without them know no better.
        self._forget_shots()
        return summary_of(found)

    def mattes(self, request: MattesRequest, reporter: TicketReporter) -> dict[str, Any]:
        """Names and areas, names at a pixel, or the coverage of a region."""
        if request.region is not None:
            return self._coverage(request, request.region, reporter)
        frame = self._frame_of_mattes(request.frame, request.objects, reporter)
        layers = list_layers(frame.header, frame.channels, (self.base / self.recipe.plate.path).parent)
        if request.layer is not None:
            chosen = self.recipe.plate.matte_layer or self.recipe.plate.layer
            layers = (find_layer(layers, request.layer, chosen),)
        found: dict[str, Any] = {"frame": frame.number, "size": [frame.rgb.shape[1], frame.rgb.shape[0]]}
        if request.pixel is not None:
            x, y = request.pixel
            picked = {layer.name: pick(layer, frame.channels, x, y) for layer in layers if layer.ranks}
            return {**found, "picked": picked}
        return {**found, "layers": [_listed(layer, frame) for layer in layers]}

    def release(self) -> None:
        """Give up frames and networks; the history of the steps stays."""
        if self._stepper is not None:
            self._stepper.release()
        self._forget_shots()
        self._looked_at = None

    def close(self) -> None:
        """Release everything and remove the job's pixels."""
        self.release()
        self.tools.pixels.remove(self.name)

    # ---- shots

    def _forget_shots(self) -> None:
        for kept in self._kept.values():
            kept.shot.plate.close()
        self._kept.clear()

    @contextmanager
    def _objects(self, reporter: Reporter) -> Iterator[PlateObjects]:
        # Only a job that asks for objects waits for the segmenters' libraries.
        from ..pipeline.objects import plate_objects

        if self.live is not None:
            raise UsageError(
                "objects are followed through a whole shot, and this job's frames come one by one",
                remedy="render the shot first, or choose another matte",
            )
        plate = open_recipe_plate(self.recipe.plate, self.base)
        try:
            yield plate_objects(self.recipe, WatchedPlate(plate, self.tools.watch), base=self.base, reporter=reporter)
        finally:
            plate.close()

    def _open(self, recipe: Recipe, reporter: Reporter, *, find: bool = False) -> Shot:
        with self.tools.watch.stage("open", recipe.plate.path):
            if self.live is not None:
                self.live.current()
            plate: Plate = self.live or open_recipe_plate(recipe.plate, self.base)
            watched = WatchedPlate(plate, self.tools.watch)
            load = self.tools.networks.load
            return open_shot(recipe, base=self.base, reporter=reporter, plate=watched, load=load, find=find)

    def _shot(self, size: str | None, number: int | None, reporter: Reporter, *, anew: bool = False) -> Shot:
        """A shot at ``size``, kept open while its plate stays as it is; ``anew`` as in :meth:`_Kept.current`."""
        kept = self._kept.get(size)
        if kept is not None and (number is None or kept.current(number, anew=anew)):
            self._kept.move_to_end(size)
            return kept.shot
        if kept is not None:
            self._kept.pop(size).shot.plate.close()
        kept = _Kept(self._open(sized(self.recipe, size), reporter), {})
        if number is not None:
            kept.current(number)
        self._kept[size] = kept
        while len(self._kept) > KEPT_SHOTS:
            self._kept.popitem(last=False)[1].shot.plate.close()
        return kept.shot

    def _shot_of_step(self, request: StepRequest, reporter: Reporter) -> Shot:
        if self.live is None:
            if request.plate is not None:
                raise UsageError("the job reads its own plate", remedy="open it with live to give frames")
            return self._shot(None, request.frame, reporter, anew=True)
        if request.plate is None:
            raise UsageError("a live job needs the frame's file", remedy="give plate with the step")
        with self.tools.watch.stage("read", f"frame {request.frame}"):
            self.live.show(request.frame, Path(request.plate))
        kept = self._kept.get(None)
        if kept is not None and kept.seen == _kind_of(self.live):
            return kept.shot
        shot = self._open(self.recipe, reporter)
        self._kept[None] = _Kept(shot, _kind_of(self.live))
        return shot

    # ---- mattes

    def _coverage(self, request: MattesRequest, region: str, reporter: TicketReporter) -> dict[str, Any]:
        names = [entry.name for entry in self.recipe.active]
        if region not in names:
            raise UsageError(f"the recipe has no enabled region {region!r}", remedy=nearest(region, names))
        if self.live is not None:
            number = self.live.shown
            shot = self._open(self.recipe, reporter)
            if request.frame not in (None, number):
                raise InputError(f"frame {request.frame} is not on hand", remedy=f"step to it; frame {number} is")
        else:
            number = self._shot(None, None, reporter).numbers[0] if request.frame is None else request.frame
            shot = self._shot(None, number, reporter)
        assert number is not None
        weight = region_weights(shot, shot.read(number))[region]
        path = self.tools.pixels.write(self.name, "mattes", weight)
        reporter.pixels(number, path, weight, "coverage")
        return {"frame": number, "region": region, "area": float(weight.sum())}

    def _frame_of_mattes(self, number: int | None, model: str | None, reporter: Reporter) -> Frame:
        """The frame with its Cryptomatte; the last one looked at is kept, for a pointer that wanders over it.

        With a ``model``, that of the objects which it found.
        """
        plate: Plate = self.live or open_recipe_plate(self.recipe.plate, self.base)
        try:
            chosen = number if number is not None else next(iter(plate.numbers), 0)
            mark = f"{chosen}|{model}|{plate.fingerprint(chosen)}"
            if self._looked_at is None or self._looked_at[0] != mark:
                with self.tools.watch.stage("read", f"frame {chosen}"):
                    if model is None:
                        looked_at = plate.read(chosen, extra=_may_be_ranks)
                    else:
                        looked_at = self._frame_of_objects(chosen, model, reporter)
                self._looked_at = mark, looked_at
            return self._looked_at[1]
        finally:
            if self.live is None:
                plate.close()

    def _frame_of_objects(self, number: int, model: str, reporter: Reporter) -> Frame:
        with self._objects(reporter) as plate:
            found = plate.kept(model)
        if found is None:
            raise UsageError(f"the plate was not looked at with {model}", remedy="find its objects first")
        image = found.image(number)
        width, height = image.size
        nothing = np.broadcast_to(np.float32(0.0), (height, width, 3))
        return Frame(number, nothing, channels=image.channels, header=image.header)


def _frame_by_frame(recipe: Recipe) -> Recipe:
    """The recipe for frames that come one by one: a region's tones are each frame's own, for none knows the shot."""
    regions = tuple(
        replace(region, statistics="frame") if region.statistics == "shot" else region for region in recipe.regions
    )
    return replace(recipe, plate=replace(recipe.plate, frames=None), regions=regions)


def _kind_of(plate: Plate) -> dict[int, str]:
    """What makes frames of a live plate one shot."""
    layers = plate.layer, plate.motion_layer, plate.matte_layer
    return {0: repr((plate.size, layers, plate.colour_space, plate.scene_linear))}


def _may_be_ranks(name: str) -> bool:
    return name.rpartition(".")[0][-2:].isdigit()


def _listed(layer: CryptomatteLayer, frame: Frame) -> Mapping[str, Any]:
    areas: Sequence[tuple[str, float]] = list(names_in(layer, frame.channels).items()) if layer.ranks else []
    return {
        "name": layer.name,
        "short_name": layer.short_name,
        "levels": layer.levels,
        "problem": layer.problem,
        "names": [[name, round(area, 3)] for name, area in areas[:MOST_NAMES]],
        "more": max(0, len(areas) - MOST_NAMES),
    }
