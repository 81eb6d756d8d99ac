"""Waiting for the end of another process, however it ends.

``PR_SET_PDEATHSIG`` is not used: Linux sends it when the *thread* that started the
child ends, which in a program with threads is long before the program does.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time

__all__ = ["wait_until_gone"]

POLL_SECONDS = 0.5


def wait_until_gone(pid: int) -> None:
    """Return when process ``pid`` has ended, at once where there is none of that number."""
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            _wait_on_linux(pid)
            return
    if sys.platform == "win32":
        _wait_on_windows(pid)
        return
    while _alive(pid):
        time.sleep(POLL_SECONDS)


def _wait_on_linux(pid: int) -> None:
    descriptor = os.pidfd_open(pid)
    try:
        # Readable at death, even while nobody has collected the dead process.
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        waiting.poll()
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    if os.getppid() == pid:
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


if sys.platform == "win32":

    def _wait_on_windows(pid: int) -> None:
        import ctypes

        synchronize, infinite = 0x00100000, 0xFFFFFFFF
        kernel = ctypes.WinDLL("kernel32")
        kernel.OpenProcess.restype = ctypes.c_void_p
        kernel.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
        kernel.CloseHandle.argtypes = (ctypes.c_void_p,)
        handle = kernel.OpenProcess(synchronize, False, pid)
        if handle:
            kernel.WaitForSingleObject(handle, infinite)
            kernel.CloseHandle(handle)
