"""Crop = tile = whole, given one table of statistics."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nst_backend.engines.feed_forward import FeedForward, OnePass
from nst_backend.engines.winograd import WinogradConvolution
from nst_backend.engines.workspace import Workspace
from nst_backend.image.boxes import Box
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.network import StyleNetwork

SIZES = [(37, 53), (61, 40), (9, 7), (130, 211)]


def engine(*, tile: int | None = None, styles: int = 2, width: int = 6) -> FeedForward:
    torch.manual_seed(5)
    network = StyleNetwork(NetworkConfig(width=width, blocks=2, styles=styles, leak=0.2)).eval()
    return FeedForward(network, 1, workspace(tile))


def workspace(tile: int | None = None) -> Workspace:
    return Workspace(torch.device("cpu"), tile=tile)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).random((height, width, 3), dtype=np.float32)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_whole_with_its_own_statistics_is_the_plain_pass(size: tuple[int, int]) -> None:
    x = picture(*size)
    plain = engine()
    np.testing.assert_allclose(plain.stylise(x, statistics=plain.statistics(x)), plain.stylise(x), atol=1e-6)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("tile", [16, 36, 128])
def test_tiles_equal_the_whole(size: tuple[int, int], tile: int) -> None:
    x = picture(*size)
    table = engine().statistics(x)
    whole = engine().stylise(x, statistics=table)
    np.testing.assert_allclose(engine(tile=tile).stylise(x, statistics=table), whole, atol=1e-4)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_crops_equal_the_whole(size: tuple[int, int]) -> None:
    x = picture(*size)
    table = engine().statistics(x)
    whole = engine().stylise(x, statistics=table)
    rng = np.random.default_rng(1)
    for _ in range(6):
        top, left = int(rng.integers(0, size[0])), int(rng.integers(0, size[1]))
        bottom, right = int(rng.integers(top + 1, size[0] + 1)), int(rng.integers(left + 1, size[1] + 1))
        box = Box(top, left, bottom, right)
        np.testing.assert_allclose(engine().stylise(x, box=box, statistics=table), whole[box.slices], atol=1e-4)


def test_regions_of_one_network_share_its_filters() -> None:
    network = StyleNetwork(NetworkConfig(width=32, blocks=1, styles=2)).eval()
    first, second = (FeedForward(network, index, workspace()) for index in range(2))
    there = first._network(torch.device("cpu"))
    assert there is second._network(torch.device("cpu"))
    made = first._inference(first.statistics(picture(16, 16))).modules()
    filters = {part.weight.data_ptr() for part in there.modules() if isinstance(part, WinogradConvolution)}
    assert filters == {part.weight.data_ptr() for part in made if isinstance(part, WinogradConvolution)} != set()


@pytest.mark.parametrize("size", [(37, 53), (130, 211)], ids=str)
def test_tiles_equal_the_whole_where_layers_take_fewer_multiplications(size: tuple[int, int]) -> None:
    """The tiles' own grids of 4x4 pixels need not meet those of the whole."""
    whole = engine(width=32)
    assert any(isinstance(part, WinogradConvolution) for part in whole._network(torch.device("cpu")).modules())
    x = picture(*size)
    table = whole.statistics(x)
    expected = whole.stylise(x, statistics=table)
    np.testing.assert_allclose(engine(width=32, tile=36).stylise(x, statistics=table), expected, atol=2e-5)
    box = Box(5, 10, 31, 49)
    np.testing.assert_allclose(engine(width=32).stylise(x, box=box, statistics=table), expected[box.slices], atol=2e-5)


def test_own_statistics_of_a_tile_would_show() -> None:
    """The test above can fail: without the table a crop looks different."""
    x = picture(130, 211)
    x[:, :100] *= 0.2
    whole = engine().stylise(x)
    box = Box(0, 0, 64, 64)
    assert np.abs(engine().stylise(np.ascontiguousarray(x[box.slices])) - whole[box.slices]).max() > 0.02


def test_one_pass_equals_separate_passes_away_from_the_border() -> None:
    torch.manual_seed(5)
    network = StyleNetwork(NetworkConfig(width=6, blocks=1, styles=3, leak=0.2)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    x = picture(64, 260)
    chosen = (2, 0)
    separate = [FeedForward(network, index, workspace()) for index in chosen]
    tables = [one.statistics(x) for one in separate]
    shares = np.zeros((64, 260, 2), np.float32)
    shares[:, :120, 0] = 1.0
    shares[:, 120:, 1] = 1.0
    both = OnePass(network, chosen, workspace(48)).stylise(x, shares, tables, Box.whole(64, 260))
    margin = network.config.margin
    for index, part in ((0, slice(0, 120 - margin)), (1, slice(120 + margin, 260))):
        alone = separate[index].stylise(x, statistics=tables[index])
        np.testing.assert_allclose(both[:, part], alone[:, part], atol=0.5 / 255)
    assert (
        np.abs(separate[0].stylise(x, statistics=tables[0]) - separate[1].stylise(x, statistics=tables[1])).max() > 0.05
    )
