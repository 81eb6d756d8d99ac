"""The stabiliser on the frames of a shot: their motion, their identities and its history."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import UsageError
from ..contract.messages import Reporter
from ..temporal.options import StabiliserOptions
from ..temporal.stabiliser import Stabiliser
from ..temporal.state import History
from .motion import ShotMotion, object_ids
from .plan import dependence
from .shot import Shot
from .styling import StyledFrame
from .working import WorkingFrame

__all__ = ["ShotStabiliser", "Stabilised", "frame_step"]


def frame_step(numbers: Sequence[int]) -> int:
    """Frame numbers from one frame of a shot to the next, the smallest where they differ."""
    return min((b - a for a, b in pairwise(numbers)), default=1)


@dataclass(frozen=True)
class Stabilised:
    """A styled frame after the stabiliser.

    ``picture``: the mix ``(H, W, 3)``, sRGB-encoded, None where the frame stands
    as painted. ``reset``: why no other frame was used, None where some were or
    none is wanted. ``seconds``: by stage. ``state``: what the next frame needs.
    """

    styled: StyledFrame
    picture: NDArray[np.float32] | None
    reset: str | None
    seconds: Mapping[str, float] = field(default_factory=dict)
    state: History | None = None


class ShotStabiliser:
    """Stabilises styled frames in their order; ``step``: frame numbers from one to the next.

    Raises :class:`UsageError` for a recipe that wants later frames as well.
    """

    def __init__(self, shot: Shot, reporter: Reporter, *, step: int = 1) -> None:
        if dependence(shot.recipe.temporal, follows=shot.follows) == "around":
            raise UsageError(
                "temporal.mode is window, which needs later frames, and these come one by one",
                remedy="set it to causal, or smoothing to 0",
            )
        self.motion = ShotMotion(shot, reporter)
        self._matte_layer = shot.plate.matte_layer
        self.smoothing = shot.recipe.temporal.smoothing
        self._stabiliser = Stabiliser(StabiliserOptions(smoothing=self.smoothing, step=step))

    @property
    def history(self) -> History | None:
        """What is remembered of the frame before."""
        return self._stabiliser.history

    @history.setter
    def history(self, history: History | None) -> None:
        self._stabiliser.history = history

    def step(self, previous: WorkingFrame | None, working: WorkingFrame, styled: StyledFrame) -> Stabilised:
        """The frame ``working``, stabilised by the one before. ``previous``: the frame that the history belongs to."""
        if self.smoothing <= 0 or self.motion.source is None:
            return Stabilised(styled, None, None)
        started = time.perf_counter()
        motion = None
        if previous is not None and self.history is not None and previous.size == working.size:
            motion = self.motion.between(previous, working)
        between = time.perf_counter()
        frame = self._stabiliser.step(
            styled.mix.display(),
            working.encoded.display,
            motion,
            object_ids(working, self._matte_layer),
            working.number,
            weight=styled.mix.weight,
        )
        seconds = {"flow": between - started, "stabilise": time.perf_counter() - between}
        picture = None if frame.reset is not None else frame.picture
        return Stabilised(styled, picture, frame.reset, seconds, self.history)
