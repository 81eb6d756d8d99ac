"""The mesh term: blind to brushwork, keen on what keeps step with the grid."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_backend.styles.losses import mesh_loss


def _mesh(period: int, axis: int, amplitude: float, side: int = 147) -> torch.Tensor:
    place = torch.arange(side) % period < period // 2
    line = torch.where(place, amplitude, -amplitude)
    return line.expand(side, side).T if axis == 0 else line.expand(side, side)


@given(amplitude=st.floats(0.001, 0.2), period=st.sampled_from([2, 4]), axis=st.sampled_from([0, 1]))
@settings(max_examples=30, deadline=None)
def test_a_mesh_counts_with_its_whole_power(amplitude: float, period: int, axis: int) -> None:
    picture = torch.full((1, 3, 147, 147), 0.5) + _mesh(period, axis, amplitude)
    assert float(mesh_loss(picture)) == pytest.approx(amplitude**2, rel=1e-3)


def test_slopes_edges_and_grain_count_next_to_nothing() -> None:
    torch.manual_seed(1)
    side = 195
    slope = torch.linspace(0, 1, side).expand(1, 3, side, side)
    assert float(mesh_loss(slope)) < 1e-9
    edges = (torch.rand(1, 3, 12, 12) > 0.5).float()
    blocks = torch.nn.functional.interpolate(edges, size=(side, side), mode="nearest-exact")
    grain = 0.5 + 0.05 * torch.randn(1, 3, side, side)
    mesh = grain + _mesh(4, 0, 0.02, side)
    assert float(mesh_loss(blocks)) < 2e-3
    # Grain of 0.05 falls to its share of one place in 16, over the 144 samples of a window.
    assert float(mesh_loss(grain)) < 2 * 0.05**2 / 144
    assert float(mesh_loss(mesh)) > 10 * float(mesh_loss(grain))


def test_a_window_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="sides of 51"):
        mesh_loss(torch.rand(1, 3, 50, 60))
    with pytest.raises(ValueError, match="whole fours"):
        mesh_loss(torch.rand(1, 3, 90, 90), window=30)
