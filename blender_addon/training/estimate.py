"""How long a training will take, in words. Knows nothing of Blender."""

from __future__ import annotations

from ..jobs.progress import in_words

__all__ = ["expected"]

_CORE_SECONDS = 1.8
"""A step with VGG-19 on one core of a server's processor at 2.6 GHz, 1.5 of them in VGG-19."""


def expected(steps: int, step_seconds: float) -> str:
    """Of a training of so many steps; ``step_seconds`` as the last one took here, 0 before the first."""
    if step_seconds > 0:
        return f"{steps:,} steps: about {in_words(steps * step_seconds)}, as the last training went"
    return (
        f"{steps:,} steps: about {in_words(steps * _CORE_SECONDS)} on one processor core, and less on several; "
        "the bar tells once it runs"
    )
