"""Which build of PyTorch suits a machine: the one place that knows an index's address.

PyTorch publishes a build for each kind of device on an index of its own
(pytorch.org, "Start locally" and "Previous versions"). An index that is no longer fed
still has versions that the backend takes, so an older address goes on working.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BUILDS", "Machine", "TorchBuild", "build_named", "choose_build", "look_at_machine"]

_INDEX = "https://download.pytorch.org/whl/"
_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class TorchBuild:
    """A build of PyTorch."""

    name: str
    label: str
    index: str | None
    """The index that has it; None for the package index that pip is configured for."""
    gigabytes: float
    """Disk space for the whole environment, what pip unpacks on the way included."""
    reason: str
    """When it is the right one."""


BUILDS = (
    TorchBuild(
        name="cuda-13.0",
        label="NVIDIA, CUDA 13.0",
        index=_INDEX + "cu130",
        gigabytes=10.0,
        reason="drivers from 580 on; its compiler left out everything before Turing (7.5)",
    ),
    TorchBuild(
        name="cuda-12.8",
        label="NVIDIA, CUDA 12.8",
        index=_INDEX + "cu128",
        gigabytes=12.0,
        reason="the oldest that knows Blackwell (10.0 and later), with drivers before 580",
    ),
    TorchBuild(
        name="cuda-12.6",
        label="NVIDIA, CUDA 12.6",
        index=_INDEX + "cu126",
        gigabytes=10.0,
        reason="Maxwell to Hopper (5.0 to 9.0), with any driver of the CUDA 12 family",
    ),
    TorchBuild(
        name="rocm",
        label="AMD, ROCm 6.4",
        index=_INDEX + "rocm6.4",
        gigabytes=20.0,
        reason="AMD cards under Linux, where the kernel offers /dev/kfd; there is none for Windows",
    ),
    TorchBuild(
        name="cpu",
        label="CPU",
        index=_INDEX + "cpu",
        gigabytes=4.0,
        reason="no card that PyTorch can use; a fifth of the download of the others",
    ),
    TorchBuild(
        name="package-index",
        label="As the package index has it",
        index=None,
        gigabytes=10.0,
        reason="Apple's GPUs, which the ordinary build serves, and studios with an index of their own",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What decides."""

    system: str
    """``Linux``, ``Windows`` or ``Darwin``."""
    cuda: tuple[int, int] | None = None
    """The newest CUDA that the driver takes; None without an NVIDIA driver."""
    capability: tuple[int, int] | None = None
    """Of the newest NVIDIA card."""
    rocm: bool = False


def choose_build(machine: Machine) -> TorchBuild:
    """The build for a machine."""
    if machine.system == "Darwin":
        return build_named("package-index")
    capability = machine.capability or (7, 5)
    if machine.cuda is not None and machine.cuda >= (12, 0):
        if machine.cuda >= (13, 0) and capability >= (7, 5):
            return build_named("cuda-13.0")
        if machine.cuda >= (12, 8) and capability >= (10, 0):
            return build_named("cuda-12.8")
        if capability < (10, 0):
            return build_named("cuda-12.6")
    if machine.rocm and machine.system == "Linux":
        return build_named("rocm")
    return build_named("cpu")


def build_named(name: str) -> TorchBuild:
    """The build of that name. Raises ``KeyError``."""
    return {build.name: build for build in BUILDS}[name]


def look_at_machine() -> Machine:
    """This machine; runs the driver's own tool, which may take a second."""
    return Machine(
        system=platform.system(),
        cuda=_newest(r"CUDA Version:\s*(\d+)\.(\d+)", _nvidia()),
        capability=_newest(r"^(\d+)\.(\d+)", _nvidia("--query-gpu=compute_cap", "--format=csv,noheader")),
        rocm=sys.platform == "linux" and Path("/dev/kfd").exists(),
    )


def _newest(pattern: str, text: str) -> tuple[int, int] | None:
    found = [(int(major), int(minor)) for major, minor in re.findall(pattern, text, re.MULTILINE)]
    return max(found, default=None)


def _nvidia(*arguments: str) -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        result = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout if result.returncode == 0 else ""
