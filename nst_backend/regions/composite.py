"""Putting the regions together, and the painting back into the plate.

Regions are mixed with one another in linear light. The mix is what the
stabiliser sees; afterwards it is laid over the plate by the styled coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from ..image.channels import spread
from ..image.highlights import Encoded
from ..image.luma import LUMA
from ..image.transfer import srgb_decode, srgb_encode

__all__ = ["RegionMix", "StyledMix", "lay_over", "preserve_colour"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class StyledMix:
    """All styled regions of a frame, mixed.

    ``weight``: ``(H, W)`` styled coverage. ``styled`` and ``base``: ``(H, W, 3)``
    linear light, what the networks gave and what they were given; the plate
    itself where nothing is styled. ``gain``, ``strength``, ``preserve``: ``(H, W)``.
    """

    weight: Array
    styled: Array
    base: Array
    gain: Array
    strength: Array
    preserve: Array

    def within(self, box: Box) -> StyledMix:
        """The part in ``box``."""
        area = box.slices
        return StyledMix(
            weight=self.weight[area],
            styled=self.styled[area],
            base=self.base[area],
            gain=self.gain[area],
            strength=self.strength[area],
            preserve=self.preserve[area],
        )

    def display(self) -> Array:
        """The mix as the stabiliser sees it, sRGB-encoded."""
        return srgb_encode(self.styled)


class RegionMix:
    """Adds up regions; see :class:`StyledMix`."""

    def __init__(self, plate: Encoded) -> None:
        height, width = plate.gain.shape
        self.plate = plate
        self.weight = np.zeros((height, width), np.float32)
        self.styled = np.zeros((height, width, 3), np.float32)
        self.base = np.zeros((height, width, 3), np.float32)
        self.gain = np.zeros((height, width), np.float32)
        self.strength = np.zeros((height, width), np.float32)
        self.preserve = np.zeros((height, width), np.float32)

    def add(self, box: Box, weight: Array, styled: Array, base: Encoded, *, strength: float, preserve: float) -> None:
        """Add one region's box.

        ``weight``: ``(h, w)``; ``styled``: ``(h, w, 3)`` sRGB from the network;
        ``base``: the box of what the network saw.
        """
        rows, columns = box.slices
        part = spread(weight)
        light = srgb_decode(styled)
        light *= part
        self.styled[rows, columns] += light
        # Decoded by the same function, so that a network that changes nothing cancels exactly.
        np.multiply(base.linear, part, out=light)
        self.base[rows, columns] += light
        self.weight[rows, columns] += weight
        self.gain[rows, columns] += weight * base.gain
        self.strength[rows, columns] += weight * np.float32(strength)
        self.preserve[rows, columns] += weight * np.float32(preserve)

    def mixed(self) -> StyledMix:
        """The weighted means; the sums are used up."""
        if not (self.weight == 1.0).all():
            self._divide()
        return StyledMix(
            weight=np.minimum(self.weight, 1.0),
            styled=self.styled,
            base=self.base,
            gain=self.gain,
            strength=self.strength,
            preserve=self.preserve,
        )

    def _divide(self) -> None:
        there = self.weight > 0.0
        outside = (~there).view(np.uint8)
        scale = np.ones_like(self.weight)
        np.divide(scale, self.weight, out=scale, where=there)
        self.strength *= scale
        self.preserve *= scale
        self.gain *= scale
        cv2.copyTo(self.plate.gain, outside, self.gain)
        scale = spread(scale)
        for total in (self.styled, self.base):
            total *= scale
            cv2.copyTo(self.plate.linear, outside, total)


def preserve_colour(styled: Array, base: Array, amount: Array) -> Array:
    """Styled luma with the base's colour differences, by ``(H, W)`` amount.

    Linear light in and out; mixed in sRGB-encoded values, where luma is defined.
    """
    if not amount.any():
        return styled
    painted, plain = srgb_encode(styled), srgb_encode(base)
    luma = (painted - plain) @ LUMA
    kept = plain + luma[:, :, None]
    part = amount[:, :, None]
    mixed = srgb_decode(np.clip(painted + part * (kept - painted), 0.0, 1.0).astype(np.float32))
    # Where nothing was painted nothing may move, whatever the rounding.
    return np.where((amount > 0)[:, :, None] & (painted != plain), mixed, styled).astype(np.float32)


def lay_over(alpha: Array | None, mix: StyledMix, stabilised: Array | None, *, exposure: float) -> tuple[Array, Array]:
    """The styled change in linear sRGB primaries, to be added to the plate.

    ``alpha``: the plate's ``(H, W)``, or None where it has none. ``stabilised``:
    the mix after the stabiliser, sRGB-encoded, or None for the mix itself.
    Returns the change ``(H, W, 3)`` and the coverage ``(H, W)`` that it carries;
    both are exactly 0 where nothing is styled.
    """
    styled = mix.styled if stabilised is None else srgb_decode(stabilised)
    styled = preserve_colour(styled, mix.base, mix.preserve)
    coverage = mix.weight if alpha is None else np.minimum(mix.weight, np.clip(alpha, 0.0, 1.0))
    amount = coverage * mix.strength * mix.gain * np.float32(2.0**-exposure)
    change = styled - mix.base
    change *= spread(amount)
    there = amount > 0.0
    if not there.all():
        change = np.asarray(cv2.copyTo(change, there.view(np.uint8)), np.float32)
    return change, np.asarray(coverage, np.float32)
