"""The end of a render without a window that cannot be right.

Blender goes on after an engine has failed, writes the frame and returns 0. So the process
ends here, before the compositor: no file gets its final name, and those of frames before are complete.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import bpy

from ..contract.errors import ExitCode, NstError
from .frame_plan import FramePlan

__all__ = ["end_process", "exit_code"]

_CODES = {
    "usage": ExitCode.USAGE,
    "input": ExitCode.INPUT,
    "memory": ExitCode.OUT_OF_MEMORY,
    "cancelled": ExitCode.CANCELLED,
}


def exit_code(fault: NstError) -> ExitCode:
    """What a process returns for a fault: that of its kind, else that a frame failed."""
    return _CODES.get(fault.kind, ExitCode.FRAMES_FAILED)


def end_process(plan: FramePlan, node: str, fault: NstError) -> NoReturn:
    """Say what failed, leave nothing half-done, end Blender."""
    print(f"Brushpass: frame {plan.frame} of {plan.scene!r} failed, {node!r}: {fault.sentence()}", file=sys.stderr)
    if plan.unfinished is not None and _half_done(plan.unfinished):
        plan.unfinished.unlink(missing_ok=True)
    shutil.rmtree(Path(bpy.app.tempdir), ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code(fault))


def _half_done(path: Path) -> bool:
    """A placeholder is empty; a movie lacks its end."""
    movie = path.suffix.lower() in bpy.path.extensions_movie
    return path.is_file() and (movie or path.stat().st_size == 0)
