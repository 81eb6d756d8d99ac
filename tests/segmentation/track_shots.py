"""Shots made of moving shapes, with the motion that was put into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nst_backend.flow.source import Motion
from nst_backend.image.boxes import Box, bounding_box
from nst_backend.segmentation.detection import Detection, Picture
from nst_backend.segmentation.following import Followed, FollowedObject, follow
from nst_backend.segmentation.options import FollowOptions

Mask = NDArray[np.float32]
SIZE = (96, 128)


@dataclass(frozen=True, eq=False)
class Thing:
    """An ellipse or a rectangle; ``path`` gives its centre (y, x) by frame, None where it is not there."""

    name: str
    path: Callable[[int], tuple[int, int] | None]
    size: tuple[int, int]
    colour: tuple[float, float, float]
    round: bool = True


@dataclass(frozen=True, eq=False)
class Shot:
    """Things before a still, textured background; later ones lie before earlier ones."""

    things: Sequence[Thing]
    length: int
    size: tuple[int, int] = SIZE
    background: tuple[float, float, float] = (0.35, 0.45, 0.4)
    cut: int | None = None

    @cache  # noqa: B019 - a shot lives as long as its test
    def owners(self, frame: int) -> NDArray[np.int32]:
        """Which thing each pixel shows, −1 for the background."""
        owner = np.full(self.size, -1, np.int32)
        y, x = np.mgrid[: self.size[0], : self.size[1]]
        for index, thing in enumerate(self.things):
            at = thing.path(frame)
            if at is None:
                continue
            down, across = (y - at[0]) / max(thing.size[0] / 2, 0.5), (x - at[1]) / max(thing.size[1] / 2, 0.5)
            inside = down**2 + across**2 <= 1 if thing.round else (abs(down) <= 1) & (abs(across) <= 1)
            owner[inside] = index
        return owner

    @cache  # noqa: B019
    def picture(self, frame: int) -> Picture:
        """What is seen, in 0..1."""
        owner = self.owners(frame)
        grain = np.random.default_rng(7).normal(0, 0.03, self.size).astype(np.float32)
        shown = np.asarray(self._tint(frame), np.float32) + grain[..., None]
        for index, thing in enumerate(self.things):
            at = thing.path(frame)
            if at is not None:
                y, x = np.nonzero(owner == index)
                moved = grain[(y - at[0]) % self.size[0], (x - at[1]) % self.size[1]]
                shown[y, x] = np.asarray(thing.colour, np.float32) + moved[:, None]
        return np.clip(shown, 0, 1)

    def _tint(self, frame: int) -> tuple[float, float, float]:
        after = self.cut is not None and frame >= self.cut
        return (0.95, 0.9, 0.95) if after else self.background

    @cache  # noqa: B019
    def masks(self, frame: int) -> dict[str, Mask]:
        """What is in sight of each thing that is, ``(H, W)``."""
        owner = self.owners(frame)
        masks = {thing.name: (owner == index).astype(np.float32) for index, thing in enumerate(self.things)}
        return {name: mask for name, mask in masks.items() if mask.any()}

    @cache  # noqa: B019
    def motion(self, earlier: int, later: int) -> Motion:
        """The exact motion; valid where the same thing is seen in both."""
        backward, seen = self._flow(later, earlier)
        forward, _ = self._flow(earlier, later)
        return Motion(backward, forward, seen, np.ones(self.size, np.bool_), "exact")

    def _flow(self, here: int, there: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        owner, other = self.owners(here), self.owners(there)
        flow = np.zeros((*self.size, 2), np.float32)
        for index, thing in enumerate(self.things):
            start, end = thing.path(here), thing.path(there)
            if start is not None:
                step = (end[1] - start[1], end[0] - start[0]) if end is not None else (np.nan, np.nan)
                flow[owner == index] = step
        y, x = np.mgrid[: self.size[0], : self.size[1]]
        to_x, to_y = (np.nan_to_num(axis + flow[..., place], nan=-9) for place, axis in enumerate((x, y)))
        within = (to_x >= 0) & (to_x < self.size[1]) & (to_y >= 0) & (to_y < self.size[0])
        rows, columns = (np.clip(part, 0, None).astype(int) for part in (to_y, to_x))
        rows, columns = np.minimum(rows, self.size[0] - 1), np.minimum(columns, self.size[1] - 1)
        return flow, within & (other[rows, columns] == owner)


def straight(
    start: tuple[int, int], step: tuple[int, int], frames: range | None = None
) -> Callable[[int], tuple[int, int] | None]:
    """A way of so many pixels a frame, in sight in ``frames``."""

    def path(frame: int) -> tuple[int, int] | None:
        if frames is not None and frame not in frames:
            return None
        return start[0] + step[0] * frame, start[1] + step[1] * frame

    return path


def seen(mask: Mask, label: str = "thing", score: float = 0.9) -> Detection:
    """A detection that fits."""
    box = bounding_box(mask, above=0.5)
    assert box is not None
    return Detection(label=label, score=score, box=box, mask=mask[box.slices].copy())


class Watching:
    """A segmenter that says of each frame in turn what a function of its place says."""

    classes = ("thing", "other")

    def __init__(self, tell: Callable[[int], Sequence[Detection]], *, instances: bool = True) -> None:
        self.instances = instances
        self._tell = tell
        self._next = 0

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        found = [list(self._tell(self._next + offset)) for offset in range(len(pictures))]
        self._next += len(pictures)
        return found


def everything(shot: Shot) -> Callable[[int], list[Detection]]:
    """All that is in sight, as it is."""
    return lambda frame: [seen(mask) for mask in shot.masks(frame).values()]


def followed(
    shot: Shot,
    tell: Callable[[int], Sequence[Detection]] | None = None,
    *,
    options: FollowOptions | None = None,
    instances: bool = True,
    batch: int = 1,
) -> Followed:
    """The shot followed, with exact motion."""
    return follow(
        range(shot.length),
        picture=shot.picture,
        segmenter=Watching(tell or everything(shot), instances=instances),
        motion=shot.motion,
        options=options,
        batch=batch,
        progress=lambda stage, done, total: None,
    )


def mattes(shot: Shot, found: Followed) -> dict[int, dict[int, Mask]]:
    """Full mattes ``(H, W)`` by frame and object."""
    every = found.mattes(picture=shot.picture, motion=shot.motion, progress=lambda stage, done, total: None)
    return {number: {name: laid(matte, shot.size) for name, matte in frame.items()} for number, frame in every}


def laid(matte: tuple[Box, Mask], size: tuple[int, int]) -> Mask:
    """A matte in its frame."""
    whole = np.zeros(size, np.float32)
    whole[matte[0].slices] = matte[1]
    return whole


def agreement(ours: Mask, truth: Mask) -> float:
    """Intersection over union."""
    union = ((ours >= 0.5) | (truth >= 0.5)).sum()
    return float(((ours >= 0.5) & (truth >= 0.5)).sum() / union) if union else 1.0


def identities(shot: Shot, found: dict[int, dict[int, Mask]]) -> Mapping[str, set[int]]:
    """Which objects lay on each thing, by its name: one, where all went well."""
    result: dict[str, set[int]] = {thing.name: set() for thing in shot.things}
    for frame, objects in found.items():
        owners, claimed = shot.owners(frame), np.zeros(shot.size, np.intp)
        for which, matte in objects.items():
            claimed[matte >= 0.5] = which
        for index, thing in enumerate(shot.things):
            within = np.bincount(claimed[owners == index], minlength=1)
            if within.argmax() > 0:
                result[thing.name].add(int(within.argmax()))
    return result


def only(found: Followed) -> FollowedObject:
    """The one object that was found."""
    assert len(found.objects) == 1, found.objects
    return found.objects[0]
