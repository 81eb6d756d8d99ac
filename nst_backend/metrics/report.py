"""All numbers of one sequence, as data, JSON and a table."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..contract.errors import InputError, UsageError
from ..flow.chain import chain
from ..flow.consistency import IdArray, same_ids
from ..flow.source import Motion
from ..image.warp import BoolArray, FloatArray
from .sharpness import SCALES, log_energy
from .temporal import PairScore, TemporalScore, score_pair, summarise

__all__ = ["EvaluatedFrame", "SequenceReport", "evaluate_sequence", "report_json", "report_table"]

# The first frames of a stabilised shot have too little history to be judged for blur.
_SETTLED = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EvaluatedFrame:
    """One frame to judge.

    ``output`` and ``plate`` are display-referred ``(H, W, 3)`` in 0..1,
    ``motion`` that from the frame before (None for the first, or after a cut:
    no pair is scored across it), ``raw`` the same network's unstabilised frame
    (for sharpness), ``ids`` what is seen, ``where`` ``(H, W)`` the pixels that
    count.
    """

    output: FloatArray
    plate: FloatArray
    motion: Motion | None
    raw: FloatArray | None = None
    ids: IdArray | None = None
    where: BoolArray | None = None


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


def evaluate_sequence(frames: Iterable[EvaluatedFrame], *, lags: Sequence[int] = (1, 5, 10)) -> SequenceReport:
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
        for lag in wanted:
            if lag < len(memory):
                _score_lag(memory, lag, pairs)
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


def report_json(report: SequenceReport) -> str:
    """The report as JSON text; keys as the fields, lags and scales as text."""
    return json.dumps(_plain(dataclasses.asdict(report)), indent=2, allow_nan=False) + "\n"


def report_table(report: SequenceReport) -> str:
    """The report for people, one line a lag and kind."""
    lines = [f"{report.frames} frames of {report.size[0]} x {report.size[1]}", ""]
    lines.append(f"{'':<10} {'lag':>3}  {'e_stab':>8} {'e_stab_L':>8} {'E_cons':>8} {'E_warp':>8}  counted")
    for name, scores in (("output", report.scores), ("raw", report.raw_scores), ("plate", report.plate_scores)):
        for lag, score in scores.items():
            values = (score.e_stab, score.e_stab_luma, score.e_cons, score.e_warp)
            cells = " ".join("       –" if value is None else f"{value:8.4f}" for value in values)
            lines.append(f"{name:<10} {lag:>3}  {cells}  {score.counted:6.1%}")
    if report.sharpness:
        kept = ", ".join(f"{share:.0%} at {scale:g} px" for scale, share in report.sharpness.items())
        lines += ["", f"sharpness kept: {kept}"]
    if report.distance is not None:
        lines.append(f"distance to the unstabilised frames: {report.distance:.4f} RMS")
    return "\n".join(lines) + "\n"


def _score_lag(memory: deque[EvaluatedFrame], lag: int, pairs: dict[str, dict[int, list[PairScore]]]) -> None:
    run = list(memory)[-lag - 1 :]
    first, last = run[0], run[-1]
    motions = [frame.motion for frame in run[1:]]
    motion = chain([m for m in motions if m is not None])
    if first.ids is not None and last.ids is not None:
        motion = replace(motion, valid=motion.valid & same_ids(last.ids, first.ids, motion.backward))
    plates = last.plate, first.plate
    pairs["output"][lag].append(score_pair(last.output, first.output, *plates, motion, where=last.where))
    pairs["plate"][lag].append(score_pair(*plates, *plates, motion, where=last.where))
    if last.raw is not None and first.raw is not None:
        pairs["raw"][lag].append(score_pair(last.raw, first.raw, *plates, motion, where=last.where))


def _chosen(picture: FloatArray, where: BoolArray | None) -> FloatArray:
    chosen = picture if where is None else picture[where]
    return chosen if chosen.size else np.zeros(1, np.float32)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"{key:g}" if isinstance(key, float) else str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value
