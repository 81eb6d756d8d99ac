"""What every engine does: a picture and a style in, a styled picture out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..image.boxes import Box
from ..styles.network import Statistics

__all__ = ["Engine"]


class Engine(Protocol):
    """An engine holds one style. Pictures are ``(H, W, 3)`` sRGB in 0..1."""

    margin: int

    def statistics(self, picture: NDArray[np.float32], matte: NDArray[np.float32] | None = None) -> Statistics:
        """Normalisation statistics of a whole picture, or of the part under ``matte``."""
        ...

    def stylise(
        self, picture: NDArray[np.float32], *, box: Box | None = None, statistics: Statistics | None = None
    ) -> NDArray[np.float32]:
        """The styled picture, or its part in ``box``, clipped to 0..1.

        Without ``statistics`` the whole picture's own are used.
        """
        ...
