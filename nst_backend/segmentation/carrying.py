"""Things carried along the flow through frames in which the network missed them.

A gap is crossed from both sides. The mask of the frame before is carried on, that
of the frame after is carried back, and where they differ the one counts whose way
was sure: what newly hides the thing was no part of it before, what comes into
view again is known from after. Where hardly anything of the thing is left, or
what lies there does not look like it, it is hidden behind something and has no
mask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..flow.source import Motion
from ..image.boxes import Box
from ..image.warp import FloatArray
from .appearance import histogram, likeness
from .colours import colour_bins
from .detection import Picture
from .packed import PackedMask, pack, solid
from .smoothing import Neighbour, after, before, carried
from .tracks import Sighting, Track

__all__ = ["bridge", "gaps"]

# Part of the thing that must be in sight, and how alike it must look.
_IN_SIGHT = 0.15
_ALIKE = 0.5
_LEAST_TRUST = 0.02


@dataclass(frozen=True, slots=True)
class _Carried:
    """A mask on its way, with how much of each pixel's way was doubtful, both within one box."""

    mask: PackedMask
    doubt: PackedMask | None


def gaps(track: Track, *, longest: int, cuts: Sequence[int] = ()) -> list[tuple[int, int]]:
    """The last frame before and the first after each gap of at most ``longest`` frames without a cut in it."""
    seen = sorted(track.sightings)
    return [
        (start, end)
        for start, end in pairwise(seen)
        if 1 < end - start <= longest + 1 and not any(start < cut <= end for cut in cuts)
    ]


def bridge(
    tracks: Sequence[Track],
    *,
    picture: Callable[[int], Picture],
    motion: Callable[[int, int], Motion],
    longest: int,
    cuts: Sequence[int] = (),
    progress: Callable[[int, int], None],
) -> None:
    """Give each track sightings without a score where it is in sight within a gap.

    ``picture`` and ``motion`` as :func:`~.following.follow` has them, but by the
    frame's place in the shot. ``progress`` is told the steps done and all of them.
    """
    open_: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for number, track in enumerate(tracks):
        for start, end in gaps(track, longest=longest, cuts=cuts):
            for index in range(start + 1, end):
                open_[index][number] = (start, end)
    steps = 2 * len(open_)
    onward: dict[tuple[int, int], _Carried] = {}
    for done, index in enumerate(sorted(open_), 1):
        earlier, later = picture(index - 1), picture(index)
        way = motion(index - 1, index)
        _carry(tracks, open_[index], index, -1, before(way, earlier, later), way.forward, onward)
        progress(done, steps)
    back: dict[tuple[int, int], _Carried] = {}
    for done, index in enumerate(sorted(open_, reverse=True), len(open_) + 1):
        earlier, later = picture(index), picture(index + 1)
        way = motion(index, index + 1)
        _carry(tracks, open_[index], index, 1, after(way, earlier, later), way.backward, back)
        bins = colour_bins(earlier)
        for number, span in open_[index].items():
            key = (number, index)
            # Both masks of a frame are spent here, so that few are ever held.
            mask = _joined([(onward.pop(key, None), index - span[0]), (back.get(key), span[1] - index)])
            seen = _seen(tracks[number], span, mask, bins) if mask is not None else None
            if seen is not None:
                tracks[number].sightings[index] = seen
        back = {key: entry for key, entry in back.items() if key[1] == index}
        progress(done, steps)


def _carry(
    tracks: Sequence[Track],
    open_: Iterable[int],
    index: int,
    side: int,
    way: Neighbour | None,
    landing: FloatArray | None,
    into: dict[tuple[int, int], _Carried],
) -> None:
    """Bring the masks that frame ``index + side`` has of some tracks into frame ``index``.

    ``landing``: the flow from there to here, which says where a mask comes to lie.
    """
    if way is None:
        return
    whole = Box.whole(*way.trust.shape)
    for number in open_:
        held = into.get((number, index + side))
        if held is None:
            sighting = tracks[number].sightings.get(index + side)
            if sighting is None or sighting.score is None:
                continue
            held = _Carried(sighting.mask, None)
        box = _landed(held.mask.box, landing, whole)
        mask = carried((held.mask.box, held.mask.open()), way.flow, box)
        doubt = 0.0 if held.doubt is None else carried((held.doubt.box, held.doubt.open()), way.flow, box)
        kept = pack(box, mask)
        if kept is not None:
            into[number, index] = _Carried(kept, pack(box, 1 - (1 - doubt) * way.trust[box.slices]))


def _landed(box: Box, flow: FloatArray | None, whole: Box) -> Box:
    """The part of the frame that a box is carried to, with a margin; all of it where that is unknown."""
    if flow is None:
        return whole
    rows, columns = np.mgrid[box.top : box.bottom, box.left : box.right].astype(np.float32)
    x, y = columns + flow[box.slices][..., 0], rows + flow[box.slices][..., 1]
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return whole
    x, y = x[known], y[known]
    left, right = (int(np.clip(edge, 0, whole.right - 1)) for edge in (x.min(), x.max()))
    top, bottom = (int(np.clip(edge, 0, whole.bottom - 1)) for edge in (y.min(), y.max()))
    return Box(top, left, bottom + 1, right + 1).grown(3, whole)


def _joined(sides: Sequence[tuple[_Carried | None, int]]) -> tuple[Box, FloatArray] | None:
    """The masks of both sides as one: the nearer and the surer counts more.

    One side alone is taken at its word only where it is sure.
    """
    there = [(entry, distance) for entry, distance in sides if entry is not None]
    if not there:
        return None
    if len(there) == 1:
        ((alone, _),) = there
        return alone.mask.box, alone.mask.open() * (1 - _laid(alone.doubt, alone.mask.box))
    boxes = [entry.mask.box for entry, _ in there]
    box = Box(
        min(part.top for part in boxes),
        min(part.left for part in boxes),
        max(part.bottom for part in boxes),
        max(part.right for part in boxes),
    )
    total, weight = (np.zeros((box.height, box.width), np.float32) for _ in range(2))
    for entry, distance in there:
        doubt = _laid(entry.doubt, box)
        share = np.maximum(1 - doubt, _LEAST_TRUST) / distance
        total += share * _laid(entry.mask, box)
        weight += share
    return box, np.asarray(total / weight, np.float32)


def _laid(part: PackedMask | None, box: Box) -> FloatArray:
    """A mask within a larger box, 0 outside of its own."""
    laid = np.zeros((box.height, box.width), np.float32)
    if part is not None:
        rows = slice(max(part.box.top, box.top), min(part.box.bottom, box.bottom))
        columns = slice(max(part.box.left, box.left), min(part.box.right, box.right))
        if rows.start < rows.stop and columns.start < columns.stop:
            both = Box(rows.start, columns.start, rows.stop, columns.stop)
            laid[both.relative_to(box).slices] = part.open()[both.relative_to(part.box).slices]
    return laid


def _seen(track: Track, span: tuple[int, int], found: tuple[Box, FloatArray], bins: np.ndarray) -> Sighting | None:
    """The thing in a gap between two sightings; None where it is hidden."""
    box, mask = found
    inside = mask >= 0.5
    area = float(inside.sum())
    beside = min(track.sightings[index].area for index in span)
    if area < max(1.0, _IN_SIGHT * beside):
        return None
    looks = histogram(bins, box, inside)
    if float(likeness(looks[None], track.looks[None])[0, 0]) < _ALIKE:
        return None
    kept = pack(box, mask)
    return None if kept is None else Sighting(mask=kept, area=float(solid(mask).sum()), score=None)
