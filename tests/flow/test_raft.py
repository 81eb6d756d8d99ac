"""RAFT behind the flow protocol: real weights where they are, and files that are not RAFT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from test_dis import end_point_error, read_flo, read_picture, texture

from nst_backend.contract.errors import InputError
from nst_backend.flow.raft import RaftSource, load_raft, raft_flow
from nst_backend.image.warp import warp
from nst_backend.media.plate import Frame


@pytest.mark.slow
def test_sintel_is_followed_closely(shared_data: Path) -> None:
    network = load_raft(shared_data / "weights" / "raft_small.safetensors")
    folder = shared_data / "flow" / "sintel_alley_1"
    pair = [read_picture(folder / "final" / f"frame_000{n}.png")[:432, :512] for n in (1, 2)]
    truth = read_flo(folder / "flow" / "frame_0001.flo")[:432, :512]
    assert end_point_error(raft_flow(network, *pair), truth).mean() < 0.5


def test_sign_odd_sizes_and_both_directions(shared_data: Path) -> None:
    network = load_raft(shared_data / "weights" / "raft_small.safetensors")
    later = texture(101, 150)
    earlier = warp(later, np.full((101, 150, 2), (5, -3), np.float32))
    motion = RaftSource(display=lambda f: f.rgb, network=network).between(Frame(1, earlier), Frame(2, later))
    np.testing.assert_allclose(np.median(motion.backward[20:-20, 20:-20], axis=(0, 1)), (-5, 3), atol=0.3)
    assert motion.forward is not None
    np.testing.assert_allclose(np.median(motion.forward[20:-20, 20:-20], axis=(0, 1)), (5, -3), atol=0.3)
    assert motion.kind == "estimated"
    assert not motion.known.any()


def test_files_that_are_not_raft_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    with pytest.raises(InputError, match="cannot be read"):
        load_raft(path)
    path.write_bytes(b"\x10\0\0\0\0\0\0\0 not a header")
    with pytest.raises(InputError, match="damaged"):
        load_raft(path)
    save_file({"conv.weight": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="no RAFT network"):
        load_raft(path)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    from torchvision.models.optical_flow import raft_small

    state = raft_small(weights=None).state_dict()
    next(iter(state.values())).view(-1)[0] = torch.nan
    save_file(state, tmp_path / "weights.safetensors")
    with pytest.raises(InputError, match="not finite"):
        load_raft(tmp_path / "weights.safetensors")
