"""Pieces of work are shared by threads of which each has one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from nst_backend.engines.threads import THREADS, in_pieces


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("threads", [1, 2])
def test_each_piece_is_done_once(threads: int) -> None:
    torch.set_num_threads(threads)
    done: list[int] = []
    in_pieces(done.append, range(100))
    assert sorted(done) == list(range(100))
    assert torch.get_num_threads() == threads


def test_helpers_have_a_thread_each_and_others_keep_theirs() -> None:
    torch.set_num_threads(2)
    counts: list[int] = []
    in_pieces(lambda piece: counts.append(torch.get_num_threads()), range(20))
    assert set(counts) == {1}
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [2]


@pytest.mark.skipif(THREADS < 2, reason="one thread: nothing is done side by side")
def test_pieces_are_done_side_by_side() -> None:
    torch.set_num_threads(2)
    both = threading.Barrier(2)
    in_pieces(lambda piece: both.wait(60) and None, range(2))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_fault_is_told(threads: int) -> None:
    torch.set_num_threads(threads)

    def work(piece: int) -> None:
        if piece == 3:
            raise RuntimeError("can't allocate memory")

    with pytest.raises(RuntimeError, match="allocate"):
        in_pieces(work, range(8))
    done: list[int] = []
    in_pieces(done.append, range(5))
    assert sorted(done) == list(range(5))
