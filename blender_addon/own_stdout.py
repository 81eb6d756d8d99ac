"""Standard output for what a program reads."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

__all__ = ["claim_stdout"]


def claim_stdout() -> BinaryIO:
    """Standard output, unbuffered, from now on for the caller alone.

    Whatever else prints there in this process, C libraries too, is sent to standard error.
    """
    sys.stdout.flush()
    stream: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return stream
