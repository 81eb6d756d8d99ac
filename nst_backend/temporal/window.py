"""Stability from both sides: each frame is a weighted mean of the paintings around it.

Unlike the recursive stabiliser nothing is handed on from frame to frame: a
frame depends on the paintings up to ``radius`` before and after it and on
nothing else, each of them resampled once along composed motion. So any division
of a shot into chunks gives the same pictures bit for bit, which is what a farm
needs; the price is that the paintings around each frame must be there first.

M. Ruder's multi-pass idea (GCPR 2016) without its dependence on where a pass
begins; the weights are Gaussian in time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..contract.errors import InputError, UsageError
from ..flow.chain import chain
from ..flow.consistency import IdArray, forward_backward
from ..flow.cuts import is_cut
from ..flow.dis import estimated_motion
from ..flow.source import Motion
from ..image.channels import finite, spread
from ..image.warp import FloatArray, sample_nearest
from .carry import Surface, carry
from .options import StabiliserOptions
from .stabiliser import StabilisedFrame
from .state import History

__all__ = ["RADIUS", "Together", "WindowFrame", "WindowPainting", "WindowStabiliser"]

RADIUS = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WindowFrame:
    """A frame of a shot before it is painted.

    ``plate`` ``(H, W, 3)`` is display-referred, ``ids`` ``(H, W)`` as in
    :func:`~nst_backend.temporal.stabiliser.stabilise`. ``motion`` is that between
    the shot's frame before and this one; None where there is no such frame or
    its motion cannot be had.
    """

    number: int
    plate: FloatArray
    motion: Motion | None
    ids: IdArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WindowPainting:
    """A painting ``(H, W, 3)``, display-referred, and its styled coverage ``(H, W)``; None means everywhere."""

    styled: FloatArray
    weight: FloatArray | None = None


Look = Callable[[int], WindowFrame | None]
"""Gives a frame by its number; None where the shot has none."""
Paint = Callable[[int], WindowPainting | None]
"""Gives the painting of a frame that was looked at; None where it cannot be painted."""

# A painting, and the motion to its frame from the one before it on the way from the centre.
_Step = tuple[Surface, Motion]
_Sums = tuple[FloatArray, FloatArray]
Together = Callable[[Callable[[Sequence[_Step]], _Sums], Iterable[Sequence[_Step]]], Iterable[_Sums]]
"""As ``map``, which the two sides of a frame are worked out by: that of an executor does both at a time."""


class WindowStabiliser:
    """Steadies frames of a shot by those up to ``radius`` before and after each.

    O = (S + Σ_k w_k m_k h_k) / (1 + Σ_k w_k m_k): S the painting, h_k the one k
    frames away carried here, m_k where it may stand for S (mask times limit, see
    :class:`~nst_backend.temporal.carry.Carried`), w_k = λ exp(−2 k² / radius²) with
    λ so that all together weigh ``options.smoothing``, and never more than 1.
    The window ends at a cut, at a frame that is missing or cannot be painted, at a
    change of size and where motion is missing.

    The sides of a frame are worked out by ``together``, to the same bits one by one and at once.

    ``look`` is called at most once for each frame, in ascending order; so is
    ``paint``, in any order, and only for frames that a window reaches. At most
    2 · radius + 1 frames are held.

    Raises :class:`UsageError` for a radius below 1.
    """

    def __init__(
        self,
        look: Look,
        paint: Paint,
        options: StabiliserOptions | None = None,
        *,
        radius: int = RADIUS,
        together: Together = map,
    ) -> None:
        if radius < 1:
            raise UsageError(f"a window of radius {radius} holds no other frame", remedy="give at least 1")
        self.options = options or StabiliserOptions()
        self.radius = radius
        self._look, self._paint, self._together = look, paint, together
        self._seen: dict[int, _Seen] = {}
        self._last: int | None = None
        self._asked: int | None = None

    def frame(self, number: int) -> StabilisedFrame | None:
        """The frame ``number``, steadied; None where it is missing or cannot be painted.

        ``mask`` of the result is the share that the others had; ``reset`` is
        "smoothing" (0) or "alone" where there were none, else None.

        Raises :class:`UsageError` unless the numbers ascend, :class:`InputError`
        where the pictures of the frame differ in size.
        """
        if self._asked is not None and number <= self._asked:
            raise UsageError(f"frame {number} was asked for after {self._asked}", remedy="ask in ascending order")
        self._asked = number
        step, reach = self.options.step, self.radius * self.options.step
        for old in [old for old in self._seen if old < number - reach]:
            del self._seen[old]
        if self.options.smoothing > 0:
            for away in range(self.radius, 0, -1):
                self._read(number - away * step)
        self._read(number)
        source = self._painted(number)
        return None if source is None else self._mixed(source)

    def _read(self, number: int) -> None:
        if self._last is not None and number <= self._last:
            return
        self._last = number
        frame = self._look(number)
        if frame is not None:
            before = self._seen.get(number - self.options.step)
            self._seen[number] = _Seen.after(None if before is None else before.frame, frame, self.options)

    def _painted(self, number: int) -> Surface | None:
        seen = self._seen.get(number)
        if seen is None:
            return None
        if not seen.tried:
            seen.tried = True
            painting, frame = self._paint(number), seen.frame
            if painting is not None:
                if painting.styled.shape != frame.plate.shape or painting.styled.shape[2:] != (3,):
                    raise InputError(
                        f"the painting is {painting.styled.shape} and its plate {frame.plate.shape}",
                        remedy="give both as (H, W, 3) of one size",
                    )
                history = History(number, painting.styled, frame.plate, frame.ids, painting.weight)
                seen.painting = Surface(history, self.options)
        return seen.painting

    def _mixed(self, painting: Surface) -> StabilisedFrame:
        # Its own, to go with it: what is painted around each pixel nobody asks for again.
        centre = Surface(painting.frame, self.options)
        styled, options = centre.frame.output, self.options
        nothing = np.zeros(styled.shape[:2], np.float32)
        if options.smoothing == 0:
            return StabilisedFrame(styled, nothing, "smoothing")
        sides = [steps for direction in (-1, 1) if (steps := list(self._around(centre.frame.number, direction)))]
        if not sides:
            return StabilisedFrame(styled, nothing, "alone")
        centre.ready()
        total, weights = np.zeros_like(styled), nothing
        for differences, shares in self._together(partial(self._summed, centre), sides):
            total += differences
            weights = weights + shares
        picture = styled + total / (1 + weights)[..., None]
        # The spline may overshoot at edges; the display range must not be left for that.
        picture = np.clip(picture, np.minimum(styled, 0), np.maximum(styled, 1))
        picture = np.where(weights[..., None] > 0, picture, styled)
        return StabilisedFrame(np.asarray(picture, np.float32), np.asarray(weights / (1 + weights), np.float32), None)

    def _summed(self, centre: Surface, side: Sequence[_Step]) -> _Sums:
        """Σ w m (h − S) ``(H, W, 3)`` and Σ w m ``(H, W)`` over the paintings on one side, nearest first."""
        styled, options = centre.frame.output, self.options
        scale = _scale(self.radius, min(options.smoothing, 0.97))
        unsure = np.float32(options.estimated().fine / options.exact().fine)
        total, weights = np.zeros_like(styled), np.zeros(styled.shape[:2], np.float32)
        motion: Motion | None = None
        for away, (source, link) in enumerate(side, start=1):
            motion = link if motion is None else chain([link, motion])
            carried = carry(source, centre, motion)
            share = np.float32(scale * math.exp(-2 * (away / self.radius) ** 2)) * carried.mask * carried.limit
            share = np.where(motion.known, share, share * unsure)
            # Where nothing is carried the picture may hold anything, even no number.
            difference = finite(carried.picture - styled)
            difference *= spread(share)
            total += difference
            weights += share
        return total, weights

    def _around(self, centre: int, direction: int) -> Iterator[_Step]:
        """The paintings on one side, nearest first, to where the shot breaks.

        Nothing beyond a break is painted, nor read where it lies ahead.
        """
        here = centre
        for _ in range(self.radius):
            there = here + direction * self.options.step
            self._read(there)
            later = self._seen.get(max(here, there))
            link = None if later is None else later.back if direction < 0 else later.ahead
            painting = self._painted(there) if link is not None else None
            if link is None or painting is None:
                return
            yield painting, link
            here = there


@dataclass(slots=True, eq=False)
class _Seen:
    """A frame with its motion to the one before (``back``) and that from there to it (``ahead``).

    Both are None where the two do not belong together. ``painting`` is there once
    it was ``tried`` and came about.
    """

    frame: WindowFrame
    back: Motion | None = None
    ahead: Motion | None = None
    tried: bool = False
    painting: Surface | None = None

    @classmethod
    def after(cls, before: WindowFrame | None, frame: WindowFrame, options: StabiliserOptions) -> _Seen:
        motion = frame.motion
        if before is None or motion is None or frame.plate.shape != before.plate.shape:
            return cls(frame)
        if is_cut(frame.plate, before.plate, motion, least=options.cut):
            return cls(frame)
        return cls(frame, motion, _reversed(motion))


def _reversed(motion: Motion) -> Motion | None:
    """The same motion seen from the earlier frame, or None without vectors there."""
    if motion.forward is None:
        return None
    if motion.kind == "estimated":
        return estimated_motion(motion.forward, motion.backward)
    return replace(
        motion,
        backward=motion.forward,
        forward=motion.backward,
        valid=forward_backward(motion.forward, motion.backward),
        known=sample_nearest(motion.known, motion.forward),
    )


def _scale(radius: int, smoothing: float) -> float:
    """λ: what the weights are multiplied with so that they make up ``smoothing`` of the whole, at most 1."""
    plain = 2 * sum(math.exp(-2 * (away / radius) ** 2) for away in range(1, radius + 1))
    return min(1.0, smoothing / (1 - smoothing) / plain)
