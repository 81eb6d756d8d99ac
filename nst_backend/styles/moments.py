"""Mean and variance of a layer's channels over a picture."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["moments"]

# Values that are squared at a time: they stay in the processor's cache.
_CHUNK = 1 << 17


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance (of the population) of ``(B, C, H, W)``, float32 ``(B, C)``.

    Outside of training, features with channels innermost on a CPU are gone through
    twice, chunk by chunk: ``torch.var_mean`` takes eight times as long there.
    """
    x = x.float()
    innermost = x.is_contiguous(memory_format=torch.channels_last)
    if x.requires_grad or x.device.type != "cpu" or not innermost:
        var, mean = torch.var_mean(x, dim=(2, 3), correction=0)
        return mean, var
    mean = x.mean((2, 3))
    pixels = x.permute(0, 2, 3, 1).flatten(1, 2)
    squares = torch.zeros(mean.shape, dtype=torch.float64)
    for part in torch.split(pixels, max(1, _CHUNK // x.shape[1]), dim=1):
        squares += (part - mean[:, None]).square_().sum(1)
    return mean, (squares / pixels.shape[1]).float()
