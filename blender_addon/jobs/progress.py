"""How a work is, as the main thread sees it: a snapshot, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ..contract.errors import NstError

__all__ = ["OPTIMISING", "Pace", "Progress", "State", "in_words"]


class State(StrEnum):
    """Where a work is."""

    WAITING = "waiting"
    ISOLATING = "rendering the plate"
    OPENING = "loading styles"
    FINDING = "finding objects"
    STYLING = "styling"
    TRAINING = "training"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (State.DONE, State.FAILED, State.CANCELLED)


OPTIMISING = "optimise "
"""What the backend's word begins with for the steps of one region of one frame."""
_LOADING, _DOWNLOADING = "load", "download"
_STAGES = {"mattes": "refining mattes", _LOADING: "loading the network", _DOWNLOADING: "downloading the network"}
"""Words for what the backend does while objects are found or styles learnt, where they are not those of the state."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A snapshot of a work."""

    state: State = State.WAITING
    stage: str = ""
    """What is counted, in the backend's word."""
    done: int = 0
    """Frames done in this state."""
    total: int = 0
    """Frames to do in this state; 0 where they cannot be counted yet."""
    step: tuple[int, int] | None = None
    """Steps done, and in all, of the region that is being optimised; None where none is."""
    seconds_left: float | None = None
    """Of this state; None before a frame was timed."""
    styled: int = 0
    """Styled frames that arrived in this run."""
    kept: int = 0
    """Styled frames that lie on disk, of a work that ended early."""
    fault: NstError | None = None
    warnings: tuple[str, ...] = ()
    cancelling: bool = False

    @property
    def part(self) -> float:
        """How much of the state is done, 0 to 1."""
        return self.done / self.total if self.total else 0.0

    def text(self) -> str:
        """A few words for a progress bar."""
        if self.cancelling and not self.state.ended:
            return "cancelling"
        named = self.state in (State.FINDING, State.TRAINING)
        words = _STAGES.get(self.stage, self.state.value) if named else self.state.value
        if not self.total or self.state.ended or words == _STAGES[_LOADING]:
            return words
        count = f"{self.done}/{self.total}"
        if words == _STAGES[_DOWNLOADING]:
            # Told in KiB.
            count = f"{self.done >> 10}/{self.total >> 10} MiB"
        if self.step is not None:
            count += f", step {self.step[0]}/{self.step[1]}"
        left = f", {in_words(self.seconds_left)} left" if self.seconds_left is not None else ""
        return f"{words} {count}{left}"


class Pace:
    """Seconds that the rest takes, if it goes on as it went.

    What comes before the first step is no step's time: programs start, networks are
    warmed. Steps that took none, such as frames that were there already, say nothing
    of those that will.
    """

    _NOTHING = 0.02

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None
        self._spent = 0.0
        self._timed = 0

    def step(self, remaining: int) -> float | None:
        """A step was done, ``remaining`` are left; seconds, or None while nothing was timed."""
        now = self._clock()
        took = 0.0 if self._last is None else now - self._last
        self._last = now
        if took > self._NOTHING:
            self._spent += took
            self._timed += 1
        return self._spent / self._timed * remaining if self._timed else None


def in_words(seconds: float) -> str:
    """``7 s``, ``3 min``, ``1 h 20 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
