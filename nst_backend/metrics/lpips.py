"""LPIPS: how different two pictures look, by a network and heads that were fitted to people's judgements.

R. Zhang, P. Isola, A. Efros, E. Shechtman, O. Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric", CVPR 2018; version 0.1 of the published heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..contract.errors import InputError, UsageError
from ..image.warp import FloatArray
from ..weights.checkpoint import load_tensors
from ..weights.published import PublishedFile
from .style_loss import as_batch
from .trunks import Trunk, load_trunk

__all__ = ["HEADS", "Lpips", "load_lpips", "trunk_of_heads"]

_REPOSITORY = "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/lpips/weights/v0.1"
_REMEDY = "give alex.pth, vgg.pth or squeeze.pth of LPIPS 0.1"


def _heads(name: str, sha256: str, size: int) -> PublishedFile:
    return PublishedFile(
        name=f"lpips_{name}.pth", title="the heads of LPIPS", url=f"{_REPOSITORY}/{name}.pth", sha256=sha256, size=size
    )


HEADS: Mapping[str, PublishedFile] = {
    "alex": _heads("alex", "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0", 6009),
    "vgg": _heads("vgg", "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868", 7289),
    "squeeze": _heads("squeeze", "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76", 10811),
}
"""The heads by their authors' names; ``alex`` is the one that LPIPS is reported with."""

# Layers and channels of each trunk that the heads were fitted to.
_TRUNKS: Mapping[str, Mapping[str, int]] = {
    "alexnet": {"relu1": 64, "relu2": 192, "relu3": 384, "relu4": 256, "relu5": 256},
    "vgg16": {"relu1_2": 64, "relu2_2": 128, "relu3_3": 256, "relu4_3": 512, "relu5_3": 512},
    "squeezenet1_1": {
        "relu1": 64, "fire3": 128, "fire5": 256, "fire6": 384, "fire7": 384, "fire8": 512, "fire9": 512
    },
}  # fmt: skip


class Lpips:
    """The distance of two pictures; 0 for equal ones."""

    def __init__(self, trunk: Trunk, heads: Mapping[str, Tensor]) -> None:
        self._trunk = trunk
        self._heads = dict(heads)
        self.name = trunk.name

    def __call__(self, picture: FloatArray, other: FloatArray) -> float:
        """Of two ``(H, W, 3)`` pictures, sRGB in 0..1, of one size and at least 64 pixels a side."""
        if picture.shape != other.shape:
            raise InputError(
                f"pictures of {picture.shape} and {other.shape} cannot be compared", remedy="give one size"
            )
        device = self._trunk.mean.device
        total = 0.0
        with torch.inference_mode():
            # The two side by side, since the trunk knows no normalisation across a batch.
            found = self._trunk(torch.cat([as_batch(picture, device), as_batch(other, device)]), self._heads)
            for layer, head in self._heads.items():
                features = found[layer]
                unit = features / (features.norm(dim=1, keepdim=True) + 1e-10)
                total += float(((unit[0] - unit[1]).square() * head.to(device)).sum(0).mean())
        return total


def trunk_of_heads(path: Path) -> str:
    """The network that a file of heads was fitted to, by torchvision's name.

    Raises :class:`InputError` for a file that holds no heads.
    """
    return _read(path)[0]


def load_lpips(heads: Path, trunk: Path, *, device: torch.device | str = "cpu") -> Lpips:
    """Heads in their authors' layout (``lin0.model.1.weight``) over a network in torchvision's.

    Raises :class:`InputError` for files that are missing or something else, :class:`UsageError` where one was not
    made for the other.
    """
    wanted, weights = _read(heads)
    network = load_trunk(trunk)
    if network.name != wanted:
        raise UsageError(
            f"{heads.name} was fitted to {wanted}, {trunk.name} is {network.name}", remedy=f"give {wanted}"
        )
    return Lpips(network.to(device), weights)


def _read(path: Path) -> tuple[str, dict[str, Tensor]]:
    tensors = load_tensors(path)
    names = [f"lin{index}.model.1.weight" for index in range(len(tensors))]
    shapes = [tuple(tensors[name].shape) if name in tensors else None for name in names]
    for trunk, layers in _TRUNKS.items():
        if shapes == [(1, channels, 1, 1) for channels in layers.values()]:
            if any(float(tensors[name].min()) < 0 for name in names):
                raise InputError(f"{path.name} holds negative weights, which no distance has", remedy=_REMEDY)
            return trunk, {layer: tensors[name][0] for layer, name in zip(layers, names, strict=True)}
    raise InputError(f"{path.name} holds no heads of LPIPS", remedy=_REMEDY)
