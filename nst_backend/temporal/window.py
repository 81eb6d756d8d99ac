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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..contract.errors import InputError, UsageError
from ..flow.chain import chain
from ..flow.consistency import IdArray, forward_backward
from ..flow.dis import estimated_motion
from ..flow.source import Motion
from ..image.warp import FloatArray, sample_nearest
from .carry import carry, is_cut
from .options import StabiliserOptions
from .stabiliser import StabilisedFrame
from .state import History

__all__ = ["RADIUS", "WindowFrame", "WindowStabiliser", "stabilise_window"]

RADIUS = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WindowFrame:
    """A painted frame of a shot; the fields as in :func:`~nst_backend.temporal.stabiliser.stabilise`.

    ``motion`` is that between the shot's frame before and this one; None where
    there is no such frame or its motion cannot be had.
    """

    number: int
    styled: FloatArray
    plate: FloatArray
    motion: Motion | None
    ids: IdArray | None = None
    weight: FloatArray | None = None


class WindowStabiliser:
    """:func:`stabilise_window` for a stream of frames; memory holds 2 · radius + 1 of them.

    For a chunk, push the ``radius`` frames before and after it as well and keep
    only its own: they come out as from the whole shot.
    """

    def __init__(self, options: StabiliserOptions | None = None, *, radius: int = RADIUS) -> None:
        self.options = options or StabiliserOptions()
        self.radius = _checked(radius)
        self._frames: list[WindowFrame] = []
        self._next = 0

    def push(self, frame: WindowFrame) -> list[tuple[int, StabilisedFrame]]:
        """Take the shot's next frame; returns the frames that are now complete, with their numbers."""
        self._frames.append(frame)
        made = []
        while self._next + self.radius < len(self._frames):
            made.append(self._make())
        return made

    def flush(self) -> list[tuple[int, StabilisedFrame]]:
        """The shot is over: the frames that still waited for later ones."""
        made = []
        while self._next < len(self._frames):
            made.append(self._make())
        self._frames, self._next = [], 0
        return made

    def _make(self) -> tuple[int, StabilisedFrame]:
        number = self._frames[self._next].number
        frame = stabilise_window(self._frames, self._next, radius=self.radius, options=self.options)
        self._next += 1
        spare = max(0, self._next - self.radius)
        del self._frames[:spare]
        self._next -= spare
        return number, frame


def stabilise_window(
    frames: Sequence[WindowFrame], centre: int, *, radius: int = RADIUS, options: StabiliserOptions
) -> StabilisedFrame:
    """The frame at index ``centre``, steadied by those up to ``radius`` before and after it.

    O = (S + Σ_k w_k m_k h_k) / (1 + Σ_k w_k m_k): S the painting, h_k the one k
    frames away carried here, m_k where it may stand for S (mask times limit, see
    :class:`~nst_backend.temporal.carry.Carried`), w_k = λ exp(−2 k² / radius²) with
    λ so that all together weigh ``options.smoothing``, and never more than 1.
    The window ends at a cut, a jump in numbers, a change of size and where motion
    is missing. ``mask`` of the result is the share that the others had, and
    ``reset`` is "smoothing" (0) or "alone" where there were none, else None.

    Raises :class:`UsageError` for a radius below 1 or an index out of range,
    :class:`InputError` where the pictures of the frame differ in size.
    """
    _checked(radius)
    if not 0 <= centre < len(frames):
        raise UsageError(f"there is no frame at {centre} of {len(frames)}", remedy="give an index of the list")
    frame = frames[centre]
    if frame.styled.shape != frame.plate.shape or frame.styled.shape[2:] != (3,):
        raise InputError(
            f"the painting is {frame.styled.shape} and its plate {frame.plate.shape}",
            remedy="give both as (H, W, 3) of one size",
        )
    nothing = np.zeros(frame.styled.shape[:2], np.float32)
    if options.smoothing == 0:
        return StabilisedFrame(frame.styled, nothing, "smoothing")
    scale = _scale(radius, min(options.smoothing, 0.97))
    unsure = np.float32(options.estimated().fine / options.exact().fine)
    total, weights, alone = np.zeros_like(frame.styled), nothing, True
    for direction in (-1, 1):
        for away, other, motion in _around(frames, centre, direction, radius, options):
            source = History(other.number, other.styled, other.plate, other.ids, other.weight)
            carried = carry(source, frame.styled, frame.plate, motion, frame.ids, frame.weight, options)
            share = np.float32(scale * math.exp(-2 * (away / radius) ** 2)) * carried.mask * carried.limit
            share = np.where(motion.known, share, share * unsure)
            counts = share[..., None] > 0
            total += np.where(counts, share[..., None] * (carried.picture - frame.styled), np.float32(0))
            weights = weights + share
            alone = False
    if alone:
        return StabilisedFrame(frame.styled, nothing, "alone")
    picture = frame.styled + total / (1 + weights)[..., None]
    # The spline may overshoot at edges; the display range must not be left for that.
    picture = np.clip(picture, np.minimum(frame.styled, 0), np.maximum(frame.styled, 1))
    picture = np.where(weights[..., None] > 0, picture, frame.styled)
    return StabilisedFrame(np.asarray(picture, np.float32), np.asarray(weights / (1 + weights), np.float32), None)


def _around(
    frames: Sequence[WindowFrame], centre: int, direction: int, radius: int, options: StabiliserOptions
) -> Iterator[tuple[int, WindowFrame, Motion]]:
    """The frames on one side with the motion from the centre to each, nearest first, up to where the shot breaks."""
    so_far: Motion | None = None
    for away in range(1, radius + 1):
        index = centre + direction * away
        if not 0 <= index < len(frames):
            return
        step = _step(frames[index], frames[index + 1], options) if direction < 0 else None
        if direction > 0:
            forwards = _step(frames[index - 1], frames[index], options)
            step = _reversed(forwards) if forwards is not None else None
        if step is None:
            return
        so_far = step if so_far is None else chain([step, so_far])
        yield away, frames[index], so_far


def _step(before: WindowFrame, after: WindowFrame, options: StabiliserOptions) -> Motion | None:
    """The motion between two neighbours, None where they do not belong together."""
    motion = after.motion
    if motion is None or after.number != before.number + options.step or after.plate.shape != before.plate.shape:
        return None
    return None if is_cut(after.plate, before.plate, motion, options) else motion


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


def _checked(radius: int) -> int:
    if radius < 1:
        raise UsageError(f"a window of radius {radius} holds no other frame", remedy="give at least 1")
    return radius
