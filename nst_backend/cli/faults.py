"""What ends a command: one sentence on standard error and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import time
import traceback
from pathlib import Path

import platformdirs

__all__ = ["DEFECT", "log_folder", "write_log"]

DEFECT = 1
"""Exit code of a fault that is ours."""


def log_folder() -> Path:
    """Where logs of this user go."""
    return Path(platformdirs.user_log_dir("brushpass", appauthor=False))


def write_log(error: BaseException, arguments: list[str]) -> Path | None:
    """Write the traceback into a file of its own and return its path; None where that fails."""
    text = "\n".join(
        [
            f"nst {' '.join(arguments)}",
            f"{platform.platform()}, Python {sys.version.split()[0]}",
            "",
            *traceback.format_exception(error),
        ]
    )
    path = log_folder() / f"nst-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
    return None
