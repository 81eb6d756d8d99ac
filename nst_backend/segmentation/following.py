"""Objects found in every frame of a shot, followed, and their mattes made fit to paint with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..contract.errors import InputError
from ..flow.cuts import is_cut
from ..flow.source import Motion
from ..image.boxes import Box
from ..mattes.source import Coverage
from .carrying import bridge
from .detection import Picture, Segmenter
from .options import FollowOptions
from .smoothing import after, before
from .steadying import MatteFrames, MattesOfFrame, exclusive, fitted, steadied
from .tracker import Tracker
from .tracks import Track

__all__ = ["Followed", "FollowedObject", "MotionBetween", "PictureOf", "Progress", "follow"]

PictureOf = Callable[[int], Picture]
"""The display-referred picture of a frame, by its number."""

MotionBetween = Callable[[int, int], Motion]
"""The motion between an earlier frame and a later one, by their numbers."""

Progress = Callable[[str, int, int], None]
"""Told the stage, the frames done and all of them; may raise to stop the work."""


# Between shots of daylight the mean change begins at 0.148; within one it stays below 0.04, even over five frames.
_CUT = 0.12


@dataclass(frozen=True, kw_only=True)
class FollowedObject:
    """One object, the same through the shot.

    ``first`` and ``last`` are numbers of frames, ``frames`` counts those that it
    is seen in, ``score`` is the mean of its detections, ``area`` the mean part of
    the frame that it covers where it is seen. ``box`` of frame ``shown`` shows it well.
    """

    id: int
    label: str
    first: int
    last: int
    frames: int
    score: float
    area: float
    shown: int
    box: Box


@dataclass(frozen=True, eq=False)
class Followed:
    """The objects of a shot, by their ids: from 1, in order of first appearance, the larger first."""

    objects: tuple[FollowedObject, ...]
    numbers: tuple[int, ...]
    _tracks: Mapping[int, Track]
    _cuts: frozenset[int]
    _options: FollowOptions

    def mattes(
        self, *, picture: PictureOf, motion: MotionBetween, progress: Progress
    ) -> Iterator[tuple[int, dict[int, tuple[Box, Coverage]]]]:
        """Each frame's number with its mattes, in the order of the shot.

        A matte is coverage ``(height, width)`` float32 in 0..1 within a box, by the
        object's id; those of a frame sum to 1 at most. ``progress`` hears of the
        stage "mattes".
        """
        strength = self._options.smoothing
        frames = self._coarse(picture, motion)
        if strength > 0:
            frames = steadied(frames, strength)
        if self._options.refine:
            frames = fitted(frames)
            # The edges flicker anew, by what was judged from each plate alone.
            frames = steadied(frames, strength) if strength > 0 else frames
        # The same before the others in every frame, and the small before the large, which would swallow them.
        order = tuple(entry.id for entry in sorted(self.objects, key=lambda entry: (entry.area, entry.id)))
        for frame in frames:
            yield self.numbers[frame.index], exclusive(frame.mattes, order, frame.picture.shape[:2])
            progress("mattes", frame.index + 1, len(self.numbers))

    def _coarse(self, picture: PictureOf, motion: MotionBetween) -> MatteFrames:
        """The masks as they were found and carried."""
        pending: MattesOfFrame | None = None
        for index, number in enumerate(self.numbers):
            sightings = ((identity, track.sightings.get(index)) for identity, track in self._tracks.items())
            mattes = {identity: (seen.mask.box, seen.mask.open()) for identity, seen in sightings if seen is not None}
            frame = MattesOfFrame(index=index, picture=picture(number), mattes=mattes, before=None, after=None)
            if pending is not None:
                if self._options.smoothing > 0 and index not in self._cuts and mattes.keys() & pending.mattes.keys():
                    way = motion(self.numbers[index - 1], number)
                    frame = replace(frame, before=before(way, pending.picture, frame.picture))
                    pending = replace(pending, after=after(way, pending.picture, frame.picture))
                yield pending
            pending = frame
        if pending is not None:
            yield pending


def follow(
    numbers: Sequence[int],
    *,
    picture: PictureOf,
    segmenter: Segmenter,
    motion: MotionBetween,
    options: FollowOptions | None = None,
    batch: int = 1,
    progress: Progress,
) -> Followed:
    """Find the objects of the frames ``numbers`` of a shot, and follow them.

    ``picture`` gives ``(H, W, 3)`` float32 in 0..1 and is asked for each frame in
    order, ``batch`` of them at a time; ``motion`` for neighbours among ``numbers``.
    ``progress`` hears of the stages "find" and "carry", which looks again at frames
    that something was missed in.

    Raises :class:`InputError` where a frame is of another size than the first,
    and whatever ``picture``, ``motion``, ``segmenter`` and ``progress`` raise.
    """
    options = options or FollowOptions()
    tracker = Tracker(options, instances=segmenter.instances)
    before: Picture | None = None
    for start in range(0, len(numbers), max(1, batch)):
        part = numbers[start : start + max(1, batch)]
        pictures = [picture(number) for number in part]
        for number, shown in zip(part, pictures, strict=True):
            _check_size(number, shown, before if before is not None else pictures[0])
        for offset, found in enumerate(segmenter.detect(pictures)):
            index, shown = start + offset, pictures[offset]
            step: Motion | None = None
            if before is not None and not tracker.idle:
                step = motion(numbers[index - 1], numbers[index])
                if is_cut(shown, before, step, least=_CUT):
                    tracker.cut()
                    step = None
            tracker.step(shown, found, step)
            before = shown
            progress("find", index + 1, len(numbers))
    if before is None:
        return Followed((), (), {}, frozenset(), options)
    tracks = tracker.tracks()
    bridge(
        tracks,
        picture=lambda index: picture(numbers[index]),
        motion=lambda earlier, later: motion(numbers[earlier], numbers[later]),
        longest=options.hidden,
        cuts=tracker.cuts,
        progress=lambda done, steps: progress("carry", done, steps),
    )
    ordered = sorted(tracks, key=lambda track: (track.first, -_area(track)))
    pixels = before.shape[0] * before.shape[1]
    objects = tuple(
        _described(identity, track, numbers, pixels, Box.whole(*before.shape[:2]))
        for identity, track in enumerate(ordered, 1)
    )
    return Followed(objects, tuple(numbers), dict(enumerate(ordered, 1)), frozenset(tracker.cuts), options)


def _check_size(number: int, shown: Picture, first: Picture) -> None:
    if shown.shape != first.shape:
        raise InputError(
            f"frame {number} is {shown.shape[1]} x {shown.shape[0]}, "
            f"and those before are {first.shape[1]} x {first.shape[0]}",
            remedy="give frames of one size, or split the shot where the size changes",
        )


def _area(track: Track) -> float:
    return sum(entry.area for entry in track.sightings.values()) / len(track.sightings)


def _described(identity: int, track: Track, numbers: Sequence[int], pixels: int, whole: Box) -> FollowedObject:
    scores = [entry.score for entry in track.sightings.values() if entry.score is not None]
    best = max(
        (index for index, entry in track.sightings.items() if entry.score is not None),
        key=lambda index: (track.sightings[index].score or 0.0) * track.sightings[index].area ** 0.5,
    )
    box = track.sightings[best].mask.box
    return FollowedObject(
        id=identity,
        label=track.label,
        first=numbers[track.first],
        last=numbers[track.last],
        frames=len(track.sightings),
        score=sum(scores) / len(scores),
        area=_area(track) / pixels,
        shown=numbers[best],
        box=box.grown(max(box.height, box.width) // 10, whole),
    )
