"""Things followed from frame to frame.

What is followed is carried along the flow into the next frame, where detections
are told apart by what of it they cover, by place, looks and label. Sure
detections choose first; doubtful ones may only continue what is there already,
as in Y. Zhang et al., "ByteTrack: Multi-object tracking by associating every
detection box", ECCV 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..flow.source import Motion
from ..image.boxes import Box
from ..image.warp import FloatArray, inside, sample_nearest
from .appearance import Histogram, histogram
from .association import Candidates, Expected, pair, similarity
from .colours import colour_bins
from .detection import Detection, Picture
from .duplicates import without_duplicates
from .options import FollowOptions
from .packed import PackedMask, pack, solid
from .tracks import Sighting, Track, place

__all__ = ["Tracker"]

_NOBODY = -1
# Frames that a thing may be missing in before it was found often enough to be one.
_DOUBT = 2
# So much of a detection lies on things of its label that were found already: it is a part of one.
_PART = 0.7


@dataclass(frozen=True, eq=False)
class _Seen:
    """A detection with what the tracker asks of it."""

    detection: Detection
    box: Box
    inside: NDArray[np.bool_]
    mask: PackedMask
    looks: Histogram

    @property
    def area(self) -> int:
        return int(self.inside.sum())


class Tracker:
    """Follows the things of one shot; frames come in order.

    ``instances`` as a segmenter tells it: where a class comes as one detection,
    its label alone says which thing it is.
    """

    def __init__(self, options: FollowOptions, *, instances: bool) -> None:
        self.options = options
        self._instances = instances
        self._tracks: list[Track] = []
        self._live: list[int] = []
        self._map: NDArray[np.int32] | None = None
        self._cuts: list[int] = []
        self._index = -1

    @property
    def cuts(self) -> tuple[int, ...]:
        """The places in the shot, from 0, of frames before which a cut lies."""
        return tuple(self._cuts)

    @property
    def idle(self) -> bool:
        """Whether nothing is followed, so that the next step needs no motion."""
        return not self._live

    def cut(self) -> None:
        """What was followed ends here: the next frame is of another shot."""
        self._live = self._live if not self._instances else []
        self._map = None
        self._cuts.append(self._index + 1)

    def step(self, picture: Picture, detections: Sequence[Detection], motion: Motion | None) -> None:
        """The next frame. ``motion`` is that from the frame before; None for the first, and after a cut."""
        self._index += 1
        bins = colour_bins(picture)
        # Doubtful detections far below what may continue anything cost time and win nothing.
        worth = [entry for entry in detections if entry.score >= self.options.faint]
        seen = [entry for entry in (_look(found, bins) for found in without_duplicates(worth)) if entry]
        self._live = [index for index in self._live if self._lives(self._tracks[index])]
        carried = self._carried(picture.shape[:2], motion)
        matched = self._match(seen, carried) if self._instances else self._by_label(seen)
        for track, place_ in matched:
            self._see(self._tracks[track], seen[place_])
        taken = {place_ for _, place_ in matched}
        held = {track: seen[place_] for track, place_ in matched}
        for number, entry in enumerate(seen):
            if number not in taken and entry.detection.score >= self.options.score:
                if self._is_part(entry, held):
                    continue
                self._tracks.append(Track(*place(entry.box), entry.looks))
                self._live.append(len(self._tracks) - 1)
                self._see(self._tracks[-1], entry)
                held[len(self._tracks) - 1] = entry
        self._map = self._drawn(carried, held)

    def tracks(self) -> list[Track]:
        """What was followed long enough, each with its sightings, by the order in which they began."""
        return [
            track for track in self._tracks if len(track.sightings) >= min(self.options.shortest, self._room(track))
        ]

    def _lives(self, track: Track) -> bool:
        """Whether a thing may still be found again; what may have been a mistake is given up soon."""
        if not self._instances:
            return True
        proved = len(track.sightings) >= self.options.shortest
        return self._index - track.last - 1 <= (self.options.hidden if proved else min(_DOUBT, self.options.hidden))

    def _room(self, track: Track) -> int:
        """Frames between the cuts around a track: none can be longer than its scene."""
        starts = [0, *self._cuts, self._index + 1]
        begin = max(start for start in starts if start <= track.first)
        return min(start for start in starts if start > track.first) - begin

    def _see(self, track: Track, entry: _Seen) -> None:
        found = entry.detection
        sighting = Sighting(mask=entry.mask, area=float(entry.area), score=found.score)
        track.see(self._index, sighting, entry.box, entry.looks)
        track.vote(found.label, found.score)

    def _carried(self, size: tuple[int, ...], motion: Motion | None) -> NDArray[np.int32]:
        """Which thing each pixel should show."""
        if self._map is None or motion is None:
            return np.full(size, _NOBODY, np.int32)
        reached = inside(motion.backward)
        return np.where(reached, sample_nearest(self._map, motion.backward), np.int32(_NOBODY))

    def _match(self, seen: list[_Seen], carried: NDArray[np.int32]) -> list[tuple[int, int]]:
        tracks = [self._tracks[index] for index in self._live]
        if not tracks or not seen:
            return []
        expected = Expected(
            Candidates.of(
                [(*track.expected(self._index), *track.size) for track in tracks],
                [track.looks for track in tracks],
                [track.label for track in tracks],
            ),
            np.asarray([self._index - track.last for track in tracks], np.float32),
            np.asarray([np.hypot(*track.velocity) for track in tracks], np.float32),
        )
        found = Candidates.of(
            [tuple(np.concatenate(place(entry.box))) for entry in seen],
            [entry.looks for entry in seen],
            [entry.detection.label for entry in seen],
        )
        similarities = similarity(expected, found, self._overlap(seen, carried))
        sure = np.asarray([entry.detection.score >= self.options.score for entry in seen], np.bool_)
        rows = np.ones(len(tracks), np.bool_)
        pairs = pair(similarities, rows, sure)
        rows[[row for row, _ in pairs]] = False
        # What was lost is not found again by a doubtful detection.
        rows &= expected.gaps <= 2
        pairs += pair(similarities, rows, ~sure)
        return [(self._live[row], column) for row, column in pairs]

    def _by_label(self, seen: list[_Seen]) -> list[tuple[int, int]]:
        labels = {self._tracks[index].label: index for index in self._live}
        pairs: dict[int, int] = {}
        for place_, entry in enumerate(seen):
            track = labels.get(entry.detection.label)
            if track is not None:
                pairs.setdefault(track, place_)
        return list(pairs.items())

    def _overlap(self, seen: list[_Seen], carried: NDArray[np.int32]) -> FloatArray:
        """Intersection over union, ``(live things, detections)``."""
        rows = np.full(len(self._tracks) + 1, len(self._live), np.intp)
        rows[self._live] = np.arange(len(self._live))
        counted = np.bincount(rows[carried].ravel(), minlength=len(self._live) + 1)[:-1]
        shared = np.zeros((len(self._live), len(seen)), np.float32)
        for column, entry in enumerate(seen):
            below = rows[carried[entry.box.slices][entry.inside]]
            shared[:, column] = np.bincount(below, minlength=len(self._live) + 1)[:-1]
        union = counted[:, None] + np.asarray([entry.area for entry in seen])[None] - shared
        return np.asarray(shared / np.maximum(union, 1), np.float32)

    def _is_part(self, entry: _Seen, held: dict[int, _Seen]) -> bool:
        """Whether a detection repeats, or cuts a piece from, what was found already."""
        covered = np.zeros(entry.inside.shape, np.bool_)
        for other in held.values():
            if other.detection.label == entry.detection.label:
                _cover(covered, entry.box, other)
        return bool((covered & entry.inside).sum() > _PART * entry.area)

    def _drawn(self, carried: NDArray[np.int32], held: dict[int, _Seen]) -> NDArray[np.int32]:
        """The map with what was found in place of where it was thought to be."""
        stale = np.isin(carried, list(held)) | ~np.isin(carried, self._live)
        drawn = np.where(stale, np.int32(_NOBODY), carried)
        # The small lie before the large, or they would vanish.
        for track, entry in sorted(held.items(), key=lambda item: -item[1].area):
            drawn[entry.box.slices][entry.inside] = track
        return drawn


def _look(found: Detection, bins: NDArray[np.int32]) -> _Seen | None:
    inside_ = solid(found.mask)
    mask = pack(found.box, found.mask)
    if mask is None:
        return None
    whole = Box.whole(*bins.shape)
    if found.box.grown(0, whole) != found.box:
        return None
    return _Seen(found, found.box, inside_, mask, histogram(bins, found.box, inside_))


def _cover(covered: NDArray[np.bool_], box: Box, other: _Seen) -> None:
    top, left = max(box.top, other.box.top), max(box.left, other.box.left)
    bottom, right = min(box.bottom, other.box.bottom), min(box.right, other.box.right)
    if top < bottom and left < right:
        both = Box(top, left, bottom, right)
        covered[both.relative_to(box).slices] |= other.inside[both.relative_to(other.box).slices]
