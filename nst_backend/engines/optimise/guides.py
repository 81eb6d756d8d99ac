"""Mattes brought to the layers of a loss network, so that a region's style is measured inside it.

Source: Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style
Transfer", guidance by "inside" maps: a place counts where its neighbours lie
within the matte too, since what it sees would else be the next region's.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["layer_guide"]

# A sum below this many places of a layer measures rounding.
_LEAST_PLACES = 1e-3


def layer_guide(matte: Tensor, size: tuple[int, int]) -> Tensor | None:
    """``matte`` ``(H, W)`` in 0..1 as the weight of each place of a layer of ``size`` (rows, columns).

    The mean over each place, shrunk by one place; as it is where nothing would be
    left. None where the matte is empty.
    """
    mean = F.adaptive_avg_pool2d(matte[None, None], size)
    # Beyond the border there is no other region.
    inside = -F.max_pool2d(F.pad(-mean, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    for found in (inside[0, 0], mean[0, 0]):
        if float(found.sum()) > _LEAST_PLACES:
            return found
    return None
