"""YOLACT as it is built: a ResNet under a feature pyramid, prototypes of masks, one head shared by all levels.

D. Bolya et al., "YOLACT: Real-time instance segmentation", ICCV 2019. Modules are called
as in ``yolact.py`` and ``backbone.py`` of https://github.com/dbolya/yolact, so that the
published checkpoints fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet50, resnet101

from ..contract.codec import option

__all__ = ["RATIOS", "SIDE", "Yolact", "YolactOptions", "YolactOutput", "build_yolact", "network_entries"]

SIDE = 550
"""Pixels of the square that every picture is scaled to (``max_size`` in ``yolact_base_config``)."""
RATIOS = 3
"""Priors at each position of each level."""
PROTOTYPES = 32
_FEATURES = 256
_EXTRA_LEVELS = 2
# MEANS and STD of data/config.py, which stand there as BGR; FastBaseTransform turns the picture to RGB after them.
_MEAN = (123.68 / 255, 116.78 / 255, 103.94 / 255)
_STD = (58.40 / 255, 57.12 / 255, 57.38 / 255)


@dataclass(frozen=True, kw_only=True)
class YolactOptions:
    """How a YOLACT is built."""

    backbone: Literal["resnet50", "resnet101"] = option("resnet101", help="the residual network below the pyramid")


class YolactOutput(NamedTuple):
    """What the network says of a batch, for all priors ``P`` from the finest level to the coarsest."""

    offsets: Tensor
    """``(B, P, 4)``: the boxes, relative to their priors."""
    logits: Tensor
    """``(B, P, classes + 1)``, the background first."""
    coefficients: Tensor
    """``(B, P, 32)`` in -1..1: how much of each prototype."""
    prototypes: Tensor
    """``(B, 32, 138, 138)``, not negative."""


def build_yolact(options: YolactOptions, classes: int) -> Yolact:
    """An untrained network for ``classes`` labels, the background not counted."""
    return Yolact(options.backbone, classes)


def network_entries(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The entries of a checkpoint that are the network's.

    As ``Yolact.load_weights``, without what the first versions saved too: the ResNet under its old names, and
    further layers that would halve the pyramid.
    """
    older = ("backbone.layer1.", "backbone.layer2.", "backbone.layer3.", "backbone.layer4.")
    unused = tuple(f"fpn.downsample_layers.{level}." for level in range(_EXTRA_LEVELS, 6))
    return {name: value for name, value in tensors.items() if not name.startswith(older + unused)}


class Yolact(nn.Module):
    """``(B, 3, 550, 550)`` in 0..1 sRGB in; see :class:`YolactOutput` for what comes out."""

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: str, classes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(_STD)[:, None, None], persistent=False)
        self.backbone = _Backbone(backbone)
        self.fpn = _Pyramid((512, 1024, 2048))
        self.proto_net = nn.Sequential(
            *(_convolution(_FEATURES), nn.ReLU()),
            *(_convolution(_FEATURES), nn.ReLU()),
            *(_convolution(_FEATURES), nn.ReLU()),
            *(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.ReLU()),
            *(_convolution(_FEATURES), nn.ReLU()),
            nn.Conv2d(_FEATURES, PROTOTYPES, 1),
        )
        self.prediction_layers = nn.ModuleList([_Head(classes + 1)])
        # Judged in training only; the published files hold it.
        self.semantic_seg_conv = nn.Conv2d(_FEATURES, classes, 1)

    def forward(self, pictures: Tensor) -> YolactOutput:
        levels = self.fpn(self.backbone((pictures - self.mean) / self.std))
        prototypes = functional.relu(self.proto_net(levels[0]))
        head = self.prediction_layers[0]
        offsets, logits, coefficients = (torch.cat(parts, 1) for parts in zip(*map(head, levels), strict=True))
        return YolactOutput(offsets, logits, coefficients, prototypes)


class _Backbone(nn.Module):
    """The ResNet without its last layer; answers the maps at 1/8, 1/16 and 1/32."""

    def __init__(self, name: str) -> None:
        super().__init__()
        resnet = (resnet50 if name == "resnet50" else resnet101)(weights=None)
        self.conv1, self.bn1, self.maxpool = resnet.conv1, resnet.bn1, resnet.maxpool
        self.layers = nn.ModuleList([resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4])

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x))))
        maps = []
        for layer in self.layers:
            x = layer(x)
            maps.append(x)
        return maps[1:]


class _Pyramid(nn.Module):
    """Three maps become five of equal depth, finest first. Layers are kept from the coarsest, as published."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.lat_layers = nn.ModuleList(nn.Conv2d(depth, _FEATURES, 1) for depth in reversed(channels))
        self.pred_layers = nn.ModuleList(_convolution(_FEATURES) for _ in channels)
        self.downsample_layers = nn.ModuleList(_convolution(_FEATURES, stride=2) for _ in range(_EXTRA_LEVELS))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        levels: list[Tensor] = []
        x: Tensor | None = None
        for lateral, predict, features in zip(self.lat_layers, self.pred_layers, reversed(maps), strict=True):
            side = lateral(features)
            if x is not None:
                side = side + functional.interpolate(x, side.shape[-2:], mode="bilinear", align_corners=False)
            x = side
            levels.insert(0, functional.relu(predict(x)))
        for halve in self.downsample_layers:
            levels.append(halve(levels[-1]))
        return levels


class _Head(nn.Module):
    """Boxes, classes and coefficients at each position of a level."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.upfeature = nn.Sequential(_convolution(_FEATURES), nn.ReLU())
        self.bbox_layer = _convolution(_FEATURES, RATIOS * 4)
        self.conf_layer = _convolution(_FEATURES, RATIOS * classes)
        self.mask_layer = _convolution(_FEATURES, RATIOS * PROTOTYPES)

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.upfeature(level)
        boxes, classes = _by_prior(self.bbox_layer(x)), _by_prior(self.conf_layer(x))
        return boxes, classes, torch.tanh(_by_prior(self.mask_layer(x)))


def _by_prior(x: Tensor) -> Tensor:
    """``(B, priors * n, h, w)`` as ``(B, h * w * priors, n)``."""
    batch, channels = x.shape[:2]
    return x.permute(0, 2, 3, 1).reshape(batch, -1, channels // RATIOS)


def _convolution(before: int, after: int = _FEATURES, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, stride=stride, padding=1)
