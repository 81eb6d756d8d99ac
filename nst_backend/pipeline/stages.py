"""Stages of a job, for whoever watches that each makes progress."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

__all__ = ["Stages", "unwatched"]

Stages = Callable[[str, str], AbstractContextManager[object]]
"""Marks a block as a stage of its thread, by name and detail: ``with stages("write", "frame 7")``."""


def unwatched(name: str, detail: str) -> AbstractContextManager[None]:
    """Stages that nobody watches."""
    return nullcontext()
