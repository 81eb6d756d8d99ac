"""What motion is, and what gives it: one protocol for renders and footage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from ..contract.errors import UsageError
from ..image.warp import BoolArray, FloatArray

if TYPE_CHECKING:
    from ..media.plate import Frame

__all__ = ["Display", "FlowSource", "Kind", "Motion", "MotionWarning"]

Kind = Literal["exact", "estimated"]

Display = Callable[["Frame"], FloatArray]
"""Makes a frame's display-referred RGB, ``(H, W, 3)`` in 0..1, on which motion is estimated."""


@dataclass(frozen=True, slots=True)
class MotionWarning:
    """Why motion is not as exact as the artist may think, and what would help.

    ``kind`` is stable and meant for programs: ``vector-empty``, ``vector-absent``,
    ``vector-gap`` or ``background-estimated``.
    """

    kind: str
    problem: str
    remedy: str

    def sentence(self) -> str:
        """Problem and remedy on one line."""
        return f"{self.problem}: {self.remedy}"


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion between two frames, the later called t and the earlier t−1.

    ``backward`` is F(t→t−1), ``(H, W, 2)`` in pixels sampled at t: what lies at
    p in t lies at p + backward(p) in t−1. ``forward`` is F(t−1→t), sampled at
    t−1, or None where the source has none. Vectors that are not finite are
    unknown.

    ``valid`` ``(H, W)`` at t: what is seen at p is seen in t−1 too, at the
    vector's end. ``known`` ``(H, W)`` at t: the vector comes from the renderer
    or its cameras; False where it was estimated from the pictures, so it is
    False everywhere for ``kind`` "estimated".
    """

    backward: FloatArray
    forward: FloatArray | None
    valid: BoolArray
    known: BoolArray
    kind: Kind
    warnings: tuple[MotionWarning, ...] = ()

    def __post_init__(self) -> None:
        size = self.backward.shape[:2]
        fields = [self.valid.shape == size, self.known.shape == size, self.backward.shape == (*size, 2)]
        if self.forward is not None:
            fields.append(self.forward.shape == self.backward.shape)
        if not all(fields):
            raise UsageError("the parts of a motion differ in size", remedy="give all of them for the same frame size")


class FlowSource(Protocol):
    """Anything that tells how the picture moved."""

    def between(self, previous: Frame, current: Frame) -> Motion:
        """The motion between two frames of one shot, which have the same size.

        Raises :class:`~nst_backend.contract.errors.NstError` where no motion
        can be had at all.
        """
        ...
