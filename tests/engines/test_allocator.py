"""Freed memory stays with the process until it is handed back."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import resource
import numpy as np
from pathlib import Path
from nst_backend.engines.allocator import hand_back, keep_freed

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

kept = {keep} and keep_freed()
np.ones(50_000_000, np.float32)
before = faults()
for _ in range(5):
    np.ones(50_000_000, np.float32)
fetched = faults() - before
free = held()
hand_back()
print(int(kept), fetched, free, held())
"""


def _run(*, keep: bool) -> list[int]:
    program = _PROGRAM.format(keep=keep)
    text = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [int(word) for word in text.split()]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is known to keep what is freed")
def test_freed_memory_is_used_again_and_handed_back() -> None:
    plain, kept = _run(keep=False), _run(keep=True)
    assert (plain[0], kept[0]) == (0, 1)
    # 200 MB are a hundred huge pages, or fifty thousand small ones.
    assert kept[1] < 20 < plain[1]
    assert kept[2] - kept[3] > 150e6
