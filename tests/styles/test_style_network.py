"""The network: margins, statistics, one pass for several styles."""

from __future__ import annotations

from typing import Literal

import pytest
import torch

from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.identity import identity_network
from nst_backend.styles.network import Statistics, StyleNetwork

CONFIGS = [
    NetworkConfig(width=4, blocks=2),
    NetworkConfig(width=4, blocks=5, leak=0.2),
    NetworkConfig(width=4, blocks=1, levels=1),
    NetworkConfig(width=4, blocks=2, levels=3),
    NetworkConfig(width=4, blocks=2, antialias=False, eps=1e-5),
    NetworkConfig(width=4, blocks=1, levels=0),
    NetworkConfig(width=4, blocks=2, norm="encoder"),
    NetworkConfig(width=4, blocks=2, levels=1, shuffle=2, norm="encoder"),
]


def network(config: NetworkConfig, seed: int = 0) -> StyleNetwork:
    torch.manual_seed(seed)
    return StyleNetwork(config).eval()


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_margin_covers_all_that_a_pixel_sees(config: NetworkConfig) -> None:
    """The gradient of one output pixel reaches no further than the margin, and nearly as far."""
    side = 2 * (config.margin + 8 * config.stride)
    model = network(config)
    record = Statistics()
    x = torch.rand(1, 3, side, side)
    weights = torch.ones(1, 1)
    with torch.no_grad():
        model(x, weights, record=record)
    reach = 0
    for offset in range(config.stride):
        x.requires_grad_(True)
        x.grad = None
        centre = side // 2 + offset
        model(x, weights, replay=record)[0, :, centre, centre].sum().backward()
        touched = (x.grad[0] != 0).any(dim=0).nonzero()
        # Tiles start on multiples of the stride: a pixel's distance to its tile's edge is at least its offset.
        low = centre - offset
        reach = max(reach, low - int(touched.min()), int(touched.max()) - (low + config.stride - 1))
    assert reach <= config.margin
    assert reach > config.margin - 3 * config.stride - 2


def test_replayed_statistics_give_the_same_picture() -> None:
    model = network(NetworkConfig(width=4, blocks=2, styles=3))
    x, weights = torch.rand(1, 3, 40, 48), torch.eye(3)[1:2]
    record = Statistics()
    with torch.no_grad():
        first = model(x, weights, record=record)
        again = model(x, weights, replay=record)
    assert torch.equal(first, again)
    assert len(record) == 1 + 2 + 4 + 2


@pytest.mark.parametrize("norm", ["all", "encoder", "none"])
def test_measuring_alone_gives_what_a_whole_pass_records(norm: Literal["all", "encoder", "none"]) -> None:
    model = network(NetworkConfig(width=4, blocks=2, styles=2, norm=norm))
    x, weights, matte = torch.rand(1, 3, 40, 48), torch.eye(2)[1:], torch.rand(1, 1, 40, 48)
    record = Statistics()
    with torch.no_grad():
        model(x, weights, record=record, matte=matte)
        alone = model.measure(x, weights, matte=matte)
    assert len(alone) == {"all": 1 + 2 + 4 + 2, "encoder": 3, "none": 0}[norm]
    for one, other in zip(record.layers, alone.layers, strict=True):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])


def test_past_a_normalised_encoder_a_spike_does_not_dim_the_rest() -> None:
    """Whole-frame normalisation lets one bright spot change the painting everywhere else."""
    x = torch.rand(1, 3, 192, 192)
    spiked = x.clone()
    spiked[..., 8:12, 8:12] = 20.0
    changes = {}
    for norm in ("all", "encoder"):
        model = network(NetworkConfig(width=4, blocks=2, norm=norm))
        encoder = model.measure(x, torch.ones(1, 1)).layers[:3]
        with torch.no_grad():
            outputs = []
            for picture in (x, spiked):
                # The encoder's statistics are held, as a shot's table holds them.
                own = model.measure(picture, torch.ones(1, 1)).layers
                outputs.append(model(picture, torch.ones(1, 1), replay=Statistics([*encoder, *own[3:]])))
        far = (outputs[0] - outputs[1])[..., 128:, 128:]
        changes[norm] = float(far.abs().max())
    assert changes["encoder"] == 0.0
    assert changes["all"] > 1e-4


def test_a_map_of_one_style_is_that_style() -> None:
    model = network(NetworkConfig(width=4, blocks=2, styles=2))
    x = torch.rand(1, 3, 32, 32)
    flat = torch.tensor([[0.0, 1.0]])
    with torch.no_grad():
        torch.testing.assert_close(model(x, flat[:, :, None, None].expand(1, 2, 32, 32)), model(x, flat))


def test_each_style_is_normalised_with_its_own_row() -> None:
    model = network(NetworkConfig(width=4, blocks=1, styles=2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    x = torch.rand(1, 3, 192, 192)
    tables = []
    with torch.no_grad():
        for index in range(2):
            record = Statistics()
            model(x, torch.eye(2)[index : index + 1], record=record)
            tables.append(record)
        both = Statistics(
            [
                (torch.cat([a[0], b[0]]), torch.cat([a[1], b[1]]))
                for a, b in zip(*(t.layers for t in tables), strict=True)
            ]
        )
        halves = torch.zeros(1, 2, 192, 192)
        halves[:, 0, :, :96] = 1.0
        halves[:, 1, :, 96:] = 1.0
        mixed = model(x, halves, replay=both)
        margin = model.config.margin
        for index, part in ((0, slice(0, 96 - margin)), (1, slice(96 + margin, 192))):
            alone = model(x, torch.eye(2)[index : index + 1], replay=tables[index])
            torch.testing.assert_close(mixed[..., part], alone[..., part], atol=1e-5, rtol=0)


def test_masked_statistics_are_those_of_the_covered_part() -> None:
    model = network(NetworkConfig(width=4, blocks=0, levels=0))
    x = torch.rand(1, 3, 32, 64)
    matte = torch.zeros(1, 1, 32, 64)
    matte[..., :32] = 1.0
    whole, left = Statistics(), Statistics()
    changed = x.clone()
    changed[..., 48:] = 0.0
    with torch.no_grad():
        model(x, torch.ones(1, 1), record=whole, matte=matte)
        model(changed, torch.ones(1, 1), record=left, matte=matte)
    torch.testing.assert_close(whole.layers[0], left.layers[0])


def test_identity_network_returns_its_input_bit_for_bit() -> None:
    x = torch.rand(1, 3, 33, 47)
    with torch.no_grad():
        assert torch.equal(identity_network()(x, torch.ones(1, 1)), x)


def test_wrong_shapes_are_refused() -> None:
    model = network(NetworkConfig(width=4))
    with pytest.raises(ValueError, match="multiples of 4"):
        model(torch.rand(1, 3, 30, 32), torch.ones(1, 1))
    with pytest.raises(ValueError, match="style weights"):
        model(torch.rand(1, 3, 32, 32), torch.ones(1, 2))


def test_peaks_are_measured_where_a_spike_is() -> None:
    model = network(NetworkConfig(width=4, blocks=1))
    calm = torch.rand(1, 3, 64, 64)
    spiked = calm.clone()
    spiked[..., 30:33, 30:33] = 60.0
    found = []
    for x in (calm, spiked):
        peaks: list[torch.Tensor] = []
        model(x, torch.ones(1, 1), peaks=peaks)
        assert len(peaks) == 7
        found.append(float(torch.stack(peaks).mean().detach()))
    assert found[1] > 10 * found[0]
