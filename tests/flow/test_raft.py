"""RAFT behind the flow protocol: real weights where they are, and files that are not RAFT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from test_dis import end_point_error, read_flo, read_picture, texture
from torch import nn
from torchvision.models.optical_flow import raft_large, raft_small

from nst_backend.contract.errors import InputError
from nst_backend.contract.messages import SilentReporter
from nst_backend.flow.dis import dis_flow
from nst_backend.flow.raft import RaftSource, load_raft, raft_flow
from nst_backend.image.warp import warp
from nst_backend.media.plate import Frame
from nst_backend.pipeline.motion import raft_weights


@pytest.fixture(scope="module")
def network(shared_data: Path) -> nn.Module:
    return load_raft(shared_data / "weights" / "raft_small.safetensors")


SINTEL, WHALE = "flow/sintel_alley_1", "flow/rubberwhale"
PARTS = {
    "sintel_clean": (
        f"{SINTEL}/clean/frame_0001.png",
        f"{SINTEL}/clean/frame_0002.png",
        f"{SINTEL}/flow/frame_0001.flo",
    ),
    "sintel_final": (
        f"{SINTEL}/final/frame_0003.png",
        f"{SINTEL}/final/frame_0004.png",
        f"{SINTEL}/flow/frame_0003.flo",
    ),
    "rubberwhale": (f"{WHALE}/frame10.png", f"{WHALE}/frame11.png", f"{WHALE}/flow10.flo"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "raft", "dis"), [("sintel_clean", 0.23, 0.22), ("sintel_final", 0.22, 0.22), ("rubberwhale", 0.39, 0.27)]
)
def test_real_motion_is_followed_within_measured_bounds(
    shared_data: Path, network: nn.Module, part: str, raft: float, dis: float
) -> None:
    """Mean end-point errors in pixels; the bounds are a tenth above what was measured."""
    first, second, field = (shared_data / name for name in PARTS[part])
    window = np.s_[:320, :448]
    pair = [read_picture(path)[window] for path in (first, second)]
    truth = read_flo(field)[window]
    assert end_point_error(raft_flow(network, *pair), truth).mean() < raft
    assert end_point_error(dis_flow(*pair), truth).mean() < dis


def test_sign_odd_sizes_and_both_directions(network: nn.Module) -> None:
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
    with pytest.raises(InputError, match="no checkpoint at"):
        load_raft(path)
    path.write_bytes(b"\x10\0\0\0\0\0\0\0 not a header")
    with pytest.raises(InputError, match="not a safetensors file"):
        load_raft(path)
    save_file({"conv.weight": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="no RAFT network"):
        load_raft(path)
    state = raft_small(weights=None).state_dict()
    name = next(iter(state))
    save_file({**state, name: state[name][1:].clone()}, path)
    with pytest.raises(InputError, match=f"does not fit RAFT: {name} has shape"):
        load_raft(path)


def test_torchvisions_own_file_is_taken_as_it_is_published(tmp_path: Path) -> None:
    state = raft_small(weights=None).state_dict()
    assert any(name.endswith("num_batches_tracked") for name in raft_large(weights=None).state_dict())
    torch.save(state, tmp_path / "raft_small_C_T_V2-01064c6d.pth")
    held = load_raft(tmp_path / "raft_small_C_T_V2-01064c6d.pth").state_dict()
    assert held.keys() == state.keys()
    assert all(torch.equal(held[name], state[name]) for name in state)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    state = raft_small(weights=None).state_dict()
    next(iter(state.values())).view(-1)[0] = torch.nan
    save_file(state, tmp_path / "weights.safetensors")
    with pytest.raises(InputError, match="not finite"):
        load_raft(tmp_path / "weights.safetensors")


def test_weights_come_from_the_variable_then_the_users_folder_then_torchvision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BRUSHPASS_WEIGHTS", "TORCH_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("BRUSHPASS_OFFLINE", "1")
    monkeypatch.delenv("BRUSHPASS_RAFT", raising=False)
    remedy = (
        r"fetch raft_small_C_T_V2-01064c6d\.pth from https://download\.pytorch\.org/models/raft_small.* put it into"
    )
    with pytest.raises(InputError, match=remedy):
        raft_weights(SilentReporter())
    own = tmp_path / "raft_small.safetensors"
    own.touch()
    assert raft_weights(SilentReporter()) == own
    monkeypatch.setenv("BRUSHPASS_RAFT", str(tmp_path / "mine.pth"))
    with pytest.raises(InputError, match=r"not at .*mine\.pth"):
        raft_weights(SilentReporter())
    (tmp_path / "mine.pth").touch()
    assert raft_weights(SilentReporter()) == tmp_path / "mine.pth"
