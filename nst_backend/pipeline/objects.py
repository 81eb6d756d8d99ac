"""The objects of a plate: found once, kept beside it, used by every recipe.

They lie in ``.brushpass/objects-<plate>/<network>-<hash>`` beside the plate's
frames, or below the user's cache where nothing may be written there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray

from ..contract.codec import encode
from ..contract.errors import InputError, NstError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..contract.recipe import Recipe
from ..flow.dis import DisSource
from ..flow.source import Motion
from ..image.spaces import ColourSpace
from ..mattes.shot_objects import (
    ObjectList,
    ShotObject,
    ShotObjects,
    read_objects,
    thumbnail_file,
    write_list,
    write_mattes,
)
from ..media.images import write_image
from ..media.plate import Frame, Plate
from ..segmentation.following import follow
from ..segmentation.options import FollowOptions
from ..segmentation.registry import open_segmenter, segmenter_identity
from .device import choose_device, choose_precision
from .lock import Claimed, claimed
from .manifest import work_folder
from .object_pictures import thumbnail
from .recipe_plate import recipe_frames, recipe_space
from .stages import Stages, unwatched
from .working import working_frame

__all__ = ["PlateObjects", "plate_objects", "summary_of"]

Array = NDArray[np.float32]
METHOD = 1
"""Counts up when the same network, plate and settings give other mattes."""
GPU_BATCH = 4
_KEPT = GPU_BATCH + 1
_PAUSE = 0.2


@dataclass(frozen=True, kw_only=True)
class PlateObjects:
    """Finds the objects of one plate, or takes them from where they were found before.

    ``path``: the plate's, from which the folder follows. ``base``: what the paths of
    networks are relative to. ``numbers``: the frames to look at.
    """

    plate: Plate
    path: Path
    base: Path
    numbers: tuple[int, ...]
    space: ColourSpace
    exposure: float
    device: torch.device
    half: bool
    reporter: Reporter
    options: FollowOptions = FollowOptions()
    stages: Stages = unwatched

    def kept(self, model: str) -> ShotObjects | None:
        """The objects that a network found in these frames as they are now, or None."""
        return self._kept(self._key(model), self._marks())

    def find(self, model: str) -> ShotObjects:
        """The objects that a network finds, found now where they were not before.

        Raises what :func:`open_segmenter` and :func:`follow` raise, :class:`InputError` for
        frames that cannot be read, :class:`CancelledByUser` when told to stop.
        """
        key, marks = self._key(model), self._marks()
        while True:
            stop_if_cancelled(self.reporter)
            found = self._kept(key, marks)
            if found is not None:
                return found
            folder = self._folder(model, key, marks)
            try:
                with claimed(folder, f"the objects of {self.path.name}", identity="objects", frames=None):
                    # Another job may have ended between the look and the claim.
                    return self._kept(key, marks) or self._find(model, key, marks, folder)
            except Claimed:
                # It is finding the very same.
                time.sleep(_PAUSE)

    # ---- kept

    def _marks(self) -> dict[int, str]:
        """What changes with a frame's picture, for each frame that is there."""
        there = set(self.plate.numbers)
        marks = {number: self.plate.fingerprint(number) for number in self.numbers if number in there}
        if not marks:
            raise InputError(f"{self.path.name} has none of the frames", remedy="check plate.frames")
        return {number: hashlib.sha256(mark.encode()).hexdigest()[:16] for number, mark in marks.items()}

    def _key(self, model: str) -> str:
        settings = {
            "method": METHOD,
            "model": segmenter_identity(model, base=self.base),
            "options": encode(self.options),
            "space": self.space.name,
            "exposure": self.exposure,
            "premultiplied": self.plate.scene_linear,
            "layer": self.plate.layer,
        }
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def _folders(self) -> tuple[Path, Path]:
        """Where objects are kept: beside the plate, or in the cache for a plate in a place that is read only."""
        beside = work_folder(self.path if not self.path.is_dir() else self.path / self.path.name)
        beside = beside.with_name(f"objects-{beside.name}")
        where = hashlib.sha256(os.fsencode(beside.absolute())).hexdigest()[:16]
        cache = Path(platformdirs.user_cache_dir("brushpass", appauthor=False)) / "objects"
        return beside, cache / f"{beside.name[:80]}-{where}"

    def _folder(self, model: str, key: str, marks: dict[int, str]) -> Path:
        digest = hashlib.sha256(json.dumps([key, marks]).encode()).hexdigest()[:12]
        name = f"{''.join(sign if sign.isalnum() or sign in '-_' else '_' for sign in Path(model).stem)[:40]}-{digest}"
        for parent in self._folders():
            with contextlib.suppress(OSError):
                (parent / name / "thumbnails").mkdir(parents=True, exist_ok=True)
                if os.access(parent / name, os.W_OK):
                    return parent / name
        raise InputError(
            f"neither {self._folders()[0].parent} nor {self._folders()[1].parent} can be written",
            remedy="allow one of them, the mattes of the objects are kept there",
        )

    def _kept(self, key: str, marks: dict[int, str]) -> ShotObjects | None:
        for parent in self._folders():
            for file in sorted(parent.glob("*/objects.json")):
                try:
                    found = read_objects(file.parent)
                except InputError:
                    continue
                if found is None or found.list.key != key:
                    continue
                same = all(found.list.marks.get(str(number)) == mark for number, mark in marks.items())
                if same and all(found.file(number).is_file() for number in marks):
                    return found
        return None

    # ---- finding

    def _find(self, model: str, key: str, marks: dict[int, str], folder: Path) -> ShotObjects:
        self._told("load", 0, 1)
        with self.stages("load", model):
            segmenter = open_segmenter(
                model, base=self.base, device=self.device, half=self.half, reporter=self.reporter
            )
        numbers = sorted(marks)
        read = _Pictures(self.display)
        flow = DisSource(display=lambda frame: frame.rgb)

        def motion(earlier: int, later: int) -> Motion:
            return flow.between(Frame(earlier, read(earlier)), Frame(later, read(later)))

        with self.stages("objects", self.path.name):
            followed = follow(
                numbers,
                picture=read,
                segmenter=segmenter,
                motion=motion,
                options=self.options,
                batch=GPU_BATCH if self.device.type == "cuda" else 1,
                progress=self._told,
            )
            width, height = self.plate.size
            named = {entry.id: f"{entry.label} {entry.id}" for entry in followed.objects}
            for number, mattes in followed.mattes(picture=read, motion=motion, progress=self._told):
                write_mattes(folder, number, mattes, (height, width), named)
                for entry in followed.objects:
                    if entry.shown == number and entry.id in mattes:
                        write_image(thumbnail_file(folder, entry.id), thumbnail(read(number), *mattes[entry.id]))
        listed = ObjectList(
            key=key,
            model=model,
            classes=tuple(segmenter.classes),
            marks={str(number): mark for number, mark in marks.items()},
            width=width,
            height=height,
            objects=tuple(
                ShotObject(
                    id=entry.id,
                    label=entry.label,
                    first=entry.first,
                    last=entry.last,
                    frames=entry.frames,
                    score=round(entry.score, 4),
                    area=round(entry.area, 6),
                )
                for entry in followed.objects
            ),
        )
        found = write_list(folder, listed)
        self._remove_outdated(found, marks)
        return found

    def _remove_outdated(self, found: ShotObjects, marks: dict[int, str]) -> None:
        """Remove what the same network found in frames that have changed since; nothing will ask for it again."""
        for file in found.folder.parent.glob("*/objects.json"):
            if file.parent == found.folder:
                continue
            with contextlib.suppress(NstError, OSError):
                other = read_objects(file.parent)
                if other is None or other.list.model != found.list.model:
                    continue
                if any(other.list.marks.get(str(number), mark) != mark for number, mark in marks.items()):
                    with claimed(file.parent, "these objects", identity="objects", frames=None):
                        file.unlink()
                    shutil.rmtree(file.parent)

    def _told(self, stage: str, done: int, total: int) -> None:
        stop_if_cancelled(self.reporter)
        self.reporter.emit(Event(EventKind.PROGRESS, {"stage": stage, "done": done, "total": total}))

    def display(self, number: int) -> Array:
        """A frame as a network sees it, ``(H, W, 3)`` in 0..1 at the plate's size."""
        return working_frame(
            self.plate.read(number),
            self.space,
            size=self.plate.size,
            exposure=self.exposure,
            premultiplied=self.plate.scene_linear,
        ).encoded.display


class _Pictures:
    """Frames by number, the last few kept."""

    def __init__(self, read: Callable[[int], Array]) -> None:
        self._read = read
        self._held: OrderedDict[int, Array] = OrderedDict()

    def __call__(self, number: int) -> Array:
        if number not in self._held:
            self._held[number] = self._read(number)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        self._held.move_to_end(number)
        return self._held[number]


def plate_objects(
    recipe: Recipe, plate: Plate, *, base: Path, reporter: Reporter, stages: Stages = unwatched
) -> PlateObjects:
    """The objects of a recipe's plate, in the frames that the recipe asks for."""
    device = choose_device(recipe.compute)
    return PlateObjects(
        plate=plate,
        path=base / recipe.plate.path,
        base=base,
        numbers=recipe_frames(recipe, plate),
        space=recipe_space(recipe, plate),
        exposure=recipe.plate.exposure,
        device=device,
        half=choose_precision(recipe.compute, device) == "fp16",
        reporter=reporter,
        stages=stages,
    )


def summary_of(found: ShotObjects) -> dict[str, Any]:
    """What a client is told of the objects of a shot."""
    listed = [{**encode(entry), "thumbnail": found.thumbnail(entry.id).name} for entry in found.list.objects]
    return {
        "folder": str(found.folder.absolute()),
        "model": found.list.model,
        "classes": list(found.list.classes),
        "frames": str(FrameRange.of(sorted(found.numbers))),
        "objects": listed,
    }
