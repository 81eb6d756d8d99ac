"""Motion over several frames, made of the motion between neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from ..contract.errors import UsageError
from ..image.warp import Ends, compose, inside
from .source import Motion

__all__ = ["chain"]


def chain(motions: Sequence[Motion]) -> Motion:
    """The motion from the first frame to the last of a run.

    ``motions`` are those between neighbours, in the order of time: F(t−k+1→t−k)
    first, F(t→t−1) last. The vectors are composed, and what is valid or known
    must be so on every step of the way. ``kind`` is "exact" only where all are.

    Raises :class:`UsageError` without motions or where their sizes differ.
    """
    if not motions:
        raise UsageError("there is no motion to chain", remedy="give at least two frames")
    if len({motion.backward.shape for motion in motions}) > 1:
        raise UsageError("the motions differ in size", remedy="chain the frames of one shot")
    return reduce(_join, motions)


def _join(earlier: Motion, later: Motion) -> Motion:
    ends = Ends(later.backward)
    forward = None
    if earlier.forward is not None and later.forward is not None:
        forward = compose(earlier.forward, later.forward)
    backward = compose(later.backward, earlier.backward, ends)
    return Motion(
        backward=backward,
        forward=forward,
        valid=later.valid & ends.nearest(earlier.valid) & inside(backward),
        known=later.known & ends.nearest(earlier.known),
        kind="exact" if earlier.kind == later.kind == "exact" else "estimated",
        warnings=tuple(dict.fromkeys(earlier.warnings + later.warnings)),
    )
