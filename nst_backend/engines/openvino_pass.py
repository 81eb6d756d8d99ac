"""Passes over whole pictures of a size that recurs, by OpenVINO on the CPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..styles.network import Statistics, StyleNetwork
from .threads import THREADS, painters

__all__ = ["WholePasses", "openvino_processor", "openvino_version"]


def openvino_version() -> str | None:
    """The version of OpenVINO that is installed; None where there is none."""
    try:
        return metadata.version("openvino")
    except metadata.PackageNotFoundError:
        return None


def openvino_processor() -> str:
    """The processor's name, as OpenVINO, which must be there, gives it on every system."""
    return str(_core().get_property("CPU", "FULL_DEVICE_NAME"))


@cache
def _core() -> Any:
    # A second that only those wait for who paint with it.
    from .openvino_library import openvino

    return openvino.Core()


class WholePasses:
    """One style of a folded network, compiled for the size of the last picture.

    Called by several threads at a time. ``row``: ``(1,)``, the style. Paints as
    :class:`~nst_backend.engines.inference.InferenceNetwork` does but for rounding, and a
    picture always to the same bits, however many threads share the processor.
    """

    def __init__(self, network: StyleNetwork, row: Tensor) -> None:
        self._network = network
        self._row = row
        self._compiling = Lock()
        self._compiled: _Compiled | None = None

    def __call__(self, x: Tensor, table: Statistics) -> Tensor:
        """The painting ``(1, 3, H, W)`` in 0..1 of ``x`` likewise, float32, whose sides the stride divides."""
        from .openvino_graph import table_inputs

        picture = np.ascontiguousarray(x.permute(0, 2, 3, 1).numpy())
        try:
            compiled = self._for(picture.shape[1:3], table)
            painting = compiled.infer([picture, *table_inputs(self._network, self._row, table)])
        except (RuntimeError, MemoryError):
            # Most likely for want of memory, which is needed for smaller pieces.
            self._compiled = None
            raise
        return torch.from_numpy(painting).permute(0, 3, 1, 2)

    def _for(self, size: tuple[int, int], table: Statistics) -> _Compiled:
        streams = painters()
        with self._compiling:
            if (kept := self._compiled) is None or (kept.size, kept.streams) != (size, streams):
                # Let go of the old one before there is a new one: each holds the features of its passes.
                self._compiled = kept = None
                self._compiled = kept = _Compiled(self._network, self._row, table, size, streams)
            return kept


class _Compiled:
    """A model for pictures of one size, ``streams`` of them at a time."""

    def __init__(
        self, network: StyleNetwork, row: Tensor, table: Statistics, size: tuple[int, int], streams: int
    ) -> None:
        from .openvino_graph import build_model

        self.size = size
        self.streams = streams
        settings = {
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": THREADS,
            # Left to itself it takes bf16 where the processor has it.
            "INFERENCE_PRECISION_HINT": "f32",
            # Two jobs of one machine would be tied to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._model: Any = _core().compile_model(build_model(network, row, table, size), "CPU", settings)
        self._idle: list[Any] = []

    def infer(self, inputs: list[Any]) -> Any:
        with self._request() as request:
            return request.infer(inputs, share_inputs=True)[0]

    @contextlib.contextmanager
    def _request(self) -> Iterator[Any]:
        """A request that no other thread uses meanwhile."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._model.create_infer_request()
        try:
            yield request
        finally:
            self._idle.append(request)
