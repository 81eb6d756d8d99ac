"""Convolutions in half precision, geometry in single."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["HalfPrecision"]


class HalfPrecision(nn.Module):
    """A part of a network that computes in fp16 and answers in fp32.

    Boxes must never be fp16: above 2048 it knows even numbers only.
    """

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *inputs: Any) -> Any:
        """What the part answers: a tensor, or tensors in a list, tuple or dict."""
        with torch.autocast(next(self.inner.parameters()).device.type, dtype=torch.float16):
            return _single(self.inner(*inputs))


def _single(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, dict):
        return OrderedDict((key, _single(entry)) for key, entry in value.items())
    entries = map(_single, value)
    return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
