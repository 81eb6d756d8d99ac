"""What a style looks like, at a glance: every style's painting of the same picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..media.images import read_image
from .network import StyleNetwork

__all__ = ["paint_thumbnail"]

SAMPLE = Path(__file__).parent / "library_data" / "sample.png"
"""A render of the demo scene, 256 pixels a side."""


def paint_thumbnail(network: StyleNetwork, index: int) -> NDArray[np.float32]:
    """The sample in the style of row ``index``: ``(256, 256, 3)``, sRGB in 0..1."""
    picture, _ = read_image(SAMPLE)
    weights = torch.zeros(1, network.config.styles)
    weights[0, index] = 1.0
    with torch.no_grad():
        painted = network(torch.from_numpy(picture.transpose(2, 0, 1).copy())[None], weights)
    clipped: NDArray[np.float32] = painted[0].clamp(0.0, 1.0).permute(1, 2, 0).numpy()
    return clipped
