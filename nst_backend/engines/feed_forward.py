"""The feed-forward engine: crops and tiles that equal the whole frame.

Given one table of statistics, each tile is run with the context its layers can
see and only its exact inside is kept, so crop = tile = whole.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..image.boxes import Box
from ..styles.network import Statistics, StyleNetwork
from .inference import InferenceNetwork
from .openvino_pass import WholePasses
from .tiles import in_tiles, prepared
from .winograd import with_winograd
from .workspace import Workspace

__all__ = ["FeedForward", "OnePass"]

Array = NDArray[np.float32]


class _Passes:
    """Styles of a network, run in pieces that fit.

    Where memory runs out the workspace shrinks and the pass is made again;
    ``OutOfMemory`` is raised where nothing is left to shrink.
    """

    def __init__(self, network: StyleNetwork, indices: Sequence[int], workspace: Workspace) -> None:
        self.margin = network.config.margin
        self.stride = network.config.stride
        self.workspace = workspace
        self._rows = torch.tensor(list(indices))
        self._given = workspace.device, network
        self._networks: dict[torch.device, StyleNetwork] = {}
        self._ready: tuple[Statistics, torch.device, InferenceNetwork] | None = None

    def _network(self, device: torch.device) -> StyleNetwork:
        if device not in self._networks:
            here, given = self._given
            there = given if device == here else copy.deepcopy(given).to(device)
            self._networks[device] = _on_cpu(there) if device.type == "cpu" else there
        return self._networks[device]

    def _inference(self, table: Statistics) -> InferenceNetwork:
        """The network for a table, made anew where that or the device has changed."""
        device, half = self.workspace.device, self.workspace.half
        # Frames are painted two at a time: each looks once, and goes on with what it found or made.
        ready = self._ready
        if ready is None or ready[0] is not table or ready[1] != device:
            like = None if ready is None or ready[1] != device else ready[2]
            there = Statistics([(mean.to(device), var.to(device)) for mean, var in table.layers])
            network, rows = self._network(device), self._rows.to(device)
            ready = table, device, InferenceNetwork(network, rows, there, half=half, like=like)
            self._ready = ready
        return ready[2]

    def _whole_passes(self) -> WholePasses | None:
        """What paints whole pictures in place of PyTorch, if anything does."""
        return None

    def _painted(self, values: Sequence[Array], table: Statistics, box: Box) -> Array:
        """The box of ``values``, each ``(H, W, C)``: the picture and, for several styles, their shares."""

        def work() -> Array:
            inputs = [prepared(value, self.stride, self.workspace.device) for value in values]
            size = int(inputs[0].shape[2]), int(inputs[0].shape[3])
            whole_passes = self._whole_passes()

            def one(seen: Box, wanted: Box) -> Tensor:
                if whole_passes is not None and wanted == Box.whole(*size):
                    return whole_passes(inputs[0], table)[0]
                rows, columns = seen.slices
                network = self._inference(table)
                styled: Tensor = network(*(tensor[:, :, rows, columns] for tensor in inputs), wanted=wanted)
                return styled[0]

            return in_tiles(size, box, one, tile=self.workspace.tile, stride=self.stride, margin=self.margin)

        return self.workspace.tiled(work, max(box.height, box.width))


_ON_CPU: WeakKeyDictionary[StyleNetwork, StyleNetwork] = WeakKeyDictionary()


def _on_cpu(network: StyleNetwork) -> StyleNetwork:
    """The network with fewer multiplications; one for all regions, whose weights change no more."""
    if network not in _ON_CPU:
        _ON_CPU[network] = with_winograd(network)
    return _ON_CPU[network]


class FeedForward(_Passes):
    """One style of a network.

    ``recurs``: pictures are all of one size, so that the workspace's runtime may be readied for it.
    Which runtime paints is a matter of the picture and the box alone, so a job that is
    resumed paints as one that was not interrupted. The network is folded then.
    """

    def __init__(self, network: StyleNetwork, index: int, workspace: Workspace, *, recurs: bool = False) -> None:
        super().__init__(network, [index], workspace)
        self._compiled = WholePasses(network, self._rows) if recurs else None

    def _whole_passes(self) -> WholePasses | None:
        there = self.workspace.runtime == "openvino" and self.workspace.device.type == "cpu"
        return self._compiled if there else None

    def statistics(self, picture: Array, matte: Array | None = None) -> Statistics:
        """Statistics of one whole-frame pass, measured under ``matte`` ``(H, W)`` where given."""

        def work(device: torch.device) -> Statistics:
            network = self._network(device)
            weights = torch.zeros(1, network.config.styles, device=device)
            weights[0, self._rows] = 1.0
            share = None if matte is None else prepared(matte[:, :, None], self.stride, device)
            half = self.workspace.half and device == self.workspace.device
            with torch.inference_mode(), torch.autocast(device.type, torch.float16, enabled=half):
                return network.measure(prepared(picture, self.stride, device), weights, matte=share)

        return self.workspace.whole(work)

    def stylise(self, picture: Array, *, box: Box | None = None, statistics: Statistics | None = None) -> Array:
        """See :class:`~nst_backend.engines.engine.Engine`."""
        table = self.statistics(picture) if statistics is None else statistics
        return self._painted([picture], table, box or Box.whole(*picture.shape[:2]))


class OnePass(_Passes):
    """Several regions of one network in a single pass.

    Every pixel is normalised with its own region's table and painted in its own
    region's style; where regions meet, tables and styles blend. Farther than
    the margin from another region the result equals a pass of its own.
    """

    def stylise(self, picture: Array, shares: Array, tables: Sequence[Statistics], box: Box) -> Array:
        """The box of ``picture`` ``(H, W, 3)`` in the styles that ``shares`` ``(H, W, R)`` mix.

        ``shares`` sum to 1 over the regions wherever it matters; ``tables``: one
        for each region.
        """
        table = Statistics(
            [
                (torch.cat([mean for mean, _ in layer]), torch.cat([var for _, var in layer]))
                for layer in zip(*(entry.layers for entry in tables), strict=True)
            ]
        )
        return self._painted([picture, shares], table, box)
