"""How a job's threads share the processor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Barrier, Lock
from typing import TypeVar

import torch

__all__ = ["THREADS", "beside_painters", "in_pieces", "painters", "side_by_side"]

Piece = TypeVar("Piece")

THREADS = torch.get_num_threads()
"""Those that PyTorch takes for one operation unless told otherwise."""


def side_by_side(painters: int) -> None:
    """Let the calling thread, one of so many that paint at once, take its part of :data:`THREADS`.

    Passes side by side keep every core busy. The threads of a single pass wait for one another at the end of
    each layer, and where one of them has to share its core with reading or writing, the others stand still.
    """
    _take(max(1, THREADS // painters))


def _take(threads: int) -> None:
    # A thread that PyTorch has not met would take, at its first operation, what any thread has set last.
    torch.get_num_threads()
    torch.set_num_threads(threads)


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


def in_pieces(work: Callable[[Piece], None], pieces: Iterable[Piece]) -> None:
    """``work`` on each of the pieces, in any order, by as many threads as the calling one has, each with one.

    For work of many small operations: done by all threads together, they would wait for one another at the end of each.
    """
    left, lock = iter(pieces), Lock()

    def some() -> None:
        with torch.inference_mode():
            while True:
                with lock:
                    try:
                        piece = next(left)
                    except StopIteration:
                        return
                work(piece)

    if (threads := torch.get_num_threads()) == 1:
        some()
        return
    for helper in [_helpers().submit(some) for _ in range(threads)]:
        helper.result()


_POOL = Lock()


def _helpers() -> ThreadPoolExecutor:
    with _POOL:
        return _started_helpers()


@cache
def _started_helpers() -> ThreadPoolExecutor:
    threads = torch.get_num_threads()
    helpers = ThreadPoolExecutor(THREADS, "piece", _take, (1,))
    started = Barrier(THREADS + 1)
    for _ in range(THREADS):
        helpers.submit(started.wait)
    started.wait()
    # Threads that PyTorch has not met take what was set last.
    torch.set_num_threads(threads)
    return helpers
