"""Layers of a Johnson network trained elsewhere, by our names, and the network that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..contract.errors import InputError
from ..weights.strict import build_strictly
from .config import NetworkConfig
from .network import StyleNetwork

__all__ = ["FOREIGN_REMEDY", "ForeignLayers"]

FOREIGN_REMEDY = (
    "give a state dict of pytorch/examples fast_neural_style (conv1.conv2d.weight … deconv3.conv2d.bias), or its ONNX "
    "export"
)
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ForeignLayers:
    """Weights by the names of :class:`StyleNetwork`, and what its configuration takes.

    ``called``: what the file calls one of our names. ``normalised``: the network takes
    and gives pictures in 0..1 less ImageNet's mean, over its deviation, rather than 0..255.
    """

    tensors: Mapping[str, Tensor]
    called: Callable[[str], str]
    levels: int
    blocks: int
    eps: float
    normalised: bool = False

    def network(self, file: str, *, stable: bool) -> StyleNetwork:
        """The network, ``stable`` with anti-aliased halving and doubling.

        Raises :class:`InputError` naming the first entry of ``file`` that does not fit one.
        """
        head = self.tensors.get("head.layer.weight")
        if head is None or head.ndim != 4:
            raise InputError(f"{file} is not a fast_neural_style network", remedy=FOREIGN_REMEDY)
        try:
            config = NetworkConfig(
                width=int(head.shape[0]),
                blocks=self.blocks,
                levels=self.levels,
                antialias=stable,
                eps=self.eps,
                value_range=255.0,
            )
        except ValueError as error:
            raise InputError(f"{file} is not a fast_neural_style network ({error})", remedy=FOREIGN_REMEDY) from error
        network = build_strictly(
            lambda: StyleNetwork(config),
            self.tensors,
            source=file,
            what="a fast_neural_style network",
            remedy=FOREIGN_REMEDY,
            called=self.called,
        )
        return _taking_pictures(network) if self.normalised else network


def _taking_pictures(network: StyleNetwork) -> StyleNetwork:
    """``network`` with ImageNet's mean and deviation inside its first and last convolution.

    Exact, borders included: the reflected border of a changed picture is the reflected border, changed.
    """
    mean = torch.tensor(_MEAN, dtype=torch.float64)
    deviation = torch.tensor(_DEVIATION, dtype=torch.float64)
    tensors = {name: value.double() for name, value in network.state_dict().items()}
    kernel = tensors["head.layer.weight"] / deviation[:, None, None]
    tensors["head.layer.weight"] = kernel
    tensors["head.layer.bias"] -= (kernel.sum((2, 3)) * mean).sum(1)
    tensors["tail.weight"] *= deviation[:, None, None, None]
    tensors["tail.bias"] = tensors["tail.bias"] * deviation + mean
    adapted = StyleNetwork(replace(network.config, value_range=1.0))
    adapted.load_state_dict(tensors)
    return adapted.eval().requires_grad_(False)
