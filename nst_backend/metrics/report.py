"""A sequence judged frame by frame along its motion, and its numbers as data."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ..contract.errors import InputError, UsageError
from ..flow.chain import chain
from ..flow.consistency import IdArray, same_ids
from ..flow.source import Motion
from ..image.warp import BoolArray, FloatArray
from .sharpness import SCALES, log_energy
from .temporal import PairScore, TemporalScore, score_pair, summarise

__all__ = ["EvaluatedFrame", "FrameObserver", "SequenceReport", "evaluate_sequence", "joined_motion"]

# The first frames of a stabilised shot have too little history to be judged for blur.
_SETTLED = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EvaluatedFrame:
    """One frame to judge.

    ``output`` and ``plate`` are display-referred ``(H, W, 3)`` in 0..1,
    ``motion`` that from the frame before (None for the first, or after a cut:
    no pair is scored across it), ``raw`` the same network's unstabilised frame
    (for sharpness), ``ids`` what is seen, ``where`` ``(H, W)`` the pixels that
    count, ``number`` what the frame is called.
    """

    output: FloatArray
    plate: FloatArray
    motion: Motion | None
    raw: FloatArray | None = None
    ids: IdArray | None = None
    where: BoolArray | None = None
    number: int = 0


class FrameObserver(Protocol):
    """Looks at the frames as they pass, so that no more of them are held than the longest lag asks for."""

    def see(self, frame: EvaluatedFrame, previous: EvaluatedFrame | None, pairs: Mapping[str, PairScore]) -> None:
        """Called for each frame in order.

        ``previous`` is the frame before, None for the first and after a cut; ``pairs`` their scores by what was
        scored (``output``, ``plate``, ``raw``), empty without it or where a lag of 1 is not asked for.
        """
        ...


@dataclass(frozen=True, slots=True)
class SequenceReport:
    """What was measured.

    ``scores`` by lag in frames (1 first), of the output; ``raw_scores`` the same
    of the unstabilised frames, ``plate_scores`` of the plate, which is the
    floor that noise and moving light set. ``sharpness`` is the LoG energy kept
    by σ in pixels. ``distance`` is the RMS difference of output and raw. Empty
    or None where ``raw`` was not given.
    """

    frames: int
    size: tuple[int, int]
    scores: dict[int, TemporalScore]
    raw_scores: dict[int, TemporalScore]
    plate_scores: dict[int, TemporalScore]
    sharpness: dict[float, float]
    distance: float | None


def evaluate_sequence(
    frames: Iterable[EvaluatedFrame], *, lags: Sequence[int] = (1, 5, 10), observers: Sequence[FrameObserver] = ()
) -> SequenceReport:
    """Judge a sequence, frame by frame; memory holds as many frames as the longest lag.

    Motion over several frames is composed, its masks are joined.

    Raises :class:`UsageError` for lags that are not positive or without frames,
    :class:`InputError` where frames differ in size.
    """
    wanted = sorted(set(lags))
    if not wanted or wanted[0] < 1:
        raise UsageError(f"lags are {list(lags)}", remedy="give whole numbers from 1")
    memory: deque[EvaluatedFrame] = deque(maxlen=wanted[-1] + 1)
    kinds = ("output", "raw", "plate")
    pairs: dict[str, dict[int, list[PairScore]]] = {kind: {lag: [] for lag in wanted} for kind in kinds}
    energy = {scale: [0.0, 0.0] for scale in SCALES}
    apart: list[float] = []
    count, size = 0, (0, 0)
    for frame in frames:
        height, width = frame.output.shape[:2]
        size = size if count else (height, width)
        if (height, width) != size:
            raise InputError("the frames differ in size", remedy="judge the frames of one shot")
        if frame.motion is None:
            memory.clear()
        memory.append(frame)
        scored = {lag: _scores(list(memory)[-lag - 1 :]) for lag in wanted if lag < len(memory)}
        for lag, found in scored.items():
            for kind, score in found.items():
                pairs[kind][lag].append(score)
        for observer in observers:
            observer.see(frame, memory[-2] if len(memory) > 1 else None, scored.get(1, {}))
        if frame.raw is not None:
            apart.append(float(np.square(_chosen(frame.output - frame.raw, frame.where), dtype=np.float64).mean()))
            if count >= _SETTLED:
                for scale, sums in energy.items():
                    sums[0] += log_energy(frame.output, scale, where=frame.where)
                    sums[1] += log_energy(frame.raw, scale, where=frame.where)
        count += 1
    if not count:
        raise UsageError("there are no frames to judge", remedy="give a sequence of at least two frames")
    made = {kind: {lag: summarise(found) for lag, found in by.items() if found} for kind, by in pairs.items()}
    return SequenceReport(
        frames=count,
        size=(size[1], size[0]),
        scores=made["output"],
        raw_scores=made["raw"],
        plate_scores=made["plate"],
        sharpness={scale: kept / reference for scale, (kept, reference) in energy.items() if reference > 0},
        distance=math.sqrt(float(np.mean(apart))) if apart else None,
    )


def joined_motion(run: Sequence[EvaluatedFrame]) -> Motion:
    """The motion from the last frame of a run to its first, valid where both show the same object.

    All frames but the first have the motion from the one before.
    """
    first, last = run[0], run[-1]
    motion = chain([frame.motion for frame in run[1:] if frame.motion is not None])
    if first.ids is not None and last.ids is not None:
        motion = replace(motion, valid=motion.valid & same_ids(last.ids, first.ids, motion.backward))
    return motion


def _scores(run: Sequence[EvaluatedFrame]) -> dict[str, PairScore]:
    """The last frame of a run against its first, by what is scored."""
    first, last = run[0], run[-1]
    motion, plates = joined_motion(run), (last.plate, first.plate)
    scores = {
        "output": score_pair(last.output, first.output, *plates, motion, where=last.where),
        "plate": score_pair(*plates, *plates, motion, where=last.where),
    }
    if last.raw is not None and first.raw is not None:
        scores["raw"] = score_pair(last.raw, first.raw, *plates, motion, where=last.where)
    return scores


def _chosen(picture: FloatArray, where: BoolArray | None) -> FloatArray:
    chosen = picture if where is None else picture[where]
    return chosen if chosen.size else np.zeros(1, np.float32)
