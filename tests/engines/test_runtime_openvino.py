"""OpenVINO paints whole pictures as PyTorch does, beside whatever else is painted, and talks to nobody."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nst_backend.engines import threads
from nst_backend.engines.feed_forward import FeedForward
from nst_backend.engines.inference import InferenceNetwork
from nst_backend.engines.openvino_pass import WholePasses, openvino_version
from nst_backend.engines.threads import side_by_side
from nst_backend.engines.workspace import Workspace
from nst_backend.image.boxes import Box
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.folded import fold
from nst_backend.styles.network import Statistics, StyleNetwork

if openvino_version() is None:
    pytest.skip("OpenVINO is not installed", allow_module_level=True)

Array = NDArray[np.float32]
# Of full scale: a hundredth of a step of 8 bits.
ALIKE = 4e-5
CONFIGS = [
    NetworkConfig(width=4, blocks=1, styles=3, leak=0.2),
    NetworkConfig(width=4, blocks=2, styles=3, leak=0.2, norm="encoder"),
    NetworkConfig(width=4, blocks=1, styles=3, norm="none"),
    NetworkConfig(width=4, blocks=2, levels=1, shuffle=2, styles=3, leak=0.2, norm="encoder"),
    NetworkConfig(width=4, blocks=1, levels=0, styles=3, leak=0.1),
    NetworkConfig(width=4, blocks=1, styles=3, antialias=False, eps=1e-5, value_range=255.0),
]


def trained(config: NetworkConfig) -> StyleNetwork:
    """A folded network whose every parameter has moved from its start."""
    torch.manual_seed(5)
    network = StyleNetwork(config).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
    network.tail.bias.fill_(0.5 * config.value_range)
    return fold(network)


def table(network: StyleNetwork, picture: torch.Tensor, row: int) -> Statistics:
    weights = torch.zeros(1, network.config.styles)
    weights[0, row] = 1.0
    return network.measure(picture, weights)


def picture(height: int, width: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def engine(*, tile: int | None = None, recurs: bool = True) -> FeedForward:
    workspace = Workspace(torch.device("cpu"), tile=tile, runtime="openvino")
    return FeedForward(trained(CONFIGS[1]), 1, workspace, recurs=recurs)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes of what OpenVINO painted."""
    sizes: list[tuple[int, int]] = []
    paint = WholePasses.__call__

    def watched(self: WholePasses, x: torch.Tensor, table: Statistics) -> torch.Tensor:
        sizes.append((int(x.shape[2]), int(x.shape[3])))
        return paint(self, x, table)

    monkeypatch.setattr(WholePasses, "__call__", watched)
    return sizes


@pytest.mark.parametrize("config", CONFIGS, ids=repr)
@pytest.mark.parametrize("size", [(48, 64), (24, 32), (20, 132)])
def test_it_paints_as_pytorch_does(config: NetworkConfig, size: tuple[int, int]) -> None:
    network, row = trained(config), torch.tensor([1])
    made = WholePasses(network, row)
    x = torch.from_numpy(picture(*size)).permute(2, 0, 1)[None]
    for tones in (1.0, 0.4):
        found = table(network, x * tones, 1)
        expected = InferenceNetwork(network, row, found)(x)
        assert float(expected.std()) > 0.003
        torch.testing.assert_close(made(x, found), expected, atol=ALIKE, rtol=0)


def test_crop_and_tiles_are_the_whole(passes: list[tuple[int, int]]) -> None:
    frame, box = picture(202, 301), Box(31, 44, 170, 230)
    plain, tiled = engine(), engine(tile=96)
    found = plain.statistics(frame)
    whole = plain.stylise(frame, statistics=found)
    assert passes == [(204, 304)]
    cropped = plain.stylise(frame, box=box, statistics=found)
    in_tiles = tiled.stylise(frame, statistics=found)
    assert len(passes) == 1
    np.testing.assert_allclose(cropped, whole[box.slices], atol=ALIKE, rtol=0)
    np.testing.assert_allclose(in_tiles, whole, atol=ALIKE, rtol=0)


def test_sizes_that_do_not_recur_are_left_to_pytorch(passes: list[tuple[int, int]]) -> None:
    engine(recurs=False).stylise(picture(40, 40))
    assert passes == []


def test_another_size_takes_the_place_of_the_last(passes: list[tuple[int, int]]) -> None:
    one, other = picture(40, 48), picture(64, 40, seed=2)
    made = engine()
    first, second, again = made.stylise(one), made.stylise(other), made.stylise(one)
    assert passes == [(40, 48), (64, 40), (40, 48)]
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(second, engine().stylise(other))


def test_side_by_side_it_paints_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [picture(72, 96, seed) for seed in range(6)]
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        monkeypatch.setattr(threads, "THREADS", 2)
        alone = [engine().stylise(frame) for frame in frames]
        made = engine()
        with ThreadPoolExecutor(2, initializer=side_by_side, initargs=(2,)) as painters:
            together = list(painters.map(made.stylise, frames * 3))
    finally:
        torch.set_num_threads(before)
    for found, expected in zip(together, alone * 3, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("said", ["[CPU] std::bad_alloc", "Failed to allocate 266960896 bytes of memory"])
def test_where_it_does_not_fit_pytorch_paints_smaller_pieces(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    frame = picture(200, 304)
    made = engine()
    expected = made.stylise(frame)

    def full(*_: object) -> None:
        raise RuntimeError(said)

    monkeypatch.setattr("nst_backend.engines.openvino_pass._Compiled.infer", full)
    np.testing.assert_allclose(made.stylise(frame), expected, atol=ALIKE, rtol=0)
    assert made.workspace.tile < max(frame.shape)
    assert "out of memory" in made.workspace.take_notes()[0]


def test_what_was_painted_stays_when_the_next_picture_is() -> None:
    made = engine()
    first = made.stylise(picture(40, 48))
    kept = first.copy()
    made.stylise(picture(40, 48, seed=2))
    np.testing.assert_array_equal(first, kept)


def test_its_use_is_reported_to_nobody() -> None:
    """Of itself OpenVINO starts a process that tells a statistics service of its import, before Python ends."""
    script = """
        import sys
        import numpy, torch
        from nst_backend.engines.feed_forward import FeedForward
        from nst_backend.engines.workspace import Workspace
        from nst_backend.styles.config import NetworkConfig
        from nst_backend.styles.folded import fold
        from nst_backend.styles.network import StyleNetwork
        HEARD = {"socket.connect", "socket.sendto", "os.fork", "os.posix_spawn", "subprocess.Popen"}
        sys.addaudithook(lambda event, arguments: event in HEARD and print(event, flush=True))
        network = fold(StyleNetwork(NetworkConfig(width=4, blocks=1)))
        workspace = Workspace(torch.device("cpu"), runtime="openvino")
        FeedForward(network, 0, workspace, recurs=True).stylise(numpy.zeros((32, 32, 3), numpy.float32))
        assert "openvino" in sys.modules and "openvino_telemetry" not in sys.modules
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False, timeout=600
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
