"""The feed-forward style network: anti-aliased, many styles in one.

Tensors are ``(B, 3, H, W)``, display-referred sRGB in 0..1, ``H`` and ``W``
multiples of ``config.stride``. Output has the same shape and is not clipped.

Normalisation statistics can be recorded from one pass and given to another, so
that a crop or tile is normalised exactly as the whole frame was (see
:class:`Statistics`). ``weights`` of shape ``(B, S)`` or ``(B, S, H, W)`` pick or
blend styles, per picture or per pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import NetworkConfig
from .moments import moments

__all__ = ["PEAK", "ConditionalNorm", "Convolution", "Statistics", "StyleNetwork"]

PEAK = 4.0
"""Deviations beyond which a normalised value counts as a peak. A network can slip past
instance normalisation by a spike that dwarfs the rest of its channel, and paints a blob
there (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN")."""


@dataclass
class Statistics:
    """Mean and variance of every normalised layer, in the order they are used.

    Each entry is a pair of ``(B, C)`` float32 tensors, or ``(S, C)`` in a table
    with a row for each style. Filled by a recording pass, read by a replaying one.
    """

    layers: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.layers)


class _Context:
    """What one forward pass carries besides the picture."""

    def __init__(
        self,
        weights: Tensor,
        rows: Tensor | None,
        replay: Statistics | None,
        record: Statistics | None,
        matte: Tensor | None,
        peaks: list[Tensor] | None = None,
    ) -> None:
        self.weights = weights
        self.peaks = peaks
        self.rows = rows
        self.replay: Iterator[tuple[Tensor, Tensor]] | None = iter(replay.layers) if replay else None
        self.record = record
        self.matte = matte
        self._maps: dict[tuple[int, int, int], Tensor] = {}

    def at(self, values: Tensor, height: int, width: int) -> Tensor:
        """A map averaged down to a layer's resolution."""
        if values.shape[-2:] in ((1, 1), (height, width)):
            return values
        key = (id(values), height, width)
        if key not in self._maps:
            self._maps[key] = F.interpolate(values, size=(height, width), mode="area")
        return self._maps[key]

    def measure(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance ``(B, C)`` of a layer, under the matte where there is one."""
        if self.matte is None:
            return moments(x)
        share = self.at(self.matte, x.shape[2], x.shape[3])
        share = share / share.sum((2, 3), keepdim=True).clamp_min(1e-6)
        mean = (x.float() * share).sum((2, 3))
        var = ((x.float() - mean[:, :, None, None]).square() * share).sum((2, 3))
        return mean, var


class ConditionalNorm(nn.Module):
    """Instance normalisation with one scale and shift per style.

    Source: Dumoulin et al. 2017, equation 5. Statistics are float32 whatever the
    precision of the picture: fp16 sums overflow at 1080p.
    """

    def __init__(self, channels: int, config: NetworkConfig) -> None:
        super().__init__()
        self.eps = config.eps
        self.scale = nn.Parameter(torch.ones(config.styles, channels))
        self.shift = nn.Parameter(torch.zeros(config.styles, channels))

    def forward(self, x: Tensor, context: _Context) -> Tensor:
        mean, var = next(context.replay) if context.replay is not None else context.measure(x)
        if context.record is not None:
            context.record.layers.append((mean.detach(), var.detach()))
        if context.peaks is not None:
            normal = (x - mean[:, :, None, None]) * torch.rsqrt(var + self.eps)[:, :, None, None]
            context.peaks.append(F.relu(normal.abs() - PEAK).square().mean())
        weights = context.at(context.weights, x.shape[2], x.shape[3])
        if mean.shape[0] == x.shape[0]:
            mean, var = mean[:, None], var[:, None]
        else:
            # A table for each style: every pixel is normalised with its own style's.
            mean, var = mean[None], var[None]
        return _blend(x, weights, *self.affine(mean, var, context.rows))

    def affine(self, mean: Tensor, var: Tensor, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        """The scale and shift ``(..., S, C)`` that it amounts to with statistics ``(..., 1 or S, C)``."""
        scale = (self.scale if rows is None else self.scale[rows]) * torch.rsqrt(var + self.eps)
        return scale, (self.shift if rows is None else self.shift[rows]) - mean * scale


class ConditionalScale(nn.Module):
    """One scale and shift per style, of features that are not normalised by their own statistics."""

    def __init__(self, channels: int, config: NetworkConfig, *, start: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((config.styles, channels), start))
        self.shift = nn.Parameter(torch.zeros(config.styles, channels))

    def forward(self, x: Tensor, context: _Context) -> Tensor:
        weights = context.at(context.weights, x.shape[2], x.shape[3])
        scale, shift = self.affine(context.rows)
        return _blend(x, weights, scale[None], shift[None])

    def affine(self, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        """Scale and shift, ``(S, C)`` each."""
        return (self.scale, self.shift) if rows is None else (self.scale[rows], self.shift[rows])


def _blend(x: Tensor, weights: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """``x`` scaled and shifted by tables ``(1 or B, S, C)`` blended by ``weights``."""
    scale_map = torch.einsum("bshw,bsc->bchw", weights, scale.expand(x.shape[0], -1, -1))
    shift_map = torch.einsum("bshw,bsc->bchw", weights, shift.expand(x.shape[0], -1, -1))
    return torch.addcmul(shift_map.to(x.dtype), x, scale_map.to(x.dtype))


class Convolution(nn.Conv2d):
    """Convolution that continues the picture at its border, by reflection unless told otherwise.

    ``unit``: every filter is divided by its length, so that the features keep
    their size through any number of layers without statistics (the weight
    demodulation of Karras et al. 2020, equation 3, with the scale outside).
    """

    def __init__(
        self, inputs: int, outputs: int, size: int, *, stride: int = 1, border: str = "reflect", unit: bool = False
    ) -> None:
        super().__init__(inputs, outputs, size, stride=stride)
        self.border = border
        self.unit = unit

    def kernel(self) -> Tensor:
        """The filters as they are applied, ``(outputs, inputs, size, size)``."""
        if not self.unit:
            return self.weight
        return self.weight * torch.rsqrt(self.weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)

    def forward(self, x: Tensor) -> Tensor:
        reach = self.kernel_size[0] // 2
        mode = self.border if min(x.shape[-2:]) > reach else "replicate"
        return F.conv2d(F.pad(x, (reach,) * 4, mode=mode), self.kernel(), self.bias, self.stride)


class BlurPool(nn.Module):
    """Halves a picture after the binomial low-pass [1, 3, 3, 1] / 8.

    Source: Zhang 2019, "Making Convolutional Networks Shift-Invariant Again".
    """

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
        self.register_buffer("kernel", torch.outer(taps, taps)[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, H + 2, W + 2)`` to ``(B, C, H / 2, W / 2)``: the caller has continued the border."""
        channels = x.shape[1]
        kernel = self.kernel.to(x.dtype).expand(channels, 1, 4, 4)
        return F.conv2d(x, kernel, stride=2, groups=channels)


class _Down(nn.Module):
    def __init__(self, channels: int, config: NetworkConfig) -> None:
        super().__init__()
        self.conv = Convolution(channels, channels * 2, 3, stride=1 if config.antialias else 2)
        self.pool = BlurPool() if config.antialias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.pool is None:
            return self.conv(x)  # type: ignore[no-any-return]
        # The border is continued once, before both steps, so that they are one convolution.
        mode = "reflect" if min(x.shape[-2:]) > 2 else "replicate"
        seen = F.pad(x, (2, 2, 2, 2), mode=mode)
        return self.pool(F.conv2d(seen, self.conv.weight, self.conv.bias))  # type: ignore[no-any-return]


class _Up(nn.Module):
    def __init__(self, channels: int, config: NetworkConfig) -> None:
        super().__init__()
        # Repeating the doubled picture's edge is repeating the coarse one's, so that the
        # two steps are one convolution at the coarse size; after nearest doubling it is
        # also what reflection gives.
        self.conv = Convolution(channels, channels // 2, 3, border="replicate", unit=config.norm == "encoder")
        self.antialias = config.antialias

    def forward(self, x: Tensor) -> Tensor:
        if self.antialias:
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        else:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.conv(x)  # type: ignore[no-any-return]


class _Normed(nn.Module):
    """A layer, its normalisation and, if asked, a ReLU.

    ``encoder``: the layer comes before the residual blocks. ``start``: first
    value of the scales where the layer is not normalised.
    """

    def __init__(
        self,
        layer: nn.Module,
        channels: int,
        config: NetworkConfig,
        *,
        relu: bool = True,
        encoder: bool = False,
        start: float = 1.0,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.norm: nn.Module | None = None
        if config.norm == "all" or (config.norm == "encoder" and encoder):
            self.norm = ConditionalNorm(channels, config)
        elif config.norm == "encoder":
            self.norm = ConditionalScale(channels, config, start=start)
        self.relu = relu
        self.leak = config.leak

    def forward(self, x: Tensor, context: _Context) -> Tensor:
        x = self.layer(x)
        if self.norm is not None:
            x = self.norm(x, context)
        return F.leaky_relu(x, self.leak, inplace=not x.requires_grad) if self.relu else x


class _Residual(nn.Module):
    def __init__(self, channels: int, config: NetworkConfig) -> None:
        super().__init__()
        unit = config.norm == "encoder"
        self.first = _Normed(Convolution(channels, channels, 3, unit=unit), channels, config)
        self.second = _Normed(Convolution(channels, channels, 3, unit=unit), channels, config, relu=False, start=0.2)

    def forward(self, x: Tensor, context: _Context) -> Tensor:
        return x + self.second(self.first(x, context), context)  # type: ignore[no-any-return]


class StyleNetwork(nn.Module):
    """Picture in, painting out."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.width
        samples = 3 * config.shuffle**2
        self.head = _Normed(Convolution(samples, channels, config.aperture), channels, config, encoder=True)
        down: list[nn.Module] = []
        for _ in range(config.levels):
            down.append(_Normed(_Down(channels, config), channels * 2, config, encoder=True))
            channels *= 2
        self.down = nn.ModuleList(down)
        self.blocks = nn.ModuleList([_Residual(channels, config) for _ in range(config.blocks)])
        up: list[nn.Module] = []
        for _ in range(config.levels):
            up.append(_Normed(_Up(channels, config), channels // 2, config))
            channels //= 2
        self.up = nn.ModuleList(up)
        self.tail = Convolution(channels, samples, config.aperture)

    def forward(
        self,
        x: Tensor,
        weights: Tensor,
        *,
        rows: Tensor | None = None,
        replay: Statistics | None = None,
        record: Statistics | None = None,
        matte: Tensor | None = None,
        peaks: list[Tensor] | None = None,
        encoded: list[Tensor] | None = None,
    ) -> Tensor:
        """Stylise ``x``.

        ``x``: ``(B, 3, H, W)`` in 0..1. ``weights``: ``(B, S)`` or ``(B, S, H, W)``
        float32, summing to 1 over ``S``. ``rows``: which ``S`` rows of the style
        tables the weights mean, all of them in order unless given. ``replay``: statistics to normalise
        with instead of the picture's own; with a table of ``S`` rows and one
        picture, every pixel is normalised with its own style's row. ``record``:
        receives the statistics used. ``matte``: ``(B, 1, H, W)``, measures
        under it only. ``peaks``: receives, for each normalised layer, the mean
        square by which values lie beyond :data:`PEAK` deviations. ``encoded``: receives
        the features before the residual blocks, ``(B, C, H / stride, W / stride)``.

        Raises ``ValueError`` for a shape that the layers cannot take.
        """
        context = self._context(x, weights, rows, replay=replay, record=record, matte=matte, peaks=peaks)
        x = self._encode(x, context)
        if encoded is not None:
            encoded.append(x)
        for layer in (*self.blocks, *self.up):
            x = layer(x, context)
        y: Tensor = self.tail(x).float()
        if self.config.shuffle > 1:
            y = F.pixel_shuffle(y, self.config.shuffle)
        return y / self.config.value_range if self.config.value_range != 1.0 else y

    def measure(
        self, x: Tensor, weights: Tensor, *, rows: Tensor | None = None, matte: Tensor | None = None
    ) -> Statistics:
        """What a forward pass with ``record`` would fill in, computed no deeper than it must be.

        Arguments and errors as of :meth:`forward`.
        """
        record = Statistics()
        if self.config.norm == "all":
            self(x, weights, rows=rows, record=record, matte=matte)
        else:
            context = self._context(x, weights, rows, record=record, matte=matte)
            if self.config.norm == "encoder":
                self._encode(x, context)
        return record

    def affine(self, rows: Tensor, table: Statistics) -> list[tuple[Tensor, Tensor] | None]:
        """What each layer's normalisation amounts to, in the order that the layers are run.

        ``table``: a row of statistics for each of ``rows``. Scale and shift,
        ``(S, C)`` each; None for a layer without either.
        """
        statistics = iter(table.layers)
        found: list[tuple[Tensor, Tensor] | None] = []
        for module in self.modules():
            if isinstance(module, ConditionalNorm):
                found.append(module.affine(*next(statistics), rows))
            elif isinstance(module, ConditionalScale):
                found.append(module.affine(rows))
            elif isinstance(module, _Normed) and module.norm is None:
                found.append(None)
        return found

    def _encode(self, x: Tensor, context: _Context) -> Tensor:
        if self.config.value_range != 1.0:
            x = x * self.config.value_range
        if self.config.shuffle > 1:
            x = F.pixel_unshuffle(x, self.config.shuffle)
        x = self.head(x, context)
        for layer in self.down:
            x = layer(x, context)
        return x

    def _context(
        self,
        x: Tensor,
        weights: Tensor,
        rows: Tensor | None,
        *,
        replay: Statistics | None = None,
        record: Statistics | None = None,
        matte: Tensor | None = None,
        peaks: list[Tensor] | None = None,
    ) -> _Context:
        config = self.config
        if x.ndim != 4 or x.shape[1] != 3 or x.shape[2] % config.stride or x.shape[3] % config.stride:
            raise ValueError(f"expected (B, 3, H, W) with H and W multiples of {config.stride}, got {tuple(x.shape)}")
        count = config.styles if rows is None else len(rows)
        if weights.ndim not in (2, 4) or weights.shape[1] != count:
            raise ValueError(f"expected style weights (B, {count}[, H, W]), got {tuple(weights.shape)}")
        return _Context(weights if weights.ndim == 4 else weights[:, :, None, None], rows, replay, record, matte, peaks)
