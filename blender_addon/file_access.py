"""When the file that is open may be written."""

from __future__ import annotations

import threading

import bpy

__all__ = ["may_write"]


def may_write() -> bool:
    """Whether this is the main thread and no window's render reads the file."""
    return threading.current_thread() is threading.main_thread() and not bpy.app.is_job_running("RENDER")
