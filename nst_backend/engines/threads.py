"""How a job's threads share the processor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["THREADS", "beside_painters", "painters", "side_by_side"]

THREADS = torch.get_num_threads()
"""Those that PyTorch takes for one operation unless told otherwise."""


def side_by_side(painters: int) -> None:
    """Let the calling thread, one of so many that paint at once, take its part of :data:`THREADS`.

    Passes side by side keep every core busy. The threads of a single pass wait for one another at the end of
    each layer, and where one of them has to share its core with reading or writing, the others stand still.
    """
    torch.set_num_threads(max(1, THREADS // painters))


def painters() -> int:
    """How many threads with the part of :data:`THREADS` that the calling one has there is room for."""
    return max(1, THREADS // torch.get_num_threads())


@contextmanager
def beside_painters() -> Iterator[None]:
    """Let the calling thread, and those that begin meanwhile, take a quarter: painters have the cores.

    One that waits for its helpers does so by spinning, on a core that a painter could use.
    """
    torch.set_num_threads(max(1, THREADS // 4))
    try:
        yield
    finally:
        torch.set_num_threads(THREADS)
