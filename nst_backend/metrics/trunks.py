"""Published classifiers as judges: AlexNet, VGG-16 and SqueezeNet, layer by layer, padded as they were trained.

Loss networks (:mod:`..styles.loss_networks`) are what styles learn from; these are what looks at the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from ..contract.errors import InputError, UsageError
from ..weights.checkpoint import load_tensors
from ..weights.published import PublishedFile, torchvision_file
from ..weights.strict import build_strictly

__all__ = ["TRUNKS", "Trunk", "TrunkKind", "load_trunk"]

_REMEDY = "give torchvision's state dict of alexnet, vgg16, squeezenet1_0 or squeezenet1_1"
_PREFIX = "features."
# The pooling layers of each end with nothing below this.
_SMALLEST = 64
_FIRST_FIRE = ("relu1", "fire2", "fire3")


@dataclass(frozen=True, kw_only=True)
class TrunkKind:
    """One of the networks: how its convolutional part is built, and at which index each named layer ends.

    ``first`` and ``marker`` are the shape of the first weight and the name of an entry that tell it from the others.
    """

    name: str
    build: Callable[[], nn.Sequential]
    layers: Mapping[str, int]
    first: tuple[int, ...]
    marker: str
    weights: Any

    @property
    def published(self) -> PublishedFile:
        """The file that torchvision offers."""
        return torchvision_file(self.weights, f"torchvision's weights of {self.name}")


def _squeezenet(version: str) -> Callable[[], nn.Sequential]:
    return lambda: models.SqueezeNet(version=version, num_classes=1).features


def _fires(*indices: int) -> dict[str, int]:
    names = (*_FIRST_FIRE, *(f"fire{number}" for number in range(4, 10)))
    return dict(zip(names, (1, 3, 4, *indices), strict=True))


TRUNKS: Mapping[str, TrunkKind] = {
    kind.name: kind
    for kind in (
        TrunkKind(
            name="alexnet",
            build=lambda: models.AlexNet(num_classes=1).features,
            layers={"relu1": 1, "relu2": 4, "relu3": 7, "relu4": 9, "relu5": 11},
            first=(64, 3, 11, 11),
            marker="10.weight",
            weights=models.AlexNet_Weights.IMAGENET1K_V1,
        ),
        TrunkKind(
            name="vgg16",
            build=lambda: models.vgg.make_layers(models.vgg.cfgs["D"], batch_norm=False),
            layers={"relu1_2": 3, "relu2_2": 8, "relu3_3": 15, "relu4_3": 22, "relu5_3": 29},
            first=(64, 3, 3, 3),
            marker="28.weight",
            weights=models.VGG16_Weights.IMAGENET1K_V1,
        ),
        TrunkKind(
            name="squeezenet1_0",
            build=_squeezenet("1_0"),
            layers=_fires(5, 7, 8, 9, 10, 12),
            first=(96, 3, 7, 7),
            marker="12.squeeze.weight",
            weights=models.SqueezeNet1_0_Weights.IMAGENET1K_V1,
        ),
        TrunkKind(
            name="squeezenet1_1",
            build=_squeezenet("1_1"),
            layers=_fires(6, 7, 9, 10, 11, 12),
            first=(64, 3, 3, 3),
            marker="12.squeeze.weight",
            weights=models.SqueezeNet1_1_Weights.IMAGENET1K_V1,
        ),
    )
}
"""By the names of ``torchvision.models``."""


class Trunk(nn.Module):
    """The convolutional part of a classifier; ``layers`` are those that can be asked for."""

    mean: Tensor
    std: Tensor

    def __init__(self, kind: TrunkKind, features: nn.Sequential) -> None:
        super().__init__()
        self.name = kind.name
        self.layers = tuple(kind.layers)
        self._ends = dict(kind.layers)
        self.features = features
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def forward(self, picture: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Activations ``(B, C, h, w)`` by layer name, for ``(B, 3, H, W)`` sRGB in 0..1.

        Raises :class:`UsageError` for a layer that it does not have,
        :class:`InputError` for pictures below 64 pixels.
        """
        wanted = set(layers)
        if unknown := sorted(wanted - set(self.layers)):
            raise UsageError(f"{self.name} has no layer {unknown[0]!r}", remedy=f"use one of {', '.join(self.layers)}")
        if min(picture.shape[-2:]) < _SMALLEST:
            raise InputError(
                f"a picture of {picture.shape[-1]}x{picture.shape[-2]} is too small for {self.name}",
                remedy=f"give at least {_SMALLEST} pixels a side",
            )
        names = {self._ends[layer]: layer for layer in wanted}
        found: dict[str, Tensor] = {}
        x = (picture - self.mean) / self.std
        for index, layer in enumerate(self.features[: max(names) + 1]):
            x = layer(x)
            if index in names:
                found[names[index]] = x
        return found


def load_trunk(path: Path) -> Trunk:
    """The network in a file of torchvision's layout, told by its shapes; the classifier's own weights are left out.

    Raises :class:`InputError` for a missing, unreadable or foreign file.
    """
    tensors = {
        name.removeprefix(_PREFIX): value for name, value in load_tensors(path).items() if name.startswith(_PREFIX)
    }
    first = tensors.get("0.weight")
    for kind in TRUNKS.values():
        if first is not None and tuple(first.shape) == kind.first and kind.marker in tensors:
            features = build_strictly(kind.build, tensors, source=path.name, what=kind.name, remedy=_REMEDY)
            return Trunk(kind, features).eval()
    raise InputError(f"{path.name} holds no network that can judge here", remedy=_REMEDY)
