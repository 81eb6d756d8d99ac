"""Memory that runs out: smaller tiles, then the CPU, then one clear sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nst_backend.contract.errors import ExitCode, OutOfMemory
from nst_backend.engines.feed_forward import FeedForward
from nst_backend.engines.workspace import LARGEST_TILE, Workspace
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.folded import fold
from nst_backend.styles.network import StyleNetwork

# An address space that the whole picture does not fit into; what the allocator then does is real.
LIMITED = """
import resource, sys
import numpy as np, torch
from nst_backend.contract.errors import OutOfMemory
from nst_backend.engines.feed_forward import FeedForward
from nst_backend.engines.workspace import Workspace
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.folded import fold
from nst_backend.styles.network import StyleNetwork

folder, room, side = sys.argv[1], int(sys.argv[2]) << 20, int(sys.argv[3])
torch.set_num_threads(1)
torch.manual_seed(5)
network = fold(StyleNetwork(NetworkConfig(width=16, blocks=1, leak=0.2)))
picture = np.random.default_rng(1).random((side, side, 3), dtype=np.float32)
small = FeedForward(network, 0, Workspace(torch.device("cpu")))
table = small.statistics(picture[:256, :256])
# Libraries are loaded and threads started before the limit.
small.stylise(picture[:256, :256], statistics=table)
whole = small.stylise(picture, statistics=table)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
workspace = Workspace(torch.device("cpu"))
try:
    tiled = FeedForward(network, 0, workspace).stylise(picture, statistics=table)
except OutOfMemory as error:
    print(error)
    sys.exit(error.exit_code)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(workspace.tile, float(np.abs(tiled - whole).max()), workspace.take_notes(), sep="|")
"""


def limited(folder: Path, *, megabytes: int, side: int) -> subprocess.CompletedProcess[str]:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux limits a process's address space")
    command = [sys.executable, "-c", LIMITED, str(folder), str(megabytes), str(side)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_real_shortage_lowers_the_tile(tmp_path: Path) -> None:
    result = limited(tmp_path, megabytes=120, side=1024)
    assert result.returncode == 0, result.stderr
    tile, difference, notes = result.stdout.strip().split("|")
    assert 128 <= int(tile) < 1024
    assert float(difference) < 1e-4
    assert "out of memory on cpu" in notes


def test_a_real_shortage_at_the_smallest_tile_is_said(tmp_path: Path) -> None:
    result = limited(tmp_path, megabytes=0, side=1024)
    assert result.returncode == ExitCode.OUT_OF_MEMORY, result.stderr
    assert "smallest tile" in result.stdout


class Exhausted(nn.Module):
    """A layer whose results never fit on a device that is not the CPU."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu":
            raise torch.OutOfMemoryError("the device has no memory")
        return self.layer(x)  # type: ignore[no-any-return]


def small_network() -> StyleNetwork:
    torch.manual_seed(5)
    return fold(StyleNetwork(NetworkConfig(width=6, blocks=1, styles=2, leak=0.2)))


def test_a_device_without_memory_gives_way_to_the_cpu() -> None:
    # Tensors of the meta device have shapes and no memory at all.
    device = torch.device("meta")
    picture = np.random.default_rng(1).random((600, 400, 3), dtype=np.float32)
    plain = FeedForward(small_network(), 1, Workspace(torch.device("cpu")))
    table = plain.statistics(picture)
    whole = plain.stylise(picture, statistics=table)

    there = small_network().to(device)
    there.tail = Exhausted(there.tail)  # type: ignore[assignment]
    workspace = Workspace(device)
    engine = FeedForward(there, 1, workspace)
    # Nothing can be copied from a device without memory.
    engine._networks[torch.device("cpu")] = small_network()
    np.testing.assert_array_equal(engine.stylise(picture, statistics=table), whole)
    assert workspace.device == torch.device("cpu")
    assert workspace.tile == LARGEST_TILE
    notes = workspace.take_notes()
    assert [note.split(":")[1].split()[0] for note in notes[:-1]] == ["tiles", "tiles"]
    assert "on the cpu from here" in notes[-1]
    assert not workspace.take_notes()


def test_a_whole_frame_that_does_not_fit_is_measured_on_the_cpu() -> None:
    workspace = Workspace(torch.device("meta"))

    def work(device: torch.device) -> str:
        if device.type != "cpu":
            raise torch.OutOfMemoryError("full")
        return "measured"

    assert workspace.whole(work) == "measured"
    assert workspace.device.type == "meta"
    assert len(workspace.take_notes()) == 1


def test_a_whole_frame_that_fits_nowhere_is_said() -> None:
    def work(device: torch.device) -> None:
        raise MemoryError

    with pytest.raises(OutOfMemory, match="whole frame"):
        Workspace(torch.device("cpu")).whole(work)


def test_other_faults_are_not_taken_for_a_shortage() -> None:
    def work() -> None:
        raise RuntimeError("shapes do not match")

    workspace = Workspace(torch.device("cpu"))
    with pytest.raises(RuntimeError, match="shapes"):
        workspace.tiled(work, 4000)
    assert workspace.tile == LARGEST_TILE


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_a_full_cuda_device_lowers_the_tile() -> None:
    device = torch.device("cuda", 0)
    picture = np.random.default_rng(1).random((3000, 2000, 3), dtype=np.float32)
    network = fold(StyleNetwork(NetworkConfig(width=16, blocks=1, leak=0.2))).to(device)
    engine = FeedForward(network, 0, Workspace(device))
    table = engine.statistics(picture)
    whole = engine.stylise(picture, statistics=table)
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(400e6 / torch.cuda.get_device_properties(device).total_memory)
    try:
        workspace = Workspace(device)
        tiled = FeedForward(network, 0, workspace).stylise(picture, statistics=table)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert workspace.take_notes()
    np.testing.assert_allclose(tiled, whole, atol=1e-3)
