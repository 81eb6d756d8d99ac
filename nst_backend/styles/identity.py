"""The identity style: a real network file whose kernels are deltas.

It goes through the same loading, encoding, cropping, tiling and writing as a
painting, so that whatever it does not return unchanged is the pipeline's fault.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from .card import StyleCard
from .config import NetworkConfig
from .network import StyleNetwork
from .saving import save_styles

__all__ = ["identity_network", "write_identity_style"]


def identity_network() -> StyleNetwork:
    """A full-resolution network without normalisation that returns its input bit for bit."""
    network = StyleNetwork(NetworkConfig(width=3, blocks=1, levels=0, norm="none"))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        for convolution in (network.head.layer, network.tail):
            assert isinstance(convolution, nn.Conv2d)
            for channel in range(3):
                convolution.weight[channel, channel, 4, 4] = 1.0
    return network.eval()


def write_identity_style(folder: Path) -> Path:
    """Write the identity style into ``folder``; returns its card's path."""
    network = identity_network()
    card = StyleCard(
        name="identity",
        title="Identity",
        network="identity.safetensors",
        sha256="",
        config=network.config,
        scale_free=True,
    )
    return save_styles(network, [card], folder)[0]
