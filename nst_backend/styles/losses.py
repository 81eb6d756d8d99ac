"""Content, style and colour losses, as functions of activations and pictures.

Every term is divided by the size of its own target, so that one weight means
the same for every painting and every encoder.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = [
    "colour_loss",
    "colour_quantiles",
    "content_loss",
    "gram",
    "gram_loss",
    "matrix_root",
    "mesh_loss",
    "moment_loss",
    "moments",
    "total_variation",
    "wasserstein_loss",
]


def gram(features: Tensor, guide: Tensor | None = None) -> Tensor:
    """Second moments of the channels: ``(B, C, h, w)`` to ``(B, C, C)``.

    ``guide`` ``(h, w)``, not negative: how much each place counts.

    Source: Gatys, Ecker, Bethge 2016, equation 3, divided by ``C h w``.
    """
    batch, channels, height, width = features.shape
    flat = features.reshape(batch, channels, height * width)
    if guide is None:
        return torch.bmm(flat, flat.transpose(1, 2)) / (channels * height * width)
    share = guide.flatten()
    return torch.bmm(flat * share, flat.transpose(1, 2)) / (channels * share.sum().clamp_min(1e-6))


def gram_loss(value: Tensor, target: Tensor) -> Tensor:
    """``||G - T||² / ||T||²`` for each picture: ``(B, C, C)`` twice to ``(B,)``."""
    return (value - target).square().sum((1, 2)) / target.square().sum((1, 2)).clamp_min(1e-12)


def moments(features: Tensor, guide: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean ``(B, C)`` and covariance ``(B, C, C)`` over the picture of ``(B, C, h, w)``.

    ``guide`` ``(h, w)``, not negative and not zero everywhere: how much each place
    counts (Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer").
    """
    flat = features.flatten(2)
    if guide is not None:
        weight = guide.flatten() / guide.sum()
        mean = flat @ weight
        centred = (flat - mean[:, :, None]) * weight.sqrt()
        return mean, torch.bmm(centred, centred.transpose(1, 2))
    mean = flat.mean(2)
    centred = flat - mean[:, :, None]
    return mean, torch.bmm(centred, centred.transpose(1, 2)) / flat.shape[2]


def moment_loss(value: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor]) -> Tensor:
    """Distance of two feature distributions by their first two moments, to ``(B,)``.

    ``h(||C - C'||² / ||C'||²) + h(|m - m'|² / tr C')`` with the pseudo-Huber
    ``h(x) = 2 (√(1 + x) - 1)``: the square while near, the distance while far,
    since a covariance grows with the square of the contrast and its square with
    the fourth power, which throws a young network off its feet. A Gram matrix of rectified
    features is almost all mean; parted, the covariance, which is where the brush
    is, keeps its weight (compare Li et al. 2017, "Demystifying Neural Style
    Transfer", on moments as style).
    """
    covariance = (value[1] - target[1]).square().sum((1, 2)) / target[1].square().sum((1, 2)).clamp_min(1e-12)
    spread = target[1].diagonal(dim1=1, dim2=2).sum(1).clamp_min(1e-12)
    mean = (value[0] - target[0]).square().sum(1) / spread
    distance: Tensor = 2.0 * ((1.0 + covariance).sqrt() + (1.0 + mean).sqrt() - 2.0)
    return distance


def matrix_root(matrix: Tensor) -> Tensor:
    """The symmetric square root of symmetric ``(B, C, C)`` without negative eigenvalues, as float64 on the CPU."""
    values, vectors = torch.linalg.eigh(_precise(matrix))
    root: Tensor = (vectors * values.clamp_min(0.0).sqrt()[:, None, :]) @ vectors.transpose(1, 2)
    return root


def wasserstein_loss(value: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor], root: Tensor) -> Tensor:
    """Squared Wasserstein distance of two Gaussians over the target's spread, to ``(B,)``.

    ``|m - m'|² + tr(C + C' - 2 (R C R)^½)``, divided by ``tr C'``, with ``root`` R the
    :func:`matrix_root` of the target's covariance C'. The trace of a root is the sum of
    the eigenvalues' roots, whose gradient needs no eigenvectors' gradient. Source: Olkin,
    Pukelsheim 1982; as a style loss Mroueh 2019, "Wasserstein Style Transfer".
    """
    spread = target[1].diagonal(dim1=1, dim2=2).sum(1).clamp_min(1e-12)
    own = value[1].diagonal(dim1=1, dim2=2).sum(1)
    between = torch.linalg.eigvalsh(root @ _precise(value[1]) @ root)
    # A root is infinitely steep at 0; so small an eigenvalue tells of rounding, not of brushwork.
    floor = (1e-14 * _precise(spread).square())[:, None]
    shared = between.clamp_min(floor).sqrt().sum(1).to(own)
    mean = (value[0] - target[0]).square().sum(1)
    distance: Tensor = (mean + own + spread - 2.0 * shared) / spread
    return distance


def _precise(values: Tensor) -> Tensor:
    # Roots of hundreds of eigenvalues near 0 add up: in float32 a painting is five percent from itself.
    # Not every GPU has float64 and eigenvalues, and none is faster at so few channels.
    return values.to("cpu", torch.float64)


def content_loss(value: Tensor, target: Tensor) -> Tensor:
    """``||f - t||² / ||t - mean(t)||²`` for each picture: ``(B, C, h, w)`` twice to ``(B,)``.

    Divided by the variance of the target over the picture, floored so that a
    flat picture cannot blow the term up.
    """
    spread = (target - target.mean((2, 3), keepdim=True)).square().mean((1, 2, 3))
    floor = 0.15 * target.square().mean((1, 2, 3))
    return (value - target).square().mean((1, 2, 3)) / torch.maximum(spread, floor).clamp_min(1e-12)


def _directions(count: int, like: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(20161)
    raw = torch.randn(count, 3, generator=generator)
    unit: Tensor = raw / raw.norm(dim=1, keepdim=True)
    return unit.to(like)


def colour_quantiles(picture: Tensor, *, directions: int = 12, quantiles: int = 64) -> Tensor:
    """Quantiles of the colours projected on fixed directions.

    ``(B, 3, H, W)`` to ``(B, directions, quantiles)``; the sliced Wasserstein
    distance between two colour distributions is the distance between their
    quantiles (Rabin et al. 2011).
    """
    batch = picture.shape[0]
    projected = torch.einsum("dc,bcn->bdn", _directions(directions, picture), picture.reshape(batch, 3, -1))
    ordered = projected.sort(dim=2).values
    count = ordered.shape[2]
    position = (torch.arange(quantiles, device=picture.device) + 0.5) / quantiles * count - 0.5
    low = position.floor().clamp(0, count - 1).long()
    high = (low + 1).clamp_max(count - 1)
    part = (position - low).clamp(0, 1).to(picture.dtype)
    return ordered[:, :, low] * (1 - part) + ordered[:, :, high] * part


def colour_loss(value: Tensor, target: Tensor) -> Tensor:
    """Squared distance of colour quantiles over the target's spread: to ``(B,)``."""
    spread = (target - target.mean(2, keepdim=True)).square().mean((1, 2))
    return (value - target).square().mean((1, 2)) / spread.clamp_min(1e-4)


def total_variation(picture: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels: ``(B, 3, H, W)`` to ``(B,)``."""
    across = (picture[..., 1:] - picture[..., :-1]).square().mean((1, 2, 3))
    down = (picture[..., 1:, :] - picture[..., :-1, :]).square().mean((1, 2, 3))
    return across + down


def mesh_loss(picture: Tensor, *, window: int = 48) -> Tensor:
    """Power of what repeats every 2 or 4 pixels on the network's own grid: ``(B, 3, H, W)`` to ``(B,)``.

    Within windows of ``window`` pixels (a multiple of 4) the fine detail is averaged
    over the 16 places of a 4 x 4 grid; brushwork, which keeps no step with the grid,
    averages out, a mesh stays. A spectral form of what Odena et al. 2016 show
    ("Deconvolution and Checkerboard Artifacts"), for networks that halve twice.

    Raises ``ValueError`` for a picture that is smaller than a window.
    """
    height, width = (picture.shape[axis] - 3 for axis in (2, 3))
    if window % 4 or min(height, width) < window:
        raise ValueError(f"expected sides of {window + 3} at least and a window of whole fours, got {picture.shape}")
    # A box of four has its zeros at periods 2 and 4: what is left of them is all of them.
    detail = picture[..., 1:-2, 1:-2] - F.avg_pool2d(picture, 4, stride=1)
    rows, columns = height // window, width // window
    inside = detail[..., : rows * window, : columns * window]
    grid = inside.reshape(*picture.shape[:2], rows, window // 4, 4, columns, window // 4, 4)
    places = grid.mean((3, 6))
    power: Tensor = places.var((3, 5), correction=0).mean((1, 2, 3))
    return power
