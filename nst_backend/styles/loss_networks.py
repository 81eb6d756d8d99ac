"""The encoders that judge content and style: VGG-19, VGG-16 and a distilled stand-in.

One protocol, :class:`LossNetwork`: a picture ``(B, 3, H, W)`` in 0..1 sRGB goes
in, named activations come out. Layer names are those of the VGG paper
(``relu3_3``), whatever the file calls them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..contract.errors import InputError
from ..weights.checkpoint import load_tensors
from .losses import moments

__all__ = ["VGG", "DistilledVGG19", "LossNetwork", "load_loss_network"]

_STAGES = {"vgg19": (2, 2, 4, 4, 1), "vgg16": (2, 2, 3, 3, 1)}
_WIDTHS = (64, 128, 256, 512, 512)
_DISTILLED_WIDTHS = (16, 32, 64, 128, 128)


def _layer_names(stages: Iterable[int]) -> list[str]:
    return [f"relu{stage}_{conv}" for stage, count in enumerate(stages, 1) for conv in range(1, count + 1)]


class LossNetwork(Protocol):
    """An encoder for perceptual losses."""

    name: str
    layers: tuple[str, ...]

    def __call__(self, picture: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Activations ``(B, C, h, w)`` by layer name, for ``(B, 3, H, W)`` in 0..1."""
        ...

    def moments(self, layer: str, activation: Tensor, guide: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean ``(B, C)`` and covariance ``(B, C, C)`` of a layer's channels, each place counted by ``guide``."""
        ...


class _Encoder(nn.Module):
    """A VGG trunk: 3x3 convolutions with ReLU, pooled between stages."""

    def __init__(self, name: str, stages: tuple[int, ...], widths: tuple[int, ...], padding: str) -> None:
        super().__init__()
        self.name = name
        self.layers = tuple(_layer_names(stages))
        self.padding = padding
        convs: dict[str, nn.Module] = {}
        channels = 3
        for layer in self.layers:
            width = widths[int(layer[4]) - 1]
            convs[layer] = nn.Conv2d(channels, width, 3)
            channels = width
        self.convs = nn.ModuleDict(convs)

    def forward(self, picture: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        wanted = set(layers)
        unknown = wanted - set(self.layers)
        if unknown:
            raise InputError(
                f"{self.name} has no layer {sorted(unknown)[0]!r}", remedy=f"use one of {', '.join(self.layers)}"
            )
        found: dict[str, Tensor] = {}
        x = self.prepare(picture)
        for layer in self.layers:
            if layer.endswith("_1") and layer != "relu1_1":
                x = F.max_pool2d(x, 2, ceil_mode=True)
            mode = "constant" if self.padding == "zeros" else self.padding
            if mode == "reflect" and min(x.shape[-2:]) < 2:
                mode = "replicate"
            x = F.relu(self.convs[layer](F.pad(x, (1, 1, 1, 1), mode=mode)))
            if layer in wanted:
                found[layer] = x
                if len(found) == len(wanted):
                    break
        return found

    def prepare(self, picture: Tensor) -> Tensor:
        raise NotImplementedError

    def moments(self, layer: str, activation: Tensor, guide: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean ``(B, C)`` and covariance ``(B, C, C)`` of a layer's channels, each place counted by ``guide``."""
        return moments(activation, guide)


class VGG(_Encoder):
    """VGG-19 or VGG-16 in torchvision's layout (``features.N.weight``)."""

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        # Reflection rather than VGG's zero padding: zeros paint a dark frame
        # into the features and, through them, into the picture.
        super().__init__(name, _STAGES[name], _WIDTHS, "reflect")
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225])[:, None, None])
        indices = [int(key.split(".")[1]) for key in tensors if key.startswith("features.") and key.endswith(".weight")]
        for layer, index in zip(self.layers, sorted(indices), strict=False):
            _assign(self.convs[layer], tensors, f"features.{index}")

    def prepare(self, picture: Tensor) -> Tensor:
        return (picture - self.mean) / self.std


class DistilledVGG19(_Encoder):
    """VGG-19 compressed 16 times for style transfer.

    Source: Wang et al. 2020, "Collaborative Distillation for Ultra-Resolution
    Universal Style Transfer". The 1x1 ``aux`` layers of the file map the thin
    activations to VGG-19's own widths; style is measured after them, so that
    each channel counts as it does in VGG-19.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__("vgg19_distilled", _STAGES["vgg19"], _DISTILLED_WIDTHS, "reflect")
        self.colour = nn.Conv2d(3, 3, 1)
        _assign(self.colour, tensors, "conv0")
        aux: dict[str, nn.Module] = {}
        for layer in self.layers:
            stage, conv = layer[4], layer[6]
            _assign(self.convs[layer], tensors, f"conv{stage}{conv}")
            if conv == "1":
                index = int(stage) - 1
                aux[layer] = nn.Conv2d(_DISTILLED_WIDTHS[index], _WIDTHS[index], 1)
                _assign(aux[layer], tensors, f"conv{stage}{conv}_aux")
        self.aux = nn.ModuleDict(aux)

    def prepare(self, picture: Tensor) -> Tensor:
        return self.colour(picture)  # type: ignore[no-any-return]

    def moments(self, layer: str, activation: Tensor, guide: Tensor | None = None) -> tuple[Tensor, Tensor]:
        mean, covariance = moments(activation, guide)
        if layer not in self.aux:
            return mean, covariance
        # The aux layer is linear, so the moments behind it follow from those
        # before it, without widening every pixel.
        aux = self.aux[layer]
        matrix = aux.weight[:, :, 0, 0]  # type: ignore[index]
        return mean @ matrix.T + aux.bias, matrix @ covariance @ matrix.T  # type: ignore[operator]


def _assign(module: nn.Module, tensors: Mapping[str, Tensor], prefix: str) -> None:
    for name, parameter in module.named_parameters():
        key = f"{prefix}.{name}"
        value = tensors.get(key)
        if value is None or value.shape != parameter.shape:
            found = "is missing" if value is None else f"has shape {tuple(value.shape)}"
            raise InputError(
                f"not a loss network: {key} {found}, expected {tuple(parameter.shape)}",
                remedy="give a torchvision VGG-19 or VGG-16 state dict, or the distilled VGG-19 file",
            )
        parameter.data.copy_(value)
        parameter.requires_grad_(False)


def load_loss_network(path: Path) -> VGG | DistilledVGG19:
    """The encoder in ``path``, whichever of the known layouts it holds.

    Raises :class:`InputError` for a missing, unreadable or foreign file.
    """
    tensors = load_tensors(path)
    network: VGG | DistilledVGG19
    if "conv0.weight" in tensors:
        network = DistilledVGG19(tensors)
    elif "features.34.weight" in tensors:
        network = VGG("vgg19", tensors)
    elif "features.28.weight" in tensors:
        network = VGG("vgg16", tensors)
    else:
        raise InputError(
            f"{path.name} holds no loss network that is known here",
            remedy="give a torchvision VGG-19 or VGG-16 state dict, or the distilled VGG-19 file",
        )
    return network.eval()
