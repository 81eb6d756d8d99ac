"""Pixels of a ``frame`` event, where they lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..contract.messages import FrameEvent

__all__ = ["map_pixels"]


def map_pixels(event: FrameEvent) -> NDArray[np.float32]:
    """A read-only view ``(H, W, 4)``, or ``(H, W)`` of coverage, float32, rows from the top.

    The file is the service's and goes with the next request of that kind: copy what is
    to be kept, and let go of the view first. Raises ``ValueError`` for an event that
    names a finished file instead, ``OSError`` where the file is gone.
    """
    if event.shape is None or event.dtype != "<f4":
        raise ValueError(f"frame {event.frame} is the file {event.path!r} and no bare pixels")
    return np.memmap(event.path, dtype="<f4", mode="r", shape=event.shape)
