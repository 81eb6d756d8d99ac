"""The stabiliser on the frames of a shot: their motion, their identities and its history."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import UsageError
from ..contract.messages import Reporter
from ..temporal.options import StabiliserOptions
from ..temporal.stabiliser import Stabiliser
from ..temporal.state import History
from .motion import ShotMotion, object_ids
from .shot import Shot
from .styling import StyledFrame
from .working import WorkingFrame

__all__ = ["ShotStabiliser", "frame_step"]


def frame_step(numbers: Sequence[int]) -> int:
    """Frame numbers from one frame of a shot to the next, the smallest where they differ."""
    return min((b - a for a, b in pairwise(numbers)), default=1)


class ShotStabiliser:
    """Stabilises styled frames in their order; ``step``: frame numbers from one to the next."""

    def __init__(self, shot: Shot, reporter: Reporter, *, step: int = 1) -> None:
        if shot.recipe.temporal.mode == "window" and shot.recipe.temporal.smoothing > 0:
            raise UsageError(
                "temporal.mode window is not offered for jobs yet", remedy="set it to causal, or smoothing to 0"
            )
        self.motion = ShotMotion(shot, reporter)
        self.smoothing = shot.recipe.temporal.smoothing
        self._stabiliser = Stabiliser(StabiliserOptions(smoothing=self.smoothing, step=step))

    @property
    def history(self) -> History | None:
        """What is remembered of the frame before."""
        return self._stabiliser.history

    @history.setter
    def history(self, history: History | None) -> None:
        self._stabiliser.history = history

    def step(self, previous: WorkingFrame | None, styled: StyledFrame) -> tuple[NDArray[np.float32] | None, str | None]:
        """The stabilised mix ``(H, W, 3)``, sRGB-encoded, None where the frame stands as painted; why history was
        not used, None where it was or none is wanted.

        ``previous``: the frame that the history belongs to.
        """
        if self.smoothing <= 0 or self.motion.source is None:
            return None, None
        started = time.perf_counter()
        working = styled.working
        motion = None
        if previous is not None and self.history is not None and previous.size == working.size:
            motion = self.motion.between(previous, working)
        styled.seconds["flow"] = time.perf_counter() - started
        started = time.perf_counter()
        frame = self._stabiliser.step(
            styled.mix.display(),
            working.encoded.display,
            motion,
            object_ids(working),
            working.number,
            weight=styled.mix.weight,
        )
        styled.seconds["stabilise"] = time.perf_counter() - started
        return (None if frame.reset is not None else frame.picture), frame.reset
