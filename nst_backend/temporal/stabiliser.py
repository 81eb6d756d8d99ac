"""Frame-to-frame stability: each frame keeps of the one before what still holds.

The painting of the last frame is carried along the motion, once, with a sharp
kernel, and mixed into the new one where the same surface is seen in the same
light and surroundings. Coarse shapes and fine strokes are mixed in different shares, so that
colours follow the light while strokes stay in place.

All pictures are display-referred ``(H, W, 3)`` float32 in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..contract.errors import InputError
from ..flow.consistency import IdArray
from ..flow.cuts import is_cut
from ..flow.source import Motion
from ..image.warp import BoolArray, FloatArray
from .carry import Carried, Surface, carry
from .options import StabiliserOptions
from .state import History

__all__ = ["StabilisedFrame", "Stabiliser", "stabilise"]


@dataclass(frozen=True, slots=True, eq=False)
class StabilisedFrame:
    """A stabilised picture ``(H, W, 3)`` and how much history counted, ``(H, W)`` in 0..1.

    ``reset`` says why no history was used at all, None where some was:
    "start", "jump", "size", "motion" (none given), "cut" or "smoothing" (0).
    """

    picture: FloatArray
    mask: FloatArray
    reset: str | None


class Stabiliser:
    """Keeps the history of one shot; see :func:`stabilise`."""

    def __init__(self, options: StabiliserOptions | None = None, history: History | None = None) -> None:
        self.options = options or StabiliserOptions()
        self.history = history

    def reset(self) -> None:
        """Forget the history: the next frame stands as painted."""
        self.history = None

    def step(
        self,
        styled: FloatArray,
        plate_display: FloatArray,
        motion: Motion | None,
        ids: IdArray | None,
        number: int,
        *,
        weight: FloatArray | None = None,
    ) -> StabilisedFrame:
        """Stabilise the next frame and remember it."""
        frame, self.history = stabilise(
            self.history, styled, plate_display, motion, ids, number, weight=weight, options=self.options
        )
        return frame


def stabilise(
    history: History | None,
    styled: FloatArray,
    plate: FloatArray,
    motion: Motion | None,
    ids: IdArray | None,
    number: int,
    *,
    weight: FloatArray | None = None,
    options: StabiliserOptions,
) -> tuple[StabilisedFrame, History]:
    """One frame and the history that the next one needs.

    ``styled`` S is the painting of this frame, ``plate`` what it was painted
    from, ``motion`` that between the frame of ``history`` and this one, ``ids``
    ``(H, W)`` uint32 what is seen (rank-0 Cryptomatte ids or instances) and
    ``weight`` ``(H, W)`` the styled coverage: history is mixed only where both
    frames are styled; None means everywhere.

    With smoothing 0, and wherever ``mask`` is 0, the picture is S bit for bit.
    The result lies in 0..1 wherever S does.

    Raises :class:`InputError` where the pictures differ in size.
    """
    _check(styled, plate, motion, ids, weight)
    reason = _reset(history, plate, motion, number, options)
    if reason is not None or history is None or motion is None:
        picture, mask = styled, np.zeros(styled.shape[:2], np.float32)
    else:
        here = Surface(History(number, styled, plate, ids, weight), options)
        carried = carry(Surface(history, options), here, motion)
        picture, mask = _mix(styled, carried, motion.known, options), carried.mask
    frame = StabilisedFrame(picture, mask, reason)
    return frame, History(number, np.array(picture, np.float32), np.array(plate, np.float32), ids, weight)


def _reset(
    history: History | None, plate: FloatArray, motion: Motion | None, number: int, options: StabiliserOptions
) -> str | None:
    """Why the history cannot be used, or None."""
    if history is None:
        return "start"
    if history.plate.shape != plate.shape:
        return "size"
    if number != history.number + options.step:
        return "jump"
    if motion is None:
        return "motion"
    if options.smoothing == 0:
        return "smoothing"
    return "cut" if is_cut(plate, history.plate, motion, least=options.cut) else None


def _mix(styled: FloatArray, carried: Carried, known: BoolArray, options: StabiliserOptions) -> FloatArray:
    """S + m (a_coarse · lo + a_fine · (h − S − lo)), lo the mask-normalised blur of h − S, no share above its limit."""
    exact, estimated = options.exact(), options.estimated()
    # What was clipped leaves so little of an outline that a part of it may stay, however fast things part.
    limit = np.maximum(carried.limit, np.float32(options.clipped))
    fine = np.minimum(np.where(known, np.float32(exact.fine), np.float32(estimated.fine)), limit)[..., None]
    coarse = np.minimum(np.where(known, np.float32(exact.coarse), np.float32(estimated.coarse)), limit)[..., None]
    m = carried.mask[..., None]
    difference = np.where(m > 0, carried.picture - styled, np.float32(0))
    sigma = max(0.5, options.band * styled.shape[0] / 1080)
    low = _blur(m * difference, sigma) / np.maximum(_blur(carried.mask, sigma)[..., None], np.float32(1e-3))
    mixed = styled + m * (coarse * low + fine * (difference - low))
    # The split may overshoot where coarse and fine disagree; the display range must not be left for that.
    mixed = np.clip(mixed, np.minimum(styled, 0), np.maximum(styled, 1))
    return np.asarray(np.where(m > 0, mixed, styled), dtype=np.float32)


def _blur(picture: FloatArray, sigma: float) -> FloatArray:
    """A Gaussian; a wide one on a reduced picture, to a fraction of its cost and the same to the eye."""
    height, width = picture.shape[:2]
    factor = max(1, int(sigma / 4))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), dtype=np.float32)
    small = (max(1, -(-width // factor)), max(1, -(-height // factor)))
    reduced = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    reduced = cv2.GaussianBlur(reduced, (0, 0), sigma / factor)
    return np.asarray(cv2.resize(reduced, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _check(
    styled: FloatArray, plate: FloatArray, motion: Motion | None, ids: IdArray | None, weight: FloatArray | None
) -> None:
    size = styled.shape[:2]
    if styled.shape != (*size, 3) or plate.shape != styled.shape:
        raise InputError(
            f"the painting is {styled.shape} and its plate {plate.shape}", remedy="give both as (H, W, 3) of one size"
        )
    for name, part in (("motion", None if motion is None else motion.valid), ("ids", ids), ("weight", weight)):
        if part is not None and part.shape != size:
            raise InputError(f"the {name} of the frame are {part.shape}, its picture {size}", remedy="give one size")
