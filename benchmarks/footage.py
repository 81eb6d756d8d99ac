r"""Measure mattes of footage against known ones: fitted to the plate, followed, steadied.

    python benchmarks/footage.py davis --frames 24

``davis`` is a folder of sequences, each with ``frames`` and ``masks`` as DAVIS 2016
has them. The masks stand in for a network that is wrong in known ways: 28 x 28
values in boxes that are somewhat off, a tenth of them missing, some with another
label or twice, and others of what is not there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from emulated_network import EmulatedNetwork, Matte, coarse_mask
from measuring import options, save

from nst_backend.flow.dis import dis_flow, estimated_motion
from nst_backend.flow.source import Motion
from nst_backend.image.boxes import Box
from nst_backend.metrics.mattes import boundary_f, intersection_over_union, matte_flicker
from nst_backend.segmentation.detection import Picture
from nst_backend.segmentation.following import Followed, follow
from nst_backend.segmentation.options import FollowOptions
from nst_backend.segmentation.refining import refine

SEED = 20


class Sequence:
    """One shot with its masks."""

    def __init__(self, folder: Path, most: int) -> None:
        self.name = folder.name
        self._frames, self._masks = (sorted((folder / part).iterdir())[:most] for part in ("frames", "masks"))
        self.numbers = range(len(self._frames))
        self.seconds_of_flow = 0.0
        self.picture = lru_cache(maxsize=8)(self._picture)
        self.mask = lru_cache(maxsize=None)(self._mask)
        self.motion = lru_cache(maxsize=None)(self._motion)

    def _picture(self, number: int) -> Picture:
        read = cv2.imread(str(self._frames[number]))
        assert read is not None
        return np.ascontiguousarray(read[..., ::-1]).astype(np.float32) / np.float32(255)

    def _mask(self, number: int) -> Matte:
        read = cv2.imread(str(self._masks[number]), cv2.IMREAD_GRAYSCALE)
        assert read is not None
        return (read > 127).astype(np.float32)

    def _motion(self, earlier: int, later: int) -> Motion:
        before, after = self.picture(earlier), self.picture(later)
        started = time.perf_counter()
        motion = estimated_motion(dis_flow(after, before), dis_flow(before, after))
        self.seconds_of_flow += time.perf_counter() - started
        return motion


def judged(sequence: Sequence, mattes: Mapping[int, Matte]) -> dict[str, float | None]:
    """Against the masks, over the frames that have a matte; None where there are none, or no two in succession."""
    scores = [
        (intersection_over_union(matte, sequence.mask(number)), boundary_f(matte, sequence.mask(number)))
        for number, matte in mattes.items()
    ]
    flickers = [
        matte_flicker(matte, mattes[number - 1], sequence.motion(number - 1, number))
        for number, matte in mattes.items()
        if number - 1 in mattes
    ]
    return {
        "iou": _mean([overlap for overlap, _ in scores]),
        "boundary_f": _mean([outline for _, outline in scores]),
        "flicker": _mean([value for value in flickers if value is not None]),
    }


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def laid(matte: tuple[Box, Matte], size: tuple[int, ...]) -> Matte:
    """A matte in its frame."""
    whole = np.zeros(size, np.float32)
    whole[matte[0].slices] = matte[1]
    return whole


def fitted(sequence: Sequence) -> dict[str, Any]:
    """Refinement alone, frame by frame."""
    coarse: dict[int, Matte] = {}
    refined: dict[int, Matte] = {}
    seconds = 0.0
    for number in sequence.numbers:
        seen = coarse_mask(sequence.mask(number), np.random.default_rng([SEED, number]))
        if seen is not None:
            picture = sequence.picture(number)
            started = time.perf_counter()
            matte = refine(picture, *seen)
            seconds += time.perf_counter() - started
            coarse[number], refined[number] = laid(seen, picture.shape[:2]), laid(matte, picture.shape[:2])
    return {
        "coarse": judged(sequence, coarse),
        "refined": judged(sequence, refined),
        "truth": judged(sequence, {number: sequence.mask(number) for number in sequence.numbers}),
        "seconds_refine": seconds / len(sequence.numbers),
    }


def followed(sequence: Sequence) -> dict[str, Any]:
    """Detections with errors, followed."""
    told: Callable[..., None] = lambda stage, done, total: None  # noqa: E731
    # What the benchmark asks for again must not count as the tracker's.
    for number in sequence.numbers[1:]:
        sequence.motion(number - 1, number)
    result: dict[str, Any] = {"seconds_flow": sequence.seconds_of_flow / max(1, len(sequence.numbers) - 1)}
    for name, settings in (("unsteadied", FollowOptions(smoothing=0)), ("steadied", FollowOptions())):
        network = EmulatedNetwork(lambda number: {"object": sequence.mask(number)}, seed=SEED)
        started = time.perf_counter()
        found = follow(
            sequence.numbers,
            picture=sequence.picture,
            segmenter=network,
            motion=sequence.motion,
            options=settings,
            progress=told,
        )
        between = time.perf_counter()
        every = dict(found.mattes(picture=sequence.picture, motion=sequence.motion, progress=told))
        ended = time.perf_counter()
        result[name] = associated(sequence, found, every)
        result[name]["seconds_follow"] = (between - started) / len(sequence.numbers)
        result[name]["seconds_mattes"] = (ended - between) / len(sequence.numbers)
    return result


def associated(
    sequence: Sequence, found: Followed, every: Mapping[int, Mapping[int, tuple[Box, Matte]]]
) -> dict[str, Any]:
    """Which object lies on the known one, frame by frame, and how well."""
    lying: dict[int, tuple[int, Matte]] = {}
    for number, mattes in every.items():
        truth = sequence.mask(number)
        whole = {which: laid(matte, truth.shape) for which, matte in mattes.items()}
        scores = {which: intersection_over_union(matte, truth) for which, matte in whole.items()}
        best = max(scores, key=lambda which: scores[which], default=None)
        if best is not None and scores[best] >= 0.25:
            lying[number] = best, whole[best]
    names = [which for which, _ in lying.values()]
    present = [bool(sequence.mask(number).any()) for number in sequence.numbers]
    return {
        "id_switches": sum(one != other for one, other in pairwise(names)),
        "fragments": len(set(names)),
        "covered": len(names) / max(1, sum(present)),
        "invented_objects": len(found.objects) - len(set(names)),
        **judged(sequence, {number: matte for number, (_, matte) in lying.items()}),
    }


def main() -> int:
    """All sequences of a folder."""
    parser = options(__doc__, "footage")
    parser.add_argument("davis", type=Path, help="folder of sequences, each with frames and masks")
    parser.add_argument("--frames", type=int, default=24, help="frames to look at in each (24)")
    arguments = parser.parse_args()
    shots = [Sequence(folder, arguments.frames) for folder in sorted(arguments.davis.iterdir()) if folder.is_dir()]
    result = {shot.name: {"frames": len(shot.numbers), **followed(shot), **fitted(shot)} for shot in shots}
    save(arguments.json, {"sequences": result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
