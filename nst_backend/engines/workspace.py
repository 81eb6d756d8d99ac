"""Where passes run and how large they may be: smaller, then on the CPU, when memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import torch

from ..contract.errors import OutOfMemory
from ..contract.recipe import Runtime

__all__ = ["LARGEST_TILE", "SMALLEST_TILE", "Workspace", "attempt"]

Result = TypeVar("Result")
LARGEST_TILE = 2048
"""Side of a pass, without its margin, unless a recipe says otherwise: a 4K frame in four passes."""
SMALLEST_TILE = 128
_CPU = torch.device("cpu")
# What PyTorch, oneDNN, cuDNN, cuBLAS, MPS and OpenVINO say where they raise no class of their own.
_SAID = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "failed to allocate",
    "alloc_failed",
    "bad_alloc",
    "could not create a memory",
)
# oneDNN's last words when its scratchpad does not fit; a layer that it cannot do ends in "descriptor".
_PRIMITIVE = "could not create a primitive"


class Workspace:
    """The device that the engines of a shot share.

    ``tile``: the largest side of a pass without its margin. ``half``: fp16, on
    CUDA only. Both and ``device`` change, for good, where memory runs out.
    ``runtime``: what paints whole pictures on the CPU; all else PyTorch does.
    """

    def __init__(
        self, device: torch.device, *, half: bool = False, tile: int | None = None, runtime: Runtime = "torch"
    ) -> None:
        self.device = device
        self.half = half and device.type == "cuda"
        self.tile = tile or LARGEST_TILE
        self.runtime: Runtime = runtime
        self._notes: list[str] = []
        self._lock = Lock()

    def take_notes(self) -> list[str]:
        """What was changed since the last call, a sentence each."""
        with self._lock:
            notes, self._notes = self._notes, []
            return notes

    def tiled(self, work: Callable[[], Result], side: int) -> Result:
        """``work``, again with tiles of half the size, and at last on the CPU, until it fits.

        ``side``: the longer one of what is painted. Raises :class:`OutOfMemory`
        where the smallest tile does not fit on the CPU.
        """
        while True:
            before = self.device, self.tile
            if (done := attempt(work)) is not None:
                return done[0]
            with self._lock:
                # Of two passes that ran out together the first makes room for both.
                if (self.device, self.tile) == before:
                    self._retreat(side)

    def whole(self, work: Callable[[torch.device], Result]) -> Result:
        """``work`` that cannot be tiled, on the device, or on the CPU where that is too small.

        Raises :class:`OutOfMemory` where it fits on neither.
        """
        if (done := attempt(lambda: work(self.device))) is not None:
            return done[0]
        if self.device != _CPU:
            self._empty()
            self._notes.append(f"out of memory on {self.device}: the frame's tones were measured on the cpu")
            if (done := attempt(lambda: work(_CPU))) is not None:
                return done[0]
        raise OutOfMemory(
            "a whole frame, whose tones the network needs, does not fit into memory",
            remedy="close other programs, or paint it at a larger scale or smaller size",
        )

    def _retreat(self, side: int) -> None:
        smaller = min(self.tile, side) // 2
        self._empty()
        if smaller >= SMALLEST_TILE:
            self.tile = smaller
            self._notes.append(f"out of memory on {self.device}: tiles of {smaller} px from here")
        elif self.device != _CPU:
            self._notes.append(f"out of memory on {self.device} at the smallest tile: on the cpu from here")
            self.device, self.half, self.tile = _CPU, False, LARGEST_TILE
        else:
            raise OutOfMemory(
                "the network does not fit into memory at the smallest tile",
                remedy="close other programs, or paint at a larger scale or smaller size",
            )

    def _empty(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.device.type == "mps":
            torch.mps.empty_cache()


def attempt(work: Callable[[], Result]) -> tuple[Result] | None:
    """What ``work`` returns, or None where memory ran out; its tensors are free again by then."""
    try:
        return (work(),)
    except (RuntimeError, MemoryError) as error:
        if not _is_memory(error):
            raise
    return None


def _is_memory(error: Exception) -> bool:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error).lower()
    return text.endswith(_PRIMITIVE) or any(words in text for words in _SAID)
