"""Motion estimated from the pictures by RAFT.

Z. Teed, J. Deng, "RAFT: Recurrent all-pairs field transforms for optical flow",
ECCV 2020, in torchvision's implementation. Slower than dense inverse search and
better with large motion and weak texture. Weights are a file in the layout of
``torchvision.models.optical_flow``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..contract.errors import InputError
from ..image.warp import FloatArray
from ..weights.checkpoint import load_tensors
from ..weights.strict import build_strictly, shapes_of
from .dis import estimated_motion
from .source import Display, Motion

if TYPE_CHECKING:
    from ..media.plate import Frame

__all__ = ["RaftSource", "load_raft", "raft_flow"]

# Four levels of correlation at an eighth of the size need 16 samples a side.
_SMALLEST_SIDE = 128
_REMEDY = "give raft_small or raft_large in torchvision's layout"


def load_raft(path: Path, *, device: str = "cpu") -> nn.Module:
    """A RAFT network, small or large as the weights are, ready to run in float32.

    Names and shapes are compared with the network, and values checked to be
    finite, before anything is loaded.

    Raises :class:`InputError` where the file is missing, damaged or not RAFT.
    """
    tensors = load_tensors(path)
    for build in _networks():
        with torch.device("meta"):
            names = shapes_of(build()).keys()
        if names == tensors.keys():
            network = build_strictly(build, tensors, source=path.name, what="RAFT", remedy=_REMEDY)
            return network.to(device)
    raise InputError(f"{path} holds no RAFT network", remedy=_REMEDY)


def raft_flow(network: nn.Module, source: FloatArray, target: FloatArray, *, updates: int = 12) -> FloatArray:
    """F(source→target), ``(H, W, 2)`` in pixels, of two display-referred pictures ``(H, W, 3)`` in 0..1.

    Raises :class:`InputError` where the sizes differ.
    """
    if source.shape != target.shape:
        raise InputError(
            f"the frames differ in size ({source.shape[:2]} and {target.shape[:2]})",
            remedy="give frames of one size, or split the shot where the size changes",
        )
    height, width = source.shape[:2]
    padding = (0, max(_SMALLEST_SIDE, -(-width // 8) * 8) - width, 0, max(_SMALLEST_SIDE, -(-height // 8) * 8) - height)
    device = next(network.parameters()).device
    with torch.inference_mode():
        pair = [functional.pad(_input(p), padding, mode="replicate").to(device) for p in (source, target)]
        flow: Tensor = network(pair[0], pair[1], num_flow_updates=updates)[-1]
    return np.ascontiguousarray(flow[0, :, :height, :width].permute(1, 2, 0).float().cpu().numpy())


@dataclass(frozen=True, kw_only=True)
class RaftSource:
    """RAFT in both directions, behind the flow protocol."""

    display: Display
    network: nn.Module
    updates: int = 12

    def between(self, previous: Frame, current: Frame) -> Motion:
        """Estimated motion; ``known`` is False everywhere."""
        earlier, later = self.display(previous), self.display(current)
        return estimated_motion(
            raft_flow(self.network, later, earlier, updates=self.updates),
            raft_flow(self.network, earlier, later, updates=self.updates),
        )


def _networks() -> tuple[Callable[[], nn.Module], ...]:
    """What builds each size of the untrained network."""
    from torchvision.models.optical_flow import raft_large, raft_small

    return tuple(partial(build, weights=None, progress=False) for build in (raft_small, raft_large))


def _input(picture: FloatArray) -> Tensor:
    clean = np.clip(np.nan_to_num(picture), 0, 1) * 2 - 1
    return torch.from_numpy(np.ascontiguousarray(clean, dtype=np.float32)).permute(2, 0, 1)[None]
