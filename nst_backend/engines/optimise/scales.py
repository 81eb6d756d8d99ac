"""The sizes that a picture is painted at, from coarse to fine."""

from __future__ import annotations

from ...contract.optimisation_options import SMALLEST_SIDE

__all__ = ["longer_side", "scale_sizes", "shorter_side"]

Size = tuple[int, int]


def scale_sizes(size: Size, scales: int) -> list[Size]:
    """``(width, height)`` of each scale, coarse to fine, each half the next; those too small are left out."""
    halved = [(max(1, round(size[0] / 2**k)), max(1, round(size[1] / 2**k))) for k in reversed(range(scales))]
    return [entry for entry in halved[:-1] if min(entry) >= SMALLEST_SIDE] + halved[-1:]


def longer_side(size: Size, side: float) -> Size:
    """``size`` scaled so that its longer side is ``side``."""
    return _scaled(size, side / max(size))


def shorter_side(size: Size, side: float) -> Size:
    """``size`` scaled so that its shorter side is ``side``."""
    return _scaled(size, side / min(size))


def _scaled(size: Size, part: float) -> Size:
    return max(SMALLEST_SIDE, round(size[0] * part)), max(SMALLEST_SIDE, round(size[1] * part))
