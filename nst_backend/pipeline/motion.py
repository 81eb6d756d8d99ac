"""Motion and identities of a shot's frames, at the working size."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.messages import Event, EventKind, Reporter
from ..flow.camera import Camera, load_cameras
from ..flow.dis import DisSource
from ..flow.raft import RaftSource, load_raft
from ..flow.source import FlowSource, Motion
from ..flow.vector import VectorSource
from ..media.plate import Frame
from ..weights.published import fetch_published, torchvision_file, weights_folders
from .shot import Shot
from .working import WorkingFrame

__all__ = ["ShotMotion", "object_ids", "raft_weights"]

Array = NDArray[np.float32]


class ShotMotion:
    """Where a shot's motion comes from; each warning is said once."""

    def __init__(self, shot: Shot, reporter: Reporter) -> None:
        self.shot = shot
        self.reporter = reporter
        self._said: set[str] = set()
        self._display: dict[int, Array] = {}
        self.source = self._source()

    def _source(self) -> FlowSource | None:
        temporal = self.shot.recipe.temporal
        if not self.shot.moves:
            return None
        if temporal.flow == "raft":
            return RaftSource(
                display=self._shown, network=load_raft(raft_weights(self.reporter), device=str(self.shot.device))
            )
        estimated = DisSource(display=self._shown)
        if temporal.flow == "dis" or not self.shot.plate.scene_linear:
            return estimated
        cameras: Mapping[int, Camera] = {}
        if self.shot.recipe.plate.cameras is not None:
            cameras = load_cameras(self.shot.base / self.shot.recipe.plate.cameras)
        layer = self.shot.plate.motion_layer or ""
        return VectorSource(display=self._shown, fallback=estimated, layer=layer, cameras=cameras)

    def _shown(self, frame: Frame) -> Array:
        return self._display[frame.number]

    def between(self, previous: WorkingFrame, current: WorkingFrame) -> Motion | None:
        """F from ``current`` to ``previous`` and what is known of it; None without a source."""
        if self.source is None:
            return None
        self._display = {entry.number: entry.encoded.display for entry in (previous, current)}
        motion = self.source.between(_at_size(previous), _at_size(current))
        for warning in motion.warnings:
            if warning.kind not in self._said:
                self._said.add(warning.kind)
                data = {"problem": warning.problem, "remedy": warning.remedy, "frame": current.number}
                self.reporter.emit(Event(EventKind.WARNING, data))
        return motion


def raft_weights(reporter: Reporter) -> Path:
    """The file of ``BRUSHPASS_RAFT``, ``raft_*.safetensors`` among the user's weights, or torchvision's small network.

    The last is downloaded where it is not on this machine. Raises what :func:`fetch_published` does.
    """
    from torchvision.models.optical_flow import Raft_Small_Weights

    published = torchvision_file(Raft_Small_Weights.C_T_V2, "RAFT's weights")
    named = os.environ.get("BRUSHPASS_RAFT", "")
    if not named:
        own = (path for folder in weights_folders() for path in sorted(folder.glob("raft_*.safetensors")))
        found = next(own, None)
        if found is not None:
            return found
    return fetch_published(published, reporter=reporter, given=Path(named) if named else None)


def object_ids(working: WorkingFrame, layer: str | None) -> NDArray[np.uint32] | None:
    """The nearest object's Cryptomatte id of each pixel, ``(H, W)``, or None without Cryptomatte.

    ``layer``: the view layer whose Cryptomatte is taken where it has one.
    """
    candidates = [
        name
        for name in working.frame.channels
        if name.lower().endswith("00.r") and "crypto" in name.rpartition(".")[0].rpartition(".")[2].lower()
    ]
    if not candidates:
        return None
    own = [name for name in candidates if layer and name.startswith(f"{layer}.")]
    # Objects part more than materials or assets do.
    name = min(own or candidates, key=lambda entry: ("object" not in entry.rpartition(".")[0].lower(), entry))
    ids = np.ascontiguousarray(working.frame.channels[name], np.float32).view(np.uint32)
    width, height = working.size
    if ids.shape == (height, width):
        return ids
    rows = (np.arange(height) * ids.shape[0] + ids.shape[0] // 2) // height
    columns = (np.arange(width) * ids.shape[1] + ids.shape[1] // 2) // width
    return np.ascontiguousarray(ids[rows.clip(0, ids.shape[0] - 1)][:, columns.clip(0, ids.shape[1] - 1)])


def _at_size(working: WorkingFrame) -> Frame:
    """The plate's frame with its motion channels at the working size."""
    frame = working.frame
    width, height = working.size
    if frame.rgb.shape[:2] == (height, width):
        return frame
    scale = {"X": width / frame.rgb.shape[1], "Z": width / frame.rgb.shape[1]}
    scale |= {"Y": height / frame.rgb.shape[0], "W": height / frame.rgb.shape[0]}
    channels = {}
    for name, values in frame.channels.items():
        resized = cv2.resize(values, (width, height), interpolation=cv2.INTER_NEAREST)
        stem, _, channel = name.rpartition(".")
        channels[name] = (
            resized * np.float32(scale[channel]) if stem.endswith("Vector") and channel in scale else resized
        )
    return replace(frame, rgb=working.stored, alpha=working.alpha, channels=channels)
