"""Frames of a shot one by one, each after the one before it, as a compositor asks for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contract.messages import Event, Reporter, SilentReporter
from ..image.resample import resize
from ..pipeline.following import Following, FramePaintings
from ..pipeline.shot import Shot
from ..pipeline.stabilising import ShotStabiliser, frame_step
from ..pipeline.styling import finish, style_frame
from ..pipeline.working import WorkingFrame
from ..temporal.state import History

__all__ = ["Step", "Stepper"]

Array = NDArray[np.float32]
# The frame before, and the one before that: the same frame can be asked for again and comes out the same.
KEPT_STATES = 2


@dataclass(frozen=True)
class Step:
    """A finished frame.

    ``picture``: ``(H, W, 3)`` as the plate stores it; ``alpha``: ``(H, W)`` or
    None. ``matte``: the styled coverage ``(H, W)``. ``per_frame``: the picture
    without the stabiliser, where it was asked for. ``reset``: why no history was used, None where it was or none is
    wanted. ``seconds``: by stage.
    """

    picture: Array
    alpha: Array | None
    matte: Array
    per_frame: Array | None
    reset: str | None
    seconds: Mapping[str, float]


class _Voice:
    """Passes on to the reporter of the request at hand."""

    def __init__(self) -> None:
        self.target: Reporter = SilentReporter()

    def emit(self, event: Event) -> None:
        self.target.emit(event)

    def cancelled(self) -> bool:
        return self.target.cancelled()


class Stepper:
    """Styles frames of one shot and remembers what the next needs."""

    def __init__(self, shot: Shot) -> None:
        self._voice = _Voice()
        self._past: OrderedDict[int, tuple[History | None, WorkingFrame]] = OrderedDict()
        self._paintings: FramePaintings | None = None
        self.adopt(shot)

    def adopt(self, shot: Shot) -> None:
        """Go on with the same shot, opened anew."""
        self.shot: Shot | None = shot
        self._stride = frame_step(shot.numbers)
        self._stabiliser: ShotStabiliser | None = ShotStabiliser(shot, self._voice, step=self._stride)

    def release(self) -> None:
        """Give up the shot with its networks; what the next frame needs stays."""
        self.shot = self._stabiliser = None

    def reset(self) -> None:
        """Forget the frames before."""
        self._past.clear()
        self._paintings = None

    def step(self, number: int, reporter: Reporter, *, per_frame: bool = False) -> Step:
        """Style frame ``number``, after the frame before it if that was the last or last but one.

        Raises what reading and styling raise; then nothing is remembered of it.
        """
        shot, stabiliser = self.shot, self._stabiliser
        assert shot is not None
        assert stabiliser is not None
        self._voice.target = reporter
        working = shot.working(shot.read_frame(number))
        following = Following(shot, self._voice, {number: self._paintings})
        styled = style_frame(shot, working, reporter, following)
        self._paintings = styled.paintings
        history, previous = self._past.get(number - self._stride, (None, None))
        stabiliser.history = history
        stabilised = stabiliser.step(previous, working, styled)
        picture, matte = finish(shot, styled, stabilised.picture)
        raw = None
        if per_frame:
            raw = picture if stabilised.picture is None else finish(shot, styled, None)[0]
        self._past[number] = stabiliser.history, working
        self._past.move_to_end(number)
        while len(self._past) > KEPT_STATES:
            self._past.popitem(last=False)
        alpha = working.alpha
        if alpha is None and working.frame.alpha is not None:
            alpha = resize(working.frame.alpha, working.size)
        seconds = {**styled.seconds, **stabilised.seconds}
        return Step(picture=picture, alpha=alpha, matte=matte, per_frame=raw, reset=stabilised.reset, seconds=seconds)
