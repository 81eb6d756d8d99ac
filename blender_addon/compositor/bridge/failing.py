"""The end of a render without a window that cannot be right.

Blender goes on after an engine has failed, writes the frame and returns 0. So the process
ends here, before the compositor: no file gets its final name, and those of frames before are complete.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import bpy

from ...contract.errors import ExitCode, NstError
from ...scratch import forget_own
from .frame_plan import FramePlan

__all__ = ["end_process", "exit_code", "last_words", "leave"]

_CODES = {
    "usage": ExitCode.USAGE,
    "input": ExitCode.INPUT,
    "memory": ExitCode.OUT_OF_MEMORY,
    "cancelled": ExitCode.CANCELLED,
}
last_words: list[Callable[[int, str, NstError], None]] = []
"""Called with frame, node and fault before the process ends for them."""


def exit_code(fault: NstError, otherwise: ExitCode = ExitCode.FRAMES_FAILED) -> ExitCode:
    """What a process returns for a fault: that of its kind, else that a frame failed."""
    return _CODES.get(fault.kind, otherwise)


def end_process(plan: FramePlan, node: str, fault: NstError) -> NoReturn:
    """Say what failed, leave nothing half-done, end Blender."""
    print(f"Brushpass: frame {plan.frame} of {plan.scene!r} failed, {node!r}: {fault.sentence()}", file=sys.stderr)
    for tell in last_words:
        tell(plan.frame, node, fault)
    leave(exit_code(fault), plan.unfinished)


def leave(code: int, unfinished: Path | None) -> NoReturn:
    """End Blender at once, from any thread, without what is half-done: a placeholder, a movie, temporary files."""
    if unfinished is not None and _half_done(unfinished):
        unfinished.unlink(missing_ok=True)
    forget_own()
    shutil.rmtree(Path(bpy.app.tempdir), ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _half_done(path: Path) -> bool:
    """A placeholder is empty; a movie lacks its end."""
    movie = path.suffix.lower() in bpy.path.extensions_movie
    return path.is_file() and (movie or path.stat().st_size == 0)
