"""The folded network is the same function."""

from __future__ import annotations

import pytest
import torch

from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.folded import fold
from nst_backend.styles.network import Statistics, StyleNetwork


@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig(width=4, blocks=1),
        NetworkConfig(width=4, blocks=1, antialias=False, eps=1e-5, value_range=255.0),
        NetworkConfig(width=4, blocks=0, levels=3, leak=0.2),
        NetworkConfig(width=3, blocks=1, levels=0, norm="none"),
        NetworkConfig(width=4, blocks=2, leak=0.2, norm="encoder"),
        NetworkConfig(width=4, blocks=1, levels=1, shuffle=2, leak=0.2, norm="encoder"),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(16, 16), (40, 56)], ids=str)
def test_folded_network_gives_the_same_picture_to_its_very_border(config: NetworkConfig, size: tuple[int, int]) -> None:
    torch.manual_seed(9)
    network = StyleNetwork(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
        x, weights = torch.rand(1, 3, *size), torch.ones(1, 1)
        record, again = Statistics(), Statistics()
        expected = network(x, weights, record=record)
        folded = fold(network)
        found = folded(x, weights, record=again)
        scale = max(1.0, float(expected.abs().max()))
        torch.testing.assert_close(found, expected, atol=2e-5 * scale, rtol=0)
        for one, other in zip(record.layers, again.layers, strict=True):
            torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-4)
        # A table that one form measured serves the other.
        torch.testing.assert_close(folded(x, weights, replay=record), expected, atol=2e-5 * scale, rtol=0)


def test_the_original_can_still_be_trained() -> None:
    network = StyleNetwork(NetworkConfig(width=4, blocks=1))
    fold(network)
    assert all(parameter.requires_grad for parameter in network.parameters())
