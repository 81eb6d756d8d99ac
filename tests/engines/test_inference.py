"""The form that a pass needs is the network, with its table of statistics worked in."""

from __future__ import annotations

import pytest
import torch

from nst_backend.engines.inference import InferenceNetwork
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.folded import fold
from nst_backend.styles.network import Statistics, StyleNetwork

CONFIGS = [
    NetworkConfig(width=4, blocks=1, styles=3, leak=0.2),
    NetworkConfig(width=4, blocks=2, styles=3, leak=0.2, norm="encoder"),
    NetworkConfig(width=4, blocks=1, styles=3, norm="none", leak=0.1),
    NetworkConfig(width=4, blocks=2, levels=1, shuffle=2, styles=3, leak=0.2, norm="encoder"),
    NetworkConfig(width=4, blocks=1, styles=3, antialias=False, eps=1e-5, value_range=255.0),
]


def trained(config: NetworkConfig) -> StyleNetwork:
    """A network whose every parameter has moved from its start."""
    torch.manual_seed(3)
    network = StyleNetwork(config).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
    network.tail.bias.fill_(0.5 * config.value_range)
    return network


def table(network: StyleNetwork, x: torch.Tensor, row: int) -> Statistics:
    weights = torch.zeros(1, network.config.styles)
    weights[0, row] = 1.0
    return network.measure(x, weights)


@pytest.mark.parametrize("config", CONFIGS, ids=repr)
@pytest.mark.parametrize("folded", [True, False])
def test_one_style_is_the_network_with_that_table(config: NetworkConfig, folded: bool) -> None:
    network = trained(config)
    x, other = torch.rand(1, 3, 48, 64), torch.rand(1, 3, 40, 40) * 0.5
    found = table(network, other, 1)
    weights = torch.tensor([[0.0, 1.0, 0.0]])
    expected = network(x, weights, replay=found).clamp(0.0, 1.0)
    assert float(expected.std()) > 0.01
    before = {name: value.clone() for name, value in network.state_dict().items()}
    made = InferenceNetwork(fold(network) if folded else network, torch.tensor([1]), found)
    torch.testing.assert_close(made(x), expected, atol=2e-5, rtol=0)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], atol=0, rtol=0)


@pytest.mark.parametrize("config", CONFIGS, ids=repr)
def test_another_table_takes_over_what_no_statistics_go_into(config: NetworkConfig) -> None:
    network = fold(trained(config))
    x = torch.rand(1, 3, 48, 64)
    first, second = (table(network, x * part, 1) for part in (1.0, 0.5))
    row = torch.tensor([1])
    before = InferenceNetwork(network, row, first)
    painted = before(x)
    made = InferenceNetwork(network, row, second, like=before)
    assert torch.equal(made(x), InferenceNetwork(network, row, second)(x))
    assert torch.equal(before(x), painted)
    kept = [layer for layer in made.up if any(layer is other for other in before.up)]
    assert len(kept) == (0 if config.norm == "all" else len(made.up))


@pytest.mark.parametrize("config", CONFIGS, ids=repr)
def test_several_styles_are_mixed_pixel_by_pixel(config: NetworkConfig) -> None:
    network = trained(config)
    # More pixels than are mixed at a time.
    x = torch.rand(1, 3, 144, 160)
    rows = torch.tensor([2, 0])
    tables = [table(network, x * part, int(row)) for part, row in zip((1.0, 0.6), rows, strict=True)]
    both = Statistics(
        [
            (torch.cat([first[0], second[0]]), torch.cat([first[1], second[1]]))
            for first, second in zip(*(entry.layers for entry in tables), strict=True)
        ]
    )
    shares = torch.rand(1, 1, 144, 160)
    shares = torch.cat([shares, 1.0 - shares], dim=1)
    expected = network(x, shares, rows=rows, replay=both).clamp(0.0, 1.0)
    made = InferenceNetwork(fold(network), rows, both)
    torch.testing.assert_close(made(x, shares), expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_half_precision_stays_near(device: str) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    network = trained(CONFIGS[0]).to(device)
    x = torch.rand(1, 3, 48, 64, device=device)
    weights = torch.tensor([[1.0, 0.0, 0.0]], device=device)
    found = network.measure(x, weights)
    row = torch.zeros(1, dtype=torch.long, device=device)
    exact, half = (InferenceNetwork(fold(network), row, found, half=half)(x) for half in (False, True))
    assert half.dtype == torch.float32
    difference = (half - exact).abs()
    assert 0.0 < float(difference.mean()) < 0.5 / 255.0
    # The last layer is exact: its results are not rounded to eleven bits.
    assert (half != half.half().float()).any()
