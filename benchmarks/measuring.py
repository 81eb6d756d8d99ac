"""What every benchmark needs: fair clocks, facts of the machine, one file of results."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from nst_backend.engines.allocator import keep_freed
from nst_backend.image.warp import FloatArray

# As the command line does.
keep_freed()

__all__ = ["interleaved", "machine", "options", "photograph", "save"]


def interleaved(forms: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Least seconds of each, measured in turn so that whatever disturbs the machine disturbs all alike.

    A first call of each is not counted.
    """
    best = dict.fromkeys(forms, float("inf"))
    for index in range(rounds + 1):
        for name, form in forms.items():
            gc.collect()
            started = time.perf_counter()
            form()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if index:
                best[name] = min(best[name], time.perf_counter() - started)
    return best


def photograph(width: int, height: int, seed: int = 1) -> FloatArray:
    """A picture ``(H, W, 3)`` in 0..1 with soft shapes and grain; speed does not depend on what it shows."""
    rng = np.random.default_rng(seed)
    shapes = cv2.resize(rng.random((9, 16, 3), dtype=np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0.0, 0.02, (height, width, 3)).astype(np.float32)
    picture: FloatArray = np.clip(shapes + grain, 0.0, 1.0)
    return picture


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    facts = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "opencv": cv2.__version__,
        "numpy": np.__version__,
    }
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    return facts


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def options(description: str | None, name: str) -> argparse.ArgumentParser:
    """A command line with the place of the results, beside this file unless told otherwise."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).with_name(f"{name}.json")
    parser.add_argument("--json", type=Path, default=default, help="where to write the numbers")
    return parser


def save(path: Path, result: Mapping[str, Any]) -> None:
    """Write and print the results, the machine's facts first."""
    text = json.dumps({"machine": machine(), **result}, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
    print(text)
