"""The scores of a sequence frame by frame, and the frames that are worst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..image.resample import resize
from ..image.warp import FloatArray
from .report import EvaluatedFrame, joined_motion
from .sharpness import log_energy
from .stills import StillJudge
from .temporal import PairScore, flicker_map

__all__ = ["FrameSeries", "WorstFrame", "WorstFrames"]

_SUFFIX = {"output": "", "raw": ".raw", "plate": ".plate"}
_SHARPNESS_SIGMA = 1.0


class FrameSeries:
    """Observes a sequence and keeps a row of numbers a frame.

    ``values`` by name, each as long as ``numbers``, None where nothing was measured: ``e_stab`` and ``e_cons`` of
    the pair of frames that ends there, ``sharpness`` (of the unstabilised frame, σ = 1 px) and the names of
    :class:`StillJudge`. ``.plate`` and ``.raw`` after a name: the same of the plate and of the unstabilised frame.
    """

    def __init__(self, stills: StillJudge | None = None) -> None:
        self._stills = stills or StillJudge()
        self.numbers: list[int] = []
        self.values: dict[str, list[float | None]] = {}

    def see(self, frame: EvaluatedFrame, previous: EvaluatedFrame | None, pairs: Mapping[str, PairScore]) -> None:
        """See :class:`~.report.FrameObserver`."""
        row = self._stills.score(frame)
        for kind, pair in pairs.items():
            row[f"e_stab{_SUFFIX[kind]}"] = float(np.sqrt(pair.stab))
            if pair.consistent_samples:
                row[f"e_cons{_SUFFIX[kind]}"] = float(np.sqrt(pair.consistent / pair.consistent_samples))
        if frame.raw is not None and (whole := log_energy(frame.raw, _SHARPNESS_SIGMA, where=frame.where)):
            row["sharpness"] = log_energy(frame.output, _SHARPNESS_SIGMA, where=frame.where) / whole
        for name in row.keys() - self.values.keys():
            self.values[name] = [None] * len(self.numbers)
        self.numbers.append(frame.number)
        for name, column in self.values.items():
            column.append(row.get(name))

    def mean(self, name: str) -> float | None:
        """Of what was measured."""
        found = [value for value in self.values.get(name, ()) if value is not None]
        return float(np.mean(found)) if found else None


@dataclass(frozen=True, slots=True, eq=False)
class WorstFrame:
    """A frame that flickers: ``plate`` and ``output`` ``(h, w, 3)`` and ``error`` ``(h, w)``, reduced.

    ``error`` is :func:`~.temporal.flicker_map`, NaN where most did not count; ``value`` the E_cons of the pair that
    ends at ``number``.
    """

    number: int
    value: float
    plate: FloatArray
    output: FloatArray
    error: FloatArray


class WorstFrames:
    """Observes a sequence and keeps the ``count`` frames with the greatest E_cons, at most ``width`` pixels wide.

    Of frames nearer to each other than ``apart`` only the worst is told: a fault that lasts is shown once.
    """

    def __init__(self, count: int = 3, *, width: int = 480, apart: int = 3) -> None:
        self._count, self._width, self._apart = count, width, apart
        self._kept: list[WorstFrame] = []

    @property
    def frames(self) -> tuple[WorstFrame, ...]:
        """The worst first."""
        told: list[WorstFrame] = []
        for frame in self._kept:
            if all(abs(frame.number - other.number) >= self._apart for other in told):
                told.append(frame)
        return tuple(told[: self._count])

    def see(self, frame: EvaluatedFrame, previous: EvaluatedFrame | None, pairs: Mapping[str, PairScore]) -> None:
        """See :class:`~.report.FrameObserver`."""
        pair = pairs.get("output")
        # Each frame that is told hides so many at most, itself included.
        most = self._count * (2 * self._apart - 1)
        if not most or previous is None or pair is None or not pair.consistent_samples:
            return
        value = float(np.sqrt(pair.consistent / pair.consistent_samples))
        if len(self._kept) == most and value <= self._kept[-1].value:
            return
        motion = joined_motion([previous, frame])
        plates = frame.plate, previous.plate
        error = flicker_map(frame.output, previous.output, *plates, motion, where=frame.where)
        counted = np.isfinite(error)
        share = self._reduced(counted.astype(np.float32))
        summed = self._reduced(np.where(counted, error, np.float32(0)))
        small = np.where(share < 0.5, np.nan, summed / np.maximum(share, 1e-6)).astype(np.float32)
        found = WorstFrame(frame.number, value, self._reduced(frame.plate), self._reduced(frame.output), small)
        self._kept = sorted([*self._kept, found], key=lambda kept: -kept.value)[:most]

    def _reduced(self, picture: FloatArray) -> FloatArray:
        height, width = picture.shape[:2]
        part = min(1.0, self._width / width)
        return resize(picture, (max(1, round(width * part)), max(1, round(height * part)))).copy()
