"""YOLACT's boxes: where they are expected, how they are read from the network, which are kept.

``yolact.py``, ``layers/box_utils.py`` and ``layers/functions/detection.py`` of
https://github.com/dbolya/yolact, with the values of ``yolact_base_config``.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from .yolact_network import SIDE

__all__ = ["decode", "fast_nms", "priors"]

_SCALES = (24, 48, 96, 192, 384)
_ASPECTS = (1.0, 0.5, 2.0)
_LEVELS = (69, 35, 18, 9, 5)
_VARIANCES = (0.1, 0.2)


@cache
def priors() -> Tensor:
    """``(19248, 4)``: centre x, y, width and height of all priors, as parts of the picture.

    In the network's order: level, row, column, aspect. All are square, ``use_square_anchors``:
    the published networks were trained with heights set to the widths by mistake.
    """
    levels = []
    for count, scale in zip(_LEVELS, _SCALES, strict=True):
        centres = (torch.arange(count, dtype=torch.float32) + 0.5) / count
        rows, columns, aspects = torch.meshgrid(centres, centres, torch.tensor(_ASPECTS), indexing="ij")
        widths = scale * aspects.sqrt() / SIDE
        levels.append(torch.stack((columns, rows, widths, widths), -1).reshape(-1, 4))
    return torch.cat(levels)


def decode(offsets: Tensor, around: Tensor) -> Tensor:
    """Left, top, right, bottom ``(..., P, 4)`` of boxes told relative to priors ``(P, 4)``."""
    centres = around[:, :2] + offsets[..., :2] * _VARIANCES[0] * around[:, 2:]
    halves = around[:, 2:] * torch.exp(offsets[..., 2:] * _VARIANCES[1]) / 2
    return torch.cat((centres - halves, centres + halves), -1)


def fast_nms(boxes: Tensor, scores: Tensor, *, overlap: float = 0.5, most: int = 200) -> tuple[Tensor, Tensor]:
    """Fast NMS (section 4.3 of the paper): which boxes ``(P, 4)`` are kept for which classes ``(C, P)``.

    Of a class, the ``most`` best boxes count. A box falls where it overlaps any better one by
    more than ``overlap``, also one that itself falls: so all are judged at once.
    Returns the classes and the boxes kept, as indices, the highest score first.
    """
    count = min(most, scores.shape[1])
    best, order = scores.topk(count, dim=1)
    overlaps = _overlaps(boxes[order]).triu(diagonal=1)
    kept = overlaps.amax(dim=1) <= overlap if count else overlaps.new_zeros(order.shape, dtype=torch.bool)
    classes = torch.arange(len(scores), device=scores.device)[:, None].expand_as(order)
    ranked = best[kept].argsort(descending=True, stable=True)
    return classes[kept][ranked], order[kept][ranked]


def _overlaps(boxes: Tensor) -> Tensor:
    """Intersection over union ``(C, K, K)`` of the boxes ``(C, K, 4)`` of each class."""
    corner = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    opposite = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
    shared = (opposite - corner).clamp(min=0).prod(-1)
    areas = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    union = areas[:, :, None] + areas[:, None, :] - shared
    return shared / union.clamp(min=1e-12)
