"""Convolutions in a quarter of the multiplications are the convolutions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nst_backend.engines import winograd
from nst_backend.engines.winograd import WinogradConvolution, with_winograd
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.folded import FoldedConvolution, fold
from nst_backend.styles.network import StyleNetwork

# Results have a deviation of 1. A direct convolution is within 8e-6 of them, the usual points within 5e-5.
NEAR = 3e-5


def layers(inputs: int, outputs: int, *, border: str, phases: bool) -> tuple[FoldedConvolution, WinogradConvolution]:
    torch.manual_seed(inputs * outputs)
    weight = torch.randn(outputs, inputs, 3, 3) / (3.0 * inputs**0.5)
    bias = torch.randn(outputs // 4 if phases else outputs)
    direct = FoldedConvolution(weight, bias, reach=1, border=border, phases=phases)
    return direct, WinogradConvolution(direct.weight, direct.bias, border=border, phases=phases)


def picture(channels: int, height: int, width: int) -> Tensor:
    x = torch.randn(1, channels, height, width, generator=torch.Generator().manual_seed(height * width))
    return x.to(memory_format=torch.channels_last)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 23),
    width=st.integers(1, 23),
    inputs=st.integers(1, 40),
    quarter=st.integers(1, 12),
    border=st.sampled_from(["reflect", "replicate"]),
    phases=st.booleans(),
    leak=st.sampled_from([None, 0.0, 0.2]),
)
def test_it_is_the_convolution(
    height: int, width: int, inputs: int, quarter: int, border: str, phases: bool, leak: float | None
) -> None:
    direct, made = layers(inputs, 4 * quarter, border=border, phases=phases)
    x = picture(inputs, height, width)
    expected = direct.double()(x.double())
    if leak is not None:
        expected = F.leaky_relu(expected, leak)
    torch.testing.assert_close(made(x, leak).double(), expected, atol=NEAR, rtol=0)


def test_rounding_of_many_channels() -> None:
    """A fifth of a direct convolution's exactness is left; its own tests hold a painting to 1e-4."""
    direct, made = layers(128, 128, border="reflect", phases=False)
    x = picture(128, 48, 64)
    rounded = direct(x)
    expected = direct.double()(x.double())
    apart, own = ((value.double() - expected).square().mean().sqrt() for value in (made(x), rounded))
    assert 0.0 < float(own) < float(apart) < 8.0 * float(own)


@pytest.mark.parametrize("phases", [False, True])
def test_a_scaled_copy(phases: bool) -> None:
    direct, made = layers(8, 16, border="reflect", phases=phases)
    x = picture(8, 13, 10)
    channels = 4 if phases else 16
    scale, shift = torch.rand(channels) + 0.5, torch.randn(channels)
    before = made(x)
    expected = direct(x) * scale[:, None, None] + shift[:, None, None]
    torch.testing.assert_close(made.scaled(scale, shift)(x), expected, atol=2 * NEAR, rtol=0)
    torch.testing.assert_close(made(x), before, atol=0, rtol=0)


@pytest.mark.parametrize("phases", [False, True])
def test_pieces_and_threads_give_the_same_bits(phases: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = layers(64, 64, border="reflect", phases=phases)
    x = picture(64, 45, 70)
    threads = torch.get_num_threads()
    expected = made(x)
    try:
        for count, values in ((1, 1 << 20), (2, 1 << 20), (1, 1), (2, 1 << 17)):
            torch.set_num_threads(count)
            monkeypatch.setattr(winograd, "_VALUES", values)
            assert torch.equal(made(x), expected)
    finally:
        torch.set_num_threads(threads)


def test_what_lies_beyond_the_picture_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that was never written may hold anything."""
    direct, made = layers(3, 4, border="replicate", phases=False)
    x = picture(3, 5, 6)
    empty = Tensor.new_empty

    def spoilt(self: Tensor, *size: int) -> Tensor:
        return empty(self, *size).fill_(float("nan"))

    monkeypatch.setattr(Tensor, "new_empty", spoilt)
    torch.testing.assert_close(made(x), direct(x), atol=NEAR, rtol=0)


@pytest.mark.parametrize(
    ("config", "folded", "layers"),
    [
        (NetworkConfig(width=16, blocks=2, styles=2, leak=0.2, norm="encoder"), True, 1),
        (NetworkConfig(width=32, blocks=2, styles=2, leak=0.2, norm="encoder"), False, 4),
        (NetworkConfig(width=32, blocks=1, styles=2, antialias=False, eps=1e-5, value_range=255.0), True, 4),
    ],
    ids=repr,
)
def test_a_network_with_them_is_the_network(config: NetworkConfig, folded: bool, layers: int) -> None:
    torch.manual_seed(3)
    network = StyleNetwork(config).eval().requires_grad_(False)
    network = fold(network) if folded else network
    made = with_winograd(network)
    kinds = [isinstance(part, WinogradConvolution) for part in made.modules()]
    assert sum(kinds) == layers
    assert not any(isinstance(part, WinogradConvolution) for part in network.modules())
    x, weights = torch.rand(1, 3, 44, 60), torch.tensor([[0.0, 1.0]])
    expected = network(x, weights)
    near = 1e-4 * float(expected.std())
    assert near > 0.0
    torch.testing.assert_close(made(x, weights), expected, atol=near, rtol=0)
    for (mean, variance), (known, spread) in zip(
        made.measure(x, weights).layers, network.measure(x, weights).layers, strict=True
    ):
        torch.testing.assert_close(mean, known, atol=2e-5, rtol=1e-4)
        torch.testing.assert_close(variance, spread, atol=2e-5, rtol=1e-4)


def test_few_channels_are_left_alone() -> None:
    network = fold(StyleNetwork(NetworkConfig(width=6, blocks=2, styles=1)).eval())
    assert not any(isinstance(part, WinogradConvolution) for part in with_winograd(network).modules())


def test_carriers_are_exact() -> None:
    """The identity that they rest on, in the double precision that they are made in."""
    back, filters, tiles = winograd._carriers()
    rng = np.random.default_rng(2)
    for _ in range(20):
        seen, taps = rng.standard_normal(6), rng.standard_normal(3)
        found = back @ ((filters @ taps) * (tiles @ seen))
        np.testing.assert_allclose(found, np.convolve(seen, taps[::-1], "valid"), atol=1e-12)
